"""Estimators: one file each, all returning the same tidy frame.

They share how rows are chosen and checked (``_sample``), least squares and its contrasts
(``_regression``), contrasts inside blocks (``_blocks``), and sums of scores over shuffled arms
(``_linear_statistic``). None of them reads files or knows which experiment the data come from.
"""

from analysis.estimators.count_model import count_model
from analysis.estimators.difference_in_means import difference_in_means
from analysis.estimators.equivalence import equivalence
from analysis.estimators.factorial import factorial
from analysis.estimators.heterogeneity import heterogeneity
from analysis.estimators.lin import lin
from analysis.estimators.ordered_logit import ordered_logit
from analysis.estimators.rank_test import rank_test
from analysis.estimators.welch import welch

__all__ = [
    "count_model",
    "difference_in_means",
    "equivalence",
    "factorial",
    "heterogeneity",
    "lin",
    "ordered_logit",
    "rank_test",
    "welch",
]
