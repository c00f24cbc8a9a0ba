"""p-values for several hypotheses at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.stats.multitest import multipletests

from analysis.errors import AnalysisError, unknown
from analysis.permutation import (
    Design,
    Floats,
    Integers,
    Labels,
    block_codes,
    check_draws,
    fitted,
    is_exact,
    make_design,
    over_labels,
    random_streams,
)
from analysis.studentized import (
    TIES,
    Draws,
    Statistic,
    check_spread,
    squared_t,
    statistic,
    unit_scale,
)
from analysis.tidy import as_names, check_arms, complete_rows, tidy

METHODS = {"holm": "holm", "bh": "fdr_bh"}
"""Names of adjustments, and what statsmodels calls them."""


def adjust(p_values: npt.ArrayLike, method: str = "holm") -> Floats:
    """p-values adjusted for their number.

    Parameters
    ----------
    p_values : numbers from 0 to 1, in any shape. Missing ones stay missing and do not count.
    method : ``"holm"``, the family-wise error rate (Holm 1979, Scand. J. Statist. 6, 65–70), or
        ``"bh"``, the false discovery rate (Benjamini & Hochberg 1995,
        10.1111/j.2517-6161.1995.tb02031.x).

    Returns
    -------
    Adjusted p-values in the shape of ``p_values``, as R's ``p.adjust`` gives them.

    Raises
    ------
    AnalysisError : something is no number from 0 to 1, or there is no such method.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    try:
        values = np.array(p_values, dtype=float)
    except (TypeError, ValueError):
        raise AnalysisError("The p-values hold something that is not a number.") from None
    known = ~np.isnan(values)
    wrong = values[known & ~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise AnalysisError(f"A p-value is a number from 0 to 1, not {wrong[0]:g}.")
    if known.any():
        values[known] = multipletests(values[known], method=METHODS[method])[1]
    return values


def westfall_young(
    data: pd.DataFrame,
    outcomes: str | Sequence[str],
    treatment: str,
    control: object,
    *,
    blocks: str | Sequence[str] | None = None,
    draws: int = 10_000,
    seed: int | None = None,
) -> pd.DataFrame:
    """All outcomes and arms as one family: step-down maxT p-values (Westfall & Young 1993).

    The statistics and permutations are those of ``randomization_inference`` without covariates.
    Within an arm, one permutation serves all outcomes, which keeps their dependence; studentized
    as they are, their maxima are compared (Westfall & Young 1993, *Resampling-Based Multiple
    Testing*; Romano & Wolf 2005, 10.1198/016214504000000539). With one arm this is what R's
    ``multtest::mt.maxT`` does with test "t".

    Permuting all arms' labels together would test that no arm has any effect, and one arm's effect
    would spoil the test of the next. So each arm is permuted against control alone, and arms are
    put together by Šidák's inequality (1967, 10.1080/01621459.1967.10482935): with p_a the share
    of draws in which arm a's largest statistic is at least as large, p = 1 − Π (1 − p_a). Because
    arms share the control group this is conservative, but hardly: by 1% of the critical value for
    two arms, by 2% for three.

    Rows that miss some outcomes count for the others: there, labels are moved as little as needed
    to make an assignment of the rows that are left.

    Parameters
    ----------
    data, treatment, control, blocks, draws, seed : as in ``randomization_inference``.
    outcomes : columns of numbers.

    Returns
    -------
    The tidy frame, one row per outcome and arm other than ``control``. ``p_value`` is the adjusted
    one and controls the family-wise error rate; ``estimate``, ``std_error``, ``statistic`` and
    ``n`` are those of ``randomization_inference``. ``df`` and the bounds are empty: no interval
    belongs to a step-down p-value.

    Raises
    ------
    AnalysisError : as ``randomization_inference``; there are no outcomes.
    """
    check_draws(draws)
    names, block_names = as_names(outcomes), as_names(blocks)
    values, groups = _family_rows(data, names, [treatment, *block_names])
    arms = check_arms(groups, treatment, control)
    tests: list[_Test] = []
    for arm, random in zip(arms, random_streams(seed, len(arms)), strict=True):
        pair = groups[treatment].isin([control, arm]).to_numpy(dtype=bool)
        treated = (groups[treatment][pair] == arm).to_numpy(dtype=bool)
        codes = block_codes(groups[pair], block_names)
        try:
            tests += _arm_tests(values[pair], treated, codes, draws, random)
        except AnalysisError as error:
            raise AnalysisError(f"Arm {arm!r} against {control!r}: {error}") from None
    adjusted = _step_down(tests, len(names))
    terms = [(name, str(arm)) for arm in arms for name in names]
    frame = tidy(
        _row(test, *term, p) for test, term, p in zip(tests, terms, adjusted, strict=True)
    )
    order = np.arange(len(terms)).reshape(len(arms), len(names)).T.ravel()
    return frame.iloc[order].reset_index(drop=True)


@dataclass(frozen=True)
class _Test:
    """One outcome in one arm. ``reference`` (draws,) are the permuted squared statistics."""

    estimate: float
    std_error: float
    squared: float
    reference: Floats
    n: int
    exact: bool


def _row(test: _Test, outcome: str, arm: str, p_value: float) -> dict[str, Any]:
    number = len(test.reference)
    how = f"exact, {number} assignments" if test.exact else f"{number} draws"
    return {
        "outcome": outcome,
        "term": arm,
        "estimate": test.estimate,
        "std_error": test.std_error,
        "statistic": float(np.sign(test.estimate) * np.sqrt(test.squared)),
        "df": np.nan,
        "p_value": p_value,
        "conf_low": np.nan,
        "conf_high": np.nan,
        "n": test.n,
        "estimator": f"Westfall-Young (step-down maxT), {how}",
    }


def _family_rows(
    data: pd.DataFrame, outcomes: Sequence[str], categorical: Sequence[str]
) -> tuple[Floats, pd.DataFrame]:
    """Outcomes (n, m), missing ones as NaN, and the other columns, of rows with any outcome."""
    if not outcomes:
        raise AnalysisError("There are no outcomes to test.")
    frame = data.reset_index(drop=True) if isinstance(data, pd.DataFrame) else data
    columns = [complete_rows(frame, [name], categorical)[name] for name in outcomes]
    values = pd.concat(columns, axis=1).sort_index()
    return values.to_numpy(dtype=float), frame.loc[values.index, list(dict.fromkeys(categorical))]


@dataclass(frozen=True)
class _Pattern:
    """Outcomes that are known for the same rows.

    ``columns``: the outcomes; ``places``: where the rows of ``design`` stand in the labels of the
    design of all rows.
    """

    columns: Integers
    design: Design
    places: Integers
    measure: Statistic
    scale: Floats


def _arm_tests(
    values: Floats,
    treated: Labels,
    blocks: Integers | None,
    draws: int,
    random: np.random.Generator,
) -> list[_Test]:
    """The tests of all outcomes (n, m) in one arm, from the same permutations."""
    wide = make_design(treated, blocks, values)
    patterns = list(_patterns(wide, values, treated, blocks))
    exact = len(patterns) == 1 and is_exact(patterns[0].design, draws)
    seen = [pattern.measure(pattern.design.labels[None]) for pattern in patterns]
    parts = over_labels(
        lambda labels, own: [_permuted_squares(p, labels, own, patterns) for p in patterns],
        wide,
        draws,
        random,
        exact=exact,
    )
    tests: dict[int, _Test] = {}
    for pattern, real, *part in zip(patterns, seen, *parts, strict=True):
        reference, squared = np.concatenate(part), _squares(pattern, real)[0]
        error = np.sqrt(np.maximum(real.covariance[0], 0)) * pattern.scale
        for i, column in enumerate(pattern.columns.tolist()):
            tests[column] = _Test(
                estimate=float(real.estimate[0, i] * pattern.scale[i]),
                std_error=float(error[i]),
                squared=float(squared[i]),
                reference=reference[:, i],
                n=len(pattern.design.rows),
                exact=exact,
            )
    return [tests[column] for column in range(values.shape[1])]


def _patterns(
    wide: Design, values: Floats, treated: Labels, blocks: Integers | None
) -> Iterator[_Pattern]:
    """The outcomes of an arm, by the rows for which they are known."""
    place = np.full(len(treated), -1)
    place[wide.rows] = np.arange(len(wide.rows))
    known, membership = np.unique(~np.isnan(values), axis=1, return_inverse=True)
    for number, rows in enumerate(known.T):
        columns = np.flatnonzero(membership.ravel() == number)
        inside = np.flatnonzero(rows)
        design = make_design(
            treated[inside], None if blocks is None else blocks[inside], values[inside]
        )
        check_spread(design)
        outcomes, scale = unit_scale(values[np.ix_(inside[design.rows], columns)])
        places = place[inside[design.rows]]
        yield _Pattern(columns, design, places, statistic(design, outcomes), scale)


def _permuted_squares(
    pattern: _Pattern, labels: Labels, random: np.random.Generator, patterns: Sequence[_Pattern]
) -> Floats:
    """Squared statistics (draws, outcomes of the pattern) for labels of all rows."""
    if len(patterns) > 1:
        labels = fitted(pattern.design, labels[:, pattern.places], random)
    return _squares(pattern, pattern.measure(labels))


def _squares(pattern: _Pattern, draws: Draws) -> Floats:
    return squared_t(draws.estimate, draws.covariance, len(pattern.design.rows))


def _step_down(tests: Sequence[_Test], outcomes: int) -> Floats:
    """Adjusted p-values of tests that stand arm by arm, ``outcomes`` of them in each.

    From the largest statistic to the smallest, each is compared with the largest of those not
    yet passed; p-values never fall on the way.
    """
    order = np.argsort([-test.squared for test in tests], kind="stable")
    adjusted = np.zeros(len(tests))
    largest = 0.0
    for step, current in enumerate(order.tolist()):
        others = 1.0
        for arm in range(len(tests) // outcomes):
            left = [tests[i] for i in order[step:] if i // outcomes == arm]
            own = arm == current // outcomes
            others *= 1 - _share(left, tests[current].squared, own) if left else 1
        largest = max(largest, 1 - others)
        adjusted[current] = largest
    return adjusted


def _share(tests: Sequence[_Test], squared: float, own: bool) -> float:
    """The share of draws in which the largest statistic reaches ``squared``.

    Among random draws the real assignment counts as one more, which reaches its own statistic.
    """
    maxima = np.max([test.reference for test in tests], axis=0)
    hits = int(np.sum(maxima >= squared * TIES))
    unlisted = not tests[0].exact
    return (unlisted * own + hits) / (unlisted + len(maxima))
