"""Comparison of arm means, adjusted for what was known before treatment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators._regression import estimates
from analysis.estimators._sample import sample
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
    """Effect of each arm, by least squares with covariates centred and interacted with the arms.

    Lin 2013, 10.1214/12-AOAS583. The covariates are centred over all rows used, so the effects
    hold for the whole sample; with several arms, each has its own slopes.

    With ``blocks``, each arm and the control are compared by a regression of these two with
    fixed effects of the blocks. For pairs its HC2 standard error is the usual one of pairs; it is
    right for blocks, however small, that hold as many of the arm as of the control. Where arms of
    unlike spread have very unequal shares of small blocks it is too short, by a tenth in our
    simulations: there take ``se_type="HC3"``, or ``difference_in_means`` with blocks.

    Parameters
    ----------
    data : one row per participant; rows that miss any column used are left out.
    outcome, treatment, control, blocks, se_type : as in ``difference_in_means``; every
        ``se_type`` also goes with ``blocks``.
    covariates : one or more columns of numbers, measured before treatment.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``; estimates in units of the outcome; t
    distribution with rows less coefficients as degrees of freedom.

    Raises
    ------
    AnalysisError : as ``difference_in_means``; a covariate is constant, or determined by others,
        in the sample or within an arm; an arm has too few rows for the covariates.
    """
    if not as_names(covariates):
        raise AnalysisError("There are no covariates; use difference_in_means.")
    rows = sample(data, outcome, treatment, control, covariates=covariates, blocks=blocks)
    differences = np.eye(len(rows.labels))[1:] - np.eye(len(rows.labels))[0]
    terms = dict(zip(rows.labels[1:], differences, strict=True))
    return estimates(rows, terms, "Lin", se_type)
