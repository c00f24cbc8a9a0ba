"""Willingness to co-produce: the attitude that two more outcomes draw on. The wording is ours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from steps.questions import Scale
from study.step import Seat

# What one standard deviation of the outcome is on the scale on which an arm acts. Measured on
# 20,000 simulated controls; a test holds that an effect of d moves the outcome by d.
UNIT = 0.96
LOADING = 0.8


@dataclass(frozen=True, eq=False)
class Willingness(Scale):
    """Four things that one might do for the service, 1 very unlikely to 7 very likely."""

    about: str = "Willingness to co-produce: 1 very unlikely to 7 very likely."
    items: int = 4
    mean: bool = True

    def latent(self, person: Any, seat: Seat) -> list[float]:
        trait = goodwill(person, seat)
        latent: list[float] = person.attitudes(self.name, self.items, 0.15, trait, LOADING)
        return latent


def goodwill(person: Any, seat: Seat) -> float:
    """Of a simulated person: partly public service motivation, partly the arm."""
    own = person.dice("goodwill").gauss(0, 1)
    moved = UNIT * person.effect("willingness", seat) / LOADING
    share = person.people.service
    value: float = share * person.service + math.sqrt(1 - share**2) * own + moved
    return value
