"""What a participant has earned, stored with the player and for oTree's payments."""

from __future__ import annotations

from typing import Any

from lab.sessions import study_in
from study.pay import Counts, Earnings
from study.study import Study


def store(study: Study, player: Any) -> tuple[Earnings, Counts] | None:
    """Work out the earnings and store them; None: the study pays nothing."""
    if study.pay is None:
        return None
    arm = player.field_maybe_none("arm") if study.arms else None
    counts = study.pay.counts(study, arm, player.field_maybe_none)
    earned = study.pay.of(player.session.config, counts)
    for name, amount in earned.stored.items():
        setattr(player, name, amount)
    player.participant.payoff = earned.piece
    return earned, counts


def store_again(session: Any) -> None:
    """Store the earnings of all who reached their end before the fee of ``session`` was edited."""
    study = study_in(session.config)
    if study is None or study.pay is None:
        return
    for participant in session.get_participants():
        player = participant.get_player(study.app, 1)
        if player.field_maybe_none("earnings_total") is not None:
            store(study, player)
