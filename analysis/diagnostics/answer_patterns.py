"""Answer patterns that a person should look at. They prove nothing, and remove nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.tidy import checked

COLUMNS = ("participant_code", "pattern", "detail", "count", "share")
MINIMUM_ITEMS = 4
MINIMUM_MS = 500
"""Half a second is less than it takes to read a prompt and press a key for it."""
MINIMUM_LOSSES = 3
"""Of one round: to look away once is not odd."""


def suspicious_patterns(
    participants: pd.DataFrame, answers: pd.DataFrame, scales: Sequence[Sequence[str]] = ()
) -> pd.DataFrame:
    """Who answered in a way that a person should look at, sorted by participant.

    Straight-lining: the same answer to every item of a scale (Johnson 2005,
    10.1016/j.jrp.2004.09.009; Curran 2016, 10.1016/j.jesp.2015.07.006), of four answers or more.
    In a round, or other phase of the effort task: answers given faster than half a second; pasted
    ones; and three or more during which the page was left for another tab or window.

    Parameters
    ----------
    participants : one row each, with ``participant_code`` and the columns of ``scales``.
    answers : one row per answer of the effort task, with ``participant_code, phase, response_ms,
        pasted, focus_lost``; the last two a mark or a number of times.
    scales : columns of the items of each scale as they were answered, before any reversal.

    Returns
    -------
    One row per participant, pattern and scale or phase: ``participant_code, pattern, detail,
    count, share``, the ``count`` of the answers concerned and their ``share`` (0 to 1) of those
    given.

    Raises
    ------
    AnalysisError : a column does not exist, a scale has fewer than four items, or times or marks
        are not numbers.
    """
    found = [row for scale in scales for row in _straight_lining(participants, scale)]
    numbers = checked(answers, ["response_ms", "pasted", "focus_lost"])
    where = checked(answers, [], ["participant_code", "phase"])
    for pattern, column, hits, fewest in (
        (f"faster than {MINIMUM_MS} ms", "response_ms", numbers["response_ms"] < MINIMUM_MS, 1),
        ("pasted", "pasted", numbers["pasted"] > 0, 1),
        ("page left", "focus_lost", numbers["focus_lost"] > 0, MINIMUM_LOSSES),
    ):
        marked = where.assign(hit=hits, known=numbers[column].notna())
        counts = marked.groupby(["participant_code", "phase"])[["hit", "known"]].sum()
        for (person, phase), (hit, known) in zip(counts.index, counts.to_numpy(), strict=True):
            if hit >= fewest:
                found.append((person, pattern, phase, int(hit), float(hit / known)))
    ordered = sorted(found, key=lambda row: (str(row[0]), row[1], row[2]))
    return pd.DataFrame(ordered, columns=list(COLUMNS))


def _straight_lining(
    participants: pd.DataFrame, names: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Those who gave the same answer to every item that they answered."""
    if len(names) < MINIMUM_ITEMS:
        raise AnalysisError(
            f"Straight-lining needs {MINIMUM_ITEMS} items or more, not {len(names)}: {names}."
        )
    people = checked(participants, names, ["participant_code"]).set_index("participant_code")
    for person, answers in zip(people.index, people.to_numpy(), strict=True):
        given = answers[answers == answers]
        if len(given) >= MINIMUM_ITEMS and (given == given[0]).all():
            detail = f"{names[0]} … {names[-1]}: always {given[0]:g}"
            yield person, "straight-lining", detail, len(given), 1.0
