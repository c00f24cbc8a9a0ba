"""Applying a journal to a round: every card exactly once, in order, and in time.

Nothing here knows oTree or a database. `apply` takes where the round stands and what a page says,
and returns which answers to store and where the round stands then.

What counts after the deadline. A page's own clock is its word and proves nothing: whoever writes
their own messages can date thirty new answers back. So it is not asked when late answers were
given, but how many somebody can have given unseen: as many as fit, at this person's own pace, into
the seconds for which the server saw no connection before the deadline, and one more that was under
way at that moment. All others are stored and not counted. How late they arrive no longer matters:
whoever was cut off for a minute brings a minute's worth of answers, ten seconds later or ten
minutes. (There was a grace of 60 seconds instead. It let a machine work for a minute longer, and
took the answers of those whose network was away for two.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from effort_task.journal import Answer, Refused
from effort_task.tasks import Task

CLOCK_TOLERANCE_SECONDS = 1.0
"""How far a page's clock may run ahead of the server's."""


@dataclass(frozen=True)
class State:
    """Where a round stands. Times in Unix seconds; ``deadline`` None: untimed.

    ``origin`` is the zero of the page's clock: where the round started, or later by as long as the
    server was down since, because time stands still meanwhile. ``applied`` is the number of the
    last card whose answer is stored; ``attempts`` and ``correct`` count only the answers that
    count.
    """

    origin: float
    deadline: float | None
    last_item: int | None = None
    applied: int = 0
    attempts: int = 0
    correct: int = 0


@dataclass(frozen=True)
class Row:
    """One answer to store; the columns of the answer export."""

    item: int
    prompt: str
    response: str
    solution: str
    correct: bool | None
    shown_at: float
    answered_at: float
    response_ms: int
    received_at: float
    late: bool
    focus_lost: int
    pasted: bool
    keys: int


@dataclass(frozen=True)
class Outcome:
    """What `apply` decided: the rows to store, the new state, and why it stopped, if it did.

    ``uncounted`` of the rows came too late to count; their ``correct`` is None.
    """

    rows: tuple[Row, ...]
    state: State
    refused: str = ""
    uncounted: int = 0


def apply(
    state: State,
    answers: Sequence[Answer],
    *,
    task: Task,
    seed: str,
    now: float,
    allowance: int = 0,
) -> Outcome:
    """Apply ``answers``, which a page sent and which arrived at ``now``.

    Answers that are stored already are passed over, so a page may send its journal as often as it
    likes. The first one that cannot be accepted ends the message; the page keeps it and all later
    ones. After the deadline the first ``allowance`` answers count that were given before it by the
    page's own account (see `allowance`); the others are stored and do not count.
    """
    rows: list[Row] = []
    refused = ""
    for answer in answers:
        if answer.item <= state.applied:
            continue
        try:
            row = _accept(state, answer, task, seed, now, allowance)
        except Refused as refusal:
            refused = refusal.reason
            break
        rows.append(row)
        counts = row.correct is not None
        allowance -= row.late and counts
        attempts, correct = state.attempts + counts, state.correct + bool(row.correct)
        state = replace(state, applied=row.item, attempts=attempts, correct=correct)
    uncounted = sum(row.correct is None for row in rows)
    return Outcome(tuple(rows), state, refused, uncounted)


def _accept(
    state: State, answer: Answer, task: Task, seed: str, now: float, allowance: int
) -> Row:
    if answer.item != state.applied + 1:
        raise Refused("out of order")
    if state.last_item is not None and answer.item > state.last_item:
        raise Refused("past the last card")
    elapsed = now - state.origin
    if answer.item * task.fastest_seconds > elapsed + CLOCK_TOLERANCE_SECONDS:
        raise Refused("too fast")
    # A page cannot have shown or answered a card later than now.
    answered_at = min(state.origin + answer.answered_ms / 1000, now)
    shown_at = min(state.origin + answer.shown_ms / 1000, answered_at)
    deadline = math.inf if state.deadline is None else state.deadline
    late = now > deadline
    counts = not late or (allowance > 0 and answered_at <= deadline)
    item = task.item(seed, answer.item)
    return Row(
        item=answer.item,
        prompt=item.prompt,
        response=answer.response,
        solution=item.solution,
        correct=task.is_correct(item, answer.response) if counts else None,
        shown_at=shown_at,
        answered_at=answered_at,
        response_ms=round(answer.answered_ms - answer.shown_ms),
        received_at=now,
        late=late,
        focus_lost=answer.focus_lost,
        pasted=answer.pasted,
        keys=answer.keys,
    )


def allowance(
    gap_seconds: float,
    response_times_ms: Sequence[float],
    late_counted: int,
    *,
    late_by: float = math.inf,
    fastest_seconds: float = 0.0,
) -> int:
    """How many more late answers count: what somebody can have given unseen, less what did count.

    gap_seconds: for how long the server saw no connection of this page before the deadline.
    response_times_ms: how long this person took for the answers that came in time; if there are
        none, for those of the message.
    late_counted: the late answers of the round that count already.
    late_by: seconds from the deadline to the arrival of the message. Up to
        `CLOCK_TOLERANCE_SECONDS` one answer more counts: it was under way.
    fastest_seconds: no pace is taken to be faster, because times are the page's word: the median
        below which nobody works at the task (`Task.limits`).
    """
    unseen = 0
    if response_times_ms:
        pace = max(median(response_times_ms) / 1000, fastest_seconds)
        # No time at all per card is nobody's pace and explains nothing.
        unseen = math.floor(gap_seconds / pace) if pace >= 0.001 else 0
    return max(0, unseen + (late_by <= CLOCK_TOLERANCE_SECONDS) - late_counted)


def is_over(state: State, now: float) -> bool:
    """Whether no further card can be answered: time is up, or all cards are done."""
    if state.last_item is not None and state.applied >= state.last_item:
        return True
    return state.deadline is not None and now >= state.deadline - CLOCK_TOLERANCE_SECONDS


def upcoming(state: State, task: Task, have: int) -> Iterator[int]:
    """The numbers of the cards to send to a page that holds all up to ``have``."""
    last = state.applied + task.window
    if state.last_item is not None:
        last = min(last, state.last_item)
    return iter(range(max(have, state.applied) + 1, last + 1))
