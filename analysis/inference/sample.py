"""From a data frame to the arrays that the engine works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import AnalysisError, unknown
from analysis.inference.fit import Floats, Ints, Model
from analysis.tidy import as_names, checked
from analysis.words import listed

RARE = 5
"""Of an outcome with two values, the rarer must be there so often among those compared: fewer make
a standard error that is too small for claims of no difference, and a randomization p that hangs on
who they are. Of a covariate with two values, in each arm, to have a slope there."""


@dataclass(frozen=True)
class Sample:
    """The rows of an analysis, in an order that does not depend on the data's.

    ``outcomes`` (n, m) of ``names``; ``labels`` are the arms' names in the order of
    ``model.arms``; ``blocks`` (n,) are numbers from 0, or None; ``rows`` (n,) are positions in the
    data; ``scales`` holds each covariate's standard deviation and ``imputed`` how many of its
    values were missing and set to the mean of the others.
    """

    names: tuple[str, ...]
    outcomes: Floats
    model: Model
    labels: tuple[str, ...]
    blocks: Ints | None
    rows: Ints
    by_arm: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    scales: dict[str, float] = field(default_factory=dict)
    imputed: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.rows)

    def arm_weights(self, weights: dict[str, float]) -> Floats:
        """Weights by name as an array in the order of ``labels``; names that are no arm raise."""
        for name in weights:
            if name not in self.labels:
                raise unknown("arm called", name, self.labels)
        return np.array([weights.get(label, 0.0) for label in self.labels])


def prepare(
    data: pd.DataFrame,
    outcomes: str | Sequence[str],
    treatment: str,
    *,
    covariates: str | Sequence[str] | None = None,
    by_arm: str | Sequence[str] | None = None,
    sessions: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
    complete: Sequence[str] = (),
) -> Sample:
    """The rows that have all of ``outcomes`` and ``treatment``, and the covariates ``complete``.

    A covariate that is missing otherwise is set to the mean of those known. A row without a
    session counts with the others that have none; one without a block keeps its arm in every draw.
    Covariates in ``by_arm`` need not be among ``covariates``.

    Raises ``AnalysisError`` for columns that do not exist or are no numbers, an arm with a single
    row, and an outcome or covariate that does not vary.
    """
    names, slopes = as_names(outcomes), as_names(by_arm)
    common = [name for name in as_names(covariates) if name not in slopes]
    groups = [as_names(sessions), as_names(blocks)]
    numeric = [*names, *common, *slopes]
    frame = checked(data, numeric, [treatment, *groups[0], *groups[1]])
    needed = [*names, treatment, *complete]
    frame = frame.assign(_row=np.arange(len(frame))).dropna(subset=list(dict.fromkeys(needed)))
    if frame.empty:
        raise AnalysisError(f"No row has all of {', '.join(dict.fromkeys(needed))}.")
    arms = frame[treatment].astype(str)
    labels = tuple(sorted(arms.unique()))
    for label, count in arms.value_counts().items():
        if count < 2:
            raise AnalysisError(
                f"Arm {label!r} has {count} row with {', '.join(names)} known; an estimate of its "
                "spread needs two."
            )
    codes = np.searchsorted(labels, arms.to_numpy(dtype=str))
    numbers = frame[numeric].to_numpy(dtype=float)
    session, block = (_codes(frame, group) for group in groups)
    keys = [numbers[:, at] for at in reversed(range(len(numeric)))]
    order = np.lexsort((*keys, codes, *(c for c in (session, block) if c is not None)))
    frame, codes, numbers = frame.iloc[order], codes[order], numbers[order]
    if block is not None:
        # Nothing is known of the chance that rows without a block had: each is one of its own.
        alone = frame[groups[1]].isna().any(axis=1).to_numpy()
        block = block[order]
        block[alone] = block.max() + 1 + np.arange(alone.sum())
    for name, values in zip(names, numbers.T, strict=False):
        if np.ptp(values) == 0:
            raise AnalysisError(f"Outcome {name!r} does not vary: it is {values[0]:g} for all.")
    scales: dict[str, float] = {}
    imputed: dict[str, int] = {}
    centred = {
        name: _centred(name, values, scales, imputed)
        for name, values in zip(numeric[len(names) :], numbers.T[len(names) :], strict=True)
    }
    model = Model(
        arms=codes,
        count=len(labels),
        common=_columns(centred, common, len(frame)),
        by_arm=_columns(centred, slopes, len(frame)),
        sessions=None if session is None else session[order],
    )
    outcome_values = numbers[:, : len(names)]
    rows = frame["_row"].to_numpy(dtype=np.int64)
    return Sample(
        tuple(names),
        outcome_values,
        model,
        labels,
        block,
        rows,
        tuple(slopes),
        tuple(common),
        scales,
        imputed,
    )


def sloping(
    data: pd.DataFrame, treatment: str, covariates: str | Sequence[str]
) -> tuple[list[str], list[str]]:
    """``covariates`` that can have a slope in each arm, and those that get one common slope.

    These have two values, one of which fewer than `RARE` people have in some arm: a slope there
    would be that of one or two people, or of nobody.
    """
    names = as_names(covariates)
    frame = checked(data, names, [treatment])
    common = []
    for name in names:
        known = frame[[treatment, name]].dropna()
        if known[name].nunique() == 2:
            counts = pd.crosstab(known[treatment].astype(str), known[name])
            common += [name] if (counts < RARE).any(axis=None) else []
    return [name for name in names if name not in common], common


def unsloped(common: Sequence[str]) -> str:
    """What is said of covariates that have no slope in each arm (`sloping`)."""
    return (
        f"Slopes by arm leave one common slope to {listed(list(common))}: in some arm fewer than "
        f"{RARE} people have its rarer value."
    )


def _codes(frame: pd.DataFrame, names: Sequence[str]) -> Ints | None:
    """Numbers from 0 in the order of the labels, one per combination of the named columns."""
    if not names:
        return None
    keys = frame[list(names)].astype("string").fillna("")
    grouped = keys.groupby(list(names), sort=True, dropna=False)
    return np.array(grouped.ngroup(), dtype=np.int64)


def _columns(centred: dict[str, Floats], names: Sequence[str], rows: int) -> Floats:
    return np.column_stack([centred[name] for name in names]) if names else np.empty((rows, 0))


def _centred(
    name: str, values: Floats, scales: dict[str, float], imputed: dict[str, int]
) -> Floats:
    """A covariate less its mean, in standard deviations; missing ones 0, which is the mean."""
    known: npt.NDArray[np.bool_] = ~np.isnan(values)
    if not known.any():
        raise AnalysisError(f"Nobody has covariate {name!r}.")
    low = values[known][0]
    deviations = np.where(known, values - low, 0)
    deviations = np.where(known, deviations - deviations[known].mean(), 0)
    spread = deviations[known].std(ddof=1) if known.sum() > 1 else 0.0
    if spread <= 1e-12 * np.abs(values[known]).max():
        raise AnalysisError(f"Covariate {name!r} does not vary: it is {low:g} for all.")
    scales[name] = float(spread)
    if missing := int((~known).sum()):
        imputed[name] = missing
    return np.asarray(deviations / spread)
