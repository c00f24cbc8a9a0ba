"""The planned second opinions on each estimate: slopes by arm, and by kind of outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators import count_model, ordered_logit, rank_test
from analysis.exports.derived import BLOCK
from analysis.inference.fit import contrasts, fit
from analysis.inference.sample import prepare, sloping, unsloped
from analysis.planned.plan import Plan

if TYPE_CHECKING:
    from analysis.planned.estimate import Notes, _Cell


def robustness(data: pd.DataFrame, cells: Sequence[_Cell], plan: Plan, notes: Notes) -> None:
    """Fills ``by_arm_…`` and ``robustness…`` of the cells that have an estimate.

    A second opinion that the data do not allow stays empty, and ``notes`` say why.
    """
    for cell in cells:
        each = cell.hypothesis
        if np.isnan(cell.number("estimate")) or each.all or each.joint or each.slope:
            continue
        if cell.covariates and set(plan.by_arm) != set(cell.covariates):
            estimate, p_value = _fitted(data, cell, plan, notes)
            cell.values |= {"by_arm_estimate": estimate, "by_arm_p": p_value}
        name, estimate, p_value = _by_kind(data, cell, plan, notes)
        if name:
            cell.values["robustness"] = name
            cell.values |= {"robustness_estimate": estimate, "robustness_p": p_value}


def _fitted(
    data: pd.DataFrame, cell: _Cell, plan: Plan, notes: Notes, changed: str = ""
) -> tuple[float, float]:
    """The planned regression with slopes by arm; of an outcome that was ``changed`` without."""
    each, outcome = cell.hypothesis, changed or cell.outcome
    counts = data.loc[data[outcome].notna(), "arm"].value_counts()
    rows = data[data["arm"].isin(counts.index[counts > 1])]
    slopes: list[str] = []
    common = cell.covariates
    if not changed:
        slopes, common = sloping(rows[rows[outcome].notna()], "arm", cell.covariates)
        if common:
            notes.add(unsloped(common))
    try:
        model = {"covariates": common, "by_arm": slopes}
        sample = prepare(rows, outcome, "arm", **model, sessions=plan.sessions_in(data))
        arms = sample.arm_weights(plan.weights(each)[0])
        found = contrasts(fit(sample.outcomes, sample.model), sample.model.weights(arms)[None])
    except AnalysisError as error:
        how = "by its share at the highest value" if changed else "with slopes by arm"
        notes.add(f"No second opinion {how} on {each.id}: {error}")
        return np.nan, np.nan
    return float(found.estimate[0, 0]), float(found.p_values()[0, 0])


def _by_kind(
    data: pd.DataFrame, cell: _Cell, plan: Plan, notes: Notes
) -> tuple[str, float, float]:
    """Name, estimate and p-value of the second opinion that an outcome's kind asks for."""
    each, outcome, kind = cell.hypothesis, cell.outcome, plan.outcomes[cell.outcome].kind
    nothing = "", np.nan, np.nan
    if kind == "ceiling":
        values = data[outcome]
        top = (values >= values.max()).astype(float).where(values.notna())
        found = _fitted(data.assign(_top=top), cell, plan, notes, "_top")
        return ("share at the highest value", *found)
    if kind == "continuous" or not each.compares:
        return nothing
    # Arms of one level count as one: they weigh the same.
    sides = {arm: "1" if weight > 0 else "0" for arm, weight in plan.weights(each)[0].items()}
    pair = data.assign(_side=data["arm"].map(sides)).dropna(subset="_side").reset_index(drop=True)
    known = pair.dropna(subset=[c for c in cell.covariates if c in pair.columns])
    compared = outcome, "_side", "0"
    try:
        if kind == "count":
            name = "ratio of means, count model"
            frame = count_model(known, *compared, covariates=cell.covariates)
        elif kind == "binary":
            name = "odds ratio, logit"
            frame = ordered_logit(known, *compared, covariates=cell.covariates)
        else:
            name = "probability of a higher value, rank test"
            blocks = BLOCK if BLOCK in pair and pair[BLOCK].notna().all() else None
            frame = rank_test(pair, *compared, blocks=blocks)
    except AnalysisError as error:
        notes.add(f"No second opinion by kind of outcome on {each.id} and {outcome}: {error}")
        return nothing
    estimate, p_value = (float(frame[column].iloc[0]) for column in ("estimate", "p_value"))
    return name, float(np.exp(estimate)) if kind in ("count", "binary") else estimate, p_value
