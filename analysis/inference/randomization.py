"""The t of the fit under every assignment that the design could have made, or many of them.

Labels of all arms are drawn within the blocks, among the rows that are used. What relabelling
does not change (sessions, covariates, the first arm) is partialled out once (Frisch & Waugh 1933,
10.2307/1907330; Lovell 1963, 10.1080/01621459.1963.10480682). Exact if no arm changes anybody's
outcome; for averages right in large samples (Chung & Romano 2013, 10.1214/13-AOS1090; Zhao & Ding
2021, 10.1016/j.jeconom.2021.06.001), but not in small blocks of unequal shares whose differences
neither session nor covariate holds: with one treated in five, 8% instead of 5%.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import factorial, prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from analysis.errors import AnalysisError
from analysis.inference.fit import RANK, Floats, Ints, Model

Labels: TypeAlias = npt.NDArray[np.int8]
Sets: TypeAlias = Sequence[Sequence[int]]

CELLS = 32_000
"""Draws times rows that are worked on at once, so that the numbers stay in the core's cache."""

LISTED = 4_096
"""Up to so many arrangements of one block are listed, and drawn by their number."""

TIE = 1 - 1e-9
"""A drawn statistic this close to the observed one is the same number, rounded."""


@dataclass(frozen=True)
class Draws:
    """Squared statistics (draws, contrasts or sets, m); ``exact``: each assignment just once."""

    squared: Floats
    joint: Floats
    exact: bool

    def p_values(self, observed: Floats, joint: bool = False) -> Floats:
        """The share at least as extreme as the ``observed`` squared (c, m); NaN where that is.

        The real assignment counts as a draw (Phipson & Smyth 2010, 10.2202/1544-6115.1585).
        """
        drawn, added = self.joint if joint else self.squared, int(not self.exact)
        shares = ((drawn >= observed * TIE).sum(axis=0) + added) / (len(drawn) + added)
        return np.where(np.isfinite(observed), shares, np.nan)


