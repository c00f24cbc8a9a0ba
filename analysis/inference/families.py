"""Claims that are judged together: adjusted p-values and intervals that hold all at once.

Each claim's own p-value becomes a normal deviate; together these have, nearly, the correlations of
the rows' influences on the estimates. Closed testing (Marcus, Peritz & Gabriel 1976,
10.1093/biomet/63.3.655) with the smallest p-value, stepping down over the sets of hypotheses that
can be true together (Shaffer 1986, 10.1080/01621459.1986.10478341; Westfall 1997,
10.1080/01621459.1997.10473627). Holm's method is what remains when neither is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from scipy import stats

from analysis.inference.fit import Floats

DRAWS = 50_000
"""Draws of the joint law; p-values near .05 carry a Monte-Carlo error below .001."""

COMBINATIONS = 2_000
"""More sets of hypotheses than this are not looked through: larger, cautious ones replace them."""

Vector = tuple[float, ...]
Vectors = Sequence[Vector | None]


def joint_law(influence: Floats, draws: int = DRAWS, seed: int = 0) -> Floats:
    """|normal deviates| (k, draws) with the correlations of the rows of ``influence`` (k, n)."""
    lengths = np.linalg.norm(influence, axis=1, keepdims=True)
    correlation = (influence / lengths) @ (influence / lengths).T
    values, axes = np.linalg.eigh(correlation)
    root = axes * np.sqrt(np.maximum(values, 0))
    normals = np.random.default_rng(seed).standard_normal((len(root), draws))
    return np.asarray(np.abs(root @ normals))


def step_down(p_values: Floats, law: Floats, groups: Sequence[object], vectors: Vectors) -> Floats:
    """Adjusted p-values (k,), none below its own, for the family-wise error rate.

    ``law`` as `joint_law` gives it. ``groups`` (k,) name what each hypothesis is about (an
    outcome); inside a group, ``vectors`` of the hypotheses that such a combination of means is 0
    say which can be true together. None: a hypothesis that no other one implies.
    """
    deviates = stats.norm.isf(p_values / 2)
    order = np.argsort(p_values, kind="stable").tolist()
    adjusted, largest = np.empty(len(order)), 0.0
    for step, current in enumerate(order):
        # Eight draws in a byte: whether each hypothesis reaches the deviate at hand.
        reach = np.packbits(law >= deviates[current], axis=1)
        sets = _true_together(order[:step], order[step:], current, groups, vectors)
        # The own tail is known exactly; only what the others add to it is simulated.
        unions = (
            [np.bitwise_or.reduce(reach[each], axis=0) & ~reach[current] for each in options]
            for options in sets
        )
        joined = (np.bitwise_or.reduce(choice) for choice in product(*unions))
        added = float(max(np.bitwise_count(each).sum() for each in joined)) / law.shape[1]
        largest = max(largest, min(1.0, p_values[current] + added))
        adjusted[current] = largest
    return adjusted


def simultaneous(law: Floats, alpha: float) -> float:
    """The two-sided level of each interval at which all together hold with 1 − ``alpha``."""
    if len(law) == 1:
        return alpha
    return float(2 * stats.norm.sf(np.quantile(law.max(axis=0), 1 - alpha)))


def _true_together(
    gone: list[int], left: list[int], current: int, groups: Sequence[object], vectors: Vectors
) -> list[list[list[int]]]:
    """By group: the largest sets of hypotheses ``left`` that can be true when ``gone`` are false.

    Those of the group of ``current`` hold it. Any choice of one set per group can be true.
    """
    found = []
    for group in dict.fromkeys(groups[each] for each in left):
        inside = [each for each in left if groups[each] == group]
        tied = tuple(each for each in inside if vectors[each] is not None)
        free = [each for each in inside if vectors[each] is None]
        false = [each for each in gone if groups[each] == group and vectors[each] is not None]
        sets = _flats(
            tuple(vectors[each] or () for each in tied),
            tuple(vectors[each] or () for each in false),
            tied.index(current) if current in tied else None,
        )
        found.append([free + [tied[place] for place in each] for each in sets])
    while np.prod([len(options) for options in found]) > COMBINATIONS:
        widest = max(found, key=len)
        widest[:] = [sorted({each for option in widest for each in option})]
    return found


@lru_cache(maxsize=100_000)
def _flats(
    left: tuple[Vector, ...], gone: tuple[Vector, ...], needed: int | None
) -> list[tuple[int, ...]]:
    """The largest subsets of ``left`` whose span holds none of ``gone``, and holds ``needed``."""
    if not gone:
        return [tuple(range(len(left)))]
    everything = np.array([*left, *gone]).reshape(len(left) + len(gone), -1)
    found: set[frozenset[int]] = set()
    for size in range(np.linalg.matrix_rank(everything) + 1):
        for chosen in combinations(range(len(left)), size):
            held = _span(everything, chosen)
            if not held[len(left) :].any() and (needed is None or held[needed]):
                found.add(frozenset(np.flatnonzero(held[: len(left)]).tolist()))
    # Whatever was rejected first, the hypothesis at hand can be true by itself.
    found = found or {frozenset(() if needed is None else (needed,))}
    return [tuple(sorted(each)) for each in found if not any(each < other for other in found)]


def _span(vectors: Floats, chosen: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which of ``vectors`` the ``chosen`` ones combine to."""
    inside = vectors[list(chosen)]
    rest = vectors - vectors @ np.linalg.pinv(inside) @ inside
    return np.asarray(np.linalg.norm(rest, axis=1) < 1e-9 * np.linalg.norm(vectors, axis=1))
