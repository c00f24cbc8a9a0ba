"""Checks of validity that a plan declares: did what was varied come across, does a claim hold up.

They decide nothing. A null may be a failed manipulation, so the report says how the checks of its
factor went; nobody is left out for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.planned.exploratory import compared, means_apart
from analysis.planned.measured import before, measured_before
from analysis.planned.tables import Table

if TYPE_CHECKING:
    from analysis.planned.estimate import Notes
    from analysis.planned.plan import Hypothesis, Plan


@dataclass(frozen=True)
class Check:
    """Whether what a ``factor`` varied came across.

    ``recalled`` is the column with what participants remember of it, and ``right`` the answer that
    is right at each level: the part of the factor, unless the plan says otherwise. From its first
    level to any other the factor must raise the outcomes in ``moves``, and must not change those
    in ``stays``.
    """

    factor: str
    recalled: str = ""
    right: Mapping[str, str] = field(default_factory=dict)
    moves: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sensitivity:
    """A hypothesis estimated otherwise, on the first primary outcome.

    ``adding`` covariates, together; ``within`` each value of a column in words; with something
    else ``instead`` of what it associates.
    """

    hypothesis: str
    adding: tuple[str, ...] = ()
    within: str = ""
    instead: tuple[str, ...] = ()


def read_checks(root: Table, plan: Plan) -> tuple[Check, ...]:
    """The ``[[checks]]`` of a plan whose outcomes and levels were read."""
    return tuple(_check(entry, plan) for entry in root.tables("checks", optional=True))


def _check(entry: Table, plan: Plan) -> Check:
    entry.only(*Check.__dataclass_fields__)
    check = Check(
        entry.choice("factor", tuple(plan.levels)),
        moves=entry.names("moves", tuple(plan.outcomes)),
        stays=entry.names("stays", tuple(plan.outcomes)),
    )
    if "recalled" not in entry.values:
        return check
    columns = {c.name: c for c in plan.study.columns.values() if c.type == "choice"}
    recalled = entry.choice("recalled", tuple(columns))
    levels = plan.levels[check.factor]
    parts = {level: plan.study.arm(arms[0]).parts for level, arms in levels.items()}
    if "right" not in entry.values and all(check.factor in each for each in parts.values()):
        right = {level: each[check.factor] for level, each in parts.items()}
    else:
        table = entry.table("right")
        table.only(*levels)
        answers = tuple(columns[recalled].values)
        right = {level: table.choice(level, answers) for level in levels}
    return replace(check, recalled=recalled, right=right)


def read_sensitivity(root: Table, plan: Plan) -> tuple[Sensitivity, ...]:
    """The ``[[sensitivity]]`` of a plan whose hypotheses were read."""
    entries = root.tables("sensitivity", optional=True)
    return tuple(_sensitivity(entry, plan) for entry in entries)


def _sensitivity(entry: Table, plan: Plan) -> Sensitivity:
    entry.only(*Sensitivity.__dataclass_fields__)
    single = [each.id for each in plan.hypotheses if not each.all and not each.joint]
    name = entry.choice("hypothesis", tuple(single))
    if "instead" in entry.values and not plan.hypothesis(name).association:
        entry.refuse("instead", f"{name} is no association, so nothing can stand instead.")
    columns = plan.study.columns
    words = [n for n in measured_before(plan.study, words=True) if n in columns]
    return Sensitivity(
        name,
        before(entry, "adding", plan.study, words=True),
        entry.choice("within", [n for n in words if columns[n].type == "choice"], ""),
        before(entry, "instead", plan.study),
    )


# -------------------------------------------------------------------------- what the data say


def manipulated(data: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame:
    """How each check went, from the `analysed` participants; ``notes`` say what had no answer.

    One row per factor, what is looked at and level: ``factor``, ``kind`` (recalled, moves,
    stays), ``outcome``, ``level``, ``estimate`` with ``low`` and ``high``, ``n`` and ``passed``.
    Recalled: the share right with Wilson's 95% interval; passed if that lies above what guessing
    among the answers gives. Otherwise the difference from the first level by the planned
    regression; moves: the interval is that of 1 − alpha, passed if it lies above 0; stays: that
    of 1 − 2 alpha, passed if it lies within ± the outcome's smallest effect.
    """
    rows = [row for check in plan.checks for row in _checked(data, plan, check, notes)]
    names = ["factor", "kind", "outcome", "level", "estimate", "low", "high", "n", "passed"]
    return pd.DataFrame(rows, columns=names)


def _checked(
    data: pd.DataFrame, plan: Plan, check: Check, notes: Notes
) -> Iterator[tuple[Any, ...]]:
    levels = plan.levels[check.factor]
    for level, arms in levels.items() if check.recalled in data.columns else ():
        answers = data.loc[data["arm"].isin(arms), check.recalled].dropna()
        if answers.empty:
            continue
        right, n = int((answers == check.right[level]).sum()), len(answers)
        low, high = stats.binomtest(right, n).proportion_ci(method="wilson")
        passed = low > 1 / len(set(check.right.values()))
        yield check.factor, "recalled", check.recalled, level, right / n, low, high, n, passed
    first, *others = levels
    kinds = [("moves", outcome) for outcome in check.moves]
    kinds += [("stays", outcome) for outcome in check.stays]
    for kind, outcome in kinds:
        missing = f"No check of {check.factor} by {outcome}"
        alpha = plan.alpha if kind == "moves" else 2 * plan.alpha
        bound = plan.outcomes[outcome].smallest_effect
        for level in others:
            weights = means_apart(levels[level], levels[first])
            for found in compared(data, plan, notes, missing, outcome, weights, alpha=alpha):
                estimate, n = found["estimate"], int(found["n"])
                low, high = found["conf_low"], found["conf_high"]
                passed = low > 0 if kind == "moves" else -bound < low and high < bound
                yield check.factor, kind, outcome, level, estimate, low, high, n, bool(passed)


def variants(data: pd.DataFrame, plan: Plan) -> Iterator[tuple[str, pd.DataFrame, Hypothesis]]:
    """Each hypothesis as it is planned and otherwise: in words, on whom, and what is estimated.

    The covariates of ``plan`` are those that a regression holds (`analysis.planned.coding`).
    """
    for each in plan.sensitivity:
        planned = plan.hypothesis(each.hypothesis)
        covariates = plan.adjusts_for(planned)
        yield "as planned", data, planned
        if each.adding:
            words = " and ".join(plan.word(name) for name in each.adding)
            yield f"with {words}", data, replace(planned, covariates=(*covariates, *each.adding))
        if each.within in data.columns:
            values = plan.study.columns[each.within].values
            rest = tuple(c for c in covariates if c.partition("=")[0] != each.within)
            for value, meaning in values.items():
                rows = data[(data[each.within] == value).fillna(False).to_numpy(dtype=np.bool_)]
                where = f"{plan.word(each.within)}: {meaning.replace('_', ' ')}"
                yield where, rows.reset_index(drop=True), replace(planned, covariates=rest)
        for name in each.instead:
            yield f"{plan.word(name)} instead", data, replace(planned, association=name)
