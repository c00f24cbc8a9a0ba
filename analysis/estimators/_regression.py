"""Least squares on arms and centred covariates, and contrasts of its coefficients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.errors import AnalysisError, unknown
from analysis.estimators._blocks import blocked_contrast, comparable
from analysis.estimators._sample import Floats, Sample
from analysis.tidy import t_row, tidy

SE_TYPES = {
    "classical": "nonrobust",
    "HC0": "HC0",
    "HC1": "HC1",
    "HC2": "HC2",
    "HC3": "HC3",
}
"""Names of standard errors, and what statsmodels calls them."""


POWERS = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}
"""Squared residuals are divided by this power of 1 − leverage."""


def estimates(
    sample: Sample,
    terms: Mapping[str, Floats],
    estimator: str,
    se_type: str,
    *,
    satterthwaite: bool = False,
) -> pd.DataFrame:
    """The tidy frame of ``terms``: name → weights of the design's first columns.

    The first columns are the arms' means; then, per covariate, its slope in each arm. Blocks
    without covariates go block by block (``_blocks``). With covariates they enter the regression
    as fixed effects, a regression per term on the arms it compares: fixed effects of small blocks
    let the variance of one arm leak into the others' residuals, so a third arm would spoil the
    standard error of a comparison it has no part in.

    ``satterthwaite``: degrees of freedom by Bell & McCaffrey, else those of the residuals.
    """
    if se_type not in SE_TYPES:
        raise unknown("se_type", se_type, SE_TYPES)
    if sample.blocks is not None:
        sample = comparable(sample)
    if sample.blocks is not None and not sample.covariate_names:
        if se_type != "HC2":
            raise AnalysisError(
                f"With blocks and no covariates, standard errors follow the blocks "
                f"(se_type 'HC2'), so se_type {se_type!r} does not apply."
            )
        results = [blocked_contrast(sample, weights) for weights in terms.values()]
        label = f"blocked {estimator}"
    elif sample.blocks is not None:
        results = [
            fixed_effects(sample, weights, se_type, satterthwaite) for weights in terms.values()
        ]
        label = f"{estimator}, block effects ({se_type})"
    else:
        weights = np.array(list(terms.values()))
        results = regression_contrasts(sample, weights, se_type, satterthwaite)
        label = f"{estimator} ({se_type})"
    n = len(sample.outcome)
    return tidy(
        t_row(sample.outcome_name, term, *result, n, label)
        for term, result in zip(terms, results, strict=True)
    )


def fixed_effects(
    sample: Sample, weights: Floats, se_type: str, satterthwaite: bool
) -> tuple[float, float, float]:
    """Estimate, standard error and degrees of freedom from the arms that ``weights`` involve."""
    by_arm = weights.reshape(-1, len(sample.labels))
    used = np.flatnonzero(by_arm.any(axis=0))
    part = comparable(sample.among(used))
    return regression_contrasts(part, by_arm[:, used].reshape(1, -1), se_type, satterthwaite)[0]


def regression_contrasts(
    sample: Sample, weights: Floats, se_type: str, satterthwaite: bool
) -> list[tuple[float, float, float]]:
    """Estimate, standard error and degrees of freedom of each row of ``weights``."""
    matrix = design(sample)
    n, width = matrix.shape
    if n <= width or np.linalg.matrix_rank(matrix) < width:
        raise AnalysisError(
            f"{n} rows are too few, or too alike, for {width} coefficients "
            f"({len(sample.labels)} arms, covariates {list(sample.covariate_names)}"
            f"{'' if sample.blocks is None else ', fixed effects of blocks'})."
        )
    leverage = np.einsum("ij,ji->i", matrix, np.linalg.pinv(matrix))
    if se_type in ("HC2", "HC3") and leverage.max() > 1 - 1e-10:
        raise AnalysisError(
            f"{(leverage > 1 - 1e-10).sum()} row(s) are fitted exactly, so {se_type} standard "
            "errors do not exist. Use fewer covariates or larger blocks."
        )
    padded = np.zeros((len(weights), width))
    padded[:, : weights.shape[1]] = weights
    fit = sm.OLS(sample.outcome, matrix).fit(cov_type=SE_TYPES[se_type], use_t=True)
    values = padded @ fit.params
    errors = np.sqrt(np.einsum("ij,jk,ik->i", padded, fit.cov_params(), padded))
    check_spread(sample, errors)
    freedom = [float(fit.df_resid)] * len(weights)
    if satterthwaite and se_type in POWERS:
        freedom = bell_mccaffrey(matrix, padded, leverage, POWERS[se_type])
    return list(zip(map(float, values), map(float, errors), freedom, strict=True))


def bell_mccaffrey(matrix: Floats, weights: Floats, leverage: Floats, power: int) -> list[float]:
    """Degrees of freedom of the robust variance of each row of ``weights`` (m, k).

    The variance is a quadratic form in the residuals; the chi-squared distribution with its mean
    and variance under equal error variances has these (Bell & McCaffrey 2002; Imbens & Kolesár
    2016, 10.1162/REST_a_00552). Few rows with large leverage make them few.
    """
    inverse = np.linalg.inv(matrix.T @ matrix)
    freedom = []
    for share in (matrix @ inverse @ weights.T).T:
        form = share**2 / (1 - leverage) ** power
        spread = inverse @ (matrix.T * form) @ matrix
        square = (form**2 * (1 - 2 * leverage)).sum() + np.trace(spread @ spread)
        freedom.append(float((form * (1 - leverage)).sum() ** 2 / square))
    return freedom


def design(sample: Sample) -> Floats:
    """Columns: arms; each covariate by arm; blocks but the first."""
    arms = np.eye(len(sample.labels))[sample.arms]
    slopes = [arms * column[:, None] for column in sample.covariates.T]
    blocks = [] if sample.blocks is None else [np.eye(sample.blocks.max() + 1)[sample.blocks, 1:]]
    return np.hstack([arms, *slopes, *blocks])


def check_spread(sample: Sample, errors: Floats) -> None:
    """Standard errors that are nothing but rounding mean an outcome without variation."""
    if not (errors > 1e-10 * np.ptp(sample.outcome)).all():
        raise AnalysisError(
            f"Outcome {sample.outcome_name!r} does not vary within the arms compared, so its "
            "standard error would be zero."
        )
