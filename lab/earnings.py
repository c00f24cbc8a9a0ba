"""What a participant has earned, worked out from all apps and stored in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.setup import experiment_of
from study import pay
from study.experiments import Experiment


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
    return count(
        experiment,
        main.field_maybe_none("arm"),
        baseline=intake.field_maybe_none("baseline_correct"),
        effort=main.field_maybe_none("effort_correct"),
        voluntary=main.field_maybe_none("voluntary_correct"),
    )


def count(
    experiment: Experiment,
    arm: str | None,
    *,
    baseline: int | None,
    effort: int | None,
    voluntary: int | None,
) -> Cards:
    """Which of somebody's correct cards pay whom; None: not worked, or not yet."""
    applies = arm is not None and experiment.arms[arm].reward
    return Cards(
        paid=(effort or 0) if applies else 0,
        donated=sum(correct or 0 for correct in (baseline, effort, voluntary)),
        piece_rate_applies=applies,
    )


def work_out(config: Mapping[str, Any], cards: Cards) -> pay.Earnings:
    """What ``cards`` bring in a session with this config."""
    return pay.earnings(
        fixed=config["participation_fee"],
        piece_rate=config["piece_rate"],
        paid_cards=cards.paid,
        donation_rate=config["donation_rate"],
        donated_cards=cards.donated,
    )


def store(player: Any) -> tuple[pay.Earnings, Cards]:
    """Work out the earnings and store them with the closing player and for oTree's payments."""
    cards = cards_of(player)
    earned = work_out(player.session.config, cards)
    player.earnings_fixed = earned.fixed
    player.earnings_piece = earned.piece
    player.earnings_total = earned.total
    player.donation = earned.donation
    player.participant.payoff = earned.piece
    return earned, cards


def store_again(session: Any) -> None:
    """Store the earnings of all who reached their end before the fee of ``session`` was edited."""
    if "closing" not in session.config["app_sequence"]:
        return
    for participant in session.get_participants():
        player = participant.get_player("closing", 1)
        if player.field_maybe_none("earnings_total") is not None:
            store(player)
