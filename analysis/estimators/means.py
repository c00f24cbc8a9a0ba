"""Comparisons of arms' means: each a view of the one fit of `analysis.contrast`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError
from analysis.inference.contrast import (
    check_alpha,
    check_draws,
    check_seed,
    compare,
    estimator_name,
    view,
)
from analysis.tidy import as_names, complete_rows

CELLS = ((0, 0), (1, 0), (0, 1), (1, 1))
"""Values of the first and second factor in each cell, the control first."""


def difference_in_means(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Mean outcome of each arm less that of ``control``: `analysis.contrast` without covariates.

    Least squares on arm indicators, whose HC2 standard error is Neyman's conservative one (Samii &
    Aronow 2012, 10.1016/j.spl.2011.10.024), with Bell & McCaffrey's degrees of freedom (Imbens &
    Kolesár 2016, 10.1162/REST_a_00552). With ``blocks`` (a column, or several whose combinations
    are the blocks): additive effects of the blocks; pairs give the paired t test. Blocks that hold
    one arm say nothing and may stay.

    In small blocks the spread of a third arm enters the standard error of a comparison that it has
    no part in; where spreads differ widely, give the two arms alone.

    Parameters
    ----------
    data : one row per participant. Rows that miss outcome or treatment are left out.
    outcome : column of numbers.
    treatment : column with the arm.
    control : the arm that the others are compared with.
    se_type : ``"HC2"``, ``"HC3"``, ``"HC1"``, ``"HC0"`` or ``"classical"`` (equal variances, with
        rows less coefficients as degrees of freedom).

    Returns
    -------
    The tidy frame, one row per arm other than ``control``; estimates in units of the outcome;
    ``n`` is the number of rows used, all arms together.

    Raises
    ------
    AnalysisError : a column, the control or ``se_type`` does not exist; an arm has fewer than two
        rows; the outcome does not vary; the blocks do not tell the arms apart.
    """
    name = "difference in means" if blocks is None else "blocked difference in means"
    return view(data, outcome, treatment, control, name, se_type=se_type, sessions=blocks)


