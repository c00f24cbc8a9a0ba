"""`python -m analysis estimate`: one outcome, one estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import pandas as pd

from analysis import estimators
from analysis.derived import add_derived
from analysis.errors import AnalysisError, unknown
from analysis.participants import load
from analysis.plan import Plan, numeric_columns
from study.experiments import EXPERIMENTS

ADJUSTING = ("lin", "count_model", "ordered_logit")
"""The estimators that take covariates."""

WITH_SE_TYPE = ("difference_in_means", "lin", "count_model")
"""The estimators that offer several standard errors."""

ESTIMATORS: Mapping[str, Callable[..., pd.DataFrame]] = {
    "difference_in_means": estimators.difference_in_means,
    "lin": estimators.lin,
    "welch": estimators.welch,
    "rank_test": estimators.rank_test,
    "count_model": estimators.count_model,
    "ordered_logit": estimators.ordered_logit,
}


def participants(
    exports: Sequence[str | Path],
    experiment: str,
    *,
    include_bots: bool = False,
    include_demo: bool = False,
) -> pd.DataFrame:
    """The participants of ``experiment`` whose arm was drawn, with the derived columns.

    Raises ``AnalysisError`` for broken exports, and when nobody is left.
    """
    everyone = load(list(exports), include_bots=include_bots, include_demo=include_demo)
    forced = (everyone["arm_forced"] == 1).fillna(False).astype(bool)
    kept = everyone[(everyone["experiment"] == experiment) & everyone["arm"].notna() & ~forced]
    if kept.empty:
        bots = everyone.attrs["excluded"].get("bot", 0)
        hint = f" The {bots} simulated ones count with --include-bots." if bots else ""
        raise AnalysisError(
            f"Nobody in these exports was assigned to an arm of {experiment}.{hint}"
        )
    return add_derived(kept)


def chosen(
    data: pd.DataFrame,
    plan: Plan,
    experiment: str,
    outcome: str,
    *,
    control: str | None = None,
    estimator: str | None = None,
    covariates: Sequence[str] | None = None,
    se_type: str | None = None,
) -> Callable[[], pd.DataFrame]:
    """What estimates the effect of each arm on ``outcome`` when it is called.

    What is not given is the plan's: estimator, standard errors and, for ``lin``, covariates.
    Raises ``AnalysisError`` for names that do not exist and options that do not go together.
    """
    name = estimator or plan.estimator
    design = EXPERIMENTS[experiment]
    for column in (outcome, *(covariates or ())):
        if column not in data.columns:
            known = numeric_columns(experiment)
            close = get_close_matches(column, known, n=1)
            if close:
                raise AnalysisError(f"There is no column {column!r}. Did you mean {close[0]!r}?")
            raise unknown("column", column, known)
    if control is not None and control not in design.arms:
        raise unknown(f"arm in {experiment} called", control, design.arms)
    options = _options(name, plan, covariates, se_type)
    against = control or design.control
    return partial(ESTIMATORS[name], data, outcome, "arm", against, **options)


def _options(
    name: str, plan: Plan, covariates: Sequence[str] | None, se_type: str | None
) -> dict[str, object]:
    if covariates and name not in ADJUSTING:
        raise AnalysisError(f"{name} takes no covariates; {', '.join(ADJUSTING)} do.")
    if se_type and name not in WITH_SE_TYPE:
        raise AnalysisError(f"{name} has no se_type; {', '.join(WITH_SE_TYPE)} have.")
    options: dict[str, object] = {}
    if covariates is not None and name in ADJUSTING:
        options["covariates"] = list(covariates)
    elif name == "lin":
        options["covariates"] = list(plan.covariates)
    if name in WITH_SE_TYPE:
        options["se_type"] = se_type or plan.se_type
    return options
