"""Time stands still for everybody while the server is down.

Every second the server stores that it is there. When it starts again, whoever was in a round gets
the time back that passed since, by whatever clock: a power cut of ten minutes ends no round of
five, and a clock that was set meanwhile changes nothing.
"""

from __future__ import annotations

import logging
from typing import Any

from otree import settings
from otree.database import AnyModel

from steps.round import Round
from study.finding import studies

logger = logging.getLogger("otree.effort_task")

LEAST_SECONDS = 1.9
"""An interruption as short as this is no interruption: another server goes on, or it was quick."""


def move(connection: Any, last_seen: float, now: float) -> None:
    """Move the deadlines of open rounds by the time since ``last_seen``."""
    away = now - last_seen
    if abs(away) < LEAST_SECONDS:
        return
    for study in [each for each in studies().values() if each.app in settings.OTREE_APPS]:
        players = AnyModel.metadata.tables[f"{study.app}_player"].c
        for prefix in [step.prefix for step in study.of_type(Round) if step.timed]:
            deadline, ended = players[f"{prefix}_deadline"], players[f"{prefix}_ended_at"]
            moved = connection.execute(
                deadline.table.update()
                .where(ended.is_(None))
                .where(deadline > last_seen)
                .values({deadline: deadline + away})
            )
            if moved.rowcount:
                logger.warning(
                    "%d people in the %s round get %.0f seconds back", moved.rowcount, prefix, away
                )
