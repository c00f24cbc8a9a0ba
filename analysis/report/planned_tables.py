"""Estimates and descriptions as the tables of the report."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from analysis.planned.estimate import Notes
from analysis.planned.factorial import factorial_effects
from analysis.planned.plan import Family, Outcome, Plan
from analysis.report.figures import arm_name, contrast_name, values
from analysis.report.table import Table
from analysis.report.units import STANDARD, places_by_outcome
from analysis.words import (
    MISSING,
    decimals,
    interval,
    listed,
    number,
    p_value,
    percent,
    shortest,
)


def effects_table(
    estimates: pd.DataFrame, plan: Plan, families: Sequence[Family], name: str
) -> Table:
    """Every estimate of some families, with all its p-values; ``name`` says which."""
    rows = estimates[estimates["family"].isin([family.name for family in families])]
    places = places_by_outcome(rows, plan)
    return Table(
        name=f"{plan.name}_effects_{name}",
        caption=f"{plan.title}: {name} outcomes.",
        headings=[
            "Hyp.",
            "Comparison",
            "Claim",
            "Estimate",
            "SE",
            f"{100 * (1 - plan.alpha):g}% interval",
            "p",
            "p rand.",
            "p claim",
            "p adj.",
            "N",
        ],
        cells=[_effect_cells(row, plan, places) for row in rows.to_dict("records")],
        frame=rows,
        words=3,
        groups=_groups(rows, plan, families),
        notes=_effects_notes(rows, plan, families),
    )


def _standardised(row: dict[Hashable, Any], plan: Plan) -> bool:
    """Whether an estimate is in standard deviations; a conjunction's is that of a part."""
    part = str(row["term"]).removeprefix("decided by ")
    name = part if row["claim"] == "all" and part != row["term"] else str(row["hypothesis"])
    return bool(plan.hypothesis(name).association)


def _groups(rows: pd.DataFrame, plan: Plan, families: Sequence[Family]) -> list[str]:
    """Outcome and, if there are several, family of each row."""
    found = []
    for row in rows.to_dict("records"):
        outcome = _outcome_name(plan.outcomes[row["outcome"]], difference=True)
        if _standardised(row, plan):
            outcome = f"{plan.outcomes[row['outcome']].label}, standard deviations"
        found.append(f"{outcome} ({row['family']})" if len(families) > 1 else outcome)
    return found


def _outcome_name(outcome: Outcome, *, difference: bool) -> str:
    return f"{outcome.label}, {outcome.unit if difference else outcome.level_unit}"


CLAIMED = {"": "described", "all": "all"}


def _effect_cells(row: dict[Hashable, Any], plan: Plan, places_of: dict[str, int]) -> list[str]:
    name = str(row["outcome"])
    scale, places = plan.outcomes[name].scale, places_of[name]
    if _standardised(row, plan):
        scale, places = 1.0, STANDARD
    claim = str(row["claim"])
    return [
        str(row["hypothesis"]),
        contrast_name(row, plan),
        CLAIMED.get(claim, claim),
        *_estimated(row, scale, places),
        p_value(row["p_randomization"]),
        p_value(row["p_claim"] if claim else math.nan),
        p_value(row["p_adjusted"]),
        str(int(row["n"])),
    ]


def _estimated(row: dict[Hashable, Any], scale: float, places: int) -> list[str]:
    """Estimate, standard error, interval and p-value of a row."""
    return [
        number(row["estimate"] * scale, places),
        number(row["std_error"] * scale, places),
        interval(row["conf_low"] * scale, row["conf_high"] * scale, places),
        p_value(row["p_value"]),
    ]


ADJUSTED = {
    "step_down": "closed step-down over all claims of the family, on the joint law of estimates",
    "holm": "Holm’s method over all claims of the family",
    "bh": "Benjamini and Hochberg’s false discovery rate over all claims of the family",
}


