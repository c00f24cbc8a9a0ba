"""Tests on ranks: for outcomes that are counts, skewed, or only ordered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimators._linear_statistic import omnibus
from analysis.estimators._sample import Floats, Ints, Sample, comparable, sample
from analysis.tidy import t_row, tidy


def rank_test(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    blocks: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Compares the arms' outcomes by their ranks.

    Each arm against ``control``: the Mann–Whitney test (Mann & Whitney 1947,
    10.1214/aoms/1177730491), or van Elteren's with ``blocks`` (van Elteren 1960, Bulletin of the
    International Statistical Institute 37, 351–361; ranks inside blocks, weights
    1 / (rows of both arms + 1)). With several arms, all at once as well: Kruskal–Wallis (1952,
    10.1080/01621459.1952.10483441), stratified when there are blocks.

    Ties take mean ranks, and the variance is that over all assignments given the ties, by normal
    approximation without continuity correction. For small samples use
    ``randomization_inference``.

    Parameters
    ----------
    data, outcome, treatment, control, blocks : as in ``difference_in_means``.

    Returns
    -------
    The tidy frame. One row per arm other than ``control``: ``estimate`` is the probability that
    a member of the arm has the higher outcome than one of the control, ties counting half, so
    that ½ means no difference (with blocks: compared inside blocks); ``std_error`` is the one
    without any effect, and the interval, kept inside 0 to 1, rests on it; ``df`` is infinite
    (normal distribution). With several arms, a last row ``any arm``: ``statistic`` is
    chi-squared, ``estimate`` the share of the ranks' variance between arms (epsilon squared, 0
    to 1, a description), and the columns that have no meaning for it are empty.

    Raises
    ------
    AnalysisError : as in ``difference_in_means``.
    """
    rows = sample(data, outcome, treatment, control, blocks=blocks)
    if rows.blocks is not None:
        rows = comparable(rows)
    name = "Mann-Whitney" if blocks is None else "van Elteren"
    n = len(rows.outcome)
    found = []
    for code, label in enumerate(rows.labels[1:], start=1):
        probability, error = superiority(rows, code)
        row = t_row(outcome, label, probability, error, np.inf, n, name, null=0.5)
        row["conf_low"], row["conf_high"] = max(row["conf_low"], 0), min(row["conf_high"], 1)
        found.append(row)
    if len(rows.labels) > 2:
        found.append(any_arm(rows))
    return tidy(found)


def superiority(rows: Sample, code: int) -> tuple[float, float]:
    """P(arm above control) + ½ P(equal), compared inside blocks, and its null standard error."""
    total = pairs = variance = 0.0
    for inside in block_members(rows.arms, rows.blocks):
        values, arms = rows.outcome[inside], rows.arms[inside]
        both = (arms == code) | (arms == 0)
        treated = int((arms == code).sum())
        size = int(both.sum())
        if not 0 < treated < size:
            continue
        ranks = stats.rankdata(values[both])
        won = ranks[arms[both] == code].sum() - treated * (treated + 1) / 2
        total += won / (size + 1)
        pairs += treated * (size - treated) / (size + 1)
        variance += treated * (size - treated) / size * ranks.var(ddof=1) / (size + 1) ** 2
    if pairs == 0:
        raise AnalysisError(f"No block holds both {rows.labels[code]!r} and the control.")
    if variance == 0:
        raise AnalysisError(
            f"Outcome {rows.outcome_name!r} does not vary between {rows.labels[code]!r} and "
            "the control, so there are no ranks to compare."
        )
    return total / pairs, float(np.sqrt(variance)) / pairs


def block_members(arms: Ints, blocks: Ints | None) -> list[Ints]:
    """Row numbers, block by block; without blocks all rows together."""
    if blocks is None:
        return [np.arange(len(arms))]
    return [np.flatnonzero(blocks == block) for block in np.unique(blocks)]


def any_arm(rows: Sample) -> dict[str, object]:
    """The Kruskal–Wallis row."""
    scores: Floats = np.zeros_like(rows.outcome)
    for inside in block_members(rows.arms, rows.blocks):
        scores[inside] = stats.rankdata(rows.outcome[inside]) / (len(inside) + 1)
    test = omnibus(scores[:, None], rows.arms, rows.blocks)
    return {
        "outcome": rows.outcome_name,
        "term": "any arm",
        "estimate": test.statistic / (len(scores) - 1),
        "statistic": test.statistic,
        "df": float(test.df),
        "p_value": test.p_value,
        "n": len(scores),
        "estimator": "Kruskal-Wallis" if rows.blocks is None else "stratified Kruskal-Wallis",
    }
