"""One regression per outcome, and contrasts of its coefficients.

A mean for each arm, covariates with one common slope each (or, `by_arm`, one in each arm: Lin
2013, 10.1214/12-AOAS583), additive effects of sessions. Standard errors are HC2, which without
covariates is Neyman's (Samii & Aronow 2012, 10.1016/j.spl.2011.10.024); degrees of freedom Bell &
McCaffrey's (2002; Imbens & Kolesár 2016, 10.1162/REST_a_00552), for several contrasts at once
their extension to Hotelling's law (Pustejovsky & Tipton 2018, 10.1080/07350015.2016.1247004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import stats

from analysis.errors import AnalysisError

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

RANK = 1e-9
"""Directions of the design shorter than this share of the longest are rounding."""

SE_TYPES = ("HC2", "HC3", "HC1", "HC0", "classical")


@dataclass(frozen=True)
class Model:
    """What stands on the right-hand side.

    ``arms`` (n,) are positions among ``count`` arms. ``by_arm`` (n, a) are covariates with a slope
    in each arm, ``common`` (n, p) those with one slope, both centred and in units of their spread;
    ``sessions`` (n,) are numbers from 0, or None. Coefficients stand in the order arms, slopes by
    arm (covariate by covariate), common slopes, sessions but the first.
    """

    arms: Ints
    count: int
    common: Floats
    by_arm: Floats
    sessions: Ints | None = None

    def matrix(self) -> Floats:
        """The design matrix (n, k)."""
        arms = np.eye(self.count)[self.arms]
        slopes = [arms * column[:, None] for column in self.by_arm.T]
        return np.hstack([arms, *slopes, self.common, self.dummies()])

    def dummies(self) -> Floats:
        """The session effects (n, sessions − 1)."""
        if self.sessions is None:
            return np.empty((len(self.arms), 0))
        return np.eye(self.sessions.max() + 1)[self.sessions, 1:]

    def weights(self, arms: npt.ArrayLike, slope: int | None = None) -> Floats:
        """Weights of all coefficients: ``arms`` (R,) on the arms' means, or on their slopes."""
        width = self.count * (1 + self.by_arm.shape[1]) + self.common.shape[1]
        start = self.count * (0 if slope is None else 1 + slope)
        found = np.zeros(width if self.sessions is None else width + self.sessions.max())
        found[start : start + self.count] = arms
        return found

    def common_slope(self, number: int) -> Floats:
        """Weights of all coefficients that pick one common slope."""
        found = self.weights(np.zeros(self.count))
        found[self.count * (1 + self.by_arm.shape[1]) + number] = 1
        return found


@dataclass(frozen=True)
class Fit:
    """Least squares of outcomes (n, m) on one design, by its singular value decomposition.

    ``basis`` (n, r) is orthonormal; coefficients are ``back`` (k, r) times ``scores`` (r, m), the
    basis' products with the outcomes. ``spare`` (n,) is 1 − leverage, 0 where it is rounding.
    """

    basis: Floats
    back: Floats
    forth: Floats
    scores: Floats
    residuals: Floats
    spare: Floats
    ranges: Floats


