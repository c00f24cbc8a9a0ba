"""Applying a journal to a round: every card exactly once, in order, and in time.

Nothing here knows oTree or a database. `apply` takes where the round stands and what a page says,
and returns which answers to store and where the round stands then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from effort_task.journal import Answer, Refused
from effort_task.rounds import CLOCK_TOLERANCE_SECONDS, GRACE_SECONDS
from effort_task.tasks import Task


@dataclass(frozen=True)
class State:
    """Where a round stands. Times in Unix seconds; ``deadline`` None: untimed.

    ``applied`` is the number of the last card whose answer is stored; ``attempts`` and ``correct``
    count only the answers that were in time.
    """

    started_at: float
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


@dataclass(frozen=True)
class Outcome:
    """What `apply` decided: the rows to store, the new state, and why it stopped, if it did."""

    rows: tuple[Row, ...]
    state: State
    refused: str = ""


def apply(
    state: State, answers: Sequence[Answer], *, task: Task, seed: str, now: float
) -> Outcome:
    """Apply ``answers``, which a page sent and which arrived at ``now``.

    Answers that are stored already are passed over, so a page may send its journal as often as it
    likes. The first one that cannot be accepted ends the message; the page keeps it and all later
    ones.
    """
    rows: list[Row] = []
    for answer in answers:
        if answer.item <= state.applied:
            continue
        try:
            row = _accept(state, answer, task, seed, now)
        except Refused as refusal:
            return Outcome(tuple(rows), state, refusal.reason)
        rows.append(row)
        state = replace(
            state,
            applied=row.item,
            attempts=state.attempts + (row.correct is not None),
            correct=state.correct + bool(row.correct),
        )
    return Outcome(tuple(rows), state)


def _accept(state: State, answer: Answer, task: Task, seed: str, now: float) -> Row:
    if answer.item != state.applied + 1:
        raise Refused("out of order")
    if state.last_item is not None and answer.item > state.last_item:
        raise Refused("past the last card")
    elapsed = now - state.started_at
    if answer.item * task.fastest_seconds > elapsed + CLOCK_TOLERANCE_SECONDS:
        raise Refused("too fast")
    # A page cannot have shown or answered a card later than now.
    answered_at = min(state.started_at + answer.answered_ms / 1000, now)
    shown_at = min(state.started_at + answer.shown_ms / 1000, answered_at)
    late = state.deadline is not None and now > state.deadline
    item = task.item(seed, answer.item)
    counts = not late or in_time(state, answered_at, now)
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
    )


def in_time(state: State, answered_at: float, now: float) -> bool:
    """Whether an answer that arrived after the deadline still counts."""
    assert state.deadline is not None
    return answered_at <= state.deadline and now <= state.deadline + GRACE_SECONDS


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
