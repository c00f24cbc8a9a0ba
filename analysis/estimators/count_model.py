"""Models of counts: ratios of means between arms."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import optimize, special

from analysis.errors import AnalysisError, unknown
from analysis.estimators._sample import Floats, Sample, sample
from analysis.tidy import t_row, tidy

FAMILIES = ("poisson", "negative_binomial")
SE_TYPES = ("classical", "HC0", "HC1", "HC2", "HC3")
SMALLEST_ALPHA, LARGEST_ALPHA = 1e-8, 1e4


@dataclass(frozen=True)
class CountFit:
    """A fitted log-linear model: coefficients (k,), means (n,), and ``alpha``, where the
    variance is mean + alpha·mean²."""

    coefficients: Floats
    means: Floats
    alpha: float


def count_model(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    covariates: str | Sequence[str] | None = None,
    family: str = "poisson",
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Log ratio of each arm's mean count to that of ``control``.

    ``family="poisson"``: Poisson quasi-likelihood, right for any outcome whose mean is log-linear,
    over-dispersed or not (Gourieroux, Monfort & Trognon 1984, 10.2307/1913472; Wooldridge 1999,
    10.1016/S0304-4076(98)00033-5). ``family="negative_binomial"``: NB2 by maximum likelihood
    (Cameron & Trivedi 2013, *Regression Analysis of Count Data*, ch. 3); where the counts are not
    over-dispersed, the likelihood is highest at the Poisson, and that is what is returned.

    The robust standard errors are sandwiches with the leverages of the weighted regression at the
    maximum (MacKinnon & White 1985, 10.1016/0304-4076(85)90158-7, carried over to generalised
    linear models as in R's sandwich: Zeileis 2006, 10.18637/jss.v016.i09). They are computed
    here, because statsmodels gives HC0 for these models whatever is asked. The dispersion of the
    negative binomial counts as known in them, its estimate being orthogonal to the coefficients.

    Parameters
    ----------
    data : one row per participant; rows that miss any column used are left out.
    outcome : column of counts, 0 or greater. Whole numbers for the negative binomial.
    treatment, control : as in ``difference_in_means``.
    covariates : columns of numbers, entered as they are, centred.
    family : ``"poisson"`` or ``"negative_binomial"``.
    se_type : ``"HC2"``, ``"HC3"``, ``"HC1"``, ``"HC0"`` or ``"classical"``: the model's own
        (Poisson: with the dispersion estimated from Pearson's chi-squared).

    Returns
    -------
    The tidy frame, one row per arm other than ``control``. ``exp(estimate)`` is the ratio of
    mean counts, so 0 means no effect; t distribution with rows less coefficients as degrees of
    freedom.

    Raises
    ------
    AnalysisError : unknown ``family`` or ``se_type``, counts that are negative or not whole, an
        arm in which every count is 0 (its ratio would be zero or infinite), otherwise as ``lin``.
    """
    if family not in FAMILIES:
        raise unknown("family", family, FAMILIES)
    if se_type not in SE_TYPES:
        raise unknown("se_type", se_type, SE_TYPES)
    rows = sample(data, outcome, treatment, control, covariates=covariates)
    check_counts(rows, whole=family == "negative_binomial")
    design = np.hstack(
        [np.ones((len(rows.arms), 1)), np.eye(len(rows.labels))[rows.arms, 1:], rows.covariates]
    )
    n, width = design.shape
    if n <= width:
        raise AnalysisError(f"{n} rows are too few for {width} coefficients.")
    coefficients, errors = coefficients_and_errors(rows, design, family, se_type)
    if not errors.min() > 1e-10:
        raise AnalysisError(
            f"Outcome {outcome!r} does not vary around the {family} model, so its standard "
            "errors would be zero."
        )
    return tidy(
        t_row(outcome, label, coefficient, error, n - width, n, f"{family} ({se_type})")
        for label, coefficient, error in zip(
            rows.labels[1:], coefficients[1:], errors[1:], strict=False
        )
    )


def check_counts(rows: Sample, *, whole: bool) -> None:
    """Counts are not negative, whole if asked, and positive somewhere in each arm."""
    if (rows.outcome < 0).any():
        raise AnalysisError(
            f"Outcome {rows.outcome_name!r} is to be a count, yet it holds {rows.outcome.min():g}."
        )
    if whole and (rows.outcome % 1 != 0).any():
        odd = rows.outcome[rows.outcome % 1 != 0][0]
        raise AnalysisError(
            f"Outcome {rows.outcome_name!r} is to be whole numbers, yet it holds {odd:g}."
        )
    for code, label in enumerate(rows.labels):
        if not rows.outcome[rows.arms == code].any():
            raise AnalysisError(
                f"Outcome {rows.outcome_name!r} is 0 for all in arm {label!r}, so no ratio "
                "to it, or of it, exists."
            )


