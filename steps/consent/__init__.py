"""Consent: the first page, where one also chooses the language; and the end for who declines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.ending import End
from study.acts import Act, Form
from study.columns import Column
from study.step import Seat, Step
from study.study import Study


@dataclass(frozen=True, eq=False)
class Consent(Step):
    """Whether somebody takes part. Of those who decline only language and pay are stored."""

    may_be_advanced: ClassVar[bool] = False  # who reads it has not agreed yet
    about_minutes: ClassVar[float] = 1.5

    def unfolded(self) -> Sequence[Step]:
        return (self, Declined("declined", self.name).in_place_of(self))

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            self.name,
            "boolean",
            "1: agreed to take part. 0: declined, and was led to the end page. Empty: did not "
            "decide.",
            answers=True,
        )

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Form(60.0, {self.name: person.consents()})


@dataclass(frozen=True, eq=False)
class Declined(End):
    """The end of the study for those who do not take part."""

    consent: str = "consent"

    status: ClassVar[str] = "declined"
    table: ClassVar[str] = "declined"

    def takes_place(self, seat: Seat) -> bool:
        return not seat.get(self.consent)
