"""The rounds that an experiment is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLOCK_TOLERANCE_SECONDS = 1.0
"""How far a page's clock may run ahead of the server's."""


@dataclass(frozen=True)
class Round:
    """One round of the task.

    ``phase`` names it in the data, ``prefix`` its columns, ``seconds`` the session parameter that
    holds its length (empty: untimed), ``items`` the parameter that holds its number of cards
    (empty: as many as one can). A participant may leave it early if ``may_stop``; ``feedback``
    tells the solution of a card after it was answered.
    """

    phase: str
    prefix: str
    seconds: str = ""
    items: str = ""
    may_stop: bool = False
    feedback: bool = False

    def duration(self, config: Mapping[str, Any]) -> float | None:
        """The length in seconds; None: untimed."""
        return float(config[self.seconds]) if self.seconds else None

    def last_item(self, config: Mapping[str, Any]) -> int | None:
        """The number of cards; None: no end."""
        return int(config[self.items]) if self.items else None


PRACTICE = Round("practice", "practice", items="practice_items", feedback=True)
BASELINE = Round("baseline", "baseline", seconds="baseline_seconds")
MAIN = Round("main", "effort", seconds="task_seconds", may_stop=True)
VOLUNTARY = Round("voluntary", "voluntary", seconds="voluntary_seconds", may_stop=True)
