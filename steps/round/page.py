"""The pages of a round: what comes, whether one wants it, and the round itself (`lab.rounds`)."""

from __future__ import annotations

from typing import Any, ClassVar

from lab.page import StudyPage
from lab.rounds.page import RoundPage


class Round(RoundPage):
    """Cards until time is up."""


class Ready(StudyPage):
    step: ClassVar[Any]

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        return {"pays": cls.step.round.pays(cls.seat_of(player))}
