"""Welch's t test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators._sample import sample
from analysis.tidy import t_row, tidy


def welch(data: pd.DataFrame, outcome: str, treatment: str, control: object) -> pd.DataFrame:
    """Mean outcome of each arm less that of ``control``, by Welch's t test.

    The standard error is that of ``difference_in_means`` (HC2); the degrees of freedom are
    Satterthwaite's for the two arms compared, which keep their level when one arm is small
    (Welch 1947, 10.1093/biomet/34.1-2.28).

    Parameters
    ----------
    data, outcome, treatment, control : as in ``difference_in_means``.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``; estimates in units of the outcome.

    Raises
    ------
    AnalysisError : as in ``difference_in_means``.
    """
    rows = sample(data, outcome, treatment, control)
    groups = [rows.outcome[rows.arms == code] for code in range(len(rows.labels))]
    base, base_share = groups[0].mean(), groups[0].var(ddof=1) / len(groups[0])
    found = []
    for label, group in zip(rows.labels[1:], groups[1:], strict=True):
        share = group.var(ddof=1) / len(group)
        error = float(np.sqrt(share + base_share))
        if error <= 1e-10 * np.ptp(rows.outcome):
            raise AnalysisError(
                f"Outcome {outcome!r} varies neither in arm {label!r} nor in the control."
            )
        parts = share**2 / (len(group) - 1) + base_share**2 / (len(groups[0]) - 1)
        df = float(error**4 / parts)
        difference = float(group.mean() - base)
        found.append(t_row(outcome, label, difference, error, df, len(rows.outcome), "Welch"))
    return tidy(found)
