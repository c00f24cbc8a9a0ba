"""A page on which the study ends: nothing leads further, but perhaps back to a panel.

One goes back by a plain link, and nobody is sent there unasked: a page that leaves by itself takes
the text away from whoever reads slowly or listens to it.
"""

from __future__ import annotations

import html
from typing import Any

from lab.page import StudyPage
from lab.panel import return_address
from steps.ending import has_panel
from study import words


class EndPage(StudyPage):
    may_be_advanced = False

    @classmethod
    def vars_for_template(cls, player: Any) -> dict[str, Any]:
        found = super().vars_for_template(player)
        if has_panel(cls.study):
            code = {"code": player.participant.code}
            found["panel_code"] = words.fill(found["common"]["panel"]["code"], code)
            found["return_address"] = html.escape(return_address(player) or "")
        return found

    def post(self) -> Any:
        return self.get()