def _effects_notes(rows: pd.DataFrame, plan: Plan, families: Sequence[Family]) -> str:
    used = sorted({str(n) for n in rows["estimator"] if n and not str(n).startswith("conj")})
    kinds = dict.fromkeys(family.adjustment for family in families)
    adjustment = "; ".join(
        ADJUSTED[kind]
        + (f" ({listed([f.name for f in families if f.adjustment == kind])})" if several else "")
        for several in [len(families) > 1]
        for kind in kinds
    )
    used_covariates = " ".join(rows["covariates"].astype(str)).split()
    covariates = [plan.word(name.partition("=")[0]) for name in used_covariates]
    level = float(rows["level"].iloc[0])
    parts = [
        f"One regression per outcome: {'; '.join(used) or 'none'}. Covariates: "
        f"{', '.join(dict.fromkeys(covariates)) or 'none'}. Standard error, interval, p and p "
        "rand. belong to the same estimate: p by the t distribution with Bell and McCaffrey’s "
        "degrees of freedom, "
        f"p rand. of exactly this t, {plan.draws:,} draws of all arms’ labels within blocks "
        "(fewer where all assignments could be listed). p claim: for the claim none, that no "
        "difference matters, of two one-sided tests against the smallest effect of interest; for "
        "the claim exceeds, of the one-sided test against it; otherwise p. "
        f"p adj.: {adjustment}; held against {level:.3g}.",
    ]
    if (rows["claim"] == "all").any():
        parts.append(
            "All: the row shows the part with the largest p-value, which decides; p claim "
            "is 1 where a part has the wrong sign."
        )
    if any(h.joint for h in plan.hypotheses):
        parts.append(
            "Several levels at once: the root mean square of the comparisons; p of the F."
        )
    if any(h.association for h in plan.hypotheses):
        parts.append("Associations are in standard deviations of both, and were not randomized.")
    parts.append("N: participants of all arms on whom the estimate rests.")
    return " ".join(parts)


def robustness_table(
    estimates: pd.DataFrame, plan: Plan, families: Sequence[Family], name: str
) -> Table | None:
    """What else was planned to be shown of each estimate: it decides nothing."""
    rows = estimates[estimates["family"].isin([family.name for family in families])]
    rows = rows[rows["claim"] != "all"]
    rows = rows[rows["estimate"].notna() & rows["std_error"].notna()]
    if rows.empty:
        return None
    places = places_by_outcome(rows, plan)
    names = {
        str(outcome): next((str(n) for n in part["robustness"] if n), "")
        for outcome, part in rows.groupby("outcome", sort=False)
    }
    return Table(
        name=f"{plan.name}_robustness_{name}",
        caption=f"{plan.title}: {name} outcomes, size and robustness.",
        headings=[
            "Hyp.",
            "Comparison",
            "All together",
            "Smallest",
            "p equiv.",
            "Difference",
            "By arm",
            "p",
            "By kind",
            "p",
        ],
        cells=[_robustness_cells(row, plan, places) for row in rows.to_dict("records")],
        frame=rows[
            [
                "hypothesis",
                "contrast",
                "outcome",
                "simultaneous_low",
                "simultaneous_high",
                "smallest_effect",
                "p_equivalence",
                "difference",
                "by_arm_estimate",
                "by_arm_p",
                "robustness",
                "robustness_estimate",
                "robustness_p",
            ]
        ],
        words=2,
        groups=[
            group + (f" (by kind: {names[outcome]})" if names[outcome] else "")
            for group, outcome in zip(_groups(rows, plan, families), rows["outcome"], strict=True)
        ],
        notes="All together: the intervals that hold all at once, with "
        f"{100 * (1 - plan.alpha):g}% where no earlier look has spent a part. Smallest: effect of "
        "interest. p equiv.: that the effect is smaller than that, two one-sided tests, before "
        "adjustment. Difference, where one is claimed between arms or levels: it matters if the "
        "interval of all together lies beyond the smallest effect; none that matters if that is "
        "claimed of the same comparison and outcome, and won; size open if p adj. is below the "
        "level; else undecided. By arm: the same regression with a slope of each covariate in "
        "each arm (Lin 2013), for comparisons of arms that adjust. By kind: what was planned for "
        "this kind of outcome, for comparisons of two arms or levels; the share at the highest "
        "value by the planned regression. None of these two decides.",
    )


