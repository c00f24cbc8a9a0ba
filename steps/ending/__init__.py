"""An end of the study: a page that leads no further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from study.step import Seat, Step
from study.study import Study

STATUS = "panel_status"
STATUSES = {
    "completed": "reached the last page",
    "declined": "did not consent",
    "screened_out": "does not belong to those whom the study is about",
    "quota_full": "came when as many as wanted had completed the study",
    "withdrew": "consented, and stopped later",
}
"""How a study can end for somebody who came from a panel."""


def has_panel(study: Study) -> bool:
    """Whether its participants come from a panel, which is told how it ended for them."""
    return STATUS in study.columns


@dataclass(frozen=True, eq=False)
class End(Step):
    """The base of all ends. In a study with a panel, each tells the panel how it ended."""

    status: ClassVar[str] = ""
    texts: ClassVar[tuple[str, ...]] = ("title", "paragraphs")
    counted: ClassVar[bool] = False
    about_minutes: ClassVar[float] = 0.0
    may_be_advanced: ClassVar[bool] = False

    def ends(self, seat: Seat) -> bool:
        return True

    def on_arrival(self, seat: Seat) -> Mapping[str, Any]:
        return {STATUS: self.status} if has_panel(seat.study) else {}
