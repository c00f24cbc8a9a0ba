"""The voluntary round: work without pay, which one may refuse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.instruments.willingness import goodwill
from steps.round import OfferedRound
from study.step import Seat


@dataclass(frozen=True, eq=False)
class Voluntary(OfferedRound):
    """Five minutes at most, for the service alone."""

    name: str = "voluntary"
    seconds: int = 300
    about: ClassVar[str] = "voluntary round"

    def share_agreeing(self, person: Any, seat: Seat) -> float:
        inclined = -0.2 + 0.7 * goodwill(person, seat) + 0.3 * person.stamina
        return 1 / (1 + math.exp(-inclined))
