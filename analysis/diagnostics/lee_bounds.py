"""How large, or small, could an effect be, given who is missing?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.errors import AnalysisError
from analysis.estimators._sample import Floats, arm_codes
from analysis.inference.contrast import check_draws, check_seed
from analysis.tidy import check_arms, complete_rows, t_row, tidy


def lee_bounds(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    draws: int = 2_000,
    seed: int | None = None,
) -> pd.DataFrame:
    """Bounds on each arm's effect for those whose outcome is seen in either arm.

    Lee 2009, 10.1111/j.1467-937X.2009.00536.x: the arm that kept more of its participants is
    trimmed by the excess, from above and from below. Assumes that treatment moves everybody's
    response in one direction, if at all. Where answers tie at the cut, as they do on Likert
    scales, the tied ones leave in part, so that exactly the excess share is trimmed.

    Standard errors by bootstrap of the participants within arms; intervals after Imbens & Manski
    2004, 10.1111/j.1468-0262.2004.00555.x: from ``conf_low`` of the lower row to ``conf_high`` of
    the upper row, the effect is covered with 95%. As Lee's asymptotics, the bootstrap is
    approximate where both arms respond at nearly the same rate.

    Parameters
    ----------
    data : one row per participant, *including those without the outcome*; rows without an arm
        are left out.
    outcome, treatment, control : as in ``difference_in_means``.
    draws : number of bootstrap samples, 100 or more.
    seed : of the bootstrap; the same seed gives the same numbers.

    Returns
    -------
    The tidy frame, two rows per arm other than ``control``: ``<arm> (lower)`` and
    ``<arm> (upper)``, in units of the outcome; normal distribution (``df`` infinite); ``n`` counts
    all participants of both arms, whether their outcome is known or not.

    Raises
    ------
    AnalysisError : a column or the control does not exist; an arm has fewer than two known
        outcomes; the outcome does not vary within arms; fewer than 100 draws.
    """
    check_draws(draws)
    if draws < 100:
        raise AnalysisError(f"The bootstrap needs 100 draws or more, not {draws}.")
    check_seed(seed)
    generator = np.random.default_rng(seed)
    complete_rows(data, [outcome], [treatment])
    assigned = data.loc[data[treatment].notna(), [treatment, outcome]]
    labels = [control, *check_arms(assigned, treatment, control)]
    values = assigned[outcome].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    arms = arm_codes(assigned[treatment], labels)
    groups = [np.sort(values[arms == code]) for code in range(len(labels))]
    for label, group in zip(labels, groups, strict=True):
        if (~np.isnan(group)).sum() < 2:
            raise AnalysisError(
                f"Arm {str(label)!r} has fewer than two known values of {outcome!r}."
            )
    found: list[dict[str, Any]] = []
    for label, group in zip(labels[1:], groups[1:], strict=True):
        found += rows(outcome, str(label), group, groups[0], draws, generator)
    return tidy(found)


def rows(
    outcome: str,
    label: str,
    treated: Floats,
    control: Floats,
    draws: int,
    generator: np.random.Generator,
) -> list[dict[str, Any]]:
    """The two rows of one arm."""
    once = np.ones((1, len(treated))), np.ones((1, len(control)))
    low, high = bounds(treated, control, *once)[:, 0]
    resampled = bounds(
        treated, control, resample(treated, draws, generator), resample(control, draws, generator)
    )
    resampled = resampled[:, np.isfinite(resampled).all(axis=0)]
    errors = resampled.std(axis=1, ddof=1) if resampled.shape[1] > draws / 2 else np.zeros(2)
    if not (errors > 1e-12 * max(1.0, abs(low), abs(high))).all():
        raise AnalysisError(
            f"Outcome {outcome!r} varies too little in arm {label!r} and the control for bounds "
            "with a standard error."
        )
    critical = imbens_manski(high - low, float(errors.max()))
    found = []
    for side, bound, error in (("lower", low, errors[0]), ("upper", high, errors[1])):
        n = len(treated) + len(control)
        row = t_row(outcome, f"{label} ({side})", bound, error, np.inf, n, "Lee bounds")
        row["conf_low"] = float(bound - critical * error)
        row["conf_high"] = float(bound + critical * error)
        found.append(row)
    return found


def resample(group: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """How often each member is drawn (draws, members), drawing with replacement."""
    size = len(group)
    return generator.multinomial(size, np.full(size, 1 / size), draws).astype(float)


def bounds(treated: Floats, control: Floats, times: Floats, control_times: Floats) -> Floats:
    """Lower and upper bound (2, samples).

    Outcomes are sorted with the unknown ones last; ``times`` (samples, rows) says how often each
    row is in each sample.
    """
    rates = response(treated, times), response(control, control_times)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.minimum(rates[1] / rates[0], 1), np.minimum(rates[0] / rates[1], 1)
        lowest, highest = trimmed_means(treated, times, kept[0])
        control_lowest, control_highest = trimmed_means(control, control_times, kept[1])
    return np.array([lowest - control_highest, highest - control_lowest])


def response(values: Floats, times: Floats) -> Floats:
    """Share of known outcomes in each sample."""
    return np.asarray(times[:, ~np.isnan(values)].sum(axis=1) / times.sum(axis=1))


def trimmed_means(values: Floats, times: Floats, kept: Floats) -> tuple[Floats, Floats]:
    """Means of the lowest and of the highest ``kept`` share of the known values, by sample."""
    known = ~np.isnan(values)
    values, times = values[known], times[:, known]
    mass = times.sum(axis=1) * kept
    means = []
    for order in (slice(None), slice(None, None, -1)):
        before = np.cumsum(times[:, order], axis=1) - times[:, order]
        weights = np.clip(mass[:, None] - before, 0, times[:, order])
        means.append(weights @ values[order] / mass)
    return means[0], means[1]


def imbens_manski(width: float, error: float) -> float:
    """Standard errors to go beyond bounds ``width`` apart, for 95% coverage of the effect."""

    def excess(critical: float) -> float:
        inside = stats.norm.cdf(critical + width / error) - stats.norm.cdf(-critical)
        return float(inside - 0.95)

    return float(optimize.brentq(excess, 1.0, 3.0, xtol=1e-12))
