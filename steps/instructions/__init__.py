"""Instructions: how the task works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steps.reading import Reading


@dataclass(frozen=True, eq=False)
class Instructions(Reading):
    """What a card shows and how it is answered, in the words of the session's task."""

    texts: ClassVar[tuple[str, ...]] = (
        *("title", "setting", "after", "next_practice", "next_questions"),
    )
    about_minutes: ClassVar[float] = 1.5
    seconds: ClassVar[float] = 60.0
