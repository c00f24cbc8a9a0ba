"""Debriefing: what the study is about, in words of the study's own (`design`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steps.reading import Reading


@dataclass(frozen=True, eq=False)
class Debriefing(Reading):
    """Each study says in its content what was varied."""

    texts: ClassVar[tuple[str, ...]] = ("title", "paragraphs", "design")
    quotes: ClassVar[tuple[str, ...]] = ("design",)
    about_minutes: ClassVar[float] = 0.5