@dataclass(frozen=True)
class Contrasts:
    """Contrasts (c) of outcomes (m): ``estimate``, ``std_error`` (c, m), ``df`` (c,).

    ``influence`` (c, m, n) are the rows' shares in the error, whose sum of squares is the squared
    standard error. A standard error that is nothing but rounding, and its estimate, are NaN.
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    influence: Floats

    @property
    def statistic(self) -> Floats:
        return self.estimate / self.std_error

    def p_values(self) -> Floats:
        """Two-sided, by the t distribution (c, m)."""
        return np.asarray(2 * stats.t.sf(np.abs(self.statistic), self.df[:, None]))


def fit(outcomes: Floats, model: Model) -> Fit:
    """The regression of each column of ``outcomes`` (n, m) on ``model``."""
    matrix = model.matrix()
    scale = np.linalg.norm(matrix, axis=0)
    scale[scale == 0] = 1
    basis, lengths, axes = np.linalg.svd(matrix / scale, full_matrices=False)
    kept = lengths > RANK * lengths[0]
    basis, lengths, axes = basis[:, kept], lengths[kept], axes[kept]
    # Contrasts between arms do not know a common offset; taken out, it costs no digits.
    centred = outcomes - outcomes.mean(axis=0)
    scores = basis.T @ centred
    spare = 1 - (basis**2).sum(axis=1)
    spare = np.where(spare < 1e-10, 0, spare)
    back, forth = (axes.T / lengths) / scale[:, None], (axes.T * lengths) * scale[:, None]
    ranges = np.ptp(outcomes, axis=0)
    return Fit(basis, back, forth, scores, centred - basis @ scores, spare, ranges)


def contrasts(fitted: Fit, weights: Floats, se_type: str = "HC2") -> Contrasts:
    """Weighted sums of coefficients, ``weights`` (c, k), which between arms must sum to 0.

    Raises ``AnalysisError`` when the rows do not determine one, or its error: a row that is fitted
    exactly (a session of one) counts for nothing, unless the contrast rests on it.
    """
    weights = np.atleast_2d(weights)
    loads = weights @ fitted.back
    lost = np.abs(loads @ fitted.forth.T - weights).max(axis=1)
    if (lost > 1e-6 * np.abs(weights).max(axis=1)).any():
        where = "within sessions and at given covariates, an arm of the comparison stands alone"
        raise AnalysisError(f"The rows do not tell the arms apart: {where}.")
    shares = loads @ fitted.basis.T
    exact = fitted.spare == 0
    if (np.abs(shares[:, exact]) > 1e-8 * np.linalg.norm(shares, axis=1)[:, None]).any():
        why = "A row that alone determines a coefficient enters the comparison, so it has no error"
        raise AnalysisError(f"{why}. Use fewer covariates or larger blocks.")
    (rows, rank), power = fitted.basis.shape, {"HC2": 0.5, "HC3": 1.0}.get(se_type, 0.0)
    root = np.where(exact, 0, np.where(exact, 1, fitted.spare) ** -power)
    root *= np.sqrt(rows / (rows - rank)) if se_type == "HC1" else 1
    influence = (shares * root)[:, None, :] * fitted.residuals.T
    error, df = np.linalg.norm(influence, axis=2), _freedom(fitted, (shares * root) ** 2)
    if se_type == "classical":
        spread = np.linalg.norm(fitted.residuals, axis=0) / np.sqrt(rows - rank)
        error, df = np.linalg.norm(shares, axis=1)[:, None] * spread, df * 0 + rows - rank
    size = np.linalg.norm(shares, axis=1)[:, None] * fitted.ranges
    real = error > 1e-9 * size
    estimate = np.where(real, loads @ fitted.scores, np.nan)
    return Contrasts(estimate, np.where(real, error, np.nan), df, influence)


def _freedom(fitted: Fit, forms: Floats) -> Floats:
    """Satterthwaite's degrees of freedom of Σ form · residual², for rows of (c, n) ``forms``."""
    return np.asarray((forms @ fitted.spare) ** 2 / _spread(fitted, forms))


def _spread(fitted: Fit, forms: Floats) -> Floats:
    """Half the variance of Σ form · residual² for alike errors: ΣΣ form form M², M = 1 − hat."""
    crossed = [np.linalg.norm((fitted.basis.T * form) @ fitted.basis) ** 2 for form in forms]
    return np.asarray((forms**2) @ (2 * fitted.spare - 1) + crossed)


@dataclass(frozen=True)
class Joint:
    """An F test that several contrasts are all 0; ``wald`` is estimate′ covariance⁻¹ estimate."""

    wald: float
    statistic: float
    df: float
    df_residual: float
    p_value: float


def joint(fitted: Fit, weights: Floats, column: int = 0) -> Joint:
    """All of ``weights`` (c, k) at once, on one outcome: F of the contrasts' HC2 covariance.

    Contrasts that determine each other count once. Approximate Hotelling's T² (HTZ).
    """
    found = contrasts(fitted, weights)
    shares = np.atleast_2d(weights) @ fitted.back @ fitted.basis.T
    left, lengths, _ = np.linalg.svd(shares, full_matrices=False)
    kept = lengths > RANK * lengths[0]
    turned = (left[:, kept] / lengths[kept]).T
    values = turned @ found.estimate[:, column]
    covariance = turned @ found.influence[:, column] @ found.influence[:, column].T @ turned.T
    rank = len(values)
    units = turned @ shares * np.where(fitted.spare > 0, fitted.spare, np.inf) ** -0.5
    pairs = (units[:, None] * units).reshape(rank * rank, -1)
    eta = rank * (rank + 1) / (2 * _spread(fitted, pairs).sum())
    if eta <= rank - 1 or not np.isfinite(values).all():
        return Joint(np.nan, np.nan, rank, np.nan, np.nan)
    wald, freedom = float(values @ np.linalg.solve(covariance, values)), float(eta - rank + 1)
    statistic = wald * freedom / (eta * rank)
    return Joint(wald, statistic, rank, freedom, float(stats.f.sf(statistic, rank, freedom)))
