"""The test that rests on the random assignment alone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError
from analysis.inference.contrast import check_draws, randomized


def randomization_inference(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    blocks: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] | None = None,
    draws: int = 10_000,
    seed: int | None = None,
) -> pd.DataFrame:
    """Each arm against ``control``: the t of `analysis.contrast`, and its randomization p-value.

    The labels of all arms are redrawn within ``blocks``, whose additive effects the regression
    holds too. ``p_value`` is two-sided: (1 + hits) / (1 + draws), where a hit is a draw whose t is
    at least as large (Phipson & Smyth 2010, 10.2202/1544-6115.1585). If there are at most
    ``draws`` assignments, all of them are listed, the real one included, and it is hits /
    assignments; ``estimator`` says which.

    It is exact for the hypothesis that no arm changes anybody's outcome, and keeps its level in
    large samples for the one that this arm changes nothing on average (Chung & Romano 2013,
    10.1214/13-AOS1090; Zhao & Ding 2021, 10.1016/j.jeconom.2021.06.001). The interval is that of
    the t distribution, as in the other estimators.

    Parameters
    ----------
    data, outcome, treatment, control, blocks : as in ``difference_in_means``.
    covariates : measured before treatment, one common slope each; missing ones are set to the
    mean. draws : random assignments, 1 or more.
    seed : a whole number from 0. One seed gives one result, in whatever order the rows come.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``, in units of the outcome.

    Raises
    ------
    AnalysisError : as in `analysis.contrast`; no block holds two arms; ``draws`` or ``seed`` is no
        such number.
    """
    check_draws(draws)
    if draws < 1:
        raise AnalysisError("A randomization test needs at least 1 draw.")
    return randomized(
        data,
        outcome,
        treatment,
        control,
        draws,
        seed,
        covariates=covariates,
        sessions=blocks,
        blocks=blocks,
    )
