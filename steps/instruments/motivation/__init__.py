"""Motivation before treatment: for the task, and to help others by it. The wording is ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.questions import Scale
from study.step import Seat


@dataclass(frozen=True, eq=False)
class Motivation(Scale):
    """Four statements, 1 not at all to 7 very much: two on the task, two on others."""

    about: str = (
        "Motivation before treatment, 1 not at all to 7 very much: items 1 and 2 interest in the "
        "task, items 3 and 4 wish to help others through it."
    )
    items: int = 4

    def latent(self, person: Any, seat: Seat) -> list[float]:
        task: list[float] = person.attitudes(f"{self.name}_task", 2, 0.3, person.stamina, 0.6)
        others: list[float] = person.attitudes(f"{self.name}_others", 2, 0.6, person.service, 0.7)
        return task + others
