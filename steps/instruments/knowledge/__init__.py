"""Knowledge of the facts that every message states: learning apart from who told it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from steps.questions import Question
from study.columns import Column, family, items
from study.measures import Measure
from study.step import Seat
from study.study import Study

OPTIONS = {
    "a": "first option",
    "b": "second option",
    "c": "third option",
    "unsure": "does not know",
}


@dataclass(frozen=True, eq=False)
class Knowledge(Question):
    """Questions with three options; ``solutions`` are the right ones, in order."""

    about: str = "Knowledge of the facts about the service that every message states."
    solutions: str = "bcab"

    def problems(self, study: Study) -> Iterator[str]:
        allowed = [option for option in OPTIONS if option != "unsure"]
        if not self.solutions or not set(self.solutions) <= set(allowed):
            letters = ", ".join(allowed)
            yield f"solutions are {self.solutions!r}, but must be letters out of {letters}."

    def columns(self, study: Study) -> Iterator[Column]:
        for column, right in zip(
            family(
                self.name,
                len(self.solutions),
                "choice",
                self.about,
                values=OPTIONS,
                answers=True,
                since="2.0",
            ),
            self.solutions,
            strict=True,
        ):
            yield Column(**{**vars(column), "description": f"{self.about} Right: {right}."})

    def measures(self, study: Study) -> Iterator[Measure]:
        yield Measure(
            f"{self.name}_right",
            "right",
            tuple(items(self.name, len(self.solutions))),
            f"{self.about.rstrip('.')} (answered right, of {len(self.solutions)})",
            solutions=tuple(self.solutions),
        )

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        dice = person.dice(self.name)
        return {
            name: right if dice.random() < 0.7 else dice.choice(list(OPTIONS))
            for name, right in zip(
                items(self.name, len(self.solutions)), self.solutions, strict=True
            )
        }