def randomize(
    outcomes: Floats,
    model: Model,
    blocks: Ints | None,
    weights: Floats,
    draws: int,
    seed: int | None,
    sets: Sets = (),
) -> Draws:
    """Squared t of ``weights`` (c, R · (1 + a)) on the arms' means and slopes, drawn anew.

    ``outcomes`` (n, m); ``sets`` name contrasts that are also taken together. If there are at most
    ``draws`` assignments, each is listed once. Raises ``AnalysisError`` if there is only one.
    """
    design = _Design(model.arms, blocks)
    if design.ways == 1:
        raise AnalysisError("No block holds two arms, so nothing was left to chance.")
    exact = design.ways <= draws
    total = design.ways if exact else draws
    statistics = _Statistics(outcomes, model, design, weights, sets)
    step = max(1, CELLS // len(model.arms))
    random = np.random.default_rng(seed)
    parts = []
    # Products this small are slower on several cores.
    with threadpool_limits(1, user_api="blas"):
        for start in range(0, total, step):
            stop = min(start + step, total)
            labels = design.listed(start, stop) if exact else design.drawn(stop - start, random)
            parts.append(statistics(labels))
    squared, together = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Draws(squared, together, exact)


class _Design:
    """Which labels chance could have given. ``order`` (n,) puts rows block by block.

    Blocks that hold the same arms stand together: ``parts`` are these arms and their number of
    blocks; ``ways`` is how many assignments there are.
    """

    def __init__(self, arms: Ints, blocks: Ints | None) -> None:
        self.codes = np.zeros(len(arms), dtype=np.int64) if blocks is None else blocks
        rows = np.lexsort((arms, self.codes))
        ends = np.flatnonzero(np.diff(self.codes[rows])) + 1
        found: dict[tuple[int, ...], list[Ints]] = {}
        for block in np.split(rows, ends):
            found.setdefault(tuple(arms[block].tolist()), []).append(block)
        self.parts = [(held, len(members)) for held, members in sorted(found.items())]
        self.order: Ints = np.concatenate([r for held, _ in self.parts for r in found[held]])
        self.ways = prod(_ways(held) ** count for held, count in self.parts)

    def within(self, groups: Ints | None) -> bool:
        """Whether no block reaches over two ``groups``."""
        pairs = zip(self.codes, self.codes * 0 if groups is None else groups, strict=True)
        return len(set(pairs)) == len(set(self.codes))

    def drawn(self, draws: int, random: np.random.Generator) -> Labels:
        """Labels (draws, n), independent and uniform over the assignments."""
        labels = []
        for held, count in self.parts:
            if _ways(held) <= LISTED:
                table = _arrangements(held)
                drawn = table[random.integers(0, len(table), size=(draws, count))]
            else:
                wide = np.broadcast_to(np.array(held, np.int8), (draws, count, len(held)))
                drawn = random.permuted(wide, axis=2)
            labels.append(drawn.reshape(draws, -1))
        return np.hstack(labels)

    def listed(self, start: int, stop: int) -> Labels:
        """Assignments number ``start`` to ``stop``: counting, each block is one digit."""
        number: Ints = np.arange(start, stop)
        labels = []
        for held, count in self.parts:
            table = _arrangements(held)
            for _ in range(count):
                number, digit = np.divmod(number, len(table))
                labels.append(table[digit])
        return np.hstack(labels)


def _ways(held: tuple[int, ...]) -> int:
    return factorial(len(held)) // prod(factorial(held.count(arm)) for arm in set(held))


@lru_cache(maxsize=64)
def _arrangements(held: tuple[int, ...]) -> Labels:
    """Every order of the arms ``held`` by a block: (ways, size)."""
    rows: list[tuple[int, ...]] = [()]
    for _ in held:
        more = ((row, arm) for row in rows for arm in sorted(set(held)))
        rows = [(*row, arm) for row, arm in more if row.count(arm) < held.count(arm)]
    return np.array(rows, dtype=np.int8)


def _gram(columns: Floats) -> Floats:
    return np.asarray(columns @ columns.swapaxes(-1, -2))


class _Statistics:
    """What the labels do not change, worked out once; called with labels, the statistics."""

    def __init__(
        self, outcomes: Floats, model: Model, design: _Design, weights: Floats, sets: Sets
    ) -> None:
        order, self.count, self.sets = design.order, model.count, sets
        self.moved = np.hstack([np.ones((len(order), 1)), model.by_arm])[order]
        effects = np.hstack([self.moved[:, :1], model.dummies()[order]])
        # Sessions of whole blocks hold the same arms in every draw: theirs is a constant part.
        inside = self.moved.shape[1] == 1 and design.within(model.sessions)
        nothing = np.empty((len(order), 0))
        still = _basis(effects, nothing) if inside else nothing
        rest = effects[:, :0] if inside else effects
        others = np.hstack([rest, self.moved[:, 1:], model.common[order]])
        self.basis = _basis(others, still)
        observed = self._columns(model.arms[order][None].astype(np.int8))[0]
        self.constant = (observed @ still) @ still.T
        self.gram = None if self.moved.shape[1] > 1 else _gram(observed - self.constant)
        centred = (outcomes - outcomes.mean(axis=0))[order]
        centred = centred / np.maximum(np.ptp(centred, axis=0), 1e-300)
        centred -= still @ (still.T @ centred)
        self.outcomes = centred - self.basis @ (self.basis.T @ centred)
        self.right = np.hstack([self.basis, self.outcomes])
        self.spare = 1 - (still**2).sum(axis=1) - (self.basis**2).sum(axis=1)
        # The first arm is what the others differ from: its weight follows from theirs.
        by_slope = np.atleast_2d(weights).reshape(len(weights), -1, model.count)[:, :, 1:]
        self.weights = by_slope.transpose(0, 2, 1).reshape(len(weights), -1)

    def _columns(self, labels: Labels) -> Floats:
        """The columns of the design that labels decide: (draws, (R − 1) · (1 + a), n)."""
        arms = np.arange(1, self.count, dtype=np.int8)
        columns = (labels[:, None, :] == arms[:, None]).astype(float)
        if self.moved.shape[1] > 1:
            columns = columns[:, :, None, :] * self.moved.T
        return np.asarray(columns.reshape(len(labels), -1, labels.shape[1]))

    def __call__(self, labels: Labels) -> tuple[Floats, Floats]:
        columns = self._columns(labels)
        draws, width, rows = columns.shape
        known, many = self.basis.shape[1], self.outcomes.shape[1]
        products = (columns.reshape(-1, rows) @ self.right).reshape(draws, width, -1)
        across, toward = products[:, :, :known], products[:, :, known:]
        gram = _gram(columns) if self.gram is None else self.gram
        inner = np.linalg.inv(_cholesky(gram - _gram(across)))
        inverse = inner.transpose(0, 2, 1) @ inner
        slopes = inverse @ toward
        # One product gives fits, shares of the contrasts and leverages: (draws, columns, rows).
        left = np.concatenate([slopes, inverse @ self.weights.T, inner.transpose(0, 2, 1)], axis=2)
        left = left.transpose(0, 2, 1)
        columns -= self.constant
        out = np.concatenate([left, -(left @ across)], axis=2) @ np.concatenate(
            [columns, np.broadcast_to(self.basis.T, (draws, known, rows))], axis=1
        )
        squares, shares, own = np.split(out, [many, many + len(self.weights)], axis=1)
        np.subtract(self.outcomes.T, squares, out=squares)
        squares *= squares
        own *= own
        spare = self.spare - own.sum(axis=1)
        with np.errstate(divide="ignore"):
            squares *= np.where(spare > 1e-10, 1 / spare, 0)[:, None, :]
        estimate = self.weights @ slopes
        together = [self._joint(estimate, shares, squares, list(each)) for each in self.sets]
        shares *= shares
        squared = _ratio(estimate**2, shares @ squares.transpose(0, 2, 1))
        return squared, np.stack(together, axis=1) if together else squared[:, :0]

    @staticmethod
    def _joint(estimate: Floats, shares: Floats, squares: Floats, chosen: list[int]) -> Floats:
        """estimate′ covariance⁻¹ estimate of ``chosen`` contrasts: (draws, outcomes)."""
        values, inside = estimate[:, chosen].transpose(2, 0, 1), shares[:, chosen]
        found = []
        for value, square in zip(values, squares.transpose(1, 0, 2), strict=True):
            covariance = (inside * square[:, None]) @ inside.swapaxes(1, 2)
            inverse = np.linalg.pinv(covariance, rcond=RANK, hermitian=True)
            found.append(np.einsum("dc,dce,de->d", value, inverse, value))
        return np.stack(found, axis=1)


def _basis(columns: Floats, known: Floats) -> Floats:
    """An orthonormal basis (n, r) of what ``columns`` (n, k) span beside the ``known`` one."""
    scaled = columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    basis, lengths, _ = np.linalg.svd(scaled - known @ (known.T @ scaled), full_matrices=False)
    return np.ascontiguousarray(basis[:, lengths > RANK])


def _cholesky(gram: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.cholesky(gram))
    except np.linalg.LinAlgError:
        # A draw that does not tell two arms apart: its statistic is rounding over rounding.
        return np.asarray(np.linalg.cholesky(gram + 1e-9 * gram.max() * np.eye(gram.shape[1])))


def _ratio(squares: Floats, variances: Floats) -> Floats:
    """Squared t; outcomes without spread have 0 if the arms agree and infinity if they do not."""
    real = variances > 1e-18
    unclear = np.where(squares > 1e-18, np.inf, 0.0)
    return np.where(real, squares / np.where(real, variances, 1), unclear)
