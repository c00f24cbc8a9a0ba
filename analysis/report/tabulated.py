"""Estimates and descriptions as the tables of the report."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators import factorial
from analysis.plan import ExperimentPlan, Outcome, Plan
from analysis.report.estimates import Notes, places_by_outcome
from analysis.report.figures import arm_name, contrast_name, values
from analysis.report.numbers import (
    MISSING,
    decimals,
    interval,
    number,
    p_value,
    percent,
    shortest,
)
from analysis.report.tables import Table


def effects_table(
    estimates: pd.DataFrame, planned: ExperimentPlan, plan: Plan, family: str
) -> Table:
    """Every estimate of one family, with all its p-values."""
    rows = estimates[estimates["family"] == family]
    places = places_by_outcome(rows, plan)
    cells = [_effect_cells(row, plan, places) for row in rows.to_dict("records")]
    return Table(
        name=f"{planned.name}_effects_{family}",
        caption=f"{planned.title}: {family} outcomes.",
        headings=[
            "Hyp.",
            "Comparison",
            "Reference mean",
            "Estimate",
            "SE",
            f"{100 * (1 - plan.alpha):g}% interval",
            "p robust",
            "p random.",
            "p adjusted",
            "N",
        ],
        cells=cells,
        frame=rows,
        words=2,
        groups=[_outcome_name(plan.outcomes[name], difference=True) for name in rows["outcome"]],
        notes=_effects_notes(rows, plan),
    )


def _outcome_name(outcome: Outcome, *, difference: bool) -> str:
    return f"{outcome.label}, {outcome.unit if difference else outcome.level_unit}"


def _effect_cells(row: dict[Hashable, Any], plan: Plan, places_of: dict[str, int]) -> list[str]:
    name = str(row["outcome"])
    scale, places = plan.outcomes[name].scale, places_of[name]
    return [
        str(row["hypothesis"]),
        contrast_name(str(row["contrast"])),
        number(row["control_mean"] * scale, places),
        number(row["estimate"] * scale, places),
        number(row["std_error"] * scale, places),
        interval(row["conf_low"] * scale, row["conf_high"] * scale, places),
        p_value(row["p_value"]),
        p_value(row["p_randomization"]),
        p_value(row["p_adjusted"]),
        str(int(row["n"])),
    ]


ADJUSTMENTS = {
    "holm": "Holm’s method over all robust p-values of the table",
    "bh": "Benjamini and Hochberg’s false discovery rate over all robust p-values of the table",
    "westfall_young": "Westfall and Young’s step-down permutation method (without covariates) "
    "over all outcomes and arms of the table that are compared with the same arm, for "
    "interactions Holm’s method, times the number of these groups (Bonferroni)",
}


def _effects_notes(rows: pd.DataFrame, plan: Plan) -> str:
    used = sorted({str(name) for name in rows["estimator"] if name})
    adjustment = ADJUSTMENTS[str(rows["adjustment"].iloc[0])]
    return (
        f"Estimator: {', '.join(used) or 'none'}; {plan.se_type} standard errors, t distribution. "
        f"Covariates: {', '.join(plan.covariates) or 'none'}. p random.: randomization "
        f"test of the effect estimated within blocks, over its standard error, "
        f"{plan.draws:,} draws (fewer where all assignments could be listed); not defined for "
        f"interactions. p adjusted: {adjustment}. "
        "Reference mean: raw mean of the arm compared with. N: participants of all arms on whom "
        "the estimate rests."
    )


def factorial_table(
    data: pd.DataFrame, planned: ExperimentPlan, plan: Plan, notes: Notes
) -> Table | None:
    """Main effects, interaction and cell contrasts of a 2×2 design on the primary outcomes."""
    factors = list(planned.design.factors)
    covariates = list(plan.covariates) if plan.estimator == "lin" else None
    frames = []
    for name in planned.primary.outcomes:
        try:
            frames.append(
                factorial(data, name, factors, covariates=covariates, se_type=plan.se_type)
            )
        except AnalysisError as error:
            notes.add(f"No table of the 2×2 design for {name}: {error}")
    if not frames:
        return None
    frame = pd.concat(frames, ignore_index=True)
    places = places_by_outcome(frame, plan)
    return Table(
        name=f"{planned.name}_factorial",
        caption=f"{planned.title}: the 2×2 design on the primary outcome.",
        headings=["Effect", "Estimate", "SE", f"{100 * (1 - plan.alpha):g}% interval", "p", "N"],
        cells=[_factorial_cells(row, plan, places) for row in frame.to_dict("records")],
        frame=frame,
        groups=[_outcome_name(plan.outcomes[name], difference=True) for name in frame["outcome"]],
        notes="Main effects average over both levels of the other factor, so they are read "
        "together with the interaction. p-values are robust and not adjusted; the hypotheses are "
        "judged by the table above.",
    )


def _factorial_cells(row: dict[Hashable, Any], plan: Plan, places_of: dict[str, int]) -> list[str]:
    scale, places = plan.outcomes[row["outcome"]].scale, places_of[row["outcome"]]
    return [
        effect_name(str(row["term"])),
        number(row["estimate"] * scale, places),
        number(row["std_error"] * scale, places),
        interval(row["conf_low"] * scale, row["conf_high"] * scale, places),
        p_value(row["p_value"]),
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


def describe(data: pd.DataFrame, planned: ExperimentPlan, plan: Plan) -> Table:
    """Each outcome by arm: N, mean, standard deviation, median, range, floor and ceiling."""
    rows = []
    for name in planned.outcomes:
        for arm in planned.arms:
            if name in data.columns:
                rows.append(_description(data, plan.outcomes[name], arm))
    places: dict[str, int] = {}
    for row in rows:
        own = decimals(row["sd"] / max(row["n"], 1) ** 0.5)
        places[row["outcome"]] = min(own, places.get(row["outcome"], own))
    return Table(
        name=f"{planned.name}_outcomes",
        caption=f"{planned.title}: outcomes by arm.",
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


MODERATORS = {
    "psm": "Public service motivation",
    "baseline_correct": "Ability (correct cards in the baseline round)",
}


def heterogeneity_table(slopes: pd.DataFrame, planned: ExperimentPlan, plan: Plan) -> Table | None:
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
                contrast_name(row["contrast"]),
                number(row["estimate"] * scale, places),
                number(row["std_error"] * scale, places),
                interval(row["conf_low"] * scale, row["conf_high"] * scale, places),
                p_value(row["p_value"]),
                str(row["n"]),
            ]
        )
    unit = plan.outcomes[slopes["outcome"].iloc[0]].unit
    return Table(
        name=f"{planned.name}_heterogeneity",
        caption=f"{planned.title}: change of the effect on the primary outcome per standard "
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
        groups=[MODERATORS.get(name, name.replace("_", " ")) for name in slopes["moderator"]],
        notes="Not adjusted for the number of tests. The moderators were not randomized: a slope "
        "says where effects differ, not why. Degrees of freedom are Bell and McCaffrey's, because "
        "a few participants with extreme answers weigh heavily in slopes.",
    )
