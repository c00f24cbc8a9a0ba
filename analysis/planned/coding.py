"""Covariates in words as columns of 0 and 1, so that a regression can hold them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.inference.sample import RARE
from analysis.planned.plan import Plan


def coded(data: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, Plan]:
    """Data and plan with a column for each value of a covariate in words, ``income=coping``.

    The first value of the design has none: the others are compared with it. So has one that fewer
    than `RARE` people gave. Who did not answer is missing in all of them.
    """
    named = {*plan.covariates, *(c for each in plan.hypotheses for c in each.covariates or ())}
    named |= {name for each in plan.sensitivity for name in each.adding}
    added: dict[str, pd.Series] = {}
    into: dict[str, tuple[str, ...]] = {}
    for name in sorted(named & set(data.columns)):
        column = plan.study.columns.get(name)
        if column is None or column.type != "choice":
            continue
        counts = data[name].value_counts()
        given = [value for value in column.values if counts.get(value, 0) >= RARE]
        into[name] = tuple(f"{name}={value}" for value in given[1:])
        for value in given[1:]:
            chosen = (data[name] == value).astype("Float64")
            added[f"{name}={value}"] = chosen.mask(data[name].isna())
    if not into:
        return data, plan

    def unfolded(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(part for name in names for part in into.get(name, (name,)))

    hypotheses = tuple(
        each if each.covariates is None else replace(each, covariates=unfolded(each.covariates))
        for each in plan.hypotheses
    )
    changed = replace(
        plan,
        covariates=unfolded(plan.covariates),
        by_arm=unfolded(plan.by_arm),
        hypotheses=hypotheses,
        sensitivity=tuple(replace(s, adding=unfolded(s.adding)) for s in plan.sensitivity),
    )
    return data.assign(**added), changed