SHORT = {
    "matters": "matters",
    "none": "none that matters",
    "open": "size open",
    "undecided": "undecided",
}
"""The verdicts on differences, in a table."""


def _robustness_cells(
    row: dict[Hashable, Any], plan: Plan, places_of: dict[str, int]
) -> list[str]:
    outcome = plan.outcomes[str(row["outcome"])]
    scale, places = outcome.scale, places_of[outcome.name]
    if _standardised(row, plan):
        scale, places = 1.0, STANDARD
    by_kind, kind_scale = row["robustness_estimate"], 1.0
    if row["robustness"] == "share at the highest value":
        kind_scale = 100.0
    return [
        str(row["hypothesis"]),
        contrast_name(row, plan),
        interval(row["simultaneous_low"] * scale, row["simultaneous_high"] * scale, places),
        shortest(row["smallest_effect"] * scale, 3),
        p_value(row["p_equivalence"]),
        SHORT.get(str(row["difference"]), MISSING),
        number(row["by_arm_estimate"] * scale, places),
        p_value(row["by_arm_p"]),
        number(by_kind * kind_scale, 1 if kind_scale > 1 else 2),
        p_value(row["robustness_p"]),
    ]


def factorial_table(data: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """Main effects, interaction and cell contrasts of a 2×2 design on the primary outcomes."""
    frame = factorial_effects(data, plan, notes)
    if frame is None:
        return None
    places = places_by_outcome(frame, plan)
    return Table(
        name=f"{plan.name}_factorial",
        caption=f"{plan.title}: the 2×2 design on the primary outcome.",
        headings=["Effect", "Estimate", "SE", f"{100 * (1 - plan.alpha):g}% interval", "p", "N"],
        cells=[_factorial_cells(row, plan, places) for row in frame.to_dict("records")],
        frame=frame,
        groups=[_outcome_name(plan.outcomes[name], difference=True) for name in frame["outcome"]],
        notes="Main effects average over both levels of the other factor, so they are read "
        "together with the interaction. From the same regression as the table above; not "
        "adjusted: the hypotheses are judged there.",
    )


def _factorial_cells(row: dict[Hashable, Any], plan: Plan, places_of: dict[str, int]) -> list[str]:
    scale, places = plan.outcomes[row["outcome"]].scale, places_of[row["outcome"]]
    return [
        effect_name(str(row["term"])),
        *_estimated(row, scale, places),
        str(row["n"]),
    ]


def effect_name(term: str) -> str:
    """A term of `analysis.factorial` in words."""
    if ":" in term:
        return f"interaction, {term.replace(':', ' × ')}"
    if " + " in term:
        return f"{term} together, against neither"
    if " | " not in term:
        return f"main effect of {term}"
    factor, _, condition = term.partition(" | ")
    other, _, level = condition.partition("=")
    return f"{factor}, {'with' if level == '1' else 'without'} {other}"


def describe(data: pd.DataFrame, plan: Plan) -> Table:
    """Each outcome by arm: N, mean, standard deviation, median, range, floor and ceiling."""
    rows = []
    for name in (*plan.judged, *plan.described):
        for arm in plan.arms:
            if name in data.columns:
                rows.append(_description(data, plan.outcomes[name], arm))
    places: dict[str, int] = {}
    for row in rows:
        own = decimals(row["sd"] / max(row["n"], 1) ** 0.5)
        places[row["outcome"]] = min(own, places.get(row["outcome"], own))
    return Table(
        name=f"{plan.name}_outcomes",
        caption=f"{plan.title}: outcomes by arm.",
        headings=[
            "Arm",
            "N",
            "Mean",
            "SD",
            "Median",
            "Lowest",
            "Highest",
            "At lowest",
            "At highest",
        ],
        cells=[
            _description_cells(row, plan.outcomes[row["outcome"]], places[row["outcome"]])
            for row in rows
        ],
        frame=pd.DataFrame(rows),
        groups=[
            _outcome_name(plan.outcomes[str(row["outcome"])], difference=False) for row in rows
        ],
        notes="At lowest and at highest: share of the arm at the lowest and highest value that "
        "anyone in any arm has (floor and ceiling).",
    )


def _description_cells(row: dict[str, Any], outcome: Outcome, places: int) -> list[str]:
    shown = [
        arm_name(row["arm"]),
        str(row["n"]),
        *(number(row[k], places) for k in ("mean", "sd")),
    ]
    if outcome.kind == "binary":
        return [*shown, *[MISSING] * 5]
    rest = [shortest(row[key], places) for key in ("median", "lowest", "highest")]
    return [*shown, *rest, percent(row["share_lowest"]), percent(row["share_highest"])]


def _description(data: pd.DataFrame, outcome: Outcome, arm: str) -> dict[str, Any]:
    sample = pd.Series(values(data, outcome, arm))
    everyone = data[outcome.name].dropna().astype(float) * outcome.scale
    return {
        "outcome": outcome.name,
        "arm": arm,
        "n": len(sample),
        "mean": sample.mean(),
        "sd": sample.std(ddof=1),
        "median": sample.median(),
        "lowest": sample.min(),
        "highest": sample.max(),
        "share_lowest": (sample == everyone.min()).mean() if len(sample) else float("nan"),
        "share_highest": (sample == everyone.max()).mean() if len(sample) else float("nan"),
    }


def versions_table(frame: pd.DataFrame, plan: Plan) -> Table | None:
    """The effects on the primary outcomes, version by version."""
    if frame.empty:
        return None
    places_of = places_by_outcome(frame, plan)
    cells = []
    for row in frame.to_dict("records"):
        scale, places = plan.outcomes[row["outcome"]].scale, places_of[row["outcome"]]
        cells.append(
            [
                row["hypothesis"],
                contrast_name(row, plan),
                arm_name(row["version"]),
                *_estimated(row, scale, places),
            ]
        )
    return Table(
        name=f"{plan.name}_versions",
        caption=f"{plan.title}: robustness over the versions of messages.",
        headings=[
            "Hyp.",
            "Comparison",
            "Version",
            "Estimate",
            "SE",
            f"{100 * (1 - plan.alpha):g}% interval",
            "p",
        ],
        cells=cells,
        frame=frame,
        words=3,
        groups=[_outcome_name(plan.outcomes[name], difference=True) for name in frame["outcome"]],
        notes="Planned as robustness: no hypothesis, not adjusted. The planned regression with a "
        "mean for each version of a message: all versions weighing the same, then each version of "
        "one arm against all versions of the other.",
    )


def variable_label(plan: Plan, name: str) -> str:
    """What a column or measure of the study is, in the words of the plan or its declaration."""
    study = plan.study
    if name in plan.measured:
        about = plan.measured[name]
    elif name in study.measures:
        about = study.measures[name].about
    else:
        about = study.columns[name].description.rstrip(".")
    return about[:1].upper() + about[1:]


def heterogeneity_table(slopes: pd.DataFrame, plan: Plan) -> Table | None:
    """How effects change with the moderators of the plan."""
    if slopes.empty:
        return None
    places_of = places_by_outcome(slopes, plan)
    cells = []
    for row in slopes.to_dict("records"):
        scale, places = plan.outcomes[row["outcome"]].scale, places_of[row["outcome"]]
        cells.append(
            [
                row["hypothesis"],
                contrast_name(row, plan),
                *_estimated(row, scale, places),
                str(row["n"]),
            ]
        )
    unit = plan.outcomes[slopes["outcome"].iloc[0]].unit
    return Table(
        name=f"{plan.name}_heterogeneity",
        caption=f"{plan.title}: change of the effect on the primary outcome per standard "
        f"deviation of what was measured before treatment ({unit}).",
        headings=[
            "Hyp.",
            "Comparison",
            "Change",
            "SE",
            f"{100 * (1 - plan.alpha):g}% interval",
            "p",
            "N",
        ],
        cells=cells,
        frame=slopes,
        words=2,
        groups=[variable_label(plan, name) for name in slopes["moderator"]],
        notes="From the planned regression with a slope of the moderator in each arm. Not "
        "adjusted for the number of tests. The moderators were not randomized: a slope "
        "says where effects differ, not why. Degrees of freedom are Bell and McCaffrey's, because "
        "a few participants with extreme answers weigh heavily in slopes.",
    )
