"""Looks: equal to published bounds, and together as wrong as they may be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.inference.looks import levels, spent

# Two-sided 5%, equally spaced looks, spending function of O'Brien–Fleming type: as Lan & DeMets's
# program, rpact (asOF) and gsDesign (sfLDOF) give them.
PUBLISHED = {
    2: (2.9626, 1.9686),
    3: (3.7103, 2.5114, 1.9930),
    4: (4.3326, 2.9631, 2.3590, 2.0141),
    5: (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
}


@pytest.mark.parametrize("count", PUBLISHED)
def test_bounds_are_the_published_ones(count):
    found = levels([k / count for k in range(1, count + 1)], 0.05)
    bounds = stats.norm.isf(np.array(found) / 2)
    assert bounds == pytest.approx(PUBLISHED[count], abs=1.5e-4)


def test_one_look_spends_all():
    assert levels([1.0], 0.05) == pytest.approx([0.05], rel=1e-9)
    assert spent(1.0, 0.05) == pytest.approx(0.05)


@pytest.mark.parametrize("fractions", [(0.3, 1.0), (0.5, 0.55, 1.0), tuple(np.arange(1, 9) / 8)])
def test_together_they_err_with_alpha(fractions):
    """Brownian motion at the looks, drawn; without spending three looks would err with 11%."""
    draws = 400_000
    random = np.random.default_rng(2)
    steps = np.sqrt(np.diff([0, *fractions]))
    walk = np.cumsum(random.normal(size=(draws, len(steps))) * steps, axis=1)
    bounds = stats.norm.isf(np.array(levels(fractions, 0.05)) / 2)
    share = (np.abs(walk) / np.sqrt(fractions) >= bounds).any(axis=1).mean()
    assert share == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / draws))


def test_early_looks_spend_little_and_the_last_nearly_all():
    found = levels([0.25, 0.5, 0.75, 1.0], 0.05)
    assert found == sorted(found)
    assert found[0] < 1e-4
    assert 0.04 < found[-1] < 0.05
