"""Whether and how much somebody would co-produce: outcomes that draw on one attitude.

The wording is ours. The words of each are in the folder of its name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.questions import Number, Scale
from study.step import Seat

# What one standard deviation of willingness is on the scale on which an arm acts. Measured on
# 20,000 simulated controls; a test holds that an effect of d moves the outcome by d.
UNIT = 0.96
LOADING = 0.8


def goodwill(person: Any, seat: Seat) -> float:
    """Of a simulated person: partly public service motivation, partly the arm."""
    own = person.dice("goodwill").gauss(0, 1)
    moved = UNIT * person.effect("willingness", seat) / LOADING
    share = person.people.service
    value: float = share * person.service + math.sqrt(1 - share**2) * own + moved
    return value


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


@dataclass(frozen=True, eq=False)
class HoursPledged(Number):
    """Hours a month, 0 to 40. Nobody is held to it."""

    about: str = "Hours a month that the participant says they would give to the service."
    high: int = 40
    unit: str = "hours a month"

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        """Many pledge none, a few pledge a lot."""
        dice, inclined = person.dice("hours"), goodwill(person, seat)
        mean, spread, pull = person.people.log_hours
        if dice.random() < 1 / (1 + math.exp(0.6 + 4 * pull * inclined)):
            return {self.name: 0}
        hours = round(math.exp(dice.gauss(mean + pull * inclined, spread)))
        return {self.name: min(self.high, max(1, hours))}


@dataclass(frozen=True, eq=False)
class NeighboursExpected(Number):
    """Of ten neighbours, how many would take part: asked indirectly, against pleasing answers.

    Source of indirect questions: Fisher (1993), 10.1086/209351.
    """

    about: str = "How many of ten neighbours the participant thinks would take part."
    high: int = 10
    unit: str = "neighbours"

    responds: ClassVar[bool] = True

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        """Fewer than one's own willingness implies."""
        own = goodwill(person, seat) + person.effect(self.name, seat)
        expected = round(person.dice(self.name).gauss(3.5 + 0.6 * own, 1.9))
        return {self.name: min(self.high, max(self.low, expected))}
