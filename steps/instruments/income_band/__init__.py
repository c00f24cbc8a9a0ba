"""Net monthly income of the household, by fifths of the country's households.

The cut points stand in the words of each language, with source and year; those that come with the
platform are marked as samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steps.questions import Choice

BANDS = {
    "1": "lowest fifth of households",
    "2": "second fifth",
    "3": "middle fifth",
    "4": "fourth fifth",
    "5": "highest fifth",
    "undisclosed": "prefers not to say",
}


@dataclass(frozen=True, eq=False)
class IncomeBand(Choice):
    """Fifth of household income; its number is the measure `income_level`."""

    about: str = "Net monthly income of the household, by fifths of the country's households."
    options: Mapping[str, str] = field(default_factory=lambda: dict(BANDS))
    shares: Mapping[str, float] = field(
        default_factory=lambda: dict(zip(BANDS, (0.17, 0.18, 0.18, 0.18, 0.17, 0.12), strict=True))
    )
    numbered: str = "income_level"