def coefficients_and_errors(
    rows: Sample, design: Floats, family: str, se_type: str
) -> tuple[Floats, Floats]:
    """Coefficients and their standard errors, or ``AnalysisError`` when there is no maximum."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fit = fit_glm(rows.outcome, design, 0.0, None)
            if family == "negative_binomial":
                fit = fit_negative_binomial(rows.outcome, design, fit)
            matrix = covariance(rows.outcome, design, fit, se_type, family)
            if np.isfinite(fit.coefficients).all() and np.isfinite(matrix).all():
                return fit.coefficients, np.sqrt(np.diag(matrix))
        except AnalysisError:
            raise
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            pass
    raise AnalysisError(
        f"The {family} model of {rows.outcome_name!r} does not converge: covariates may separate "
        "its zeros from the rest."
    )


def fit_glm(outcome: Floats, design: Floats, alpha: float, start: Floats | None) -> CountFit:
    """Iteratively reweighted least squares; the variance is mean + ``alpha``·mean².

    With ``alpha`` 0 the maximum of the Poisson quasi-likelihood.
    """
    log = sm.families.links.Log()
    law = sm.families.NegativeBinomial(log, alpha=alpha) if alpha else sm.families.Poisson(log)
    fit = sm.GLM(outcome, design, family=law).fit(
        start_params=start, tol_criterion="params", tol=1e-10, rtol=1e-10, maxiter=200
    )
    if not fit.converged:
        raise ArithmeticError
    return CountFit(np.asarray(fit.params), np.asarray(fit.mu), alpha)


def fit_negative_binomial(outcome: Floats, design: Floats, poisson: CountFit) -> CountFit:
    """Maximum of the NB2 likelihood: the coefficients for each alpha, and the root in alpha."""

    def slope(log_alpha: float) -> float:
        fit = fit_glm(outcome, design, float(np.exp(log_alpha)), poisson.coefficients)
        return dispersion_score(outcome, fit)

    # Near alpha = 0 the score's sign is that of the excess over Poisson variance.
    if np.sum((outcome - poisson.means) ** 2 - outcome) <= 0:
        return poisson
    low, high = np.log(1e-4), np.log(10.0)
    while slope(low) <= 0:
        low -= 2
        if low < np.log(SMALLEST_ALPHA):
            return poisson
    while slope(high) >= 0:
        high += 2
        if high > np.log(LARGEST_ALPHA):
            raise AnalysisError("The counts are too dispersed for a negative binomial.")
    root = optimize.brentq(slope, low, high, xtol=1e-12, rtol=1e-12)
    return fit_glm(outcome, design, float(np.exp(root)), poisson.coefficients)


def dispersion_score(outcome: Floats, fit: CountFit) -> float:
    """Derivative of the NB2 log-likelihood in alpha."""
    size = 1 / fit.alpha
    in_size = (
        special.digamma(size + outcome)
        - special.digamma(size)
        - np.log1p(fit.alpha * fit.means)
        + (fit.means - outcome) / (fit.means + size)
    )
    return float(-in_size.sum() * size**2)


def covariance(
    outcome: Floats, design: Floats, fit: CountFit, se_type: str, family: str
) -> Floats:
    """Covariance of the coefficients (k, k)."""
    n, width = design.shape
    spread = 1 + fit.alpha * fit.means
    weights = fit.means / spread
    bread = np.linalg.inv(design.T @ (design * weights[:, None]))
    residuals = (outcome - fit.means) / spread
    if se_type == "classical":
        if family != "poisson":
            return np.asarray(bread)
        return np.asarray(bread * np.sum((outcome - fit.means) ** 2 / fit.means) / (n - width))
    leverage = np.einsum("ij,jk,ik,i->i", design, bread, design, weights)
    if se_type in ("HC2", "HC3") and leverage.max() > 1 - 1e-10:
        raise AnalysisError(
            f"{(leverage > 1 - 1e-10).sum()} row(s) are fitted exactly, so {se_type} standard "
            "errors do not exist. Use fewer covariates."
        )
    factor = {
        "HC0": np.ones(n),
        "HC1": np.full(n, n / (n - width)),
        "HC2": 1 / (1 - leverage),
        "HC3": 1 / (1 - leverage) ** 2,
    }[se_type]
    meat = design.T @ (design * (factor * residuals**2)[:, None])
    return np.asarray(bread @ meat @ bread)
