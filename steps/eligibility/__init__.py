"""Eligibility: whether somebody belongs to those whom the study is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.ending import End
from study.acts import Act, Form
from study.columns import Column
from study.step import Seat, Step
from study.study import Study

YOUNGEST, OLDEST = 10, 110
"""What may be entered as an age."""


@dataclass(frozen=True, eq=False)
class Eligibility(Step):
    """Age and where one lives. Who is younger than ``age_from``, or lives elsewhere, is thanked.

    It stands before the assignment, so that nobody who does not belong uses up a place.
    """

    age_from: int = 18

    may_be_advanced: ClassVar[bool] = False  # nobody else can say who somebody is

    def problems(self, study: Study) -> Iterator[str]:
        if not YOUNGEST < self.age_from < OLDEST:
            low, high = YOUNGEST + 1, OLDEST - 1
            yield f"age_from is {self.age_from}, but must be from {low} to {high}."
        if study.arms and self not in study.before_assignment():
            yield "Eligibility stands before Assignment(): who does not belong takes no place."

    def unfolded(self) -> Sequence[Step]:
        return (self, ScreenedOut("screened_out", self).in_place_of(self))

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column("age", "integer", "Age.", YOUNGEST, OLDEST, unit="years", answers=True)
        yield Column(
            "lives_here",
            "boolean",
            "1: lives in the country in which the study takes place.",
            answers=True,
        )

    def belongs(self, seat: Seat) -> bool:
        """Whether somebody belongs to the study's population."""
        return bool((seat.get("age") or 0) >= self.age_from and seat.get("lives_here"))

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        """Adults of all ages; a few are too young or live elsewhere."""
        dice = person.dice(self.name)
        age, lives_here = int(dice.triangular(self.age_from, 88, 40)), True
        if not person.belongs():
            age, lives_here = dice.choice([(self.age_from - 1, True), (age, False)])
        yield Form(12.0 * person.pace, {"age": age, "lives_here": lives_here})


@dataclass(frozen=True, eq=False)
class ScreenedOut(End):
    """The end for those who do not belong to the study's population."""

    eligibility: Any = None

    status: ClassVar[str] = "screened_out"
    table: ClassVar[str] = "screened_out"

    def takes_place(self, seat: Seat) -> bool:
        return not self.eligibility.belongs(seat)
