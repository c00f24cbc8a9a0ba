"""The page of the real offer: whether its address was opened."""

from __future__ import annotations

from typing import Any, ClassVar

from lab.page import StudyPage
from lab.sessions import config_of
from steps.offer import RealOffer as Step


class RealOffer(StudyPage):
    step: ClassVar[Step]

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        return {
            "address": config_of(player)[f"{cls.step.name}_address"],
            "opened": cls.step.opened,
        }

    def store_beside(self) -> None:
        super().store_beside()
        told = {"True": True, "False": False}.get(self.posted.get(self.step.opened))
        if told is not None:
            setattr(self.player, self.step.opened, told)
