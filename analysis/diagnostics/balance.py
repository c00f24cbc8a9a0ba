"""Did the draw put similar people into the arms?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators._linear_statistic import omnibus
from analysis.estimators._sample import Floats, arm_codes, block_codes, sample
from analysis.tidy import as_names, check_arms, checked, complete_rows, t_row, tidy


def balance(
    data: pd.DataFrame,
    treatment: str,
    control: object,
    covariates: str | Sequence[str],
    *,
    blocks: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Standardised differences between arms of what was known before treatment, and a joint test.

    The standardised difference is that of means over the root of the two arms' mean variance
    (Imbens & Rubin 2015, *Causal Inference*, ch. 14); more than about 0.25 in size is a reason to
    adjust. The joint test compares all covariates and arms at once with all shuffles of the arms
    (inside ``blocks``), by its large-sample chi-squared law (Hansen & Bowers 2008,
    10.1214/08-STS254). After a correct draw it rejects as often as its level says: it tests the
    draw, not whether to adjust.

    Parameters
    ----------
    data : one row per participant. Each covariate uses the rows that have it; the joint test
        uses those that have all.
    treatment, control : column with the arm, and the arm compared with.
    covariates : columns of numbers, or of words, which become one share per value
        (``gender=woman``).
    blocks : as in ``difference_in_means``; for the joint test.

    Returns
    -------
    The tidy frame. ``outcome`` is the covariate; one row per covariate and arm other than
    ``control``, with estimate, standard error and interval in standard deviations (t
    distribution, HC2); no row where all of an arm and of the control have the same value. Last,
    ``outcome`` = ``all covariates``, ``term`` = ``any arm``: ``statistic`` chi-squared, with the
    other columns empty.

    Raises
    ------
    AnalysisError : a column or the control does not exist, no covariates, or one that does not
        vary.
    """
    names, block_names = as_names(covariates), as_names(blocks)
    if not names:
        raise AnalysisError("There are no covariates to balance.")
    checked(data, [], [*names, treatment, *block_names])
    wide = pd.concat([indicators(data, name) for name in names], axis=1)
    framed = pd.concat([data[[treatment, *block_names]], wide], axis=1)
    rows = [row for name in wide.columns for row in differences(framed, name, treatment, control)]
    return tidy([*rows, joint(framed, list(wide.columns), treatment, control, block_names)])


def indicators(data: pd.DataFrame, name: str) -> pd.DataFrame:
    """A column of numbers as it is; a column of words as one 0/1 column per word."""
    column = data[name]
    values = sorted(column.dropna().unique(), key=str)
    if not any(isinstance(value, str) for value in values):
        return checked(data, [name])
    if len(values) > 20:
        raise AnalysisError(f"Covariate {name!r} has {len(values)} distinct words, too many.")
    shares = {f"{name}={value}": (column == value).astype(float) for value in values}
    return pd.DataFrame(shares, index=data.index).where(column.notna())


def differences(
    data: pd.DataFrame, name: str, treatment: str, control: object
) -> list[dict[str, Any]]:
    """The rows of one covariate."""
    rows = sample(data, name, treatment, control)
    groups = [rows.outcome[rows.arms == code] for code in range(len(rows.labels))]
    means = np.array([group.mean() for group in groups])
    variances = np.array([group.var(ddof=1) for group in groups])
    n, arms = len(rows.outcome), len(groups)
    found = []
    for code in range(1, arms):
        spread = float(np.sqrt((variances[code] + variances[0]) / 2))
        if spread == 0 and means[code] == means[0] and variances.any():
            continue  # rare words: nobody in these two arms has it, so there is nothing to compare
        if spread == 0:
            raise AnalysisError(
                f"Covariate {name!r} varies neither in arm {rows.labels[code]!r} nor in the "
                "control."
            )
        error = np.sqrt(variances[code] / len(groups[code]) + variances[0] / len(groups[0]))
        estimate = (means[code] - means[0]) / spread
        label = "standardised difference (HC2)"
        found.append(t_row(name, rows.labels[code], estimate, error / spread, n - arms, n, label))
    return found


def joint(
    data: pd.DataFrame, names: list[str], treatment: str, control: object, blocks: list[str]
) -> dict[str, Any]:
    """The row of all covariates and arms together."""
    rows = complete_rows(data, names, [treatment, *blocks])
    labels = [control, *check_arms(rows, treatment, control)]
    values: Floats = rows[names].to_numpy(dtype=float)
    spread = values.std(axis=0)
    scores = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    arms = arm_codes(rows[treatment], labels)
    test = omnibus(scores, arms, block_codes(rows, blocks) if blocks else None)
    return {
        "outcome": "all covariates",
        "term": "any arm",
        "statistic": test.statistic,
        "df": float(test.df),
        "p_value": test.p_value,
        "n": len(rows),
        "estimator": "Hansen-Bowers",
    }
