"""Answer patterns that a person should look at. They prove nothing, and remove nobody.

Each function returns rows ``participant_code, pattern, detail, count, share``: ``count`` of the
answers concerned, and their ``share`` (0 to 1) of those the participant gave.

The functions on answers read the per-answer export (one row per answer of the effort task, with
``participant_code, phase, item, prompt, response, response_ms, focus_lost, pasted``), the one on
scales reads the participants' table.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError, unknown
from analysis.tidy import as_names

COLUMNS = ("participant_code", "pattern", "detail", "count", "share")


def straight_lining(
    participants: pd.DataFrame,
    items: str | Sequence[str],
    *,
    participant: str = "participant_code",
    minimum_items: int = 4,
) -> pd.DataFrame:
    """Participants who gave the same answer to every item of a scale (Johnson 2005,
    10.1016/j.jrp.2004.09.009; Curran 2016, 10.1016/j.jesp.2015.07.006).

    ``items`` are the scale's columns as they were answered, before any reversal. Participants
    with fewer than ``minimum_items`` answers are not listed. Raises ``AnalysisError`` for a
    column that does not exist, or fewer items than ``minimum_items``.
    """
    names = as_names(items)
    require(participants, [participant, *names])
    if len(names) < minimum_items:
        raise AnalysisError(
            f"Straight-lining needs {minimum_items} items or more, not {len(names)}: {names}."
        )
    answers = participants[names]
    given = answers.notna().sum(axis=1)
    same = (answers.nunique(axis=1) == 1) & (given >= minimum_items)
    rows = []
    for code, row in zip(
        participants.loc[same, participant], answers[same].to_numpy(), strict=True
    ):
        values = [value for value in row if not pd.isna(value)]
        always = values[0] if isinstance(values[0], str) else f"{values[0]:g}"
        detail = f"{names[0]} … {names[-1]}: always {always}"
        rows.append((code, "straight-lining", detail, len(values), 1.0))
    return listed(rows)


def implausibly_fast(answers: pd.DataFrame, *, minimum_ms: float = 500) -> pd.DataFrame:
    """Participants with answers given in less than ``minimum_ms`` milliseconds.

    Half a second is less than it takes to read a prompt and press a key for it. Raises
    ``AnalysisError`` for a missing column or times that are not numbers.
    """
    require(answers, ["participant_code", "phase", "response_ms"])
    times = pd.to_numeric(answers["response_ms"], errors="coerce")
    if (times.isna() & answers["response_ms"].notna()).any():
        raise AnalysisError("Column 'response_ms' holds something that is not a number.")
    fast = (times < minimum_ms).fillna(False).astype(bool)
    return flagged(answers, fast, times.notna(), f"faster than {minimum_ms:g} ms")


def pasted_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Participants with answers that were pasted instead of typed."""
    return marked(answers, "pasted", "pasted")


def focus_losses(answers: pd.DataFrame, *, minimum: int = 3) -> pd.DataFrame:
    """Participants who left the page (another tab or window) during ``minimum`` items or more.

    ``focus_lost`` may be a mark or the number of times per answer; what counts is the answers,
    within one round.
    """
    found = marked(answers, "focus_lost", "page left")
    return found[found["count"] >= minimum].reset_index(drop=True)


def suspicious_patterns(
    participants: pd.DataFrame,
    answers: pd.DataFrame,
    scales: Sequence[Sequence[str]] = (),
    *,
    minimum_ms: float = 500,
) -> pd.DataFrame:
    """All of the above in one list, sorted by participant; ``scales`` are lists of item columns.

    Raises ``AnalysisError`` for a missing column.
    """
    found = [
        *(straight_lining(participants, scale) for scale in scales),
        implausibly_fast(answers, minimum_ms=minimum_ms),
        pasted_answers(answers),
        focus_losses(answers),
    ]
    rows = [row for frame in found for row in frame.itertuples(index=False, name=None)]
    return listed(sorted(rows, key=lambda row: (str(row[0]), row[1], row[2])))


def marked(answers: pd.DataFrame, column: str, pattern: str) -> pd.DataFrame:
    """Participants with answers in which ``column`` is set."""
    require(answers, ["participant_code", "phase", column])
    known = answers[column].notna()
    numbers = pd.to_numeric(answers[column].astype("object"), errors="coerce")
    if (numbers.isna() & known).any():
        raise AnalysisError(f"Column {column!r} must hold numbers, 0 meaning no.")
    return flagged(answers, numbers.fillna(0).astype(float) > 0, known, pattern)


def flagged(
    answers: pd.DataFrame, hits: pd.Series[bool], known: pd.Series[bool], pattern: str
) -> pd.DataFrame:
    """One row per participant and phase with any hit; shares are of the answers ``known``."""
    rows = []
    frame = pd.DataFrame(
        {
            "participant": answers["participant_code"],
            "phase": answers["phase"],
            "hit": hits,
            "known": known,
        }
    )
    for (participant, phase), group in frame.groupby(["participant", "phase"], sort=True):
        count = int(group["hit"].sum())
        if count:
            rows.append((participant, pattern, phase, count, count / int(group["known"].sum())))
    return listed(rows)


def require(data: pd.DataFrame, names: Sequence[str]) -> None:
    """Raises ``AnalysisError`` when one of the columns does not exist."""
    for name in names:
        if name not in data.columns:
            raise unknown("column", name, data.columns)


def listed(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """The rows under their column names."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))
