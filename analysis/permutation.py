"""Which arms could have been assigned: blocks, and matrices of labels drawn within them.

Two arms are compared at a time. A label is True for the treated arm. Blocks are those of the
design, reduced to the rows of the two arms; the number treated in each block is kept, so that
every row of a label matrix is an assignment the design could have made, all equally likely.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from math import comb, inf
from threading import Lock
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import ThreadpoolController

from analysis.errors import AnalysisError

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.intp]
Labels: TypeAlias = npt.NDArray[np.bool_]
Result = TypeVar("Result")

CHUNK_CELLS, CHUNK_DRAWS = 2**22, 1000
"""Labels one core holds at once, a byte each, and of how many draws at most: memory stays bounded
whatever rows and draws, and there is work for all cores."""

TABLE_ROWS = 4096
"""Up to so many assignments of one block are listed, and drawn by their number."""


@dataclass(frozen=True)
class Shape:
    """``count`` blocks of ``size`` rows each, ``treated`` of which are in the treated arm."""

    size: int
    treated: int
    count: int


@dataclass(frozen=True)
class Design:
    """Rows that chance could have given to the other arm, ordered block by block.

    ``rows``: positions in the data the design was made from; rows of blocks that hold one arm
    only are not among them, because nothing was left to chance there.
    ``labels``: the observed assignment of these rows.
    ``shapes``: the blocks, in order; blocks of one size and number treated stand together.
    """

    rows: Integers
    labels: Labels
    shapes: tuple[Shape, ...]

    @cached_property
    def sizes(self) -> Integers:
        """The size of each row's block."""
        return np.repeat(
            [shape.size for shape in self.shapes],
            [shape.size * shape.count for shape in self.shapes],
        )

    @cached_property
    def shares(self) -> Floats:
        """The share treated in each row's block."""
        shares = [shape.treated / shape.size for shape in self.shapes]
        return np.repeat(shares, [shape.size * shape.count for shape in self.shapes])

    @cached_property
    def assignments(self) -> float:
        """The number of equally likely assignments, this one included; infinite if above 2⁶⁰."""
        total = 1.0
        for shape in self.shapes:
            total *= _ways(shape) ** min(shape.count, 61)
            if total > 2**60:
                return inf
        return total

    def blocks(self, values: npt.NDArray[Any]) -> Iterator[tuple[Shape, npt.NDArray[Any]]]:
        """Views of ``values`` (…, n) as (…, blocks, rows in a block), one per shape."""
        start = 0
        for shape in self.shapes:
            stop = start + shape.size * shape.count
            yield (
                shape,
                values[..., start:stop].reshape(*values.shape[:-1], shape.count, shape.size),
            )
            start = stop

    def centred(self, values: Floats) -> Floats:
        """``values`` (n, m) less the means of their blocks."""
        columns = np.ascontiguousarray(values.T)
        parts = [
            (part - part.mean(axis=-1, keepdims=True)).reshape(len(columns), -1)
            for _, part in self.blocks(columns)
        ]
        return np.hstack(parts).T


