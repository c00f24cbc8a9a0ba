"""How effects on the primary outcomes change with what was measured before treatment."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.inference.contrast import contrast
from analysis.planned.estimate import SESSION, Notes
from analysis.planned.plan import Plan


def heterogeneity(data: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame:
    """The change of each comparison of arms or levels per standard deviation of each moderator.

    Gerber & Green 2012, *Field Experiments*, ch. 9; exploratory. The tidy frame with
    ``hypothesis``, ``moderator`` and ``contrast``, from the `analysed` participants.
    """
    rows: list[dict[str, Any]] = []
    for outcome in plan.primary.outcomes:
        for moderator in plan.heterogeneity:
            scaled = _standardised(data, moderator)
            if scaled is None:
                continue
            for each in plan.comparisons:
                sessions = SESSION if plan.session_effects and SESSION in data.columns else None
                try:
                    frame = contrast(
                        scaled,
                        outcome,
                        "arm",
                        plan.weights(each)[0],
                        slope=moderator,
                        covariates=[c for c in plan.covariates if c != moderator],
                        sessions=sessions,
                        draws=0,
                        alpha=plan.alpha,
                    )
                except AnalysisError as error:
                    notes.add(f"No heterogeneity of {each.id} along {moderator}: {error}")
                    continue
                found = {str(key): value for key, value in frame.iloc[0].items()}
                said = {"hypothesis": each.id, "moderator": moderator, "contrast": each.contrast}
                rows.append({**said, **found})
    return pd.DataFrame(rows)


def _standardised(data: pd.DataFrame, column: str) -> pd.DataFrame | None:
    """``data`` with ``column`` in standard deviations; None if it does not vary."""
    if column not in data.columns:
        return None
    values = data[column].astype("Float64").astype(float)
    spread = values.std(ddof=1)
    if not spread > 0:
        return None
    return data.assign(**{column: (values - values.mean()) / spread})
