"""What an estimator works on: complete rows, their arms, blocks and centred covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    centred over all rows and divided by ``scales`` (p,). ``blocks`` (n,) numbers the blocks.
    """

    outcome_name: str
    outcome: Floats
    arms: Ints
    labels: tuple[str, ...]
    covariate_names: tuple[str, ...]
    covariates: Floats
    scales: Floats
    blocks: Ints | None

    def within(self, kept: npt.NDArray[np.bool_]) -> Sample:
        """The same with the ``kept`` rows only."""
        return Sample(
            self.outcome_name,
            self.outcome[kept],
            self.arms[kept],
            self.labels,
            self.covariate_names,
            self.covariates[kept],
            self.scales,
            None if self.blocks is None else np.unique(self.blocks[kept], return_inverse=True)[1],
        )


def sample(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    covariates: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
) -> Sample:
    """The complete rows of ``data``, arms in the order control, then the others sorted."""
    covariate_names, block_names = as_names(covariates), as_names(blocks)
    rows = complete_rows(data, [outcome, *covariate_names], [treatment, *block_names])
    labels = [control, *check_arms(rows, treatment, control)]
    return build(rows, outcome, arm_codes(rows[treatment], labels), labels, covariates, blocks)


def arm_codes(column: pd.Series[Any], labels: Sequence[object]) -> Ints:
    """Positions of the column's values in ``labels``."""
    return np.asarray(pd.Categorical(column, categories=list(labels)).codes, dtype=np.int64)


def build(
    rows: pd.DataFrame,
    outcome: str,
    arms: Ints,
    labels: Sequence[object],
    covariates: str | Sequence[str] | None,
    blocks: str | Sequence[str] | None,
) -> Sample:
    """A sample from complete rows and their arms. Raises ``AnalysisError`` if it cannot serve."""
    names, block_names = as_names(covariates), as_names(blocks)
    values = rows[outcome].to_numpy(dtype=float)
    check_outcome(outcome, values, arms, labels)
    raw = rows[names].to_numpy(dtype=float)
    centred = raw - raw.mean(axis=0)
    scales = centred.std(axis=0)
    for name, scale, column in zip(names, scales, raw.T, strict=True):
        if scale <= 1e-12 * np.abs(column).max():
            raise AnalysisError(f"Covariate {name!r} does not vary: it is {column[0]:g} for all.")
    centred /= scales
    check_covariates(names, centred, arms, labels)
    return Sample(
        outcome_name=outcome,
        outcome=values,
        arms=arms,
        labels=tuple(str(label) for label in labels),
        covariate_names=tuple(names),
        covariates=centred,
        scales=scales,
        blocks=block_codes(rows, block_names) if block_names else None,
    )


def block_codes(rows: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Whole numbers from 0, one per combination of the named columns' values."""
    grouped = rows.groupby(list(names), observed=True, sort=False)
    return grouped.ngroup().to_numpy(dtype=np.int64)


def check_outcome(outcome: str, values: Floats, arms: Ints, labels: Sequence[object]) -> None:
    """Every arm has two rows or more, and the outcome is not one number throughout."""
    sizes = np.bincount(arms, minlength=len(labels))
    for label, size in zip(labels, sizes, strict=True):
        if size < 2:
            raise AnalysisError(
                f"Arm {str(label)!r} has {size} row(s) with {outcome!r} and everything else "
                "known; an estimate of its spread needs two."
            )
    if np.ptp(values) == 0:
        raise AnalysisError(f"Outcome {outcome!r} does not vary: it is {values[0]:g} for all.")


def check_covariates(
    names: Sequence[str], centred: Floats, arms: Ints, labels: Sequence[object]
) -> None:
    """Within every arm, each covariate adds something to those before it."""
    for code, label in enumerate(labels):
        within = centred[arms == code]
        if names and len(within) < len(names) + 2:
            raise AnalysisError(
                f"Arm {str(label)!r} has {len(within)} rows, too few for {len(names)} "
                f"covariate(s): it needs {len(names) + 2}."
            )
        design: Floats = np.ones((len(within), 1))
        for name, column in zip(names, within.T, strict=True):
            wider = np.column_stack([design, column])
            if np.linalg.matrix_rank(wider, tol=1e-8 * np.sqrt(wider.size)) == design.shape[1]:
                before = ", ".join(names[: names.index(name)])
                reason = f"is determined by {before}" if before else "does not vary"
                raise AnalysisError(f"In arm {str(label)!r}, covariate {name!r} {reason}.")
            design = wider
