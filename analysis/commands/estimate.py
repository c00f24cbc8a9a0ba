"""`python -m analysis estimate`: the planned table, or one outcome by one estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import estimators
from analysis.errors import AnalysisError, unknown
from analysis.exports.derived import add_derived
from analysis.exports.participants import load
from analysis.inference.contrast import view
from analysis.planned.estimate import assigned, estimate, interim_sentence
from analysis.planned.measured import numeric_columns
from analysis.planned.plan import SESSION, Plan
from analysis.planned.progress import progress

ADJUSTING = ("planned", "lin", "count_model", "ordered_logit")
"""The estimators that take covariates."""

WITH_SE_TYPE = ("planned", "difference_in_means", "lin", "count_model")
"""The estimators that offer several standard errors."""


ESTIMATORS: Mapping[str, Callable[..., pd.DataFrame]] = {
    "planned": partial(view, estimator="planned"),
    "difference_in_means": estimators.difference_in_means,
    "lin": estimators.lin,
    "welch": estimators.welch,
    "rank_test": estimators.rank_test,
    "count_model": estimators.count_model,
    "ordered_logit": estimators.ordered_logit,
}


def participants(
    exports: Sequence[str | Path],
    plan: Plan,
    *,
    include_bots: bool,
    include_demo: bool,
    interim: bool,
) -> pd.DataFrame:
    """The participants whom the plan of their study analyses, with the derived columns.

    Raises ``AnalysisError`` for broken exports, when nobody is left, and before the planned size
    and looks unless ``interim``.
    """
    everyone = load(list(exports), include_bots=include_bots, include_demo=include_demo)
    kept = add_derived(assigned(everyone[everyone["experiment"] == plan.name], plan))
    if kept.empty:
        bots = everyone.attrs["excluded"].get("bot", 0)
        hint = f" The {bots} simulated ones count with --include-bots." if bots else ""
        raise AnalysisError(
            f"Nobody in these exports was assigned to an arm of {plan.name}.{hint}"
        )
    reached = progress(kept, plan)
    if not reached.shown and not interim:
        raise AnalysisError(f"{interim_sentence(reached, plan)} {SHOWN}")
    return kept


SHOWN = "--interim shows them all the same; the preregistration should say so."


def planned_table(
    exports: Sequence[str | Path],
    planned: Mapping[str, Plan],
    *,
    include_bots: bool,
    include_demo: bool,
    interim: bool,
) -> pd.DataFrame:
    """The whole planned table of the exports, of the studies whose plans are given."""
    everyone = load(list(exports), include_bots=include_bots, include_demo=include_demo)
    bots = everyone.attrs["excluded"].get("bot", 0)
    try:
        return estimate(everyone, planned, interim=interim)
    except AnalysisError as error:
        hint = f" {SHOWN}" if "planned participants" in str(error) else ""
        hint = f" The {bots} simulated ones count with --include-bots." if everyone.empty else hint
        raise AnalysisError(f"{error}{hint}") from None


def chosen(
    data: pd.DataFrame,
    plan: Plan,
    outcome: str,
    *,
    control: str | None = None,
    estimator: str | None = None,
    covariates: Sequence[str] | None = None,
    se_type: str | None = None,
) -> Callable[[], pd.DataFrame]:
    """What estimates the effect of each arm on ``outcome`` when it is called.

    What is not given is the plan's. The planned estimator has its covariates and sessions; it is
    the one of the report.
    Raises ``AnalysisError`` for names that do not exist and options that do not go together.
    """
    name = estimator or "planned"
    for column in (outcome, *(covariates or ())):
        if column not in data.columns:
            known = numeric_columns(plan.study)
            close = get_close_matches(column, known, n=1)
            if close:
                raise AnalysisError(f"There is no column {column!r}. Did you mean {close[0]!r}?")
            raise unknown("column", column, known)
    arms = plan.study.names
    if control is not None and control not in arms:
        raise unknown(f"arm in {plan.name} called", control, arms)
    options = _options(name, plan, covariates, se_type)
    against = control or plan.study.control
    return partial(ESTIMATORS[name], data, outcome, "arm", against, **options)


def _options(
    name: str, plan: Plan, covariates: Sequence[str] | None, se_type: str | None
) -> dict[str, Any]:
    if covariates and name not in ADJUSTING:
        raise AnalysisError(f"{name} takes no covariates; {', '.join(ADJUSTING)} do.")
    if se_type and name not in WITH_SE_TYPE:
        raise AnalysisError(f"{name} has no se_type; {', '.join(WITH_SE_TYPE)} have.")
    options: dict[str, Any] = {}
    if covariates is not None and name in ADJUSTING:
        options["covariates"] = list(covariates)
    elif name in ("lin", "planned"):
        options["covariates"] = list(plan.covariates)
    if name == "planned":
        adjusted = options["covariates"]
        options["by_arm"] = [each for each in plan.by_arm if each in adjusted]
        options["covariates"] = [each for each in adjusted if each not in plan.by_arm]
        options["sessions"] = SESSION if plan.session_effects else None
    if name in WITH_SE_TYPE:
        options["se_type"] = se_type or "HC2"
    return options
