"""Reading: a page of text, the same for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from study.acts import Act, Form
from study.step import Seat, Step


@dataclass(frozen=True, eq=False)
class Reading(Step):
    """A page that is read and left. Its words are the study's own."""

    texts: ClassVar[tuple[str, ...]] = ("title", "paragraphs")

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Form(20.0 * person.pace)

    def minutes(self, config: Mapping[str, Any]) -> float:
        return 0.4
