"""Checks: was it read, was it understood, who or what is remembered. Nobody is dropped for one.

The words of each are in the folder of its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.comprehension import OPTIONS
from steps.questions import Choice, Question, given
from study.columns import Column, Measure, items
from study.problems import unknown
from study.step import Seat
from study.study import Study

POINTS, WANTED = 5, 2
UNSURE = "unsure"
ANSWERS = {**OPTIONS, UNSURE: "does not know"}
SOURCES = {
    "nobody": "nobody in particular",
    "organisation": "the organisation that runs the service",
    "beneficiary": "a person who uses the service",
    "unsure": "does not remember",
}
RIGHT = {"facts": "nobody", "organisation": "organisation", "beneficiary": "beneficiary"}


@dataclass(frozen=True, eq=False)
class Instructed(Question):
    """A statement answered from 1 to 5; 2 is asked for. Its measure `<name>_right`: who did so."""

    about: str = f"Attention check: the statement asks for the answer {WANTED}."

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(self.name, "integer", self.about, min=1, max=POINTS, answers=True)

    def measures(self, study: Study) -> Iterator[Measure]:
        about = "gave the answer that was asked for (1) or another (0)"
        yield Measure(f"{self.name}_right", "right", (self.name,), about, solutions=(WANTED,))

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        attentive = person.chance(self.name, 0.92)
        other = person.dice(self.name, "not").randint(1, POINTS)
        return {self.name: WANTED if attentive else other}


@dataclass(frozen=True, eq=False)
class Knowledge(Question):
    """Questions on facts, with three options each; ``solutions`` are the right ones, in order.

    They tell learning apart from who told it.
    """

    about: str = "Knowledge of the facts about the service that every message states."
    solutions: str = "bcab"

    @property
    def right(self) -> dict[str, str]:
        """The right answer to each question, by column."""
        return dict(zip(items(self.name, len(self.solutions)), self.solutions, strict=True))

    def problems(self, study: Study) -> Iterator[str]:
        if not self.solutions or not set(self.solutions) <= set(OPTIONS):
            letters = ", ".join(OPTIONS)
            yield f"solutions are {self.solutions!r}, but must be letters out of {letters}."

    def columns(self, study: Study) -> Iterator[Column]:
        for name, right in self.right.items():
            about = f"{self.about} Right: {right}."
            yield Column(name, "choice", about, values=ANSWERS, answers=True, since="2.0")

    def measures(self, study: Study) -> Iterator[Measure]:
        about = f"{self.about.rstrip('.')} (answered right, of {len(self.solutions)})"
        name, solutions = f"{self.name}_right", tuple(self.solutions)
        yield Measure(name, "right", tuple(self.right), about, solutions=solutions)

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        dice, options = person.dice(self.name), list(ANSWERS)
        return {
            name: right if dice.random() < 0.7 else dice.choice(options)
            for name, right in self.right.items()
        }


@dataclass(frozen=True, eq=False)
class Recalled(Question):
    """The options are the parts of the factor ``of``, and that one does not remember."""

    about: str = "Fidelity check: which part of a factor is remembered."
    of: str = ""

    needs_arm: ClassVar[bool] = True

    def problems(self, study: Study) -> Iterator[str]:
        yield from super().problems(study)
        parted = [factor.name for factor in study.factors if factor.parts]
        if self.of not in parted:
            yield f"'of': {unknown('factor with parts', self.of, parted)}"

    def columns(self, study: Study) -> Iterator[Column]:
        [factor] = [factor for factor in study.factors if factor.name == self.of]
        about = f"Fidelity check, as the participant remembers it: {factor.about}."
        values = {**factor.parts, UNSURE: "does not remember"}
        yield Column(self.name, "choice", about, values=values, answers=True)

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        """Most remember right."""
        assert seat.arm is not None
        dice = person.dice(self.name)
        [factor] = [factor for factor in seat.study.factors if factor.name == self.of]
        if dice.random() < 0.75:
            return {self.name: seat.arm.parts[self.of]}
        return {self.name: dice.choice([*factor.parts, UNSURE])}


@dataclass(frozen=True, eq=False)
class SourceRecalled(Choice):
    """Who informed one; ``right`` gives the right answer by the message that was read."""

    needs_arm: ClassVar[bool] = True
    about: str = (
        "Fidelity check: who the information about the service came from, as the participant "
        "remembers it."
    )
    options: Mapping[str, str] = given(SOURCES.items())
    right: Mapping[str, str] = given(RIGHT.items())

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
