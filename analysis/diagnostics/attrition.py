"""Did arms lose different shares of their participants?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimators._sample import Floats, Ints, arm_codes
from analysis.tidy import check_arms, checked, complete_rows, t_row, tidy


def attrition(
    data: pd.DataFrame,
    treatment: str,
    control: object,
    completed: str = "completed",
    *,
    outcome: str | None = None,
) -> pd.DataFrame:
    """Share of participants lost in each arm less that in ``control``, and a test of all arms.

    Gerber & Green 2012, *Field Experiments*, ch. 7. The differences are those of
    ``difference_in_means`` with HC2 standard errors; the joint test is Pearson's chi-squared
    (1900, 10.1080/14786440009463897). Shares that differ call for ``lee_bounds``.

    Parameters
    ----------
    data : one row per participant, lost ones included. Rows without an arm are left out: nobody
        is lost to treatment before being assigned to it.
    treatment, control : column with the arm, and the arm compared with.
    completed : column with 1 for those who stayed, 0 or empty for those who did not.
    outcome : if given, lost means a missing value in this column, and ``completed`` is not read.

    Returns
    -------
    The tidy frame; its ``outcome`` is ``not completed``, or ``<outcome> missing``. One row per
    arm other than ``control`` (``estimate`` a difference of shares, −1 to 1), then ``any arm``:
    ``statistic`` chi-squared, ``estimate`` Cramér's V (0 to 1), and the columns that have no
    meaning for it empty. Arms that both lost nobody, or everybody, differ by 0 with
    ``std_error`` 0 and ``p_value`` 1.

    Raises
    ------
    AnalysisError : a column or the control does not exist, ``completed`` holds something else
        than 0, 1 or nothing, or an arm has one participant only.
    """
    assigned = complete_rows(data, [], [treatment])
    labels = [control, *check_arms(assigned, treatment, control)]
    arms = arm_codes(assigned[treatment], labels)
    lost = losses(data.loc[data[treatment].notna()], completed, outcome)
    sizes = np.bincount(arms)
    if sizes.min() < 2:
        label = labels[int(sizes.argmin())]
        raise AnalysisError(f"Arm {str(label)!r} has one participant only.")
    name = "not completed" if outcome is None else f"{outcome} missing"
    shares = np.bincount(arms, weights=lost) / sizes
    variances = shares * (1 - shares) / (sizes - 1)
    rows = [
        difference(name, str(labels[code]), shares, variances, code, len(lost), len(labels))
        for code in range(1, len(labels))
    ]
    return tidy([*rows, joint(name, arms, lost)])


def losses(data: pd.DataFrame, completed: str, outcome: str | None) -> Floats:
    """1 for each lost row, 0 for the others."""
    if outcome is not None:
        return checked(data, [], [outcome])[outcome].isna().to_numpy(dtype=float)
    # Nothing stands for 0: completion is noted when it happens.
    stayed: Floats = checked(data, [completed])[completed].fillna(0).to_numpy(dtype=float)
    odd = stayed[(stayed != 0) & (stayed != 1)]
    if len(odd):
        raise AnalysisError(
            f"Column {completed!r} must hold 1, 0 or nothing; it holds {odd[0]:g}."
        )
    return np.asarray(1 - stayed)


def difference(
    name: str, label: str, shares: Floats, variances: Floats, code: int, n: int, arms: int
) -> dict[str, Any]:
    """One arm's row."""
    estimate = float(shares[code] - shares[0])
    error = float(np.sqrt(variances[code] + variances[0]))
    estimator = "difference in shares (HC2)"
    if error > 0:
        return t_row(name, label, estimate, error, n - arms, n, estimator)
    row = t_row(name, label, estimate, 1.0, n - arms, n, estimator)
    p_value = 1.0 if estimate == 0 else 0.0
    statistic = 0.0 if estimate == 0 else float(np.copysign(np.inf, estimate))
    fixed = {"std_error": 0.0, "statistic": statistic, "p_value": p_value}
    return row | fixed | {"conf_low": estimate, "conf_high": estimate}


def joint(name: str, arms: Ints, lost: Floats) -> dict[str, Any]:
    """The row of all arms together."""
    table = np.array([np.bincount(arms, weights=lost), np.bincount(arms, weights=1 - lost)])
    statistic, p_value = 0.0, 1.0
    if (table.sum(axis=1) > 0).all():
        test = stats.chi2_contingency(table, correction=False)
        statistic, p_value = float(test.statistic), float(test.pvalue)
    return {
        "outcome": name,
        "term": "any arm",
        "estimate": np.sqrt(statistic / len(lost)),
        "statistic": statistic,
        "df": float(table.shape[1] - 1),
        "p_value": p_value,
        "n": len(lost),
        "estimator": "chi-squared",
    }
