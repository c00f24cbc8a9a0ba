"""Do the items of a scale hang together?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.tidy import complete_rows


def cronbach_alpha(items: pd.DataFrame) -> float:
    """Cronbach's alpha of a scale (Cronbach 1951, 10.1007/BF02310555).

    Parameters
    ----------
    items : (persons, items), one column per item, all keyed in the same direction. Persons who
        miss an item are left out.

    Returns
    -------
    k / (k − 1) · (1 − sum of the items' variances / variance of their sum). At most 1; negative
    when items run against each other.

    Raises
    ------
    AnalysisError : fewer than two items or two complete persons, an item that is not a number,
        or a sum that does not vary.
    """
    if not isinstance(items, pd.DataFrame):
        raise AnalysisError(f"The items must be a pandas DataFrame, not {type(items).__name__}.")
    count = items.shape[1]
    if count < 2:
        raise AnalysisError(f"Alpha needs two items or more, not {count}.")
    values = complete_rows(items, list(items.columns)).to_numpy(dtype=float)
    if len(values) < 2:
        raise AnalysisError("Alpha needs two persons or more who answered every item.")
    total = values.sum(axis=1).var(ddof=1)
    if total <= 1e-20 * max(1.0, float(np.abs(values).max()) ** 2):
        raise AnalysisError("The sum of the items does not vary, so alpha does not exist.")
    return float(count / (count - 1) * (1 - values.var(axis=0, ddof=1).sum() / total))
