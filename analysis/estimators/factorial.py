"""The 2×2 design: main effects, interaction, and the comparisons of single cells behind them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.estimators._regression import estimates
from analysis.estimators._sample import Floats, build
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

    For the incentive experiment, with factors ``["reward", "beneficiary"]``: money alone is
    ``reward | beneficiary=0``, contact alone ``beneficiary | reward=0``, money with a beneficiary
    ``reward + beneficiary``, and money given a beneficiary ``reward | beneficiary=1``.

    Covariates are centred over all rows used and interacted with the cells (Lin 2013,
    10.1214/12-AOAS583). Blocks as in ``difference_in_means`` (a block without one of the cells
    has no say in the terms that need it) and, together with covariates, as in ``lin``: one
    regression per term, on the cells it compares.

    Parameters
    ----------
    data : one row per participant; rows that miss any column used are left out.
    outcome : column of numbers.
    factors : two columns that hold 0 (absent) and 1 (present).
    covariates, blocks, se_type : as in ``lin`` and ``difference_in_means``.

    Returns
    -------
    The tidy frame, eight rows, in the order above; estimates in units of the outcome; ``n`` is
    the number of rows used, all cells together.

    Raises
    ------
    AnalysisError : not two factors; a factor holds something else than 0 and 1; a cell has fewer
        than two rows; otherwise as in ``lin`` and ``difference_in_means``.
    """
    names, covariate_names = as_names(factors), as_names(covariates)
    if len(names) != 2:
        raise AnalysisError(f"A 2×2 design has two factors, not {len(names)}: {names}.")
    rows = complete_rows(data, [outcome, *names, *covariate_names], as_names(blocks))
    for name in names:
        held = sorted(rows[name].unique())
        if held != [0, 1]:
            shown = ", ".join(f"{value:g}" for value in held)
            raise AnalysisError(f"Factor {name!r} must hold 0 and 1, both; it holds {shown}.")
    cells = (rows[names[0]] + 2 * rows[names[1]]).to_numpy(dtype=np.int64)
    labels = [f"{names[0]}={first}, {names[1]}={second}" for first, second in CELLS]
    sample = build(rows, outcome, cells, labels, covariates, blocks)
    return estimates(sample, cell_contrasts(*names), "factorial", se_type)


def cell_contrasts(first: str, second: str) -> dict[str, Floats]:
    """Weights of the four cell means, in the order of ``CELLS``, by name of the term."""
    weights = {
        first: (-0.5, 0.5, -0.5, 0.5),
        second: (-0.5, -0.5, 0.5, 0.5),
        f"{first}:{second}": (1, -1, -1, 1),
        f"{first} | {second}=0": (-1, 1, 0, 0),
        f"{second} | {first}=0": (-1, 0, 1, 0),
        f"{first} | {second}=1": (0, 0, -1, 1),
        f"{second} | {first}=1": (0, -1, 0, 1),
        f"{first} + {second}": (-1, 0, 0, 1),
    }
    return {term: np.array(values, dtype=float) for term, values in weights.items()}
