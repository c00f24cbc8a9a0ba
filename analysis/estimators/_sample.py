"""What an estimator works on: complete rows, their arms, blocks and centred covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import AnalysisError
from analysis.tidy import as_names, check_arms, complete_rows

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Complete rows as arrays.

    ``arms`` (n,) holds positions in ``labels``, the control being 0. ``covariates`` (n, p) are
    centred over all rows, in standard deviations. ``blocks`` (n,) numbers the blocks.
    """

    outcome_name: str
    outcome: Floats
    arms: Ints
    labels: tuple[str, ...]
    covariates: Floats
    blocks: Ints | None


def sample(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    covariates: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
) -> Sample:
    """The complete rows of ``data``, arms in the order control, then the others sorted.

    Raises ``AnalysisError`` if they cannot serve: an arm has one row, or something does not vary.
    """
    names, block_names = as_names(covariates), as_names(blocks)
    rows = complete_rows(data, [outcome, *names], [treatment, *block_names])
    labels = [control, *check_arms(rows, treatment, control)]
    arms = arm_codes(rows[treatment], labels)
    values = rows[outcome].to_numpy(dtype=float)
    for label, size in zip(labels, np.bincount(arms, minlength=len(labels)), strict=True):
        if size < 2:
            raise AnalysisError(
                f"Arm {str(label)!r} has {size} row(s) with {outcome!r} and everything else "
                "known; an estimate of its spread needs two."
            )
    if np.ptp(values) == 0:
        raise AnalysisError(f"Outcome {outcome!r} does not vary: it is {values[0]:g} for all.")
    raw = rows[names].to_numpy(dtype=float)
    centred = raw - raw.mean(axis=0)
    scales = centred.std(axis=0)
    for name, scale, column in zip(names, scales, raw.T, strict=True):
        if scale <= 1e-12 * np.abs(column).max():
            raise AnalysisError(f"Covariate {name!r} does not vary: it is {column[0]:g} for all.")
    centred /= scales
    check_rank(names, centred, np.eye(len(labels))[arms])
    return Sample(
        outcome_name=outcome,
        outcome=values,
        arms=arms,
        labels=tuple(str(label) for label in labels),
        covariates=centred,
        blocks=block_codes(rows, block_names) if block_names else None,
    )


def arm_codes(column: pd.Series[Any], labels: Sequence[object]) -> Ints:
    """Positions of the column's values in ``labels``."""
    return np.asarray(pd.Categorical(column, categories=list(labels)).codes, dtype=np.int64)


def block_codes(rows: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Whole numbers from 0, one per combination of the named columns' values."""
    grouped = rows.groupby(list(names), observed=True, sort=False)
    return grouped.ngroup().to_numpy(dtype=np.int64)


def check_rank(names: Sequence[str], columns: Floats, design: Floats) -> None:
    """Names the first of ``columns`` that the arms, ``design``, and those before it determine."""
    before = ["the arms"]
    for name, column in zip(names, columns.T, strict=True):
        wider = np.column_stack([design, column])
        if np.linalg.matrix_rank(wider, tol=1e-8 * np.sqrt(wider.size)) == design.shape[1]:
            raise AnalysisError(f"Covariate {name!r} is determined by {', '.join(before)}.")
        design, before = wider, [*before, name]


def comparable(sample: Sample) -> Sample:
    """The rows in blocks that hold two arms or more; the others compare nothing."""
    assert sample.blocks is not None
    arms = pd.Series(sample.arms).groupby(sample.blocks).transform("nunique")
    kept = (arms > 1).to_numpy()
    if not kept.any():
        raise AnalysisError("No block holds more than one arm, so nothing can be compared.")
    return replace(
        sample,
        outcome=sample.outcome[kept],
        arms=sample.arms[kept],
        covariates=sample.covariates[kept],
        blocks=sample.blocks[kept],
    )
