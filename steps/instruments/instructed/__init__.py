"""An attention check: a statement that asks for a certain answer. Nobody is dropped for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from steps.questions import Question
from study.columns import Column
from study.measures import Measure
from study.step import Seat
from study.study import Study

POINTS = 5
WANTED = 2


@dataclass(frozen=True, eq=False)
class Instructed(Question):
    """On a scale from 1 to 5; 2 is asked for. The measure `<name>_right` says who gave it."""

    about: str = f"Attention check: the statement asks for the answer {WANTED}."

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(self.name, "integer", self.about, min=1, max=POINTS, answers=True)

    def measures(self, study: Study) -> Iterator[Measure]:
        about = "gave the answer that was asked for (1) or another (0)"
        yield Measure(f"{self.name}_right", "right", (self.name,), about, solutions=(WANTED,))

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        attentive = person.chance(self.name, 0.92)
        return {
            self.name: WANTED if attentive else person.dice(self.name, "not").randint(1, POINTS)
        }
