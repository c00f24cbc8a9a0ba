"""The plain comparison of arm means, and its blocked form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.estimators._regression import estimates
from analysis.estimators._sample import sample


def difference_in_means(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Mean outcome of each arm less that of ``control``.

    Without ``blocks``: least squares on arm indicators, whose HC2 standard error is Neyman's
    conservative one (Samii & Aronow 2012, 10.1016/j.spl.2011.10.024). The t distribution has the
    residual degrees of freedom, rows less arms. ``welch`` is the choice for very few rows in one
    arm, where these are too many.

    With ``blocks`` (a column, or several whose combinations are the blocks): the difference
    inside each block that holds both arms, averaged in proportion to the rows of these two arms.
    The variance comes from within blocks where arms have two rows or more, otherwise from between
    blocks, for which pairs give the paired t test (Gerber & Green 2012, *Field Experiments*,
    ch. 3; Pashley & Miratrix 2021, 10.3102/1076998620946272). Leaving the blocks out instead is
    valid too, but cautious: Bugni, Canay & Shaikh 2018, 10.1080/01621459.2017.1375934.

    Parameters
    ----------
    data : one row per participant. Rows that miss outcome, treatment or block are left out, and
        so are blocks that hold one arm only.
    outcome : column of numbers.
    treatment : column with the arm.
    control : the arm that the others are compared with.
    se_type : ``"HC2"``, ``"HC3"``, ``"HC1"``, ``"HC0"`` or ``"classical"`` (equal variances);
        with ``blocks`` only ``"HC2"``.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``; estimates in units of the outcome;
    ``n`` is the number of rows used, all arms together.

    Raises
    ------
    AnalysisError : a column, the control or ``se_type`` does not exist; an arm has fewer than two
        rows; the outcome does not vary; the blocks do not allow a standard error.
    """
    rows = sample(data, outcome, treatment, control, blocks=blocks)
    differences = np.eye(len(rows.labels))[1:] - np.eye(len(rows.labels))[0]
    terms = dict(zip(rows.labels[1:], differences, strict=True))
    return estimates(rows, terms, "difference in means", se_type)
