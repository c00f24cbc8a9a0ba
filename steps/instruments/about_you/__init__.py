"""About you: age, gender, education, work done for others before, and a free comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from steps.questions import Choice, Number, Page, Question, Text, YesNo, given
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
    """Age in years; one need not say it."""

    table: ClassVar[str] = "age"
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


@dataclass(frozen=True, eq=False)
class Gender(Choice):
    """Woman, man, another, or not said."""

    table: ClassVar[str] = "gender"
    about: str = "Gender."
    options: Mapping[str, str] = given(GENDER.items())
    background: bool = True
    shares: Mapping[str, float] = given(zip(GENDER, (0.53, 0.43, 0.02, 0.02), strict=True))


@dataclass(frozen=True, eq=False)
class Education(Choice):
    """Highest education completed, in five broad answers."""

    table: ClassVar[str] = "education"
    about: str = "Highest education completed."
    options: Mapping[str, str] = given(EDUCATION.items())
    background: bool = True
    shares: Mapping[str, float] = given(
        zip(EDUCATION, (0.02, 0.48, 0.32, 0.16, 0.02), strict=True)
    )


@dataclass(frozen=True, eq=False)
class VolunteeredBefore(YesNo):
    """Unpaid work for others in the last year."""

    table: ClassVar[str] = "volunteered_before"
    about: str = (
        "1: has done unpaid work for an organisation or a public service in the last 12 months."
    )
    background: bool = True
    share: float = 0.35


@dataclass(frozen=True, eq=False)
class Comment(Text):
    """A free comment."""

    table: ClassVar[str] = "comment"
    about: str = "Free comment."


def _questions() -> tuple[Question, ...]:
    return (Age(), Gender(), Education(), VolunteeredBefore(), Comment())


@dataclass(frozen=True, eq=False)
class AboutYou(Page):
    """Asked last. Treatment cannot change what is asked here, the comment apart."""

    parts: Sequence[Question] = field(default_factory=_questions)
