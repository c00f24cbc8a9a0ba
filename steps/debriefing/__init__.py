"""Debriefing: what the study is about, in words of the study's own (`design`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from study.acts import Act, Form
from study.step import Seat, Step


@dataclass(frozen=True, eq=False)
class Debriefing(Step):
    """Each study says in its content what was varied."""

    texts: ClassVar[tuple[str, ...]] = ("title", "paragraphs", "design")

    quotes: ClassVar[tuple[str, ...]] = ("design",)

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Form(20.0 * person.pace)
