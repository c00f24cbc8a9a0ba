"""Fidelity check: who the information came from, as the participant remembers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from steps.questions import Choice
from study.problems import unknown
from study.step import Seat
from study.study import Study

SOURCES = {
    "nobody": "nobody in particular",
    "organisation": "the organisation that runs the service",
    "beneficiary": "a person who uses the service",
    "unsure": "does not remember",
}
RIGHT = {"facts": "nobody", "organisation": "organisation", "beneficiary": "beneficiary"}


@dataclass(frozen=True, eq=False)
class SourceRecalled(Choice):
    """``right`` gives the right answer by the message that was read."""

    needs_arm: ClassVar[bool] = True
    about: str = (
        "Fidelity check: who the information about the service came from, as the participant "
        "remembers it."
    )
    options: Mapping[str, str] = field(default_factory=lambda: dict(SOURCES))
    right: Mapping[str, str] = field(default_factory=lambda: dict(RIGHT))

    def problems(self, study: Study) -> Iterator[str]:
        yield from super().problems(study)
        for answer in self.right.values():
            if answer not in self.options:
                yield f"'right': {unknown('option', answer, self.options)}"
        for arm in study.arms:
            if arm.message not in self.right:
                yield f"'right' does not say what is right after the message {arm.message!r}."
                return

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        """Most remember right."""
        dice = person.dice("recall")
        assert seat.arm is not None
        if dice.random() < 0.85:
            return {self.name: self.right[seat.arm.message]}
        return {self.name: dice.choice(["unsure", *self.options])}
