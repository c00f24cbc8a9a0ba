"""The plain comparison of arm means, and its blocked form."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.inference.contrast import view


def difference_in_means(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Mean outcome of each arm less that of ``control``: `analysis.contrast` without covariates.

    Least squares on arm indicators, whose HC2 standard error is Neyman's conservative one (Samii &
    Aronow 2012, 10.1016/j.spl.2011.10.024), with Bell & McCaffrey's degrees of freedom (Imbens &
    Kolesár 2016, 10.1162/REST_a_00552). With ``blocks`` (a column, or several whose combinations
    are the blocks): additive effects of the blocks; pairs give the paired t test. Blocks that hold
    one arm say nothing and may stay.

    In small blocks the spread of a third arm enters the standard error of a comparison that it has
    no part in; where spreads differ widely, give the two arms alone.

    Parameters
    ----------
    data : one row per participant. Rows that miss outcome or treatment are left out.
    outcome : column of numbers.
    treatment : column with the arm.
    control : the arm that the others are compared with.
    se_type : ``"HC2"``, ``"HC3"``, ``"HC1"``, ``"HC0"`` or ``"classical"`` (equal variances, with
        rows less coefficients as degrees of freedom).

    Returns
    -------
    The tidy frame, one row per arm other than ``control``; estimates in units of the outcome;
    ``n`` is the number of rows used, all arms together.

    Raises
    ------
    AnalysisError : a column, the control or ``se_type`` does not exist; an arm has fewer than two
        rows; the outcome does not vary; the blocks do not tell the arms apart.
    """
    name = "difference in means" if blocks is None else "blocked difference in means"
    return view(data, outcome, treatment, control, name, se_type=se_type, sessions=blocks)
