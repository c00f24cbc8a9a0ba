"""Sums of scores by arm, their moments over all assignments, and the test of all arms at once.

Strasser & Weber 1999 (as in R's coin): given the scores, arms are shuffled inside blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimators._sample import Floats, Ints


@dataclass(frozen=True)
class Omnibus:
    """A chi-squared test that no arm differs from any other."""

    statistic: float
    df: int
    p_value: float


def omnibus(scores: Floats, arms: Ints, blocks: Ints | None) -> Omnibus:
    """Tests the (n, k) ``scores`` against the arms other than 0.

    The expectation and covariance of the sums of scores are those over all ways to shuffle the
    arms inside the blocks; the chi-squared law is that of large samples.
    """
    if blocks is None:
        blocks = np.zeros_like(arms)
    indicators = np.eye(arms.max() + 1)[arms][:, 1:]
    width = indicators.shape[1] * scores.shape[1]
    deviation, covariance = np.zeros(width), np.zeros((width, width))
    for block in np.unique(blocks):
        inside = blocks == block
        size = inside.sum()
        if size < 2:
            continue
        centred = scores[inside] - scores[inside].mean(axis=0)
        shares = indicators[inside] - indicators[inside].mean(axis=0)
        deviation += (shares.T @ centred).ravel()
        covariance += np.kron(shares.T @ shares, centred.T @ centred) / (size - 1)
    df = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if df == 0:
        raise AnalysisError("The scores do not vary inside the blocks, so nothing can be tested.")
    inverse = np.linalg.pinv(covariance, rcond=1e-10, hermitian=True)
    statistic = float(deviation @ inverse @ deviation)
    return Omnibus(statistic, df, float(stats.chi2.sf(statistic, df)))
