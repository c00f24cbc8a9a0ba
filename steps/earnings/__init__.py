"""Earnings: what the participant is paid and what the service receives. The last page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.step import Seat, Step
from study.study import Study


@dataclass(frozen=True, eq=False)
class Earnings(Step):
    """Whoever comes here has completed the study."""

    texts: ClassVar[tuple[str, ...]] = (
        *("title", "text", "fixed", "piece", "total", "donation", "code", "close", "print"),
    )
    quotes: ClassVar[tuple[str, ...]] = ("donation", "donated_cards", "paid_cards")
    may_be_advanced: ClassVar[bool] = False

    def problems(self, study: Study) -> Iterator[str]:
        if study.pay is None:
            yield "Earnings needs a study that pays: give it pay=Pay(...)."

    def ends(self, seat: Seat) -> bool:
        return True
