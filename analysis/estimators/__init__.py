"""Estimators, all returning the same tidy frame.

Those in ``means`` are views of one fit (`analysis.inference`). The others, one file each, for
counts, ranks and ordered answers, share how rows are chosen and checked (``_sample``) and sums of
scores over shuffled arms (``_linear_statistic``). None of them reads files or knows which
experiment the data come from.
"""

from analysis.estimators.count_model import count_model
from analysis.estimators.means import (
    difference_in_means,
    equivalence,
    factorial,
    lin,
    randomization_inference,
)
from analysis.estimators.ordered_logit import ordered_logit
from analysis.estimators.rank_test import rank_test
from analysis.estimators.welch import welch

__all__ = [
    "count_model",
    "difference_in_means",
    "equivalence",
    "factorial",
    "lin",
    "ordered_logit",
    "randomization_inference",
    "rank_test",
    "welch",
]
