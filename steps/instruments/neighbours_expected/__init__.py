"""What somebody expects of their neighbours: an indirect question, against pleasing answers.

Source of indirect questions: Fisher (1993), 10.1086/209351. The wording is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.instruments.willingness import goodwill
from steps.questions import Number
from study.step import Seat


@dataclass(frozen=True, eq=False)
class NeighboursExpected(Number):
    """Of ten neighbours, how many would take part."""

    about: str = "How many of ten neighbours the participant thinks would take part."
    high: int = 10
    unit: str = "neighbours"

    responds: ClassVar[bool] = True

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        """Fewer than one's own willingness implies."""
        own = goodwill(person, seat) + person.effect(self.name, seat)
        expected = round(person.dice(self.name).gauss(3.5 + 0.6 * own, 1.9))
        return {self.name: min(self.high, max(self.low, expected))}
