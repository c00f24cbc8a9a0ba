"""The page of the debriefing: behind it the pay is stored, seen or not."""

from __future__ import annotations

from typing import Any

from lab import earnings
from lab.page import StudyPage, language_of


class Debriefing(StudyPage):
    @classmethod
    def values(cls, player: Any) -> dict[str, Any]:
        return {"design": cls.words(language_of(player))["design"]}

    @classmethod
    def before_next_page(cls, player: Any, timeout_happened: bool) -> None:
        super().before_next_page(player, timeout_happened)
        # Also for those whom the experimenter moved on, and who never see their earnings.
        earnings.store(cls.study, player)
