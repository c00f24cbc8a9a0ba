"""Treatment-control differences with HC2 standard errors, for thousands of assignments at once.

Model, for a row i of block b with n_b rows, a share p_b of them treated:

    u_i = intercept + effect · (Z_i − p_b) + x_i′β + Z_i x_i′γ + error

u and x are outcome and covariates less the means of their blocks, Z is the label; rows weigh
1 / (p_b (1 − p_b)), so that without covariates the effect is the mean of the blocks' differences
in proportion to their sizes. Known cases:

- one block, no covariates: difference in means with Neyman's variance;
- one block, covariates: Lin 2013 (10.1214/12-AOAS583) with HC2 standard errors;
- blocks, no covariates: least squares with block effects and HC2 standard errors;
- pairs, with or without covariates: regression of the pairs' differences
  (Imbens & Rubin 2015, 10.1017/CBO9781139025751, ch. 10; Fogarty 2018, 10.1111/rssb.12290).

With both blocks and covariates, the leverage of the block means enters as the factor by which it
changes 1 − h in the model without covariates; this is exact in all the cases above.

Everything that changes with the labels is a sum over treated rows. So one product of the label
matrix with a few columns gives the normal equations of all draws, these are solved as a batch, and
a second product gives all variances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError
from analysis.permutation import Design, Floats, Integers, Labels

TILE_ROWS = 128
TILE_PRODUCTS = 2**21
"""Labels are worked on in tiles, of so many multiplications per matrix product: few enough for the
processor's cache, enough that cores need not wait for each other to let go of the interpreter."""

TIES = 1 - 1e-9
"""Squared statistics this close count as equal: rounding must not break ties of assignments."""

SINGLE_FROM, SINGLE_TIES = 1000, 1 - 1e-5
"""From so many rows on, variances adjusted for covariates are summed in single precision, in half
the time. They are then right to six digits, and ties are told to five."""

FARTHEST, LEAST_LEFT = 100, 1e-4
"""No single precision with a covariate so many standard deviations from its mean, or when the
covariates leave less than this share of an outcome's variance: there, six digits are too few."""

SATURATED = 1e-9
"""Below this, 1 − leverage is zero: the row is fitted exactly and says nothing on the spread."""


@dataclass(frozen=True)
class Draws:
    """One row per assignment: ``estimate`` (draws, outcomes) and ``covariance`` (draws, pairs).

    The covariance of two outcomes' estimates is the HC2 one; of an outcome with itself, it is the
    squared standard error.
    """

    estimate: Floats
    covariance: Floats


class Statistic(Protocol):
    """What turns labels (draws, n) into estimates.

    Squared statistics of two assignments count as equal from a ratio of ``ties`` on.
    """

    @property
    def ties(self) -> float: ...

    def __call__(self, labels: Labels) -> Draws: ...


def self_pairs(outcomes: int) -> Integers:
    """Each outcome with itself."""
    return np.repeat(np.arange(outcomes), 2).reshape(-1, 2)


def all_pairs(outcomes: int) -> Integers:
    """Each outcome with itself and with each later one."""
    return np.column_stack(np.triu_indices(outcomes))


def statistic(
    design: Design,
    outcomes: Floats,
    covariates: Floats | None = None,
    *,
    pairs: Integers | None = None,
    offset: Floats | None = None,
    single: bool = False,
) -> Statistic:
    """The statistic for the rows of ``design``.

    ``outcomes`` (n, m) and ``covariates`` (n, k) in the order of the design, of unit scale;
    ``pairs`` (q, 2) the outcomes whose covariances are wanted, by default each with itself;
    ``offset`` (k,) moves the point at which the effect is taken away from the covariates' means;
    ``single`` allows single precision where it saves time.
    """
    pairs = self_pairs(outcomes.shape[1]) if pairs is None else pairs
    if covariates is None or covariates.shape[1] == 0:
        return BlockContrast.of(design, outcomes, pairs)
    shift = np.zeros(covariates.shape[1]) if offset is None else offset
    single = single and len(design.rows) >= SINGLE_FROM and _harmless(design, outcomes, covariates)
    kind = np.float32 if single else np.float64
    return BlockRegression.of(design, outcomes, covariates, pairs, shift, kind)


def _harmless(design: Design, outcomes: Floats, covariates: Floats) -> bool:
    """Whether nobody is far out, and no outcome is all but determined by the covariates."""
    u, x = design.centred(outcomes), design.centred(covariates)
    if (np.abs(x).max(axis=0) > FARTHEST * x.std(axis=0)).any():
        return False
    left = u - x @ np.linalg.lstsq(x, u, rcond=None)[0]
    return bool((left.var(axis=0) > LEAST_LEFT * u.var(axis=0)).all())


