"""About you: age, gender, education, work done for others before, and a free comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steps.questions import Choice, Number, Page, Question, Text, YesNo
from study.step import Seat

EDUCATION = {
    "below_secondary": "no secondary school certificate",
    "secondary": "secondary school",
    "bachelor": "bachelor's degree",
    "master": "master's degree or higher",
    "undisclosed": "prefers not to say",
}
GENDER = {
    "woman": "woman",
    "man": "man",
    "other": "another gender",
    "undisclosed": "prefers not to say",
}


@dataclass(frozen=True, eq=False)
class Age(Number):
    about: str = "Age."
    low: int = 16
    high: int = 110
    unit: str = "years"
    optional: bool = True
    background: bool = True

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        """Mostly students, as in a university laboratory; a few do not say."""
        dice = person.dice(self.name)
        if dice.random() < 0.02:
            return {self.name: None}
        return {self.name: min(90, 18 + int(dice.expovariate(1 / 6)))}


def _questions() -> tuple[Question, ...]:
    return (
        Age(),
        Choice(
            "gender",
            "Gender.",
            options=GENDER,
            background=True,
            shares={"woman": 0.53, "man": 0.43, "other": 0.02, "undisclosed": 0.02},
        ),
        Choice(
            "education",
            "Highest education completed.",
            options=EDUCATION,
            background=True,
            shares=dict(zip(EDUCATION, (0.02, 0.48, 0.32, 0.16, 0.02), strict=True)),
        ),
        YesNo(
            "volunteered_before",
            "1: has done unpaid work for an organisation or a public service in the last 12 "
            "months.",
            background=True,
            share=0.35,
        ),
        Text("comment", "Free comment."),
    )


@dataclass(frozen=True, eq=False)
class AboutYou(Page):
    """Asked last. Treatment cannot change what is asked here, the comment apart."""

    parts: Sequence[Question] = field(default_factory=_questions)
