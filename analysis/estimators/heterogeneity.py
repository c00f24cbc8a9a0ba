"""Does an effect differ along something measured before treatment?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators._regression import estimates
from analysis.estimators._sample import Floats, sample
from analysis.tidy import as_names


def heterogeneity(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    moderator: str,
    *,
    covariates: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Effect of each arm at the moderator's mean, and its change per unit of the moderator.

    Least squares of the outcome on arms, the centred moderator and their products (Gerber & Green
    2012, *Field Experiments*, ch. 9). Few participants with extreme values weigh heavily in a
    slope; so tests and intervals take Bell & McCaffrey's degrees of freedom (Imbens & Kolesár
    2016, 10.1162/REST_a_00552), which fall with such weights. Only a moderator named before the
    data were seen, and measured before treatment, gives a test at its nominal level; and the
    moderator was not randomised, so a slope says where effects differ, not why.

    Parameters
    ----------
    data : one row per participant; rows that miss any column used are left out.
    outcome, treatment, control, blocks, se_type : as in ``lin``.
    moderator : column of numbers (0/1 for a group).
    covariates : further columns, centred and interacted with the arms like the moderator.

    Returns
    -------
    The tidy frame, two rows per arm other than ``control``: ``arm``, in units of the outcome, and
    ``arm:moderator``, in units of the outcome per unit of the moderator.

    Raises
    ------
    AnalysisError : as in ``lin``, the moderator counting as a covariate.
    """
    others = as_names(covariates)
    if moderator in others:
        raise AnalysisError(f"{moderator!r} is the moderator and a covariate at once.")
    names = [moderator, *others]
    rows = sample(data, outcome, treatment, control, covariates=names, blocks=blocks)
    arms = len(rows.labels)
    terms: dict[str, Floats] = {}
    for code, label in enumerate(rows.labels[1:], start=1):
        for offset, name, unit in (
            (0, label, 1.0),
            (arms, f"{label}:{moderator}", float(rows.scales[0])),
        ):
            weights = np.zeros(2 * arms)
            weights[[offset, offset + code]] = -1 / unit, 1 / unit
            terms[name] = weights
    return estimates(rows, terms, "heterogeneity", se_type, satterthwaite=True)
