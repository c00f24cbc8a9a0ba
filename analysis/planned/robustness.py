"""The planned second opinions on each estimate: slopes by arm, and by kind of outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators import count_model, ordered_logit, rank_test
from analysis.exports.derived import BLOCK
from analysis.inference.fit import contrasts, fit
from analysis.inference.sample import prepare, sloping, unsloped
from analysis.planned.plan import Hypothesis, Plan

if TYPE_CHECKING:
    from analysis.planned.estimate import Notes, _Cell

SESSION = "session_code"


def robustness(data: pd.DataFrame, cells: Sequence[_Cell], plan: Plan, notes: Notes) -> None:
    """Fills ``by_arm_…`` and ``robustness…`` of the cells that have an estimate.

    A second opinion that the data do not allow stays empty, and ``notes`` say why.
    """
    for cell in cells:
        each = cell.hypothesis
        if np.isnan(cell.number("estimate")) or each.all or each.joint:
            continue
        if each.association or each.moderator:
            continue
        covariates = tuple(str(cell.values["covariates"]).split())
        if covariates and set(plan.by_arm) != set(covariates):
            estimate, p_value = _fitted(data, cell.outcome, plan, each, covariates, notes)
            cell.values |= {"by_arm_estimate": estimate, "by_arm_p": p_value}
        kind = plan.outcomes[cell.outcome].kind
        name, estimate, p_value = _by_kind(kind, data, cell.outcome, plan, each, covariates, notes)
        if name:
            cell.values["robustness"] = name
            cell.values |= {"robustness_estimate": estimate, "robustness_p": p_value}


def _fitted(
    data: pd.DataFrame,
    outcome: str,
    plan: Plan,
    each: Hypothesis,
    covariates: Sequence[str],
    notes: Notes,
    by_arm: bool = True,
) -> tuple[float, float]:
    """The planned regression, with slopes by arm or not, of an outcome or a change of it."""
    counts = data.loc[data[outcome].notna(), "arm"].value_counts()
    rows = data[data["arm"].isin(counts.index[counts > 1])]
    sessions = SESSION if plan.session_effects and SESSION in data.columns else None
    known = rows[rows[outcome].notna()]
    slopes, common = sloping(known, "arm", covariates) if by_arm else ([], list(covariates))
    if by_arm and common:
        notes.add(unsloped(common))
    try:
        sample = prepare(rows, outcome, "arm", covariates=common, by_arm=slopes, sessions=sessions)
        arms = sample.arm_weights(plan.weights(each)[0])
        found = contrasts(fit(sample.outcomes, sample.model), sample.model.weights(arms)[None])
    except AnalysisError as error:
        how = "with slopes by arm" if by_arm else "by its share at the highest value"
        notes.add(f"No second opinion {how} on {each.id}: {error}")
        return np.nan, np.nan
    return float(found.estimate[0, 0]), float(found.p_values()[0, 0])


def _by_kind(
    kind: str,
    data: pd.DataFrame,
    outcome: str,
    plan: Plan,
    each: Hypothesis,
    covariates: Sequence[str],
    notes: Notes,
) -> tuple[str, float, float]:
    """Name, estimate and p-value of the second opinion that an outcome's kind asks for."""
    nothing = "", np.nan, np.nan
    if kind == "ceiling":
        top = data[outcome].max()
        framed = data.assign(
            _top=(data[outcome] >= top).astype(float).where(data[outcome].notna())
        )
        found = _fitted(framed, "_top", plan, each, covariates, notes, by_arm=False)
        return ("share at the highest value", *found)
    if kind == "continuous" or not each.compares:
        return nothing
    # Arms of one level count as one: they weigh the same.
    sides = {arm: "1" if weight > 0 else "0" for arm, weight in plan.weights(each)[0].items()}
    pair = data.assign(_side=data["arm"].map(sides)).dropna(subset="_side").reset_index(drop=True)
    known = pair.dropna(subset=[c for c in covariates if c in pair.columns])
    options: dict[str, Any] = {"covariates": list(covariates) or None}
    try:
        if kind == "count":
            frame = count_model(known, outcome, "_side", "0", se_type="HC2", **options)
            value = float(np.exp(frame["estimate"].iloc[0]))
            return "ratio of means, count model", value, float(frame["p_value"].iloc[0])
        if kind == "binary":
            frame = ordered_logit(known, outcome, "_side", "0", **options)
            value = float(np.exp(frame["estimate"].iloc[0]))
            return "odds ratio, logit", value, float(frame["p_value"].iloc[0])
        blocks = BLOCK if BLOCK in pair and pair[BLOCK].notna().all() else None
        frame = rank_test(pair, outcome, "_side", "0", blocks=blocks)
    except AnalysisError as error:
        notes.add(f"No second opinion by kind of outcome on {each.id} and {outcome}: {error}")
        return nothing
    first = frame.iloc[0]
    return (
        "probability of a higher value, rank test",
        float(first["estimate"]),
        float(first["p_value"]),
    )
