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
        blocks = self.blocks
        return replace(
            self,
            outcome=self.outcome[kept],
            arms=self.arms[kept],
            covariates=self.covariates[kept],
            blocks=None if blocks is None else np.unique(blocks[kept], return_inverse=True)[1],
        )

    def among(self, codes: Ints) -> Sample:
        """The rows of some arms only, these arms renumbered; covariates stay centred as before."""
        numbers = np.full(len(self.labels), -1)
        numbers[codes] = np.arange(len(codes))
        part = self.within(np.isin(self.arms, codes))
        labels = tuple(self.labels[code] for code in codes)
        return replace(part, arms=numbers[part.arms], labels=labels)


def sample(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    control: object,
    *,
    covariates: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
    interacted: bool = True,
) -> Sample:
    """The complete rows of ``data``, arms in the order control, then the others sorted.

    ``interacted`` says whether the covariates are to have a slope in each arm.
    """
    covariate_names, block_names = as_names(covariates), as_names(blocks)
    rows = complete_rows(data, [outcome, *covariate_names], [treatment, *block_names])
    labels = [control, *check_arms(rows, treatment, control)]
    arms = arm_codes(rows[treatment], labels)
    return build(rows, outcome, arms, labels, covariates, blocks, interacted=interacted)


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
    *,
    interacted: bool = True,
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
    check_covariates(names, centred, arms, labels, interacted=interacted)
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
    names: Sequence[str],
    centred: Floats,
    arms: Ints,
    labels: Sequence[object],
    *,
    interacted: bool,
) -> None:
    """Each covariate adds something to the arms and the covariates before it.

    If they are ``interacted`` with the arms, that must hold within every arm.
    """
    if not names:
        return
    if not interacted:
        check_rank(names, centred, np.eye(len(labels))[arms], ["the arms"], "")
        return
    for code, label in enumerate(labels):
        within = centred[arms == code]
        if len(within) < len(names) + 2:
            raise AnalysisError(
                f"Arm {str(label)!r} has {len(within)} rows, too few for {len(names)} "
                f"covariate(s): it needs {len(names) + 2}."
            )
        check_rank(names, within, np.ones((len(within), 1)), [], f"In arm {str(label)!r}: ")


def check_rank(
    names: Sequence[str], columns: Floats, design: Floats, before: list[str], where: str
) -> None:
    """Names the first of ``columns`` that ``design`` and those before it determine."""
    for name, column in zip(names, columns.T, strict=True):
        wider = np.column_stack([design, column])
        if np.linalg.matrix_rank(wider, tol=1e-8 * np.sqrt(wider.size)) == design.shape[1]:
            known = np.ptp(column) > 1e-8
            reason = f"is determined by {', '.join(before)}" if known else "does not vary"
            raise AnalysisError(f"{where}Covariate {name!r} {reason}.")
        design, before = wider, [*before, name]


def comparable(sample: Sample) -> Sample:
    """The rows in blocks that hold two arms or more; the others compare nothing."""
    assert sample.blocks is not None
    shape = (int(sample.blocks.max()) + 1, len(sample.labels))
    counts = np.zeros(shape, dtype=np.int64)
    np.add.at(counts, (sample.blocks, sample.arms), 1)
    kept = ((counts > 0).sum(axis=1) > 1)[sample.blocks]
    if not kept.any():
        raise AnalysisError("No block holds more than one arm, so nothing can be compared.")
    return sample.within(kept)
