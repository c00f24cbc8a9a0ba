"""Practice: cards without a time limit, each with the solution after a wrong answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from steps.round import TASK, Round, correct_and_attempts, stored_cards
from study.columns import Column, Measure
from study.parameters import Parameter, whole
from study.study import Study

MOST = 20


@dataclass(frozen=True, eq=False)
class Practice(Round):
    """``items`` cards; a session may change how many, and leave it out with 0."""

    items: int = 2

    # What only a timed round has.
    seconds: int = field(init=False, default=0)
    parameter: str = field(init=False, default="")
    may_stop: bool = field(init=False, default=False)
    stopped: str = field(init=False, default="")
    announced: bool = field(init=False, default=False)

    about: ClassVar[str] = "untimed practice"
    timed: ClassVar[bool] = False
    feedback: ClassVar[bool] = True

    @property
    def page(self) -> str:
        return "Practice"

    @property
    def number_of_items(self) -> str:
        return f"{self.name}_items"

    def duration(self, config: Mapping[str, Any]) -> None:
        return None

    def last_item(self, config: Mapping[str, Any]) -> int:
        return int(config[self.number_of_items])

    def problems(self, study: Study) -> Iterator[str]:
        if not 0 <= self.items <= MOST:
            yield f"items is {self.items}, but must be from 0 to {MOST}."

    def is_offered(self, config: Mapping[str, Any]) -> bool:
        return self.last_item(config) > 0

    def columns(self, study: Study) -> Iterator[Column]:
        name, about = self.name, self.about
        yield from correct_and_attempts(name, about)
        yield Column(f"{name}_started_at", "timestamp", f"When the {about} was first shown.")
        yield stored_cards(name, about)

    def parameters(self, study: Study) -> Iterator[Parameter]:
        yield TASK
        yield whole(self.number_of_items, self.items, "untimed practice cards", 0, MOST)

    def measures(self, study: Study) -> Iterator[Measure]:
        yield from ()

    def minutes(self, config: Mapping[str, Any]) -> float:
        return self.last_item(config) / 4
