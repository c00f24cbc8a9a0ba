"""What a message about a round does: the one way in which answers get into the data.

The socket, the page's last form and simulated participants all come here. `decide` works out what
a message changes and what the page is told; whoever calls it stores the change with
`records.write` and tells the page afterwards.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from effort_task import journal, protocol
from effort_task.journal import Refused
from effort_task.protocol import Outcome, State
from lab.rounds import contact, records
from lab.rounds.records import Change, Seat
from study.pay import product

logger = logging.getLogger("otree.effort_task")

MAX_JOURNAL_CHARACTERS = 200_000
MOST_REFUSALS_LOGGED = 20
"""Of one page: a stranger cannot make the log huge."""

Reply = dict[str, Any]


@dataclass(frozen=True)
class Decision:
    """What to store (None: nothing), and what to tell the page once it is stored.

    went_back: the highest number that the page says was acknowledged, if the server has less.
    """

    change: Change | None
    reply: Reply
    uncounted: int = 0
    went_back: int | None = None


def parse(text: object) -> Any:
    """The message in ``text``; None if it is none."""
    if not isinstance(text, str | bytes) or len(text) > MAX_JOURNAL_CHARACTERS:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def decide(connection: Any, seat: Seat, message: Any, now: float) -> Decision:
    """What ``message`` does to the round of ``seat``. Refusals change nothing.

    ``connection`` is asked only about answers that arrive after the deadline.
    """
    state = seat.state
    if state is None:
        return Decision(None, {"round": seat.round.phase, "refused": "not started"})
    seen = contact.of(seat.code, seat.round.phase, now)
    went_back = None
    try:
        said = journal.read(message, phase=seat.round.phase)
    except Refused as refusal:
        outcome, have = Outcome((), state, refusal.reason), state.applied + seat.task.window
    else:
        have = said.have
        allowed = 0
        if state.deadline is not None and now > state.deadline and said.answers:
            times = [answer.answered_ms - answer.shown_ms for answer in said.answers]
            unseen, late_by = seen.total(state.deadline), now - state.deadline
            allowed = records.allowance(connection, seat, unseen, times, late_by)
        outcome = protocol.apply(
            state, said.answers, task=seat.task, seed=seat.seed, now=now, allowance=allowed
        )
        if said.acknowledged > state.applied:
            went_back = said.acknowledged
    deadline = math.inf if state.deadline is None else state.deadline
    seen.heard(now, deadline)
    if outcome.refused:
        global _refusals
        _refusals += 1
        seen.refused += 1
    if outcome.refused and seen.refused <= MOST_REFUSALS_LOGGED:
        logger.warning(
            "Refused from participant %s in round %s: %s",
            seat.code,
            seat.round.phase,
            outcome.refused,
        )
    change = None
    if outcome.rows:
        lost = None if state.deadline is None else round(seen.total(min(now, deadline)), 1)
        change = Change(seat, state, outcome, lost, _payoff(seat, outcome))
    reply = {
        "round": seat.round.phase,
        "results": [_result(seat, row) for row in outcome.rows],
        "refused": outcome.refused,
        "uncounted": outcome.uncounted,
        **status(seat, outcome.state, now, have),
    }
    return Decision(change, reply, outcome.uncounted, went_back)


def status(seat: Seat, state: State, now: float, have: int) -> Reply:
    """Where the round stands, and the cards that the page does not have yet."""
    task = seat.task
    return {
        "applied": state.applied,
        "correct": state.correct,
        # Not before it began: after a restart what was last stored may be a second old.
        "elapsed_ms": max(0, round((now - state.origin) * 1000)),
        "last_item": state.last_item,
        "items": [
            {"item": number, **task.deal(seat.seed, number)}
            for number in protocol.upcoming(state, task, have)
        ],
    }


def _result(seat: Seat, row: protocol.Row) -> list[Any]:
    """What the page may know of an applied answer; the solution in rounds with feedback."""
    solution = row.solution if seat.round.feedback and not row.correct else None
    return [row.item, row.correct, solution]


_refusals = 0


def refusals_since() -> int:
    """How many messages were refused since this was asked last."""
    global _refusals
    number, _refusals = _refusals, 0
    return number


def heard(seat: Seat, now: float) -> None:
    """Note that the page of ``seat`` was opened, or has said something."""
    assert seat.state is not None
    deadline = math.inf if seat.state.deadline is None else seat.state.deadline
    contact.of(seat.code, seat.round.phase, now).heard(now, deadline)


def offline_seconds(seat: Seat, now: float) -> float | None:
    """For how long the server saw no connection of a timed round, up to ``now`` or its end."""
    if seat.state is None or seat.state.deadline is None:
        return None
    seen = contact.of(seat.code, seat.round.phase, now)
    return round(seen.total(min(now, seat.state.deadline)), 1)


def _payoff(seat: Seat, outcome: Outcome) -> Decimal | None:
    """What the participant is paid so far, if this round pays them by the card.

    Whoever leaves during the round is paid for what they did.
    """
    if seat.state is not None and outcome.state.correct == seat.state.correct:
        return None
    if not seat.pays:
        return None
    return product(seat.config["piece_rate"], outcome.state.correct)
