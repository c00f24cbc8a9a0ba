"""Columns computed from others: means of scales, unpaid work, rates, the block of each person."""

from __future__ import annotations

import pandas as pd

SCALES = {
    "psm": ("psm", 8, "public service motivation (mean of 8 items, 1 to 5)"),
    "motivation": ("motivation", 4, "motivation before treatment (mean of 4 items, 1 to 7)"),
    "impact_perceived": ("impact_perceived", 3, "perceived impact (mean of 3 items, 1 to 7)"),
    "intrinsic": ("intrinsic", 4, "intrinsic motivation (mean of 4 items, 1 to 7)"),
    "prosocial": ("prosocial", 4, "prosocial motivation (mean of 4 items, 1 to 7)"),
}
"""By name: the prefix of the items, how many there are, and what their mean measures."""

VOLUNTARY = "voluntary_cards"
"""Correct cards in the voluntary round, 0 for those who refused it: unlike `voluntary_correct`, it
compares everybody who was asked, not only those who accepted."""

PER_MINUTE = "effort_per_minute"
"""Correct cards in the main round for each minute worked there."""

SHARE = "effort_share_correct"
"""The share of the cards answered in the main round that are correct; nothing for no card."""

DERIVED = (*SCALES, VOLUNTARY, PER_MINUTE, SHARE)
"""The columns of numbers that `add_derived` adds."""

BLOCK = "randomization_block"
"""One label per permuted block: session, stratum and number of the block together."""


def items(scale: str) -> list[str]:
    """The columns whose mean is ``scale``."""
    prefix, count, _ = SCALES[scale]
    return [f"{prefix}_{number}" for number in range(1, count + 1)]


def add_derived(data: pd.DataFrame) -> pd.DataFrame:
    """A copy of ``data`` with the scale means, `VOLUNTARY`, the rates of effort and `BLOCK`.

    A mean is missing where an item is: nothing is imputed. A scale of which a column does not
    exist is left out, so that exports of a shortened experiment can still be analysed.
    """
    added: dict[str, pd.Series] = {}
    for scale in SCALES:
        columns = items(scale)
        if scale not in data.columns and set(columns) <= set(data.columns):
            scores = data[columns].astype("Float64").astype(float)
            added[scale] = scores.mean(axis=1, skipna=False)
    if VOLUNTARY not in data.columns and {"voluntary_accepted", "voluntary_correct"} <= set(
        data.columns
    ):
        refused = (data["voluntary_accepted"] == 0).fillna(False).astype(bool)
        added[VOLUNTARY] = data["voluntary_correct"].mask(refused, 0).astype("Float64")
    added |= _rates(data)
    if BLOCK not in data.columns and {"session_code", "stratum", "block"} <= set(data.columns):
        added[BLOCK] = _block_labels(data)
    return data.assign(**added)


def _rates(data: pd.DataFrame) -> dict[str, pd.Series]:
    """Correct cards a minute and the share of correct ones, where something was measured."""
    found: dict[str, pd.Series] = {}
    for name, below, unit in ((PER_MINUTE, "effort_seconds", 60), (SHARE, "effort_attempts", 1)):
        if name not in data.columns and {"effort_correct", below} <= set(data.columns):
            over = data[below].astype("Float64")
            rate = data["effort_correct"].astype("Float64") / over.mask(over <= 0) * unit
            found[name] = rate
    return found


def _block_labels(data: pd.DataFrame) -> pd.Series:
    session, stratum, block = (
        data[name].astype("string") for name in ("session_code", "stratum", "block")
    )
    return session + "/" + stratum + "/" + block
