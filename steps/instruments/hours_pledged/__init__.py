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
        if dice.random() < 1 / (1 + math.exp(0.6 + 0.8 * inclined)):
            return {self.name: 0}
        hours = round(math.exp(dice.gauss(1.2 + 0.2 * inclined, 0.7)))
        return {self.name: min(self.high, max(1, hours))}
