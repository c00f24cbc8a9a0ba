"""How estimates are written, the same wherever they stand: names, units and decimals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeAlias

import pandas as pd

from analysis.planned.plan import Outcome, Plan
from analysis.words import decimals, interval, number

Row: TypeAlias = Mapping[str, Any]
"""A row of a table by the names of its columns."""

STANDARD = 2
"""Decimals of what is in standard deviations."""


def arm_name(arm: str) -> str:
    """An arm as it is written in tables and on axes."""
    return arm.replace("_", " + ")


def contrast_name(row: Row, plan: Plan) -> str:
    """What an estimate compares, as it is written in tables and on axes."""
    return arm_name(plan.label(plan.hypothesis(str(row["hypothesis"]))))


def confidence(plan: Plan) -> str:
    """The level of the plan's intervals."""
    return f"{100 * (1 - plan.alpha):g}%"


def standardised(contrast: object) -> bool:
    """Whether an estimate is in standard deviations: an association."""
    return str(contrast).endswith("(association)")


class Units:
    """The unit of each of the estimates ``rows``, and as many decimals for all on one outcome."""

    def __init__(self, rows: pd.DataFrame, plan: Plan) -> None:
        self.rows, self.plan = rows, plan

    @cached_property
    def _places(self) -> dict[str, int]:
        """Decimals for each outcome, by its largest standard error in its own unit."""
        errors = self.rows["std_error"].astype(float)
        if "contrast" in self.rows:
            errors = errors.mask(self.rows["contrast"].map(standardised))
        return {
            str(name): decimals(own.max() * self.plan.outcomes[str(name)].scale)
            for name, own in errors.groupby(self.rows["outcome"], sort=False)
        }

    def outcome(self, row: Row) -> Outcome:
        return self.plan.outcomes[str(row["outcome"])]

    def standardised(self, row: Row) -> bool:
        """Whether an estimate is an association; a conjunction's is that of a part."""
        part = str(row["term"]).removeprefix("decided by ")
        decided = row.get("claim") == "all" and part != row["term"]
        name = part if decided else row.get("hypothesis")
        return name is not None and bool(self.plan.hypothesis(str(name)).association)

    def unit(self, row: Row) -> str:
        return "standard deviations" if self.standardised(row) else self.outcome(row).unit

    def heading(self, row: Row) -> str:
        """The outcome of an estimate and its unit."""
        return f"{self.outcome(row).label}, {self.unit(row)}"

    def places(self, row: Row) -> int:
        return STANDARD if self.standardised(row) else self._places[str(row["outcome"])]

    def value(self, row: Row, name: str) -> float:
        """A number of an estimate in its unit."""
        scale = 1.0 if self.standardised(row) else self.outcome(row).scale
        return float(row[name]) * scale

    def number(self, row: Row, name: str) -> str:
        return number(self.value(row, name), self.places(row))

    def interval(self, row: Row, name: str = "conf") -> str:
        ends = self.value(row, f"{name}_low"), self.value(row, f"{name}_high")
        return interval(*ends, self.places(row))
