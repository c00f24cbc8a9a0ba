"""Estimators: one file each, all returning the same tidy frame.

Those that compare means are views of one fit (`analysis.inference`). The others, for counts, ranks
and ordered answers, share how rows are chosen and checked (``_sample``) and sums of scores over
shuffled arms (``_linear_statistic``). None of them reads files or knows which experiment the data
come from.
"""

from analysis.estimators.count_model import count_model
from analysis.estimators.difference_in_means import difference_in_means
from analysis.estimators.equivalence import equivalence
from analysis.estimators.factorial import factorial
from analysis.estimators.lin import lin
from analysis.estimators.ordered_logit import ordered_logit
from analysis.estimators.randomization_inference import randomization_inference
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
