"""The estimators of the plan on many data sets of the same size at once.

With covariates that are centred over the whole sample and interacted with the arms, least squares
falls apart into one regression per arm (Lin 2013, 10.1214/12-AOAS583). So the adjusted mean of an
arm and its variance need that arm only, and thousands of simulated experiments become a few
products of stacked matrices. Held to `difference_in_means` and `lin` by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contrasts:
    """Estimates and standard errors (data sets, contrasts); degrees of freedom (data sets)."""

    estimate: Floats
    std_error: Floats
    df: Floats

    def p_values(self) -> Floats:
        """Two-sided p-values by the t distribution."""
        statistic = np.abs(self.estimate / self.std_error)
        return np.asarray(2 * stats.t.sf(statistic, self.df[:, None]), dtype=float)


def contrasts(
    outcome: Floats,
    arms: Ints,
    covariates: Floats,
    observed: Bools,
    weights: Floats,
    se_type: str = "HC2",
) -> Contrasts:
    """Weighted sums of adjusted arm means, with robust standard errors.

    Parameters
    ----------
    outcome, arms, observed : (data sets, rows); arms are numbered from 0, rows that are not
        observed are left out.
    covariates : (data sets, rows, covariates), without a constant; the last axis may be empty.
    weights : (contrasts, arms).
    se_type : ``"HC2"``, ``"HC3"`` or ``"classical"``.
    """
    design = _design(covariates, observed)
    fits = [
        _arm(outcome, design, observed & (arms == arm), se_type) for arm in range(weights.shape[1])
    ]
    means = np.stack([fit.mean for fit in fits], axis=1)
    variances = np.stack([fit.variance for fit in fits], axis=1)
    rows = observed.sum(axis=1)
    df = rows - weights.shape[1] * design.shape[2]
    if se_type == "classical":
        variances *= (sum(fit.squares for fit in fits) / df)[:, None]
    return Contrasts(means @ weights.T, np.sqrt(variances @ (weights.T**2)), df.astype(float))


def _design(covariates: Floats, observed: Bools) -> Floats:
    """A constant, and the covariates centred over the observed rows of each data set."""
    seen = observed[:, :, None]
    centres = (covariates * seen).sum(axis=1, keepdims=True) / seen.sum(axis=1, keepdims=True)
    constant = np.ones((*covariates.shape[:2], 1))
    return np.concatenate([constant, covariates - centres], axis=2)


@dataclass(frozen=True)
class _Arm:
    """Adjusted mean of one arm in each data set, its variance, and the squared residuals."""

    mean: Floats
    variance: Floats
    squares: Floats


def _arm(outcome: Floats, design: Floats, members: Bools, se_type: str) -> _Arm:
    inside = design * members[:, :, None]
    inverse = np.linalg.inv(np.matmul(inside.transpose(0, 2, 1), inside))
    half = np.matmul(inside, inverse)
    coefficients = np.matmul(half.transpose(0, 2, 1), outcome[:, :, None])[:, :, 0]
    residuals = (outcome - np.matmul(design, coefficients[:, :, None])[:, :, 0]) * members
    if se_type == "classical":
        variance = inverse[:, 0, 0]
    else:
        spare = 1 - (half * inside).sum(axis=2)
        power = {"HC2": 1, "HC3": 2}[se_type]
        variance = ((half[:, :, 0] * residuals) ** 2 / spare**power).sum(axis=1)
    return _Arm(coefficients[:, 0], variance, (residuals**2).sum(axis=1))
