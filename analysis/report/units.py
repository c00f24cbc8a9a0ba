"""How precisely the numbers of an outcome are written, the same wherever they stand."""

from __future__ import annotations

import pandas as pd

from analysis.planned.plan import Plan
from analysis.words import decimals


def places_by_outcome(rows: pd.DataFrame, plan: Plan) -> dict[str, int]:
    """Decimals for each outcome, by its largest standard error."""
    return {
        str(name): decimals(errors.max() * plan.outcomes[str(name)].scale)
        for name, errors in rows.groupby("outcome", sort=False)["std_error"]
    }
