"""Reading: a page of text, the same for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from study.acts import Act, Form
from study.step import Seat, Step


@dataclass(frozen=True, eq=False)
class Reading(Step):
    """A page that is read and left. Its words are the study's own."""

    texts: ClassVar[tuple[str, ...]] = ("title", "paragraphs")
    about_minutes: ClassVar[float] = 0.4
    seconds: ClassVar[float] = 20.0

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Form(self.seconds * person.pace)
