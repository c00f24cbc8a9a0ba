"""Perceived impact of one's own work on others. The wording is ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.questions import Scale
from study.step import Seat


@dataclass(frozen=True, eq=False)
class ImpactPerceived(Scale):
    """Three statements, 1 not at all to 7 very much."""

    about: str = "Perceived impact of one's own work on others: 1 not at all to 7 very much."
    items: int = 3

    def latent(self, person: Any, seat: Seat) -> list[float]:
        mean = 0.4 + person.effect(self.name, seat)
        latent: list[float] = person.attitudes("impact", self.items, mean, person.service, 0.6)
        return latent
