"""The shape that every estimator returns, and the checks that every estimator makes first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError, unknown

COLUMNS = (
    "outcome",
    "term",
    "estimate",
    "std_error",
    "statistic",
    "df",
    "p_value",
    "conf_low",
    "conf_high",
    "n",
    "estimator",
)


def tidy(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per estimate, always with the same columns in the same order."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def t_row(
    outcome: str,
    term: str,
    estimate: float,
    std_error: float,
    df: float,
    n: int,
    estimator: str,
    *,
    null: float = 0.0,
    level: float = 0.95,
) -> dict[str, Any]:
    """One row of the tidy frame from an estimate and its standard error.

    Test of ``estimate = null`` and ``level`` interval by the t distribution with ``df`` degrees
    of freedom; ``df`` infinite means the normal distribution.
    """
    statistic = (estimate - null) / std_error
    margin = float(stats.t.ppf((1 + level) / 2, df)) * std_error
    return {
        "outcome": outcome,
        "term": term,
        "estimate": float(estimate),
        "std_error": float(std_error),
        "statistic": float(statistic),
        "df": float(df),
        "p_value": float(2 * stats.t.sf(abs(statistic), df)),
        "conf_low": float(estimate - margin),
        "conf_high": float(estimate + margin),
        "n": int(n),
        "estimator": estimator,
    }


def as_names(names: str | Sequence[str] | None) -> list[str]:
    """Column names given as one name, several, or none."""
    if names is None:
        return []
    try:
        return [names] if isinstance(names, str) else list(dict.fromkeys(names))
    except TypeError:
        raise AnalysisError(f"Columns are named by text or a list of it, not {names!r}.") from None


def checked(
    data: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str] = ()
) -> pd.DataFrame:
    """The named columns of ``data``, ``numeric`` ones as floats, missing values NaN.

    Raises ``AnalysisError`` when a column does not exist, or when one of ``numeric`` does not hold
    numbers (booleans count as 0/1) or holds an infinite one.
    """
    if not isinstance(data, pd.DataFrame):
        raise AnalysisError(f"The data must be a pandas DataFrame, not {type(data).__name__}.")
    for name in (*numeric, *categorical):
        if not isinstance(name, Hashable):
            raise unknown("column", name, data.columns)
        if list(data.columns).count(name) > 1:
            raise AnalysisError(f"There is more than one column {name!r}.")
        if name not in data.columns:
            raise unknown("column", name, data.columns)
    kept = data.loc[:, list(dict.fromkeys((*numeric, *categorical)))].copy()
    for name in dict.fromkeys(numeric):
        try:
            kept[name] = kept[name].astype("Float64").astype(float)
        except (TypeError, ValueError):
            raise AnalysisError(f"Column {name!r} holds something that is not a number.") from None
        if np.isinf(kept[name]).any():
            raise AnalysisError(f"Column {name!r} holds an infinite number.")
    return kept


def complete_rows(
    data: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows of ``data`` in which none of the named columns is missing.

    Raises ``AnalysisError`` as `checked`, and when no row is left.
    """
    kept = checked(data, numeric, categorical).dropna()
    if kept.empty:
        raise AnalysisError(f"No row has all of {', '.join(kept.columns)}.")
    return kept


def check_arms(data: pd.DataFrame, treatment: str, control: object) -> list[Any]:
    """The arms other than ``control``, sorted; ``AnalysisError`` if ``control`` is absent."""
    arms = sorted(data[treatment].unique(), key=str)
    if control is pd.NA or control not in arms:
        raise unknown(f"arm in column {treatment!r} called", control, arms)
    if len(arms) < 2:
        raise AnalysisError(f"Column {treatment!r} holds one arm only: {control!r}.")
    return [arm for arm in arms if arm != control]
