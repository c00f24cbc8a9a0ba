"""A page on which the study ends: no button, and nothing leads further."""

from __future__ import annotations

from typing import Any

from lab.page import StudyPage


class EndPage(StudyPage):
    may_be_advanced = False

    def post(self) -> Any:
        return self.get()

    @classmethod
    def values(cls, player: Any) -> dict[str, Any]:
        """The code by which somebody can have their answers removed."""
        return {"code": player.participant.code}
