"""Comprehension questions: every answer is stored, every wrong one is explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from study.acts import Act, Form
from study.columns import OWNER, Column, Table, items
from study.step import Seat, Step
from study.study import Study

OPTIONS = {"a": "first option", "b": "second option", "c": "third option"}


@dataclass(frozen=True, eq=False)
class Comprehension(Step):
    """Questions with the options a, b and c; ``solutions`` are the right ones, in order.

    One goes on when all are right.
    """

    solutions: str = ""

    asks_for_itself: ClassVar[bool] = True
    texts: ClassVar[tuple[str, ...]] = ("title", "items")
    about_minutes: ClassVar[float] = 1.0

    @property
    def right(self) -> dict[str, str]:
        """The right answer to each question, by column."""
        return dict(zip(items(self.name, len(self.solutions)), self.solutions, strict=True))

    def problems(self, study: Study) -> Iterator[str]:
        if not self.solutions or not set(self.solutions) <= set(OPTIONS):
            yield (
                f"solutions are {self.solutions!r}, but must be letters out of "
                f"{', '.join(OPTIONS)}, one for each question."
            )

    def word_problems(self, study: Study, texts: Mapping[str, Any]) -> Iterator[str]:
        items = texts.get("items", [])
        if len(items) != len(self.solutions):
            solutions = len(self.solutions)
            yield f"there are {len(items)} items, but the design has {solutions} solutions."
        for number, (item, right) in enumerate(zip(items, self.solutions, strict=False), start=1):
            wrong = [option for option in OPTIONS if option != right]
            if list(item.get("options", {})) != list(OPTIONS) or not item.get("question"):
                yield f"item {number} needs a question and the options {', '.join(OPTIONS)}."
            elif list(item.get("explanations", {})) != wrong:
                yield (
                    f"item {number} needs explanations of {' and '.join(wrong)}: the design says "
                    f"that {right} is right."
                )

    def columns(self, study: Study) -> Iterator[Column]:
        about = (
            "Comprehension question: the final, correct answer. Every attempt is in the "
            "comprehension export."
        )
        for name in self.right:
            yield Column(name, "choice", about, values=OPTIONS, answers=True)
        yield Column(
            f"{self.name}_errors",
            "integer",
            "Wrong answers to the comprehension questions, over all attempts. The same answers "
            "sent again are no attempt.",
            min=0,
            unit="answers",
            always=True,
        )

    def tables(self, study: Study) -> Iterator[Table]:
        yield Table(
            "comprehension",
            "One row per answer to a comprehension question.",
            (
                *OWNER,
                Column(
                    "attempt",
                    "integer",
                    "How often the questions had been submitted by then, this time included.",
                    min=1,
                ),
                Column("question", "integer", "Number of the question.", min=1),
                Column("response", "string", "Option chosen."),
                Column("correct", "boolean", "1: correct. 0: wrong."),
                Column("answered_at", "timestamp", "When the server received it."),
            ),
            key=("attempt", "question"),
        )

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        *wrong, right = person.comprehension(self.solutions, tuple(OPTIONS))
        attempts = [dict(zip(self.right, attempt, strict=True)) for attempt in wrong]
        yield Form(
            25.0 * person.pace,
            dict(zip(self.right, right, strict=True)),
            wrong=[
                (attempt, tuple(name for name in attempt if attempt[name] != self.right[name]))
                for attempt in attempts
            ],
        )
