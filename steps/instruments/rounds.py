"""The rounds of an experiment on effort, each with words of its own in the folder of its name.

Source of real-effort tasks of this kind: Erkal, Gangadharan & Nikiforakis (2011),
10.1257/aer.101.7.3330.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.instruments.coproduction import goodwill
from steps.round import OfferedRound, Round
from study.step import Seat


@dataclass(frozen=True, eq=False)
class Baseline(Round):
    """How many cards somebody manages before the treatment: two minutes, to the end."""

    name: str = "baseline"
    seconds: int = 120
    about: ClassVar[str] = "timed baseline round"


@dataclass(frozen=True, eq=False)
class Effort(Round):
    """Effort, measured by correct cards: five minutes, which one may end."""

    name: str = "effort"
    phase: str = "main"
    seconds: int = 300
    parameter: str = "task_seconds"
    may_stop: bool = True
    stopped: str = "stopped_early"
    about: ClassVar[str] = "main round"


@dataclass(frozen=True, eq=False)
class Voluntary(OfferedRound):
    """Work without pay, which one may refuse: five minutes at most, for the service alone."""

    name: str = "voluntary"
    seconds: int = 300
    about: ClassVar[str] = "voluntary round"

    def share_agreeing(self, person: Any, seat: Seat) -> float:
        inclined = -0.2 + 0.7 * goodwill(person, seat) + 0.3 * person.stamina
        return 1 / (1 + math.exp(-inclined))
