"""What stands beside the planned estimates: versions, moderators, the 2×2 design."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators.means import CELLS, cell_contrasts
from analysis.inference.contrast import contrast, view

if TYPE_CHECKING:
    from analysis.planned.estimate import Notes
    from analysis.planned.plan import Plan

CELL = "_version"
ALL = "all versions alike"


def compared(
    data: pd.DataFrame,
    plan: Plan,
    notes: Notes,
    missing: str,
    outcome: str,
    weights: Mapping[str, float],
    *,
    treatment: str = "arm",
    **options: Any,
) -> Iterator[dict[str, Any]]:
    """The row of one comparison by the planned regression, without a randomization test.

    If there is none, ``notes`` say what is ``missing`` and why.
    """
    model = {"covariates": plan.covariates_in(data), "sessions": plan.sessions_in(data)}
    options = {"alpha": plan.alpha, "draws": 0, **model, **options}
    try:
        frame = contrast(data, outcome, treatment, weights, **options)
    except AnalysisError as error:
        notes.add(f"{missing}: {error}")
    else:
        yield {str(key): value for key, value in frame.iloc[0].items()}


def means_apart(high: Collection[str], low: Collection[str]) -> dict[str, float]:
    """Weights of the mean of the arms ``high`` less the mean of the arms ``low``."""
    return {arm: 1 / len(high) for arm in high} | {arm: -1 / len(low) for arm in low}


def heterogeneity(data: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame:
    """The change of each comparison of arms or levels per standard deviation of each moderator.

    Gerber & Green 2012, *Field Experiments*, ch. 9; exploratory. The tidy frame with
    ``hypothesis``, ``moderator`` and ``contrast``, from the `analysed` participants.
    """
    rows = []
    for outcome in plan.primary.outcomes:
        for moderator in plan.heterogeneity:
            if (scaled := _standardised(data, moderator)) is None:
                continue
            others = [c for c in plan.covariates if c != moderator]
            for each in plan.comparisons:
                said = {"hypothesis": each.id, "moderator": moderator, "contrast": each.contrast}
                missing = f"No heterogeneity of {each.id} along {moderator}"
                options: dict[str, Any] = {"slope": moderator, "covariates": others}
                weights = plan.weights(each)[0]
                found = compared(scaled, plan, notes, missing, outcome, weights, **options)
                rows += [said | row for row in found]
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


def by_version(data: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame:
    """Each comparison of two arms on the primary outcomes, version by version of a treatment.

    No effect should be that of one text alone. The planned regression, in which each version of
    an arm has a mean of its own: the difference when all versions of an arm weigh the same, then
    each version of one arm against all of the other. The tidy frame with ``hypothesis``,
    ``contrast`` and ``version``; empty where nobody had a version, or no arm has two.
    """
    if plan.versions not in data.columns:
        return pd.DataFrame()
    known = data[data[plan.versions].notna()]
    arms = known["arm"].astype(str)
    known = known.assign(**{CELL: arms + " " + known[plan.versions].astype(str)})
    versions = {arm: sorted(set(known.loc[arms == arm, CELL])) for arm in plan.arms}
    rows = []
    for outcome in plan.primary.outcomes:
        for each in plan.pairs:
            for version, high, low in _pairs(versions[each.treatment], versions[each.control]):
                said = {"hypothesis": each.id, "contrast": each.contrast, "version": version}
                missing = f"No comparison of versions for {each.id}"
                weights = means_apart(high, low)
                found = compared(known, plan, notes, missing, outcome, weights, treatment=CELL)
                rows += [said | row for row in found]
    return pd.DataFrame(rows)


def _pairs(high: list[str], low: list[str]) -> list[tuple[str, list[str], list[str]]]:
    """What is compared with what; nothing if neither arm has two versions."""
    if not high or not low or len(high) + len(low) == 2:
        return []
    pairs = [(ALL, high, low)]
    pairs += [(cell, [cell], low) for cell in high if len(high) > 1]
    pairs += [(cell, high, [cell]) for cell in low if len(low) > 1]
    return pairs


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
    usable = plan.covariates_in(data)
    model: dict[str, Any] = {
        "covariates": [c for c in usable if c not in plan.by_arm],
        "by_arm": [c for c in usable if c in plan.by_arm],
        "sessions": plan.sessions_in(data),
    }
    frames = []
    for name in plan.primary.outcomes:
        try:
            frames.append(view(data, name, "arm", terms, "factorial", **model))
        except AnalysisError as error:
            notes.add(f"No table of the 2×2 design for {name}: {error}")
    return pd.concat(frames, ignore_index=True) if frames else None
