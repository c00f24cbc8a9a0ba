"""The shape that every estimator returns, and the checks that every estimator makes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

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


def complete_rows(
    data: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows of ``data`` in which none of the named columns is missing.

    Raises ``AnalysisError`` when a column does not exist, when one of ``numeric`` does not hold
    numbers (booleans count as 0/1) or holds an infinite one, or when no row is left.
    """
    for name in (*numeric, *categorical):
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
    kept = kept.dropna()
    if kept.empty:
        raise AnalysisError(f"No row has all of {', '.join(kept.columns)}.")
    return kept


def check_arms(data: pd.DataFrame, treatment: str, control: object) -> list[Any]:
    """The arms other than ``control``, sorted. Raises ``AnalysisError`` if ``control`` is absent."""
    arms = sorted(data[treatment].unique(), key=str)
    if control not in arms:
        raise unknown(f"arm in column {treatment!r} called", control, arms)
    if len(arms) < 2:
        raise AnalysisError(f"Column {treatment!r} holds one arm only: {control!r}.")
    return [arm for arm in arms if arm != control]
