"""The 2×2 design behind an experiment, from the regression of its planned estimates."""

from __future__ import annotations

import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators.factorial import CELLS, cell_contrasts
from analysis.inference.contrast import view
from analysis.planned.estimate import SESSION, Notes
from analysis.planned.plan import Plan


def factorial_effects(data: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame | None:
    """Main effects, interaction and cell contrasts on the primary outcomes; the tidy frame.

    The terms are those of `analysis.factorial`; the numbers those of the planned regression, so
    that a contrast has one estimate and one standard error wherever it stands.
    """
    members = plan.members
    first, second = members
    cells = {(int(arm in members[first]), int(arm in members[second])): arm for arm in plan.arms}
    terms = {
        term: {cells[cell]: weight for cell, weight in zip(CELLS, weights, strict=True) if weight}
        for term, weights in cell_contrasts(first, second).items()
    }
    by_arm = list(plan.by_arm)
    frames = []
    for name in plan.primary.outcomes:
        usable = [c for c in plan.covariates if c in data.columns and data[c].nunique() > 1]
        try:
            frames.append(
                view(
                    data,
                    name,
                    "arm",
                    terms,
                    "factorial",
                    covariates=[c for c in usable if c not in by_arm],
                    by_arm=[c for c in usable if c in by_arm],
                    sessions=SESSION if plan.session_effects and SESSION in data.columns else None,
                )
            )
        except AnalysisError as error:
            notes.add(f"No table of the 2×2 design for {name}: {error}")
    return pd.concat(frames, ignore_index=True) if frames else None
