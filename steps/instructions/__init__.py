"""Instructions: how the task works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from study.acts import Act, Form
from study.step import Seat, Step


@dataclass(frozen=True, eq=False)
class Instructions(Step):
    """What a card shows and how it is answered, in the words of the session's task."""

    texts: ClassVar[tuple[str, ...]] = (
        *("title", "setting", "after", "next_practice", "next_questions"),
    )

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Form(60.0 * person.pace)

    def minutes(self, config: Any) -> float:
        return 1.5
