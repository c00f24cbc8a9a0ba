"""What a hypothesis claims, its p-value, and whether the data bear it out.

1. A hypothesis is one claim about one contrast, or about several at once, and has one p-value.
2. The claims of a family are adjusted together; one is won if its adjusted p is below alpha and
   its sign is the claimed one.
3. The wrong sign with an adjusted p below alpha is evidence of the opposite. An interval that
   holds together with all others of the family, wholly beyond the smallest effect, adds "and
   larger"; one wholly within it, "and smaller". Of a claimed difference it is also said whether it
   matters (`difference`).
4. A conjunction has the largest of its parts' unadjusted p-values, signs as claimed; it needs no
   further adjustment (Berger 1982, 10.1080/00401706.1982.10487790).
5. A conjunction that is won carries its parts; otherwise each part stands on its adjusted p.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import stats

Interval = tuple[float, float]

CLAIMS = {
    "differs": "differs from 0, in either direction",
    "increase": "is above 0",
    "decrease": "is below 0",
    "none": "is smaller than the smallest effect of interest, in either direction",
    "exceeds": "is above the smallest effect of interest",
}
"""By name: what is claimed of a contrast."""


DIFFERENCES = {
    "matters": "A difference that matters",
    "none": "No difference that matters",
    "open": "A difference, size open",
    "undecided": "Undecided",
}
"""By name: the four verdicts on a difference between arms or levels."""


def p_value(claim: str, estimate: float, std_error: float, df: float, bound: float) -> float:
    """The p-value of one claim: of the two-sided t, or of the test against ± ``bound``.

    For "none" the larger of two one-sided tests (Schuirmann 1987, 10.1007/BF01068419). NaN
    without an estimate.
    """
    if claim == "none":
        return float(stats.t.sf((bound - abs(estimate)) / std_error, df))
    if claim == "exceeds":
        return float(stats.t.sf((estimate - bound) / std_error, df))
    return float(2 * stats.t.sf(abs(estimate / std_error), df))


def as_claimed(claim: str, estimate: float) -> bool:
    """Whether the estimate has the sign that is claimed; where none is, it always has."""
    return not {"increase": estimate <= 0, "decrease": estimate >= 0}.get(claim, False)


def conjunction(parts: Iterable[tuple[str, float, float]]) -> float:
    """The p-value of all (claim, estimate, unadjusted p) together; NaN if one has none."""
    found = [p if as_claimed(claim, estimate) else 1.0 for claim, estimate, p in parts]
    return float("nan") if any(np.isnan(found)) else max(found)


def verdict(
    claim: str, estimate: float, adjusted: float, interval: Interval, bound: float, alpha: float
) -> str:
    """won, difference (what "differs" wins), opposite, open, or missing.

    ``interval`` is the simultaneous one; it speaks where no p-value tests against the claim.
    """
    if np.isnan(adjusted):
        return "missing"
    if adjusted < alpha and as_claimed(claim, estimate):
        return "difference" if claim == "differs" else "won"
    by_interval = {"none": size(interval, bound) == "larger", "exceeds": interval[1] < bound}
    return "opposite" if by_interval.get(claim, adjusted < alpha) else "open"


def size(interval: Interval, bound: float) -> str:
    """How the simultaneous interval lies to ± ``bound``: larger, smaller, or neither (empty)."""
    low, high = interval
    if low > bound or high < -bound:
        return "larger"
    return "smaller" if -bound < low and high < bound else ""


def difference(adjusted: float, together: Interval, bound: float, alpha: float, null: bool) -> str:
    """Whether a difference matters, one of `DIFFERENCES`.

    It matters if the simultaneous interval, ``together``, lies beyond ± ``bound``. It does not if
    that is claimed of the same comparison and won (``null``), also where the interval excludes 0.
    Else its size is open if it is one (``adjusted`` below ``alpha``).
    """
    if size(together, bound) == "larger":
        return "matters"
    if null:
        return "none"
    return "open" if adjusted < alpha else "undecided"
