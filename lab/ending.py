"""A page on which the study ends: no button, and nothing leads further."""

from __future__ import annotations

from typing import Any

from lab.page import StudyPage


class EndPage(StudyPage):
    may_be_advanced = False

    def post(self) -> Any:
        return self.get()
