"""Patterns and checks of validity as the report says them: sentences and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from analysis.planned.estimate import Notes, cells_of, estimate_experiment
from analysis.planned.patterns import AGAINST, Judged
from analysis.planned.plan import Family, Plan
from analysis.planned.progress import Progress
from analysis.planned.validity import variants
from analysis.report.table import N, Table, share, table, text, written
from analysis.report.units import Row, confidence
from analysis.words import (
    decimals,
    interval,
    listed,
    number,
    p_statement,
    p_value,
    percent,
)

# -------------------------------------------------------------------------------------- patterns


def pattern_sentence(judged: Judged, plan: Plan, failed: Mapping[str, Sequence[str]]) -> str:
    """Won, contradicted, or undecided with the parts that do not hold; ``failed``: of `failed`."""
    name = f"The {judged.pattern.name} is"
    if judged.verdict == "won":
        found = (
            f"won: {listed([shown.part.hypothesis for shown in judged.won])} hold together. The "
            f"largest of their unadjusted p-values, that of {judged.decides.part.hypothesis}, "
            f"decides ({p_statement(judged.decides.p_value)})."
        )
    elif judged.verdict == "contradicted":
        against = [
            f"{shown.part.hypothesis} {AGAINST[shown.part.claim]}"
            for shown in judged.contradicted
            if shown.holds
        ]
        found = f"contradicted: {listed(against)}."
    else:
        lacking = [
            f"{part} (“{plan.hypothesis(part).statement.rstrip('.')}”)"
            for part in (shown.part.hypothesis for shown in judged.won if not shown.holds)
        ]
        found = f"undecided: what is claimed is not shown for {listed(lacking)}."
    doubtful = [
        shown.part.hypothesis
        for shown in judged.won
        if shown.holds and shown.part.claim == "none" and shown.part.hypothesis in failed
    ]
    if doubtful:
        factors = dict.fromkeys(factor for name in doubtful for factor in failed[name])
        found += f" {doubt([*factors])[:-1]}: {listed(doubtful)}."
    return f"{name} {found} The pattern: {judged.pattern.statement}"


def doubt(factors: Sequence[str]) -> str:
    """What a null on ``factors`` whose checks failed may be."""
    names = listed([f"“{factor.replace('_', ' ')}”" for factor in factors])
    return f"What {names} varied did not all come across, so this may be a failed manipulation."


def pattern_table(judged: Judged, plan: Plan) -> Table | None:
    """What a pattern asks for, part by part."""
    rows = [
        {
            "needed_for": needed,
            "hypothesis": shown.part.hypothesis,
            "asks": shown.part.claim,
            "p_value": shown.p_value,
            "holds": shown.holds,
        }
        for needed, parts in (("won", judged.won), ("contradicted", judged.contradicted))
        for shown in parts
    ]
    groups = {"won": "Won if all of these hold", "contradicted": "Contradicted if one holds"}
    return table(
        plan,
        re.sub(r"[^a-z0-9]+", "_", judged.pattern.name.lower()),
        f"{judged.pattern.name}, {judged.verdict}.",
        rows,
        [
            ("Hyp.", text("hypothesis")),
            ("Asks", text("asks")),
            ("Holds", lambda row: "yes" if row["holds"] else "no"),
            ("p", lambda row: p_value(row["p_value"])),
        ],
        words=3,
        group=lambda row: groups[row["needed_for"]],
        notes="p: unadjusted, of the claim, 1 where its sign is the wrong one; the pattern asks "
        "for all parts together, so it needs no adjustment (Berger 1982). Below: the interval "
        "lies below the smallest effect of interest. Matters: the simultaneous interval lies "
        "beyond it.",
    )


# ------------------------------------------------------------------------------- manipulations


def failed(checks: pd.DataFrame, estimates: pd.DataFrame, plan: Plan) -> dict[str, list[str]]:
    """By hypothesis that found no difference: the factors of which a check failed."""
    found: dict[str, list[str]] = {}
    for check in plan.checks:
        rows = cells_of(checks[checks["factor"] == check.factor])
        if any(not row["passed"] and row["kind"] != "stays" for row in rows):
            for name in _nulls(estimates, plan, check.factor):
                found.setdefault(name, []).append(check.factor)
    return found


def manipulation_sentences(checks: pd.DataFrame, estimates: pd.DataFrame, plan: Plan) -> list[str]:
    """For each factor with checks: whether what it varied came across, and what that means."""
    found = []
    for check in plan.checks:
        rows = list(cells_of(checks[checks["factor"] == check.factor]))
        name = check.factor.replace("_", " ")
        if not rows:
            found.append(f"The data do not say whether what “{name}” varied came across.")
            continue
        said = "; ".join(_went(row, plan) for row in rows)
        failed = [row for row in rows if not row["passed"] and row["kind"] != "stays"]
        placebo = [row for row in rows if not row["passed"] and row["kind"] == "stays"]
        text = f"What “{name}” varied {'did not all come' if failed else 'came'} across: {said}."
        if failed and (nulls := _nulls(estimates, plan, check.factor)):
            text += f" So the null of {listed(nulls)} may be a failed manipulation."
        if placebo:
            names = listed(list(dict.fromkeys(plan.outcomes[r["outcome"]].label for r in placebo)))
            text += (
                f" It is not shown that “{names}” stayed alike, so what “{name}” does, or hides, "
                "may be due to that."
            )
        found.append(text)
    return found


def _went(row: Row, plan: Plan) -> str:
    """One check in words."""
    level = _level(row, plan)
    if row["kind"] == "recalled":
        shown = f"{percent(row['low'])} to {percent(row['high'])}"
        return f"recalled right by {percent(row['estimate'])} ({shown}) with {level}"
    outcome, (value, ends) = plan.outcomes[row["outcome"]], _found(row, plan)
    return f"with {level}, {outcome.phrase} differs by {value} {outcome.unit} ({ends})"


def _level(row: Row, plan: Plan) -> str:
    return plan.factors.get(row["factor"], {}).get(row["level"], row["level"])


def _found(row: Row, plan: Plan) -> tuple[str, str]:
    """What a check found and its interval: a share in %, or a difference in its unit."""
    recalled = row["kind"] == "recalled"
    scale = 100.0 if recalled else plan.outcomes[row["outcome"]].scale
    places = 0 if recalled else decimals((row["high"] - row["low"]) * scale / 4)
    value, low, high = (row[name] * scale for name in ("estimate", "low", "high"))
    return number(value, places), interval(low, high, places)


def _nulls(estimates: pd.DataFrame, plan: Plan, factor: str) -> list[str]:
    """The hypotheses on a factor and the primary outcomes that found no difference."""
    found = []
    for row in cells_of(estimates[estimates["outcome"].isin(plan.primary.outcomes)]):
        each = plan.hypothesis(row["hypothesis"])
        null = row["difference"] in ("none", "undecided") or row["verdict"] == "open"
        held = each.claim == "none" and row["verdict"] in ("won", "carried")
        if factor in (each.factor, *each.interaction) and (null or held):
            found.append(each.id)
    return list(dict.fromkeys(found))


WENT = {"recalled": "recalled right, %", "moves": "has to rise", "stays": "has to stay alike"}


def manipulation_table(checks: pd.DataFrame, plan: Plan) -> Table | None:
    """How each planned check of the manipulation went."""

    def group(row: Row) -> str:
        outcome = plan.outcomes.get(row["outcome"])
        what = outcome.label if outcome else row["outcome"].replace("_", " ").capitalize()
        return f"{what}: {WENT[row['kind']]}"

    return table(
        plan,
        "manipulation",
        "did what was varied come across?",
        checks,
        [
            ("Level", lambda row: _level(row, plan)),
            ("Found", lambda row: _found(row, plan)[0]),
            ("Interval", lambda row: _found(row, plan)[1]),
            N,
            ("Passed", lambda row: "yes" if row["passed"] else "no"),
        ],
        group=group,
        notes="Recalled: Wilson’s 95% interval of the share right; passed above what guessing "
        "gives. The others: difference from the first level by the planned regression; has to "
        f"rise: {confidence(plan)} interval, passed above 0; has to stay alike: "
        f"{100 * (1 - 2 * plan.alpha):g}% interval, passed within the smallest effect. Nobody was "
        "left out for a check.",
    )


# --------------------------------------------------------------------------------- sensitivity


def sensitivity_table(
    data: pd.DataFrame, plan: Plan, notes: Notes, reached: Progress
) -> Table | None:
    """Each hypothesis of the plan's ``sensitivity`` as planned and otherwise."""
    outcome = plan.primary.outcomes[0]
    frames = []
    for label, rows, each in variants(data, plan):
        family = Family("sensitivity", (outcome,), (each.id,))
        # The t alone is shown, so few draws do.
        single = replace(plan, families=(family,), hypotheses=(each,), draws=99)
        if len(rows):
            found = estimate_experiment(rows, single, notes, reached)
            frames.append(found.assign(estimated=label))
    if not frames:
        return None
    frame = pd.concat(frames, ignore_index=True)
    return table(
        plan,
        "sensitivity",
        "hypotheses estimated otherwise.",
        frame,
        [
            ("Estimated", text("estimated")),
            ("Estimate", written("estimate")),
            ("SE", written("std_error")),
            (
                f"{confidence(plan)} interval",
                lambda row: interval(row["conf_low"], row["conf_high"]),
            ),
            ("p", lambda row: p_value(row["p_claim"])),
            N,
        ],
        frame=frame[["hypothesis", "estimated", *SHOWN]],
        group=lambda row: (f"{row['hypothesis']}: {plan.hypothesis(row['hypothesis']).statement}"),
        notes="Planned, and decides nothing. p: of the claim, not adjusted.",
    )


SHOWN: Sequence[str] = (
    *("outcome", "estimate", "std_error", "df", "conf_low", "conf_high", "p_claim", "n"),
    "covariates",
)


def missing_table(data: pd.DataFrame, plan: Plan) -> Table | None:
    """How many have what the estimates adjust for, go along with, or are associated with."""
    names = [*plan.covariates, *plan.heterogeneity]
    for each in plan.hypotheses:
        names += [*(each.covariates or ()), each.association, each.moderator]
    columns = dict.fromkeys(name.partition("=")[0] for name in names if name)
    rows = [
        {"variable": name, "n": int(data[name].notna().sum()), "missing": data[name].isna().mean()}
        for name in columns
        if name in data.columns
    ]
    return table(
        plan,
        "missing",
        "what was measured before treatment and is missing.",
        rows,
        [
            ("Variable", lambda row: plan.word(row["variable"]).capitalize()),
            N,
            ("Missing", share("missing", 1)),
        ],
        notes="Missing: not answered, or not disclosed. A missing covariate is set to the mean of "
        "those known; an association with it leaves such participants out.",
    )