def lin(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    covariates: str | Sequence[str],
    *,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Effect of each arm, with covariates centred and interacted with the arms.

    Lin 2013, 10.1214/12-AOAS583: `analysis.contrast` with ``by_arm=covariates``. The covariates
    are centred over all rows used, so the effects are those of these people: the error treats the
    covariates' means as fixed. For all people whom they stand for, intervals are too short where
    slopes differ between arms (slopes 0, 0, 1.2: 10% outside instead of 5%). A covariate of two
    values gets one common slope where fewer than five people of an arm have one of them;
    ``frame.attrs["notes"]`` says it.

    Parameters
    ----------
    data, outcome, treatment, control, blocks, se_type : as in ``difference_in_means``.
    covariates : one or more columns of numbers, measured before treatment. A missing one is set to
        the mean of those known; ``frame.attrs["imputed"]`` counts them.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``; estimates in units of the outcome.

    Raises
    ------
    AnalysisError : as ``difference_in_means``; there are no covariates, or one does not vary, or
        an arm has too few rows for its slopes.
    """
    if not as_names(covariates):
        raise AnalysisError("There are no covariates; use difference_in_means.")
    return view(
        data,
        outcome,
        treatment,
        control,
        "Lin",
        se_type=se_type,
        by_arm=covariates,
        sessions=blocks,
    )


def factorial(
    data: pd.DataFrame,
    outcome: str,
    factors: Sequence[str],
    *,
    covariates: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Effects in a 2×2 design, from the means of its four cells.

    With factors ``a`` and ``b`` the terms are

    - ``a``, ``b``: main effects, the average of a factor's effects at both levels of the other.
      They are the coefficients of regressors coded ±½ (Dasgupta, Pillai & Rubin 2015,
      10.1111/rssb.12085);
    - ``a:b``: interaction, the effect of ``a`` at ``b`` = 1 less that at ``b`` = 0 (the
      coefficient of the product of the ±½ codes). Always shown, because without it the main
      effects cannot be read (Muralidharan, Romero & Wüthrich 2025, 10.1162/rest_a_01317);
    - ``a | b=0``: the cell with ``a`` alone less the control cell; likewise ``b | a=0``;
    - ``a | b=1``, ``b | a=1``: what a factor adds where the other is present;
    - ``a + b``: the cell with both less the control cell.

    All terms come from one regression on the cells, the covariates with one common slope each,
    and additive effects of ``blocks``, as in `analysis.contrast`.

    Parameters
    ----------
    data : one row per participant; rows that miss outcome or factors are left out.
    outcome : column of numbers.
    factors : two columns that hold 0 (absent) and 1 (present).
    covariates : measured before treatment; missing ones are set to the mean of those known.
    blocks, se_type : as in ``difference_in_means``.

    Returns
    -------
    The tidy frame, eight rows, in the order above; estimates in units of the outcome; ``n`` is
    the number of rows used, all cells together.

    Raises
    ------
    AnalysisError : not two factors; a factor holds something else than 0 and 1; a cell has fewer
        than two rows; otherwise as in ``difference_in_means``.
    """
    names = as_names(factors)
    if len(names) != 2:
        raise AnalysisError(f"A 2×2 design has two factors, not {len(names)}: {names}.")
    known = complete_rows(data, names)
    for name in names:
        held = sorted(known[name].unique())
        if held != [0, 1]:
            shown = ", ".join(f"{value:g}" for value in held)
            raise AnalysisError(f"Factor {name!r} must hold 0 and 1, both; it holds {shown}.")
    cells = known[names[0]].astype(int).astype(str) + known[names[1]].astype(int).astype(str)
    framed = data.assign(_cell=cells.reindex(data.index))
    # A cell with nobody in it would be left out silently; as an arm with one row it is an error.
    for first, second in CELLS:
        if not (cells == f"{first}{second}").any():
            raise AnalysisError(f"Nobody has {names[0]} = {first} and {names[1]} = {second}.")
    terms = {
        term: {f"{a}{b}": weight for (a, b), weight in zip(CELLS, weights, strict=True) if weight}
        for term, weights in cell_contrasts(*names).items()
    }
    model: dict[str, Any] = {"covariates": covariates, "sessions": blocks}
    return view(framed, outcome, "_cell", terms, "factorial", se_type=se_type, **model)


def cell_contrasts(first: str, second: str) -> dict[str, tuple[float, ...]]:
    """Weights of the four cell means, in the order of ``CELLS``, by name of the term."""
    return {
        first: (-0.5, 0.5, -0.5, 0.5),
        second: (-0.5, -0.5, 0.5, 0.5),
        f"{first}:{second}": (1, -1, -1, 1),
        f"{first} | {second}=0": (-1, 1, 0, 0),
        f"{second} | {first}=0": (-1, 0, 1, 0),
        f"{first} | {second}=1": (0, 0, -1, 1),
        f"{second} | {first}=1": (0, -1, 0, 1),
        f"{first} + {second}": (-1, 0, 0, 1),
    }


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
    name = f"equivalence [{low:g}, {high:g}]"
    model: dict[str, Any] = {"covariates": covariates, "sessions": blocks, "alpha": 2 * alpha}
    frame = view(data, outcome, treatment, control, name, se_type=se_type, **model)
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
    check_seed(seed)
    model: dict[str, Any] = {"covariates": covariates, "sessions": blocks, "blocks": blocks}
    compared = compare(data, outcome, treatment, control, **model)
    p_values, drawn = compared.randomized([[at] for at in range(len(compared.terms))], draws, seed)
    number = len(drawn.squared)
    how = f"exact, {number} assignments" if drawn.exact else f"{number} draws"
    frame = compared.frame(f"randomization inference: {estimator_name(compared.sample)}, {how}")
    frame["p_value"] = p_values[:, 0]
    return frame
