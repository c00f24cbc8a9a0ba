"""p-values adjusted for their number, when nothing is known of how they hang together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.errors import AnalysisError, unknown
from analysis.inference.fit import Floats

METHODS = ("holm", "bh")


def adjust(p_values: npt.ArrayLike, method: str = "holm") -> Floats:
    """p-values adjusted for their number.

    Parameters
    ----------
    p_values : numbers from 0 to 1, in any shape. Missing ones stay missing and do not count.
    method : ``"holm"``, the family-wise error rate (Holm 1979, Scand. J. Statist. 6, 65–70), or
        ``"bh"``, the false discovery rate (Benjamini & Hochberg 1995,
        10.1111/j.2517-6161.1995.tb02031.x).

    Returns
    -------
    Adjusted p-values in the shape of ``p_values``, as R's ``p.adjust`` gives them.

    Raises
    ------
    AnalysisError : something is no number from 0 to 1, or there is no such method.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    try:
        values = np.array(p_values, dtype=float)
    except (TypeError, ValueError):
        raise AnalysisError("The p-values hold something that is not a number.") from None
    known = ~np.isnan(values)
    wrong = values[known & ~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise AnalysisError(f"A p-value is a number from 0 to 1, not {wrong[0]:g}.")
    order = np.argsort(values[known], kind="stable")
    ranked, count = values[known][order], int(known.sum())
    if method == "holm":
        ranked = np.maximum.accumulate(ranked * np.arange(count, 0, -1))
    else:
        scaled = ranked * count / np.arange(1, count + 1)
        ranked = np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(ranked, 1)
    values[known] = adjusted
    return values