def check_spread(design: Design) -> None:
    """Raises ``AnalysisError`` if an arm has a single row to compare: no standard error exists."""
    if min(leverage_gap(design, label).min() for label in (0, 1)) < SATURATED:
        raise AnalysisError("one of the arms has a single row, so there is no standard error.")


def squared_t(estimate: Floats, variance: Floats, n: int, scale: Floats | float = 1.0) -> Floats:
    """The squares of estimate / standard error, for outcomes of standard deviation ``scale``.

    Numbers that are nothing but rounding count as zero. An assignment that leaves no variation
    within arms is infinitely far from the null hypothesis if it separates them, else not at all.
    """
    nothing = 1e-12 * np.square(scale) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.square(estimate) / variance
    infinite = np.where(np.square(estimate) > nothing, np.inf, 0.0)
    return np.where(variance > nothing, ratio, infinite)


def unit_scale(values: Floats) -> tuple[Floats, Floats]:
    """Columns (n, m) with mean 0 and standard deviation 1, or all 0; and their scales (m,)."""
    constant = np.ptp(values, axis=0) == 0
    scale = np.where(constant, 1, values.std(axis=0))
    return np.where(constant, 0, (values - values.mean(axis=0)) / scale), scale


def leverage_gap(design: Design, label: int) -> Floats:
    """1 − leverage (n,) of rows labelled ``label``, with block effects and no covariates."""
    deviation = label - design.shares
    return 1 - 1 / design.sizes - deviation**2 * weights(design) / len(design.rows)


def weights(design: Design) -> Floats:
    """The weight (n,) of each row. The squares of Z − p, so weighted, sum to n."""
    return 1 / (design.shares * (1 - design.shares))


