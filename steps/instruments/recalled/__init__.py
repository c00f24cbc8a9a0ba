"""Fidelity check: which part of a factor somebody remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.questions import Question
from study.columns import Column
from study.problems import unknown
from study.step import Seat
from study.study import Study

UNSURE = "unsure"


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
