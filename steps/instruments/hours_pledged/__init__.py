"""Hours pledged: how much time somebody would give each month. The wording is ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.instruments.willingness import goodwill
from steps.questions import Number
from study.step import Seat


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