def tiles(
    labels: Labels, width: int, kind: type[np.floating[Any]] = np.float64
) -> Iterator[tuple[slice, slice, npt.NDArray[Any]]]:
    """Labels as numbers, tile by tile, to be multiplied with ``width`` columns.

    With them come the rows and columns they stand in.
    """
    draws, n = labels.shape
    breadth = max(64, TILE_PRODUCTS // (TILE_ROWS * width))
    for left in range(0, n, breadth):
        columns = slice(left, min(left + breadth, n))
        for top in range(0, draws, TILE_ROWS):
            rows = slice(top, min(top + TILE_ROWS, draws))
            yield rows, columns, labels[rows, columns].astype(kind)


def treated_sums(labels: Labels, values: Floats) -> Floats:
    """Sums of ``values`` (n, m) over each draw's treated rows: (draws, m)."""
    sums = np.zeros((len(labels), values.shape[1]))
    for rows, columns, tile in tiles(labels, values.shape[1]):
        sums[rows] += tile @ values[columns]
    return sums


@dataclass(frozen=True)
class BlockContrast:
    """The model without covariates: estimates and variances are sums over treated rows.

    ``columns`` (n, 2m + q) are summed; the rest are the parts that labels do not change, for m
    outcomes and q ``pairs``.
    """

    columns: Floats
    pairs: Integers
    square: Floats
    cross: Floats
    constant: float
    ties: float = TIES

    @classmethod
    def of(cls, design: Design, outcomes: Floats, pairs: Integers) -> BlockContrast:
        u, n = design.centred(outcomes), len(design.rows)
        share, weight = design.shares[:, None], weights(design)[:, None]
        ifs = [weight**2 / leverage_gap(design, label)[:, None] / n**2 for label in (0, 1)]
        control, treated = ifs[0] * share**2, ifs[1] * (1 - share) ** 2
        products = u[:, pairs[:, 0]] * u[:, pairs[:, 1]]
        slopes = (treated * (1 - share) + control * share) * u
        return cls(
            columns=np.hstack((weight * u / n, slopes, (treated - control) * products)),
            pairs=pairs,
            square=(control * products).sum(axis=0),
            cross=(control * share * u).sum(axis=0),
            constant=float(
                (treated * (1 - share) ** 2 * share + control * share**2 * (1 - share)).sum()
            ),
        )

    def __call__(self, labels: Labels) -> Draws:
        sums = treated_sums(labels, self.columns)
        m = len(self.cross)
        estimate, cross = sums[:, :m], sums[:, m : 2 * m] - self.cross
        first, second = self.pairs.T
        covariance = sums[:, 2 * m :] + self.square
        covariance -= estimate[:, first] * cross[:, second] + estimate[:, second] * cross[:, first]
        covariance += estimate[:, first] * estimate[:, second] * self.constant
        return Draws(estimate, covariance)


@dataclass(frozen=True)
class BlockRegression:
    """The model with covariates, fitted anew in every draw.

    For k covariates and m outcomes: ``columns`` are the products whose sums over treated rows
    make the normal equations; ``to_arm[label]`` (2k + 2, d) writes a row's regressors, when
    labelled so, as a map of its ``basis``: 1, p_b if it varies, and x; ``gaps`` (·, n) are the
    products of the basis that give − leverage; ``spread[label]`` (n, ·) the products of outcomes
    and basis that give the variance.
    """

    columns: Floats
    fixed: Floats
    fixed_right: Floats
    basis: npt.NDArray[Any]
    to_arm: tuple[Floats, Floats]
    gaps: npt.NDArray[Any]
    spread: tuple[npt.NDArray[Any], npt.NDArray[Any]]
    contrast: Floats
    pairs: Integers
    outcomes: int
    kind: type[np.floating[Any]]

    @property
    def ties(self) -> float:
        return SINGLE_TIES if self.kind is np.float32 else TIES

    @property
    def saturated(self) -> float:
        return 1e-4 if self.kind is np.float32 else SATURATED

    @classmethod
    def of(
        cls,
        design: Design,
        outcomes: Floats,
        covariates: Floats,
        pairs: Integers,
        offset: Floats,
        kind: type[np.floating[Any]],
    ) -> BlockRegression:
        u, x = design.centred(outcomes), design.centred(covariates)
        share, weight = design.shares[:, None], weights(design)[:, None]
        k, m = x.shape[1], u.shape[1]
        basis, to_arm = _basis(share, x)
        xu = (x[:, :, None] * u[:, None, :]).reshape(len(x), -1)
        fixed = np.zeros((2 * k + 2, 2 * k + 2))
        fixed[0, 0], fixed[1, 1] = weight.sum(), len(x)
        fixed[2 : k + 2, 2 : k + 2] = x.T @ (weight * x)
        fixed_right = np.zeros((2 * k + 2, m))
        fixed_right[2 : k + 2] = x.T @ (weight * u)
        return cls(
            columns=weight * np.hstack((x, (1 - share) * x, _products(x), u, xu)),
            fixed=fixed,
            fixed_right=fixed_right,
            basis=np.ascontiguousarray(basis.T, dtype=kind),
            to_arm=to_arm,
            gaps=np.ascontiguousarray((-weight * _products(basis)).T, dtype=kind),
            spread=_spread(design, u, basis, weight, kind),
            contrast=np.concatenate(([0, 1], np.zeros(k), offset)),
            pairs=pairs,
            outcomes=m,
            kind=kind,
        )

    def __call__(self, labels: Labels) -> Draws:
        normal, right = self._normal_equations(treated_sums(labels, self.columns))
        inverse = _inverses(normal)
        solution = inverse @ right
        estimate = np.einsum("j,ijk->ik", self.contrast, solution)
        influence = inverse @ self.contrast
        influences = [(influence @ arm).astype(self.kind) for arm in self.to_arm]
        leverages = [_packed(arm.T @ inverse @ arm).astype(self.kind) for arm in self.to_arm]
        covariance = np.zeros((len(labels), len(self.pairs)))
        for label, moments in enumerate(self._moments(labels, influences, leverages)):
            covariance += self._arm_covariance(moments, self.to_arm[label].T @ solution)
        return Draws(estimate, covariance)

    def _normal_equations(self, sums: Floats) -> tuple[Floats, Floats]:
        """Left (draws, 2k + 2, 2k + 2) and right (draws, 2k + 2, m) sides."""
        m, size = self.outcomes, len(self.contrast)
        k = (size - 2) // 2
        half = k * (k + 1) // 2
        x, far_x, xx, u, xu = np.split(sums, np.cumsum((k, k, half, m)), axis=1)
        normal = np.repeat(self.fixed[None], len(sums), axis=0)
        plain, crossed = slice(2, k + 2), slice(k + 2, size)
        normal[:, 0, crossed] = normal[:, crossed, 0] = x
        normal[:, 1, plain] = normal[:, plain, 1] = x
        normal[:, 1, crossed] = normal[:, crossed, 1] = far_x
        square = _unpacked(xx, k)
        for rows, columns in ((plain, crossed), (crossed, plain), (crossed, crossed)):
            normal[:, rows, columns] = square
        right = np.repeat(self.fixed_right[None], len(sums), axis=0)
        right[:, 1] = u
        right[:, crossed] = xu.reshape(-1, k, m)
        return normal, right

    def _moments(
        self,
        labels: Labels,
        influences: list[npt.NDArray[Any]],
        leverages: list[npt.NDArray[Any]],
    ) -> tuple[Floats, ...]:
        """Sums over either arm's rows of influence² / (1 − leverage) times ``spread``."""
        sums = tuple(np.zeros((len(labels), spread.shape[1])) for spread in self.spread)
        for rows, columns, treated in tiles(labels, self.spread[0].shape[1], self.kind):
            basis, gaps = self.basis[:, columns], self.gaps[:, columns]
            for label in (1, 0):
                inside = treated if label else np.subtract(1, treated, out=treated)
                factor = influences[label][rows] @ basis
                factor *= factor
                factor *= inside
                remaining = leverages[label][rows] @ gaps
                remaining += 1
                if remaining.min() < self.saturated:
                    factor[remaining < self.saturated] = 0
                    np.maximum(remaining, self.saturated, out=remaining)
                factor /= remaining
                sums[label][rows] += factor @ self.spread[label][columns]
        return sums

    def _arm_covariance(self, products: Floats, fitted: Floats) -> Floats:
        """The part of the HC2 covariances (draws, q) that one arm's ``products`` make."""
        identity = np.eye(self.outcomes)
        identities = np.broadcast_to(identity, (len(fitted), *identity.shape))
        residual = np.concatenate((identities, -np.swapaxes(fitted, 1, 2)), axis=2)
        first, second = (residual[:, side] for side in self.pairs.T)
        moments = _unpacked(products, residual.shape[2])
        return np.asarray(((first @ moments) * second).sum(axis=2))


def _basis(share: Floats, x: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """The basis (n, d), and the maps from it to the regressors of either label (2k + 2, d)."""
    k = x.shape[1]
    varies = np.ptp(share) > 0
    first = np.hstack((np.ones_like(share), share)) if varies else np.ones_like(share)
    maps = []
    for label in (0, 1):
        head = [[1, 0], [label, -1]] if varies else [[1], [label - share[0, 0]]]
        map_ = np.zeros((2 * k + 2, first.shape[1] + k))
        map_[:2, :-k] = head
        map_[2:, -k:] = np.vstack((np.eye(k), label * np.eye(k)))
        maps.append(map_)
    return np.hstack((first, x)), (maps[0], maps[1])


def _spread(
    design: Design, u: Floats, basis: Floats, weight: Floats, kind: type[np.floating[Any]]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Products of outcomes and basis, weighted so that the blocks' leverage is accounted for."""
    products = _products(np.hstack((u, basis)))
    parts = []
    for label in (0, 1):
        deviation = (label - design.shares) ** 2 * weight[:, 0] / len(design.rows)
        without_blocks = 1 - weight[:, 0] / weight.sum() - deviation
        factor = leverage_gap(design, label) / without_blocks
        parts.append((products * (weight[:, 0] ** 2 / factor)[:, None]).astype(kind))
    return parts[0], parts[1]


def _products(columns: Floats) -> Floats:
    """Each column (n, d) times itself and each later one: (n, d (d + 1) / 2)."""
    first, second = np.triu_indices(columns.shape[1])
    return np.ascontiguousarray(columns[:, first] * columns[:, second])


def _unpacked(values: Floats, d: int) -> Floats:
    """Symmetric matrices (draws, d, d) from their upper triangles."""
    rows, columns = np.triu_indices(d)
    matrices = np.empty((len(values), d, d))
    matrices[:, rows, columns] = matrices[:, columns, rows] = values
    return matrices


def _packed(matrices: Floats) -> Floats:
    """Quadratic forms as coefficients (draws, d (d + 1) / 2) of what ``_products`` gives."""
    rows, columns = np.triu_indices(matrices.shape[-1])
    return np.asarray(matrices[:, rows, columns] * np.where(rows == columns, 1.0, 2.0))


def _inverses(matrices: Floats) -> Floats:
    """Inverses; where a draw leaves a covariate without variation, Moore and Penrose's.

    The statistic is then still a function of the assignment alone, which is all that a
    permutation test needs.
    """
    try:
        inverses = np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(matrices, rcond=1e-10, hermitian=True))
    scale = np.abs(matrices).max(axis=(1, 2)) * np.abs(inverses).max(axis=(1, 2))
    poor = ~(scale < 1e10)
    if poor.any():
        inverses[poor] = np.linalg.pinv(matrices[poor], rcond=1e-10, hermitian=True)
    return np.asarray(inverses)
