"""Estimates and descriptions as the tables of the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.planned.estimate import Notes
from analysis.planned.exploratory import by_version, factorial_effects, heterogeneity
from analysis.planned.plan import Family, Outcome, Plan
from analysis.report.figures import values
from analysis.report.table import ARM, Column, N, Table, Writer, share, table, text
from analysis.report.units import Row, Units, arm_name, confidence, contrast_name
from analysis.words import MISSING, decimals, listed, number, p_value, shortest


def _compared(plan: Plan) -> list[Column]:
    """The hypothesis of an estimate, and what it compares."""
    return [
        ("Hyp.", text("hypothesis")),
        ("Comparison", lambda row: contrast_name(row, plan)),
    ]


def _estimated(units: Units, heading: str = "Estimate") -> list[Column]:
    """Estimate, standard error, interval and p-value."""
    return [
        (heading, lambda row: units.number(row, "estimate")),
        ("SE", lambda row: units.number(row, "std_error")),
        (f"{confidence(units.plan)} interval", units.interval),
        ("p", lambda row: p_value(row["p_value"])),
    ]


def _of(estimates: pd.DataFrame, families: Sequence[Family]) -> pd.DataFrame:
    return estimates[estimates["family"].isin([family.name for family in families])]


def _heading(row: Row, units: Units, families: Sequence[Family]) -> str:
    """Outcome and, if there are several, family of an estimate."""
    found = units.heading(row)
    return f"{found} ({row['family']})" if len(families) > 1 else found


def effects_table(
    estimates: pd.DataFrame, plan: Plan, families: Sequence[Family], name: str
) -> Table | None:
    """Every estimate of some families, with all its p-values; ``name`` says which."""
    rows = _of(estimates, families)
    units = Units(rows, plan)
    return table(
        plan,
        f"effects_{name}",
        f"{name} outcomes.",
        rows,
        [
            *_compared(plan),
            ("Claim", lambda row: row["claim"] or "described"),
            *_estimated(units),
            ("p rand.", lambda row: p_value(row["p_randomization"])),
            ("p claim", lambda row: p_value(row["p_claim"] if row["claim"] else None)),
            ("p adj.", lambda row: p_value(row["p_adjusted"])),
            N,
        ],
        words=3,
        group=lambda row: _heading(row, units, families),
        notes=_effects_notes(rows, plan, families),
    )


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
    rows = _of(estimates, families)
    rows = rows[rows["claim"] != "all"]
    rows = rows[rows["estimate"].notna() & rows["std_error"].notna()]
    units = Units(rows, plan)
    kinds = rows[rows["robustness"] != ""].groupby("outcome")["robustness"].first().to_dict()

    def by_kind(row: Row) -> str:
        share = row["robustness"] == "share at the highest value"
        return number(row["robustness_estimate"] * (100 if share else 1), 1 if share else 2)

    def group(row: Row) -> str:
        kind = kinds.get(row["outcome"])
        return _heading(row, units, families) + (f" (by kind: {kind})" if kind else "")

    return table(
        plan,
        f"robustness_{name}",
        f"{name} outcomes, size and robustness.",
        rows,
        [
            *_compared(plan),
            ("All together", lambda row: units.interval(row, "simultaneous")),
            ("Smallest", lambda row: shortest(units.value(row, "smallest_effect"), 3)),
            ("p equiv.", lambda row: p_value(row["p_equivalence"])),
            ("Difference", lambda row: SHORT.get(row["difference"], MISSING)),
            ("By arm", lambda row: units.number(row, "by_arm_estimate")),
            ("p", lambda row: p_value(row["by_arm_p"])),
            ("By kind", by_kind),
            ("p", lambda row: p_value(row["robustness_p"])),
        ],
        frame=rows[[*ROBUST]],
        words=2,
        group=group,
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


ROBUST = (
    *("hypothesis", "contrast", "outcome", "simultaneous_low", "simultaneous_high"),
    *("smallest_effect", "p_equivalence", "difference", "by_arm_estimate", "by_arm_p"),
    *("robustness", "robustness_estimate", "robustness_p"),
)


def factorial_table(data: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """Main effects, interaction and cell contrasts of a 2×2 design on the primary outcomes."""
    frame = factorial_effects(data, plan, notes)
    if frame is None:
        return None
    units = Units(frame, plan)
    return table(
        plan,
        "factorial",
        "the 2×2 design on the primary outcome.",
        frame,
        [("Effect", lambda row: effect_name(row["term"])), *_estimated(units), N],
        group=units.heading,
        notes="Main effects average over both levels of the other factor, so they are read "
        "together with the interaction. From the same regression as the table above; not "
        "adjusted: the hypotheses are judged there.",
    )


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


def describe(data: pd.DataFrame, plan: Plan) -> Table | None:
    """Each outcome by arm: N, mean, standard deviation, median, range, floor and ceiling."""
    rows = [
        _description(data, plan.outcomes[name], arm)
        for name in (*plan.judged, *plan.described)
        for arm in plan.arms
        if name in data.columns
    ]
    places: dict[str, int] = {}
    for row in rows:
        own = decimals(row["sd"] / max(row["n"], 1) ** 0.5)
        places[row["outcome"]] = min(own, places.get(row["outcome"], own))

    def precise(name: str) -> Writer:
        return lambda row: number(row[name], places[row["outcome"]])

    def short(name: str) -> Writer:
        return lambda row: shortest(row[name], places[row["outcome"]])

    def spread(write: Writer) -> Writer:
        """What an outcome of two values does not have."""
        return lambda row: (
            MISSING if plan.outcomes[row["outcome"]].kind == "binary" else write(row)
        )

    def group(row: Row) -> str:
        outcome = plan.outcomes[row["outcome"]]
        return f"{outcome.label}, {outcome.level_unit}"

    return table(
        plan,
        "outcomes",
        "outcomes by arm.",
        rows,
        [
            ARM,
            N,
            ("Mean", precise("mean")),
            ("SD", precise("sd")),
            ("Median", spread(short("median"))),
            ("Lowest", spread(short("lowest"))),
            ("Highest", spread(short("highest"))),
            ("At lowest", spread(share("share_lowest"))),
            ("At highest", spread(share("share_highest"))),
        ],
        group=group,
        notes="At lowest and at highest: share of the arm at the lowest and highest value that "
        "anyone in any arm has (floor and ceiling).",
    )


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
        "share_lowest": (sample == everyone.min()).mean(),
        "share_highest": (sample == everyone.max()).mean(),
    }


def versions_table(data: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """The effects on the primary outcomes, version by version."""
    frame = by_version(data, plan, notes)
    units = Units(frame, plan)
    return table(
        plan,
        "versions",
        "robustness over the versions of messages.",
        frame,
        [
            *_compared(plan),
            ("Version", lambda row: arm_name(row["version"])),
            *_estimated(units),
        ],
        words=3,
        group=units.heading,
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


def heterogeneity_table(data: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """How effects change with the moderators of the plan."""
    slopes = heterogeneity(data, plan, notes)
    if slopes.empty:
        return None
    unit = plan.outcomes[slopes["outcome"].iloc[0]].unit
    return table(
        plan,
        "heterogeneity",
        "change of the effect on the primary outcome per standard deviation of what was measured "
        f"before treatment ({unit}).",
        slopes,
        [*_compared(plan), *_estimated(Units(slopes, plan), "Change"), N],
        words=2,
        group=lambda row: variable_label(plan, row["moderator"]),
        notes="From the planned regression with a slope of the moderator in each arm. Not "
        "adjusted for the number of tests. The moderators were not randomized: a slope "
        "says where effects differ, not why. Degrees of freedom are Bell and McCaffrey's, because "
        "a few participants with extreme answers weigh heavily in slopes.",
    )
