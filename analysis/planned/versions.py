"""Robustness over the versions of a treatment: no effect should be that of one text alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.inference.contrast import contrast
from analysis.planned.estimate import SESSION, Notes
from analysis.planned.plan import Plan

CELL = "_version"
ALL = "all versions alike"


def by_version(data: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame:
    """Each comparison of two arms on the primary outcomes, version by version.

    The planned regression, in which each version of an arm has a mean of its own: the difference
    when all versions of an arm weigh the same, then each version of one arm against all of the
    other. The tidy frame with ``hypothesis``, ``contrast`` and ``version``; empty where nobody had
    a version, or no arm has two.
    """
    if plan.versions not in data.columns:
        return pd.DataFrame()
    known = data[data[plan.versions].notna()]
    arms = known["arm"].astype(str)
    known = known.assign(**{CELL: arms + " " + known[plan.versions].astype(str)})
    versions = {arm: sorted(set(known.loc[arms == arm, CELL])) for arm in plan.arms}
    covariates = [c for c in plan.covariates if c in known.columns and known[c].nunique() > 1]
    rows: list[dict[str, Any]] = []
    for outcome in plan.primary.outcomes:
        for each in plan.pairs:
            for version, high, low in _pairs(versions[each.treatment], versions[each.control]):
                weights = {cell: 1 / len(high) for cell in high}
                weights |= {cell: -1 / len(low) for cell in low}
                try:
                    frame = contrast(
                        known,
                        outcome,
                        CELL,
                        weights,
                        covariates=covariates,
                        sessions=SESSION if plan.session_effects and SESSION in known else None,
                        alpha=plan.alpha,
                        draws=0,
                    )
                except AnalysisError as error:
                    notes.add(f"No comparison of versions for {each.id}: {error}")
                    continue
                found = {str(key): value for key, value in frame.iloc[0].items()}
                said = {"hypothesis": each.id, "contrast": each.contrast, "version": version}
                rows.append({**said, **found})
    return pd.DataFrame(rows)


def _pairs(high: list[str], low: list[str]) -> list[tuple[str, list[str], list[str]]]:
    """What is compared with what; nothing if neither arm has two versions."""
    if not high or not low or len(high) + len(low) == 2:
        return []
    pairs = [(ALL, high, low)]
    pairs += [(cell, [cell], low) for cell in high if len(high) > 1]
    pairs += [(cell, high, [cell]) for cell in low if len(low) > 1]
    return pairs
