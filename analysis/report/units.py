"""How precisely the numbers of an outcome are written, the same wherever they stand."""

from __future__ import annotations

import pandas as pd

from analysis.planned.plan import Plan
from analysis.words import decimals

STANDARD = 2
"""Decimals of what is in standard deviations."""


def places_by_outcome(rows: pd.DataFrame, plan: Plan) -> dict[str, int]:
    """Decimals for each outcome, by its largest standard error in its own unit."""
    errors = rows["std_error"].astype(float)
    if "contrast" in rows:
        errors = errors.mask(rows["contrast"].map(standardised))
    return {
        str(name): decimals(own.max() * plan.outcomes[str(name)].scale)
        for name, own in errors.groupby(rows["outcome"], sort=False)
    }


def standardised(contrast: object) -> bool:
    """Whether an estimate is in standard deviations: an association."""
    return str(contrast).endswith("(association)")
