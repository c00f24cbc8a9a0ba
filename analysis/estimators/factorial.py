"""The 2×2 design: main effects, interaction, and the comparisons of single cells behind them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError
from analysis.inference.contrast import view
from analysis.tidy import as_names, complete_rows

CELLS = ((0, 0), (1, 0), (0, 1), (1, 1))
"""Values of the first and second factor in each cell, the control first."""


def factorial(
    data: pd.DataFrame,
    outcome: str,
    factors: Sequence[str],
    *,
    covariates: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
    se_type: str = "HC2",
) -> pd.DataFrame:
    """Effects in a 2×2 design, from the means of its four cells.

    With factors ``a`` and ``b`` the terms are

    - ``a``, ``b``: main effects, the average of a factor's effects at both levels of the other.
      They are the coefficients of regressors coded ±½ (Dasgupta, Pillai & Rubin 2015,
      10.1111/rssb.12085);
    - ``a:b``: interaction, the effect of ``a`` at ``b`` = 1 less that at ``b`` = 0 (the
      coefficient of the product of the ±½ codes). Always shown, because without it the main
      effects cannot be read (Muralidharan, Romero & Wüthrich 2025, 10.1162/rest_a_01317);
    - ``a | b=0``: the cell with ``a`` alone less the control cell; likewise ``b | a=0``;
    - ``a | b=1``, ``b | a=1``: what a factor adds where the other is present;
    - ``a + b``: the cell with both less the control cell.

    All terms come from one regression on the cells, the covariates with one common slope each,
    and additive effects of ``blocks``, as in `analysis.contrast`.

    Parameters
    ----------
    data : one row per participant; rows that miss outcome or factors are left out.
    outcome : column of numbers.
    factors : two columns that hold 0 (absent) and 1 (present).
    covariates : measured before treatment; missing ones are set to the mean of those known.
    blocks, se_type : as in ``difference_in_means``.

    Returns
    -------
    The tidy frame, eight rows, in the order above; estimates in units of the outcome; ``n`` is
    the number of rows used, all cells together.

    Raises
    ------
    AnalysisError : not two factors; a factor holds something else than 0 and 1; a cell has fewer
        than two rows; otherwise as in ``difference_in_means``.
    """
    names = as_names(factors)
    if len(names) != 2:
        raise AnalysisError(f"A 2×2 design has two factors, not {len(names)}: {names}.")
    known = complete_rows(data, names)
    for name in names:
        held = sorted(known[name].unique())
        if held != [0, 1]:
            shown = ", ".join(f"{value:g}" for value in held)
            raise AnalysisError(f"Factor {name!r} must hold 0 and 1, both; it holds {shown}.")
    cells = known[names[0]].astype(int).astype(str) + known[names[1]].astype(int).astype(str)
    framed = data.assign(_cell=cells.reindex(data.index))
    # A cell with nobody in it would be left out silently; as an arm with one row it is an error.
    for first, second in CELLS:
        if not (cells == f"{first}{second}").any():
            raise AnalysisError(f"Nobody has {names[0]} = {first} and {names[1]} = {second}.")
    terms = {
        term: {f"{a}{b}": weight for (a, b), weight in zip(CELLS, weights, strict=True) if weight}
        for term, weights in cell_contrasts(*names).items()
    }
    return view(
        framed,
        outcome,
        "_cell",
        terms,
        "factorial",
        se_type=se_type,
        covariates=covariates,
        sessions=blocks,
    )


def cell_contrasts(first: str, second: str) -> dict[str, tuple[float, ...]]:
    """Weights of the four cell means, in the order of ``CELLS``, by name of the term."""
    return {
        first: (-0.5, 0.5, -0.5, 0.5),
        second: (-0.5, -0.5, 0.5, 0.5),
        f"{first}:{second}": (1, -1, -1, 1),
        f"{first} | {second}=0": (-1, 1, 0, 0),
        f"{second} | {first}=0": (-1, 0, 1, 0),
        f"{first} | {second}=1": (0, 0, -1, 1),
        f"{second} | {first}=1": (0, -1, 0, 1),
        f"{first} + {second}": (-1, 0, 0, 1),
    }
