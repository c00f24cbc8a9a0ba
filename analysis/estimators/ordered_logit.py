"""The proportional-odds model, for a single Likert item."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.errors import AnalysisError
from analysis.estimators._sample import Floats, Ints, Sample, sample
from analysis.tidy import t_row, tidy


def ordered_logit(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    covariates: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Log odds ratio of each arm against ``control`` of answering higher on an ordered item.

    Proportional odds (McCullagh 1980, 10.1111/j.2517-6161.1980.tb01109.x) by maximum likelihood:
    one odds ratio for every cut between answers. Standard errors from the observed information.

    Parameters
    ----------
    data : one row per participant; rows that miss any column used are left out.
    outcome : column of numbers whose order is that of the answers; the distances do not matter.
    treatment, control : as in ``difference_in_means``.
    covariates : columns of numbers, entered as they are, centred.

    Returns
    -------
    The tidy frame, one row per arm other than ``control``. ``exp(estimate)`` is the odds ratio,
    greater than 1 for higher answers; normal distribution (``df`` infinite).

    Raises
    ------
    AnalysisError : more than 20 distinct answers; answers that arms or covariates separate (all
        of an arm at one end), so that no finite odds ratio exists; otherwise as ``lin``.
    """
    rows = sample(data, outcome, treatment, control, covariates=covariates)
    levels = np.unique(rows.outcome)
    answers = np.searchsorted(levels, rows.outcome)
    if len(levels) > 20:
        raise AnalysisError(
            f"Outcome {outcome!r} has {len(levels)} distinct values, too many for an ordered item."
        )
    check_ends(rows, answers, len(levels))
    design = np.hstack([np.eye(len(rows.labels))[rows.arms, 1:], rows.covariates])
    found = maximum(answers, design)
    if found is None:
        raise AnalysisError(
            f"The ordered logit of {outcome!r} has no finite maximum: arms or covariates "
            "separate its answers."
        )
    return tidy(
        t_row(outcome, label, estimate, error, np.inf, len(answers), "ordered logit")
        for label, estimate, error in zip(rows.labels[1:], *found, strict=False)
    )


def maximum(answers: Ints, design: Floats) -> tuple[Floats, Floats] | None:
    """Coefficients of the design and their standard errors, unless the likelihood has no top."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = OrderedModel(answers, design, distr="logit")
            fit = model.fit(method="bfgs", disp=False, maxiter=1000, gtol=1e-8)
            slope = np.abs(np.asarray(model.score(fit.params))).max() / len(answers)
            errors = np.asarray(fit.bse)[: design.shape[1]]
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return None
    estimates = np.asarray(fit.params)[: design.shape[1]]
    top = slope < 1e-5 and np.isfinite(errors).all() and np.abs(estimates).max() < 15
    return (estimates, errors) if top else None


def check_ends(rows: Sample, answers: Ints, k: int) -> None:
    """An arm whose answers are all the lowest, or all the highest, has no finite odds ratio."""
    for code, label in enumerate(rows.labels):
        held = set(answers[rows.arms == code].tolist())
        if held in ({0}, {k - 1}):
            raise AnalysisError(
                f"All answers to {rows.outcome_name!r} in arm {label!r} are at one end of the "
                "scale, so its odds ratio is not finite."
            )
