"""What is computed from other columns: the studies' measures, and the block of each person."""

from __future__ import annotations

from typing import Any

import pandas as pd

from study.columns import Measure
from study.finding import studies

BLOCK = "randomization_block"
"""One label per permuted block: session, stratum and number of the block together."""


def add_derived(data: pd.DataFrame) -> pd.DataFrame:
    """A copy of ``data`` with the measures that the studies declare, and `BLOCK`.

    Nothing is imputed: a measure is missing where one of its columns is. One of which a column
    does not exist is left out, so that exports of a shortened study can still be analysed; a
    column that is there already stays as it is.
    """
    added: dict[str, pd.Series[Any]] = {}
    for study in studies().values():
        for name, measure in study.measures.items():
            if name in data.columns or not set(measure.of) <= set(data.columns):
                continue
            values = computed(data, measure)
            if name in added and "experiment" in data.columns:
                own = (data["experiment"] == study.name).fillna(False).astype(bool)
                values = added[name].mask(own, values)
            added[name] = values
    if BLOCK not in data.columns and {"session_code", "stratum", "block"} <= set(data.columns):
        added[BLOCK] = _block_labels(data)
    return data.assign(**added)


def computed(data: pd.DataFrame, measure: Measure) -> pd.Series[Any]:
    """A measure for every row."""
    of = list(measure.of)
    if measure.kind == "right":
        right = (data[of] == list(measure.solutions)).sum(axis=1).astype("Float64")
        return right.mask(data[of].isna().any(axis=1))
    if measure.kind == "number":
        return pd.to_numeric(data[of[0]].astype("string"), errors="coerce").astype("Float64")
    if measure.kind == "mean":
        return data[of].astype("Float64").astype(float).mean(axis=1, skipna=False)
    first, second = (data[name].astype("Float64") for name in of)
    if measure.kind == "unless":
        return first.mask((second == 0).fillna(False).astype(bool), 0)
    if measure.kind == "ratio":
        return first / second.mask((second <= 0).fillna(False).astype(bool)) * measure.times
    raise ValueError(f"{measure.name} is of the kind {measure.kind!r}, which nobody can compute.")


def _block_labels(data: pd.DataFrame) -> pd.Series[Any]:
    session, stratum, block = (
        data[name].astype("string") for name in ("session_code", "stratum", "block")
    )
    return session + "/" + stratum + "/" + block
