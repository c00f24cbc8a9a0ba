"""What a participant has earned, worked out from all apps and stored in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.setup import experiment_of
from study import pay


@dataclass(frozen=True)
class Cards:
    """Correct cards that pay: ``paid`` the participant, ``donated`` the service."""

    paid: int
    donated: int
    piece_rate_applies: bool


def cards_of(player: Any) -> Cards:
    """The correct cards of the participant whose player in any app this is."""
    participant, experiment = player.participant, experiment_of(player.session.config)
    intake = participant.get_player("intake", 1)
    main = participant.get_player(experiment.app, 1)
    effort = main.field_maybe_none("effort_correct") or 0
    others = (
        intake.field_maybe_none("baseline_correct"),
        main.field_maybe_none("voluntary_correct"),
    )
    arm = main.field_maybe_none("arm")
    applies = arm is not None and experiment.arms[arm].reward
    return Cards(
        paid=effort if applies else 0,
        donated=effort + sum(count or 0 for count in others),
        piece_rate_applies=applies,
    )


def store(player: Any) -> tuple[pay.Earnings, Cards]:
    """Work out the earnings and store them with the closing player and for oTree's payments."""
    config, cards = player.session.config, cards_of(player)
    earned = pay.earnings(
        fixed=config["participation_fee"],
        piece_rate=config["piece_rate"],
        paid_cards=cards.paid,
        donation_rate=config["donation_rate"],
        donated_cards=cards.donated,
    )
    player.earnings_fixed = earned.fixed
    player.earnings_piece = earned.piece
    player.earnings_total = earned.total
    player.donation = earned.donation
    player.participant.payoff = earned.piece
    return earned, cards
