"""How the task was: intrinsic and prosocial motivation for it. The wording is ours.

Source of the two constructs: Grant (2008), 10.1037/0021-9010.93.1.48.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from steps.questions import Page, Question, Scale
from study.step import Seat


@dataclass(frozen=True, eq=False)
class Intrinsic(Scale):
    about: str = "Intrinsic motivation for the task: 1 not at all to 7 very much."
    items: int = 4

    def latent(self, person: Any, seat: Seat) -> list[float]:
        mean = person.effect(self.name, seat)
        latent: list[float] = person.attitudes(self.name, self.items, mean, person.stamina, 0.7)
        return latent


@dataclass(frozen=True, eq=False)
class Prosocial(Scale):
    about: str = "Prosocial motivation for the task: 1 not at all to 7 very much."
    items: int = 4

    def latent(self, person: Any, seat: Seat) -> list[float]:
        mean = 0.5 + person.effect(self.name, seat)
        latent: list[float] = person.attitudes(self.name, self.items, mean, person.service, 0.7)
        return latent


@dataclass(frozen=True, eq=False)
class TaskMotivation(Page):
    """Four statements on the joy of the task and four on others, 1 not at all to 7 very much."""

    parts: Sequence[Question] = field(default_factory=lambda: (Intrinsic(), Prosocial()))
