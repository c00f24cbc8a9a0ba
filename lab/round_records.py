"""Where oTree keeps rounds and answers: columns of the player, and one row per answer."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from otree.api import ExtraModel
from otree.database import db
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    bindparam,
)
from sqlalchemy.ext.declarative import declared_attr
from sqlalchemy.orm.attributes import set_committed_value

from effort_task.protocol import Outcome, State
from effort_task.rounds import Round
from effort_task.tasks import TASKS, Task, item_seed
from lab.setup import config_of
from study.columns import table
from study.spreadsheets import guard


class AnswerRow(ExtraModel):
    """One answered card. Rows are only ever added."""

    __abstract__ = True

    @declared_attr
    def player_id(cls) -> Column:
        key = ForeignKey(f"{cls.get_folder_name()}_player.id", ondelete="CASCADE")
        return Column(Integer, key, nullable=False)

    @declared_attr
    def __table_args__(cls) -> tuple[UniqueConstraint, ...]:
        return (UniqueConstraint("player_id", "phase", "item"),)

    phase = Column(String(16), nullable=False)
    item = Column(Integer, nullable=False)
    prompt = Column(String(400), nullable=False)
    response = Column(String(400), nullable=False)
    solution = Column(String(400), nullable=False)
    correct = Column(Boolean)
    shown_at = Column(Float, nullable=False)
    answered_at = Column(Float, nullable=False)
    response_ms = Column(Integer, nullable=False)
    received_at = Column(Float, nullable=False)
    late = Column(Boolean, nullable=False)
    focus_lost = Column(Integer, nullable=False)
    pasted = Column(Boolean, nullable=False)


def answers_of(player: Any) -> type[AnswerRow]:
    """The table of answers of the player's app, which calls it ``Answer``."""
    answers: type[AnswerRow] = sys.modules[type(player).__module__].Answer
    return answers


def task_of(player: Any) -> Task:
    """The task of the player's session."""
    return TASKS[config_of(player)["task"]]


def seed_of(player: Any, round_: Round) -> str:
    """The seed of the player's cards in a round."""
    return item_seed(config_of(player)["seed"], player.participant.code, round_.phase)


def _get(player: Any, round_: Round, name: str) -> Any:
    return player.field_maybe_none(f"{round_.prefix}_{name}")


def _set(player: Any, round_: Round, **values: Any) -> None:
    for name, value in values.items():
        setattr(player, f"{round_.prefix}_{name}", value)


def start(player: Any, round_: Round, now: float) -> None:
    """Start the round's clock, unless it runs already."""
    if _get(player, round_, "started_at") is not None:
        return
    _set(player, round_, started_at=now, attempts=0, correct=0)
    duration = round_.duration(config_of(player))
    if duration is not None:
        _set(player, round_, deadline=now + duration, seconds=0.0)


def has_started(player: Any, round_: Round) -> bool:
    return _get(player, round_, "started_at") is not None


def state_of(player: Any, round_: Round, now: float) -> State:
    """Where the round stands."""
    attempts = _get(player, round_, "attempts")
    deadline = _get(player, round_, "deadline") if round_.seconds else None
    applied = attempts
    if deadline is not None and now > deadline:
        # Only then can there be answers that are stored and not counted.
        rows = db.query(answers_of(player))
        applied = rows.filter_by(player_id=player.id, phase=round_.phase).count()
    return State(
        started_at=_get(player, round_, "started_at"),
        deadline=deadline,
        last_item=round_.last_item(config_of(player)),
        applied=applied,
        attempts=attempts,
        correct=_get(player, round_, "correct"),
    )


def store(player: Any, round_: Round, outcome: Outcome) -> None:
    """Store the rows of ``outcome`` and what they change, in the caller's transaction.

    This is what every answer costs, so it bypasses the bookkeeping of objects: two statements that
    are compiled once.
    """
    if not outcome.rows:
        return
    key = {"player_id": player.id, "phase": round_.phase}
    state = outcome.state
    changes = {"attempts": state.attempts, "correct": state.correct}
    if state.deadline is not None:
        last = min(outcome.rows[-1].answered_at, state.deadline)
        changes["seconds"] = round(last - state.started_at, 3)
    values = {f"{round_.prefix}_{name}": value for name, value in changes.items()}
    connection = db._db.connection().execution_options(compiled_cache=_compiled)
    connection.execute(_insert(answers_of(player)), [vars(row) | key for row in outcome.rows])
    connection.execute(_update(type(player), tuple(values)), {"player": player.id, **values})
    for name, value in values.items():
        set_committed_value(player, name, value)


def commit() -> None:
    """Make what was stored durable, before a page is told that it was stored.

    oTree sends the reply first and commits after it, so a server that dies in between would lose
    answers that the page has thrown away. The objects stay as they are: reading them anew would
    cost more than all the rest.
    """
    db._db.expire_on_commit = False
    db.commit()


_compiled: dict[Any, Any] = {}


@cache
def _insert(Answers: type[AnswerRow]) -> Any:
    return Answers.__table__.insert()


@cache
def _update(Player: Any, names: tuple[str, ...]) -> Any:
    table = Player.__table__
    values = {name: bindparam(name) for name in names}
    return table.update().where(table.c.id == bindparam("player")).values(values)


def finish(player: Any, round_: Round, now: float, *, stopped: bool | None) -> None:
    """End the round. ``stopped``: by choice before the deadline; None: by the experimenter."""
    if not round_.seconds or _get(player, round_, "ended_at") is not None:
        return
    started, deadline = _get(player, round_, "started_at"), _get(player, round_, "deadline")
    ended = min(now, deadline)
    _set(player, round_, ended_at=ended, seconds=round(ended - started, 3))
    if round_.prefix == "effort":
        player.stopped_early = stopped


def export_answers(Answers: type[AnswerRow], players: Iterable[Any]) -> Iterator[list[Any]]:
    """The answers as a table, for `custom_export`."""
    names = list(table("answers"))
    yield names
    owners = {player.id: player for player in players}
    sessions = {player.session_id for player in owners.values()}
    Player = sys.modules[Answers.__module__].Player
    rows = db.query(Answers).join(Player, Player.id == Answers.player_id)
    rows = rows.filter(Player.session_id.in_(sessions))
    for row in rows.order_by(Answers.player_id, Answers.id):
        if row.player_id in owners:
            player = owners[row.player_id]
            own = [player.session.code, player.participant.code]
            cells = [getattr(row, name) for name in names[len(own) :]]
            yield own + [guard(cell) if isinstance(cell, str) else cell for cell in cells]
