"""Highest education, by the levels of ISCED 2011 (UNESCO 2012); 4 is counted with 3.

The certificates that belong to a level are named in each language; check them against the national
mapping before a real study.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steps.questions import Choice

LEVELS = {
    "0": "no school, or less than primary school",
    "1": "primary school",
    "2": "lower secondary school",
    "3": "upper secondary school, or vocational training after it",
    "5": "short course of higher education",
    "6": "bachelor's degree or equivalent",
    "7": "master's degree or equivalent",
    "8": "doctorate",
}
SHARES = (0.01, 0.03, 0.08, 0.36, 0.14, 0.27, 0.09, 0.02)


@dataclass(frozen=True, eq=False)
class Isced(Choice):
    """Highest education completed; its number is the measure `isced_level`."""

    about: str = "Highest education completed, by level of ISCED 2011 (4 counted with 3)."
    options: Mapping[str, str] = field(default_factory=lambda: dict(LEVELS))
    shares: Mapping[str, float] = field(
        default_factory=lambda: dict(zip(LEVELS, SHARES, strict=True))
    )
    numbered: str = "isced_level"