def make_design(treated: Labels, blocks: Integers | None, order_by: Floats) -> Design:
    """The design of n rows. Raises ``AnalysisError`` if no block holds both arms.

    ``treated``: (n,) whether each row is in the treated arm; ``blocks``: (n,) numbers from 0, or
    None for one block; ``order_by``: (n, m) numbers that put the rows of a block in a fixed order,
    so that one seed gives one result in whatever order the data arrive.
    """
    codes = np.zeros(len(treated), dtype=np.intp) if blocks is None else blocks
    size = np.bincount(codes)[codes]
    chosen = np.bincount(codes, weights=treated).astype(np.intp)[codes]
    order = np.lexsort((*order_by.T[::-1], treated, codes, chosen, size))
    rows = order[(chosen[order] > 0) & (chosen[order] < size[order])]
    if not rows.size:
        raise AnalysisError("no block holds both arms, so nothing can be permuted.")
    pairs, counts = np.unique(np.column_stack((size, chosen))[rows], axis=0, return_counts=True)
    shapes = (
        Shape(int(n), int(k), int(cells // n))
        for (n, k), cells in zip(pairs.tolist(), counts.tolist(), strict=True)
    )
    return Design(rows, treated[rows], tuple(shapes))


def block_codes(rows: pd.DataFrame, names: Sequence[str]) -> Integers | None:
    """The (n,) blocks that the columns ``names`` make together; None if that is a single one."""
    if not names:
        return None
    codes = rows.groupby(list(names), observed=True, sort=True).ngroup().to_numpy(dtype=np.intp)
    return codes if codes.any() else None


def random_streams(seed: int | None, arms: int) -> list[np.random.Generator]:
    """One generator per arm, so that an arm's draws do not depend on how many rows others have.

    ``seed``: a whole number from 0, or None for a new one every time.
    """
    return random_generator(seed).spawn(arms)


def random_generator(seed: int | None) -> np.random.Generator:
    """The generator of ``seed``, as in `random_streams`."""
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if seed is not None and not (whole and seed >= 0):
        raise AnalysisError(f"The seed must be a whole number from 0, or None, not {seed!r}.")
    return np.random.default_rng(seed)


def check_draws(draws: int) -> None:
    """Raises ``AnalysisError`` unless ``draws`` is a whole number from 1."""
    if not isinstance(draws, (int, np.integer)) or isinstance(draws, bool) or draws < 1:
        raise AnalysisError(f"The number of draws must be a whole number from 1, not {draws!r}.")


def over_labels(
    work: Callable[[Labels, np.random.Generator], Result],
    design: Design,
    draws: int,
    random: np.random.Generator,
    *,
    exact: bool,
) -> list[Result]:
    """``work`` done on label matrices (some draws, n), in order.

    They hold each possible assignment once if ``exact``, else ``draws`` random ones. Every matrix
    has its own generator, which ``work`` may use too, so that the processor's cores can share
    the matrices without any effect on the results.
    """
    total = int(design.assignments) if exact else draws
    step = min(max(1, CHUNK_CELLS // len(design.rows)), CHUNK_DRAWS)
    starts = range(0, total, step)

    def part(start: int, own: np.random.Generator) -> Result:
        stop = min(start + step, total)
        return work(
            listed(design, start, stop) if exact else drawn(design, stop - start, own), own
        )

    # Every core has a matrix of its own, so linear algebra must not share out its work as well.
    # Its number of threads belongs to the whole process: one at a time may change and restore it.
    workers = min(len(starts), _cores())
    with (
        _one_at_a_time,
        _linear_algebra().limit(limits=1),
        ThreadPoolExecutor(max_workers=workers) as pool,
    ):
        return list(pool.map(part, starts, random.spawn(len(starts))))


_one_at_a_time = Lock()


@lru_cache(maxsize=1)
def _linear_algebra() -> ThreadpoolController:
    """The threads of the linear algebra that numpy came with."""
    return ThreadpoolController().select(user_api="blas")


def _cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_exact(design: Design, draws: int) -> bool:
    """Whether every assignment is listed instead of drawn."""
    return design.assignments <= draws


def listed(design: Design, start: int, stop: int) -> Labels:
    """Assignments number ``start`` to ``stop``: counting, each block is one digit."""
    labels = np.empty((stop - start, len(design.rows)), dtype=np.bool_)
    number: npt.NDArray[np.int64] = np.arange(start, stop)
    for shape, part in design.blocks(labels):
        table = _table(shape.size, shape.treated)
        for block in range(shape.count):
            number, digit = np.divmod(number, len(table))
            part[:, block] = table[digit]
    return labels


def drawn(design: Design, draws: int, random: np.random.Generator) -> Labels:
    """``draws`` assignments, independent and uniform over all the design could have made."""
    labels = np.empty((draws, len(design.rows)), dtype=np.bool_)
    for shape, part in design.blocks(labels):
        if _ways(shape) <= TABLE_ROWS:
            table = _table(shape.size, shape.treated)
            part[...] = table[random.integers(0, len(table), size=part.shape[:2])]
        else:
            cells = _coins(draws * shape.count, shape, random)
            part[...] = cells.reshape(part.shape)
    return labels


def fitted(design: Design, labels: Labels, random: np.random.Generator) -> Labels:
    """Labels (draws, n) turned at random, as few as needed, to make assignments of ``design``.

    If ``labels`` are a draw for more rows, cut down to these, the result is uniform over the
    assignments of these rows, and rows share their labels with the wider draw.
    """
    labels = labels.copy()
    for shape, part in design.blocks(labels):
        cells = np.ascontiguousarray(part).reshape(-1, shape.size)
        _repair(cells, shape.treated, random)
        part[...] = cells.reshape(part.shape)
    return labels


def _ways(shape: Shape) -> float:
    """The number of ways to treat ``treated`` of ``size`` rows; infinite if above 2⁶⁰."""
    fewer = min(shape.treated, shape.size - shape.treated)
    ways = inf if fewer > 60 else comb(shape.size, fewer)
    return inf if ways > 2**60 else float(ways)


@lru_cache(maxsize=64)
def _table(size: int, treated: int) -> Labels:
    """Every way to treat ``treated`` of ``size`` rows: (ways, size)."""
    chosen = np.array(list(combinations(range(size), treated)), dtype=np.intp)
    table = np.zeros((len(chosen), size), dtype=np.bool_)
    np.put_along_axis(table, chosen, True, axis=1)
    table.flags.writeable = False
    return table


def _coins(blocks: int, shape: Shape, random: np.random.Generator) -> Labels:
    """Uniform assignments of large blocks: independent coins, then the surplus turned back.

    Given how many coins show treated, which ones do is uniform; so it stays when uniformly
    chosen ones are turned until the number is right. One random bit or byte per row is a tenth of
    the work of shuffling.
    """
    fewer = min(shape.treated, shape.size - shape.treated)
    rows = blocks * shape.size
    if 2 * fewer == shape.size:
        bits = np.frombuffer(random.bytes(rows // 8 + 1), dtype=np.uint8)
        coins: Labels = np.unpackbits(bits, count=rows).view(np.bool_)
    else:
        coins = random.integers(0, 256, size=rows, dtype=np.uint8) < 256 * fewer // shape.size
    cells = coins.reshape(blocks, shape.size)
    _repair(cells, fewer, random)
    return cells if fewer == shape.treated else ~cells


def _repair(cells: Labels, treated: int, random: np.random.Generator) -> None:
    """Turns uniformly chosen labels in each row of ``cells`` until ``treated`` are True.

    Each round picks as many rows of a block as its surplus, and turns those that add to it; so
    none is turned too many, and the choice is the one of picking one at a time.
    """
    size = cells.shape[1]
    flat = cells.reshape(-1)
    surplus = cells.view(np.uint8).sum(axis=1, dtype=np.int64) - treated
    while surplus.any():
        block = np.repeat(np.arange(len(surplus)), np.abs(surplus))
        picked = block * size + (random.random(len(block)) * size).astype(np.int64)
        turned = np.unique(picked[flat[picked] == (surplus[block] > 0)])
        flat[turned] ^= True
        surplus -= np.sign(surplus) * np.bincount(turned // size, minlength=len(surplus))
