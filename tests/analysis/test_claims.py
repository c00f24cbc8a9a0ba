"""The rule of claims: what is won, lost, or against the claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.inference.claims import (
    CLAIMS,
    as_claimed,
    conjunction,
    p_value,
    size,
    verdict,
)

NAN = float("nan")


@pytest.mark.parametrize("claim", ["differs", "increase", "decrease"])
def test_a_claim_of_a_difference_has_the_two_sided_p(claim):
    assert p_value(claim, -2.0, 1.0, 20, NAN) == pytest.approx(2 * stats.t.sf(2, 20))


@given(st.floats(-5, 5), st.floats(0.1, 3), st.floats(3, 200), st.floats(0.1, 4))
def test_none_is_the_larger_of_two_one_sided_tests(estimate, error, df, bound):
    above = stats.t.sf((estimate + bound) / error, df)
    below = stats.t.cdf((estimate - bound) / error, df)
    assert p_value("none", estimate, error, df, bound) == pytest.approx(max(above, below))
    margin = stats.t.isf(0.05, df) * error
    inside = -bound < estimate - margin and estimate + margin < bound
    assert (p_value("none", estimate, error, df, bound) < 0.05) == inside


def test_exceeds_is_one_sided_against_the_bound():
    assert p_value("exceeds", 0.5, 0.1, 50, 0.1) == pytest.approx(stats.t.sf(4, 50))
    assert p_value("exceeds", -0.5, 0.1, 50, 0.1) > 0.99


def test_a_conjunction_has_the_largest_p_and_none_with_a_wrong_sign():
    parts = [("none", 0.1, 0.02), ("increase", 0.5, 0.03), ("differs", -0.5, 0.001)]
    assert conjunction(parts) == 0.03
    assert conjunction([*parts, ("increase", -2.0, 0.0001)]) == 1.0
    assert np.isnan(conjunction([*parts, ("increase", NAN, NAN)]))


CASES = [
    # claim, estimate, adjusted, low, high, bound, expected
    ("increase", 1.0, 0.01, 0.2, 1.8, 0.3, "won"),
    ("increase", -1.0, 0.01, -1.8, -0.2, 0.3, "opposite"),
    ("increase", 1.0, 0.06, -0.1, 2.1, 0.3, "open"),
    ("decrease", -1.0, 0.01, -1.8, -0.2, 0.3, "won"),
    ("decrease", 1.0, 0.01, 0.2, 1.8, 0.3, "opposite"),
    ("differs", -1.0, 0.01, -1.8, -0.2, 0.3, "difference"),
    ("differs", -1.0, 0.30, -2.8, 0.8, 0.3, "open"),
    ("none", 0.0, 0.01, -0.2, 0.2, 0.3, "won"),
    ("none", 0.2, 0.40, -0.2, 0.6, 0.3, "open"),
    ("none", 0.5, 0.90, 0.4, 0.6, 0.3, "opposite"),
    ("none", 0.35, 0.90, 0.1, 0.6, 0.3, "open"),
    ("exceeds", 0.8, 0.01, 0.5, 1.1, 0.3, "won"),
    ("exceeds", 0.4, 0.30, 0.1, 0.7, 0.3, "open"),
    ("exceeds", 0.1, 0.99, 0.0, 0.2, 0.3, "opposite"),
    ("increase", NAN, NAN, NAN, NAN, 0.3, "missing"),
]


@pytest.mark.parametrize("case", CASES)
def test_verdicts_follow_from_claim_adjusted_p_sign_and_interval(case):
    claim, estimate, adjusted, low, high, bound, expected = case
    assert verdict(claim, estimate, adjusted, (low, high), bound, 0.05) == expected


def test_a_level_below_five_per_cent_is_held_to():
    assert verdict("increase", 1.0, 0.01, (0.2, 1.8), 0.3, 0.005) == "open"


@given(st.floats(-3, 3), st.floats(0, 3), st.floats(0.1, 2))
def test_size_says_beyond_or_within_only_when_all_of_the_interval_is(low, width, bound):
    high = low + width
    found = size((low, high), bound)
    assert (found == "larger") == (low > bound or high < -bound)
    assert (found == "smaller") == (low > -bound and high < bound)


def test_every_claim_knows_its_sign():
    assert {name: (as_claimed(name, 1.0), as_claimed(name, -1.0)) for name in CLAIMS} == {
        "differs": (True, True),
        "increase": (True, False),
        "decrease": (False, True),
        "none": (True, True),
        "exceeds": (True, True),
    }
