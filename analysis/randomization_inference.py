"""Tests and intervals that rest on the random assignment alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.permutation import (
    Design,
    Floats,
    block_codes,
    check_draws,
    is_exact,
    make_design,
    over_labels,
    random_streams,
)
from analysis.studentized import (
    Statistic,
    all_pairs,
    check_spread,
    squared_t,
    statistic,
    unit_scale,
)
from analysis.tidy import as_names, check_arms, complete_rows, tidy

ALPHA = 0.05


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
    """Studentized permutation test of each arm against control, and its inversion.

    The labels of the two arms compared are permuted within blocks; other arms stay out, so that
    their effects cannot disturb the test of this one. The statistic is estimate / HC2 standard
    error: the difference in means (with blocks: the mean of the blocks' differences, in proportion
    to their sizes), or with covariates the adjusted one of Lin 2013, fitted anew in every draw. So
    the test is exact for the hypothesis that the arm changes nobody's outcome, and keeps its level
    in large samples for the hypothesis that it changes nothing on average, with unequal arms and
    variances too (Chung & Romano 2013, 10.1214/13-AOS1090; Wu & Ding 2021,
    10.1080/01621459.2020.1750415; Zhao & Ding 2021, 10.1016/j.jeconom.2021.06.001).

    ``p_value`` is two-sided: (1 + hits) / (1 + draws), where a hit is a draw with a statistic at
    least as large (Phipson & Smyth 2010, 10.2202/1544-6115.1585). If there are at most ``draws``
    assignments, all of them are listed, the real one included, and it is hits / assignments;
    ``estimator`` says which.

    ``conf_low`` and ``conf_high`` bound the constant effects that the test, given the same draws,
    does not reject at 5% (p > 0.05), found by bisection to 9 digits (5 with covariates and 1,000
    rows or more, see ``analysis.studentized``); so 0 lies outside if and only if ``p_value`` is
    0.05 or less. Bounds are infinite if there are too few assignments to reject anything.

    Parameters
    ----------
    data : one row per participant; rows that miss any column used are left out.
    outcome : a column of numbers, in any unit.
    treatment : the column with the arms; ``control`` is the arm the others are compared with.
    blocks : the column, or columns together, within which arms were assigned. Rows in blocks that
        hold one of the two arms only say nothing and are left out.
    covariates : columns of numbers measured before treatment. Without blocks they are centred over
        the rows of all arms, as in ``lin``; with blocks, within them (``analysis.studentized``
        gives the model).
    draws : random assignments.
    seed : a whole number from 0. One seed gives one result, in whatever order the rows come.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``: ``estimate``, ``std_error`` and bounds
    in units of the outcome, ``statistic`` their ratio, ``df`` empty, ``n`` the rows of both arms.
    An outcome without variation has estimate 0 and p-value 1.

    Raises
    ------
    AnalysisError : a column does not exist or does not hold numbers; ``control`` is no arm; an arm
        has a single row, or shares no block with ``control``; the covariates are constant or
        determined by each other in an arm; ``draws`` or ``seed`` is no such number.
    """
    check_draws(draws)
    names, block_names = as_names(covariates), as_names(blocks)
    rows = complete_rows(data, [outcome, *names], [treatment, *block_names])
    arms = check_arms(rows, treatment, control)
    results = []
    for arm, random in zip(arms, random_streams(seed, len(arms)), strict=True):
        try:
            test = _compare(rows, outcome, treatment, (control, arm), block_names, names)
            result = _result(test, draws, random)
        except AnalysisError as error:
            raise AnalysisError(f"Arm {arm!r} against {control!r}: {error}") from None
        results.append({"outcome": outcome, "term": str(arm), **result})
    return tidy(results)


@dataclass(frozen=True)
class Comparison:
    """Two arms, ready to be permuted: ``measure`` studies outcome and observed label together.

    Outcomes are in units of ``scale``, their standard deviation; ``observed`` is the real
    assignment's estimate and variance.
    """

    design: Design
    observed: tuple[float, float]
    measure: Statistic
    scale: float
    name: str


@dataclass(frozen=True)
class Reference:
    """What all draws together say on any constant effect.

    If the effect is e, the outcomes without treatment are outcome − e · observed label. The
    estimate is linear in them, its variance quadratic, so (draws, 2) ``estimate`` and (draws, 3)
    ``covariance`` of outcome and label give the statistics for every e.
    """

    observed: tuple[float, float]
    estimate: Floats
    covariance: Floats
    n: int
    exact: bool
    ties: float

    def p_value(self, effect: float) -> float:
        """Two-sided p-value of the hypothesis of this constant effect."""
        estimate = self.estimate[:, 0] - effect * self.estimate[:, 1]
        variance = self.covariance @ (1, -2 * effect, effect**2)
        scale = 1 + abs(effect)
        value, spread = (np.array([number]) for number in self.observed)
        observed = squared_t(value - effect, spread, self.n, scale)
        hits = int(np.sum(squared_t(estimate, variance, self.n, scale) >= observed * self.ties))
        unlisted = not self.exact
        return (unlisted + hits) / (unlisted + len(estimate))


def _compare(
    rows: pd.DataFrame,
    outcome: str,
    treatment: str,
    arms: tuple[object, object],
    block_names: Sequence[str],
    names: Sequence[str],
) -> Comparison:
    """The comparison of ``arms`` (control, treated) among complete rows."""
    pair = rows[rows[treatment].isin(arms)]
    values = pair[[outcome, *names]].to_numpy(dtype=float)
    blocks = block_codes(pair, block_names)
    design = make_design((pair[treatment] == arms[1]).to_numpy(dtype=bool), blocks, values)
    check_spread(design)
    outcomes, scale = unit_scale(values[design.rows, :1])
    covariates, scales = unit_scale(values[design.rows, 1:])
    _check_covariates(design, covariates, names, arms)
    offset = np.zeros(len(names))
    if blocks is None:
        everyone = rows[list(names)].to_numpy(dtype=float)
        offset = (everyone.mean(axis=0) - values[:, 1:].mean(axis=0)) / scales
    both = np.column_stack((outcomes, design.labels.astype(float)))
    seen = statistic(design, outcomes, covariates, offset=offset)(design.labels[None])
    measure = statistic(design, both, covariates, pairs=all_pairs(2), offset=offset, single=True)
    name = "Lin (HC2)" if names else "difference in means (HC2)"
    return Comparison(
        design=design,
        observed=(float(seen.estimate[0, 0]), float(seen.covariance[0, 0])),
        measure=measure,
        scale=float(scale[0]),
        name=name + (", blocks" if block_names else ""),
    )


def _check_covariates(
    design: Design, covariates: Floats, names: Sequence[str], arms: tuple[object, object]
) -> None:
    """Raises ``AnalysisError`` unless each arm can tell the covariates apart."""
    if not names:
        return
    centred = design.centred(covariates)
    for arm, label in zip(arms, (False, True), strict=True):
        inside = centred[design.labels == label]
        if len(inside) < len(names) + 2:
            raise AnalysisError(
                f"arm {arm!r} has {len(inside)} rows, too few for {len(names)} covariates."
            )
        inside = np.column_stack((np.ones(len(inside)), inside))
        if np.linalg.matrix_rank(inside, tol=1e-9 * np.sqrt(len(inside))) <= len(names):
            raise AnalysisError(
                f"in arm {arm!r}, one of the covariates {', '.join(names)} does not vary "
                "(within blocks, if there are any) or is determined by the others."
            )


def _result(test: Comparison, draws: int, random: np.random.Generator) -> dict[str, Any]:
    """The numbers of one row of the tidy frame."""
    reference = _permuted(test, draws, random)
    estimate, variance = reference.observed
    p_value = reference.p_value(0.0)
    low, high = (_bound(reference, side, p_value) for side in (-1, 1))
    number = len(reference.estimate)
    how = f"exact, {number} assignments" if reference.exact else f"{number} draws"
    squared = squared_t(np.array([estimate]), np.array([variance]), reference.n)
    return {
        "estimate": estimate * test.scale,
        "std_error": float(np.sqrt(max(variance, 0.0))) * test.scale,
        "statistic": float(np.sign(estimate) * np.sqrt(squared[0])),
        "df": np.nan,
        "p_value": p_value,
        "conf_low": low * test.scale,
        "conf_high": high * test.scale,
        "n": reference.n,
        "estimator": f"randomization inference: {test.name}, {how}",
    }


def _permuted(test: Comparison, draws: int, random: np.random.Generator) -> Reference:
    """The statistics of the observed and of all permuted labels."""
    exact = is_exact(test.design, draws)
    parts = over_labels(
        lambda labels, _: test.measure(labels), test.design, draws, random, exact=exact
    )
    return Reference(
        observed=test.observed,
        estimate=np.concatenate([part.estimate for part in parts]),
        covariance=np.concatenate([part.covariance for part in parts]),
        n=len(test.design.rows),
        exact=exact,
        ties=test.measure.ties,
    )


def _bound(reference: Reference, side: int, p_of_zero: float) -> float:
    """The last effect not rejected on one side of the estimate (−1 below, 1 above).

    The p-value of 0 is known and final, so 0 limits the search from within or from without.
    """
    estimate, variance = reference.observed
    zero_ahead = side * estimate < 0
    inside = 0.0 if zero_ahead and p_of_zero > ALPHA else estimate
    outside = _rejected(reference, side, inside)
    if zero_ahead and p_of_zero <= ALPHA:
        outside = min(outside, 0.0, key=lambda effect: side * effect)
    if np.isinf(outside):
        return outside
    precision = 1e-9 * max(abs(outside - estimate), np.sqrt(max(variance, 0.0)), 1e-9)
    while abs(outside - inside) > precision:
        middle = (inside + outside) / 2
        if reference.p_value(middle) > ALPHA:
            inside = middle
        else:
            outside = middle
    return inside


def _rejected(reference: Reference, side: int, start: float) -> float:
    """An effect beyond ``start`` that is rejected, or infinity."""
    step = max(2 * np.sqrt(max(reference.observed[1], 0.0)), 1e-6)
    for power in range(20):
        effect = float(start + side * step * 2**power)
        if reference.p_value(effect) <= ALPHA:
            return effect
    return side * np.inf
