"""Comparison of arm means, adjusted for what was known before treatment, with slopes by arm."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError
from analysis.inference.contrast import view
from analysis.tidy import as_names


def lin(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    covariates: str | Sequence[str],
    *,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Effect of each arm, with covariates centred and interacted with the arms.

    Lin 2013, 10.1214/12-AOAS583: `analysis.contrast` with ``by_arm=covariates``. The covariates
    are centred over all rows used, so the effects are those of these people: the error treats the
    covariates' means as fixed. For all people whom they stand for, intervals are too short where
    slopes differ between arms (slopes 0, 0, 1.2: 10% outside instead of 5%). A covariate of two
    values gets one common slope where fewer than five people of an arm have one of them;
    ``frame.attrs["notes"]`` says it.

    Parameters
    ----------
    data, outcome, treatment, control, blocks, se_type : as in ``difference_in_means``.
    covariates : one or more columns of numbers, measured before treatment. A missing one is set to
        the mean of those known; ``frame.attrs["imputed"]`` counts them.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``; estimates in units of the outcome.

    Raises
    ------
    AnalysisError : as ``difference_in_means``; there are no covariates, or one does not vary, or
        an arm has too few rows for its slopes.
    """
    if not as_names(covariates):
        raise AnalysisError("There are no covariates; use difference_in_means.")
    return view(
        data,
        outcome,
        treatment,
        control,
        "Lin",
        se_type=se_type,
        by_arm=covariates,
        sessions=blocks,
    )
