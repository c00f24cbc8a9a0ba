"""Is an effect too small to matter? Two one-sided tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError
from analysis.inference.contrast import check_alpha, view


def equivalence(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    bound: float | tuple[float, float],
    *,
    covariates: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Tests whether each arm's effect lies inside the equivalence bounds.

    Two one-sided tests (Schuirmann 1987, 10.1007/BF01068419; Lakens 2017,
    10.1177/1948550617697177) on the estimate and standard error of `analysis.contrast`.

    Parameters
    ----------
    data, outcome, treatment, control, blocks, se_type : as in ``difference_in_means``.
    bound : smallest effect of interest, in units of the outcome, greater than 0; or a pair
        (lower, upper) around 0.
    covariates : measured before treatment, one common slope each, as in `analysis.contrast`.
    alpha : level of each test. The interval covers 1 − 2·alpha: 90% by default.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``. ``p_value`` is the larger one of the
    two one-sided tests and ``statistic`` the t statistic that belongs to it; ``conf_low`` and
    ``conf_high`` are the 1 − 2·alpha interval. The arm is equivalent to the control, to within
    the bounds, exactly when ``p_value < alpha``, that is when the interval lies inside them.

    Raises
    ------
    AnalysisError : bounds that do not enclose 0, ``alpha`` outside 0 to ½, and as in
        ``difference_in_means``.
    """
    low, high = bounds(bound)
    check_alpha(alpha)
    frame = view(
        data,
        outcome,
        treatment,
        control,
        f"equivalence [{low:g}, {high:g}]",
        se_type=se_type,
        alpha=2 * alpha,
        covariates=covariates,
        sessions=blocks,
    )
    above = (frame["estimate"] - low) / frame["std_error"]
    below = (frame["estimate"] - high) / frame["std_error"]
    p_values = stats.t.sf(above, frame["df"]), stats.t.cdf(below, frame["df"])
    worse = p_values[0] > p_values[1]
    frame["statistic"], frame["p_value"] = np.where(worse, above, below), np.maximum(*p_values)
    return frame


def bounds(bound: float | tuple[float, float]) -> tuple[float, float]:
    """The pair that ``bound`` stands for."""
    try:
        pair = [float(value) for value in np.atleast_1d(np.asarray(bound, dtype=float))]
    except (TypeError, ValueError):
        raise AnalysisError(f"The bound must be a number or a pair, not {bound!r}.") from None
    low, high = (-pair[0], pair[0]) if len(pair) == 1 else (pair[0], pair[-1])
    if len(pair) > 2 or not -np.inf < low < 0 < high < np.inf:
        raise AnalysisError(
            f"The bound must be greater than 0, or a pair around 0; it is {bound!r}."
        )
    return low, high
