"""Do answers pile up at the ends of their scale?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError
from analysis.tidy import as_names, complete_rows

COLUMNS = ("outcome", "low", "high", "n", "share_floor", "share_ceiling")


def floor_ceiling(
    data: pd.DataFrame, outcomes: str | Sequence[str], low: float, high: float
) -> pd.DataFrame:
    """Share of answers at the lowest and the highest value of the scale.

    More than 15% at one end is the usual mark of an item that cannot tell people there apart
    (Terwee et al. 2007, 10.1016/j.jclinepi.2006.03.012).

    Parameters
    ----------
    data : one row per participant.
    outcomes : one or more columns of numbers on the same scale.
    low, high : ends of the scale.

    Returns
    -------
    One row per column, with ``outcome, low, high, n, share_floor, share_ceiling``; ``n`` counts
    its answers, and the shares (0 to 1) are of these.

    Raises
    ------
    AnalysisError : a column does not exist or is empty, an answer lies outside the scale, or
        ``low`` is not below ``high``.
    """
    if not low < high:
        raise AnalysisError(f"The scale's low end {low!r} must be below its high end {high!r}.")
    rows = []
    for name in as_names(outcomes):
        values = complete_rows(data, [name])[name]
        outside = values[(values < low) | (values > high)]
        if len(outside):
            raise AnalysisError(
                f"Column {name!r} holds {outside.iloc[0]:g}, outside its scale "
                f"{low:g} to {high:g}."
            )
        shares = float((values == low).mean()), float((values == high).mean())
        rows.append((name, float(low), float(high), len(values), *shares))
    return pd.DataFrame(rows, columns=list(COLUMNS))
