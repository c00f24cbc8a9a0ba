"""Looks at the data before they are complete, at levels that together spend no more than alpha.

Lan & DeMets 1983, 10.1093/biomet/70.3.659, with the spending function of O'Brien–Fleming type;
two-sided and symmetric, by the recursion of Armitage, McPherson & Rowe 1969, 10.2307/2343787.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import optimize, stats

from analysis.inference.fit import Floats

NODES = 500


def spent(fraction: float, alpha: float) -> float:
    """The two-sided error spent when ``fraction`` of the information is there."""
    return float(4 * stats.norm.sf(stats.norm.isf(alpha / 4) / np.sqrt(fraction)))


def levels(fractions: Sequence[float], alpha: float) -> list[float]:
    """The two-sided level of each look, at rising ``fractions`` (0 to 1] of the information."""
    found, before, used = [], 0.0, 0.0
    points: Floats = np.zeros(1)
    mass: Floats = np.ones(1)
    for fraction in fractions:
        root, step = np.sqrt(fraction), np.sqrt(fraction - before)
        target = spent(fraction, alpha) - used
        passed = (_passed, 0.0, 40.0 * root, (points, mass, step, target))
        bound = float(optimize.brentq(*passed, xtol=1e-14, rtol=1e-14))
        found.append(float(2 * stats.norm.sf(bound / root)))
        nodes, spans = np.polynomial.legendre.leggauss(NODES)
        move = stats.norm.pdf((bound * nodes[:, None] - points) / step) / step
        points, mass = bound * nodes, bound * spans * (move @ mass)
        before, used = fraction, used + target
    return found


def _passed(bound: float, points: Floats, mass: Floats, step: float, target: float) -> float:
    """The chance to pass ± ``bound`` now and not before, less what may be spent."""
    tails = stats.norm.sf((bound - points) / step) + stats.norm.cdf((-bound - points) / step)
    return float(mass @ tails) - target
