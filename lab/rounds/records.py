"""Where oTree keeps rounds and answers: columns of the player, and one row per answer.

Everything here works on a connection of SQLAlchemy's, oTree's own or the writer's, and below its
compiler: what an answer costs decides how many people a server can hold, so each statement is
compiled once and then executed as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache
from typing import Any

from otree.database import db, engine
from otree.models import Participant
from sqlalchemy import bindparam, select

from effort_task import protocol, rhythm
from effort_task.protocol import Outcome, State
from effort_task.tasks import TASKS, Item, Task, item_seed
from lab import tables
from lab.rounds.contact import SILENCE_SECONDS
from steps.round import Round


def answers_of(Player: type) -> Any:
    """The table of answers of a player's app."""
    return tables.of(Player, tables.ANSWERS)


class Dealer:
    """A task that remembers what it dealt to one seat until the answer comes.

    To make a card is most of what an answer costs, and each is needed twice: to be shown, and to
    be compared with its answer. Only prompt and solution are kept.
    """

    def __init__(self, task: Task) -> None:
        self.name, self.window, self.fastest_seconds = task.name, task.window, task.fastest_seconds
        self.inputmode, self.maxlength = task.inputmode, task.maxlength
        self.usual_seconds = task.usual_seconds
        self.is_correct, self.limits = task.is_correct, task.limits
        self._task = task
        self._dealt: dict[int, Item] = {}

    def deal(self, seed: str, number: int) -> Mapping[str, Any]:
        """What the page needs to show a card."""
        item = self._task.item(seed, number)
        self._dealt[number] = Item(number, item.prompt, item.solution)
        return self._task.view(item)

    def item(self, seed: str, number: int) -> Item:
        return self._dealt.pop(number, None) or self._task.item(seed, number)

    def view(self, item: Item) -> Mapping[str, Any]:
        return self._task.view(item)


@dataclass
class Seat:
    """One participant in one round: who works, on what, and where the round stands.

    ``state`` is None before the round's clock has started.
    """

    page: Any
    Player: type
    config: Mapping[str, Any]
    code: str
    participant_id: int
    player_id: int
    page_index: int
    arm: str | None
    state: State | None
    ended: bool
    round: Round = field(init=False)
    task: Dealer = field(init=False)
    seed: str = field(init=False)

    def __post_init__(self) -> None:
        self.round = self.page.step
        self.task = Dealer(TASKS[self.config["task"]])
        self.seed = item_seed(self.config["seed"], self.code, self.round.phase)

    @property
    def pays(self) -> bool:
        """Whether the participant is paid by the correct card in this round."""
        return bool(self.page.study.pays_in(self.round.name, self.arm))

    def column(self, name: str) -> str:
        return f"{self.round.prefix}_{name}"


@dataclass(frozen=True)
class Change:
    """What a message changes: new answers, and the columns that follow from them."""

    seat: Seat
    before: State
    outcome: Outcome
    offline_seconds: float | None = None
    payoff: Decimal | None = None


# ------------------------------------------------------------------------------ statements


@dataclass(frozen=True)
class Prepared:
    """A statement that was compiled once, for the driver of this server's database."""

    sql: str
    order: tuple[str, ...] | None

    def values(self, named: Mapping[str, Any]) -> Any:
        return named if self.order is None else tuple(named[name] for name in self.order)


def prepared(statement: Any) -> Prepared:
    compiled = statement.compile(dialect=engine.dialect)
    order = tuple(compiled.positiontup) if compiled.positional else None
    return Prepared(str(compiled), order)


def _cursor(connection: Any) -> Any:
    """The driver's own cursor, inside the transaction of ``connection``."""
    return closing(connection.connection.cursor())


def _rows(connection: Any, query: Prepared, **named: Any) -> list[Any]:
    with _cursor(connection) as cursor:
        cursor.execute(query.sql, query.values(named))
        return list(cursor.fetchall())


@cache
def _select(Player: type, prefix: str, timed: bool) -> Prepared:
    players, people = Player.__table__, Participant.__table__  # type: ignore[attr-defined]
    names = ["started_at", "attempts", "correct", "stored"]
    names += ["deadline", "ended_at"] if timed else []
    columns = [people.c.id, people.c._index_in_pages, players.c.id]
    columns += [players.c.arm] if "arm" in players.c else []
    columns += [players.c[f"{prefix}_{name}"] for name in names]
    joined = players.join(people, players.c.participant_id == people.c.id)
    chosen = select(columns).select_from(joined).where(people.c.code == bindparam("code"))
    return prepared(chosen)


@cache
def _update(Player: type, prefix: str, timed: bool, lost: bool) -> Prepared:
    players = Player.__table__  # type: ignore[attr-defined]
    names = ["attempts", "correct", "stored"] + (["seconds"] if timed else [])
    names += ["offline_seconds"] if timed and lost else []
    statement = players.update().values(
        {f"{prefix}_{name}": bindparam(f"new_{name}") for name in names}
    )
    statement = statement.where(players.c.id == bindparam("player"))
    statement = statement.where(players.c[f"{prefix}_stored"] == bindparam("old_stored"))
    if timed:
        statement = statement.where(players.c[f"{prefix}_deadline"] == bindparam("old_deadline"))
        statement = statement.where(players.c[f"{prefix}_ended_at"].is_(None))
    return prepared(statement)


@cache
def _insert(Answers: Any) -> Prepared:
    columns = Answers.__table__.c
    return prepared(
        Answers.__table__.insert().values(
            {column.name: bindparam(column.name) for column in columns if column.name != "id"}
        )
    )


@cache
def _pay() -> Prepared:
    people = Participant.__table__
    statement = people.update().values(payoff=bindparam("new_payoff"))
    return prepared(statement.where(people.c.id == bindparam("participant")))


@cache
def _times(Answers: Any) -> Prepared:
    columns = Answers.__table__.c
    names = [each.name for each in fields(StoredAnswer)]
    chosen = select([columns[name] for name in names])
    chosen = chosen.where(columns.player_id == bindparam("player"))
    return prepared(chosen.where(columns.phase == bindparam("phase")).order_by(columns.item))


@cache
def _session() -> Prepared:
    people = Participant.__table__
    return prepared(select([people.c._session_code]).where(people.c.code == bindparam("code")))


# ------------------------------------------------------------------------- reading, storing


def seat(
    connection: Any, code: str, page: Any, Player: type, config: Mapping[str, Any]
) -> Seat | None:
    """The seat of the participant ``code`` in the round of ``page``; None: no such participant."""
    round_: Round = page.step
    timed = round_.duration(config) is not None
    found = _rows(connection, _select(Player, round_.prefix, timed), code=code)
    if not found:
        return None
    participant, page_index, player, *rest = found[0]
    arm = rest.pop(0) if "arm" in Player.__table__.c else None  # type: ignore[attr-defined]
    started, attempts, correct, stored, *times = rest
    deadline, ended = times if timed else (None, None)
    duration = round_.duration(config)
    state = None
    if started is not None:
        state = State(
            origin=started if deadline is None else deadline - duration,
            deadline=deadline,
            last_item=round_.last_item(config),
            applied=stored,
            attempts=attempts,
            correct=correct,
        )
    return Seat(
        page=page,
        Player=Player,
        config=config,
        code=code,
        participant_id=participant,
        player_id=player,
        page_index=page_index,
        arm=arm,
        state=state,
        ended=ended is not None,
    )


def session_of(connection: Any, code: str) -> str | None:
    """The code of the session of the participant ``code``."""
    found = _rows(connection, _session(), code=code)
    return str(found[0][0]) if found else None


def write(connection: Any, change: Change) -> bool:
    """Store ``change`` in the transaction of ``connection``, if the round stands as it did.

    False: somebody else (another tab, the page's own form) has changed the round meanwhile, and
    nothing was stored; read the seat again and decide anew.
    """
    seat, outcome = change.seat, change.outcome
    after, before = outcome.state, change.before
    timed = before.deadline is not None
    named: dict[str, Any] = {
        "player": seat.player_id,
        "old_stored": before.applied,
        "new_stored": after.applied,
        "new_attempts": after.attempts,
        "new_correct": after.correct,
    }
    if timed:
        assert before.deadline is not None
        last = min(outcome.rows[-1].answered_at, before.deadline)
        named |= {
            "old_deadline": before.deadline,
            "new_seconds": round(last - before.origin, 3),
            "new_offline_seconds": change.offline_seconds,
        }
    with _cursor(connection) as cursor:
        lost = change.offline_seconds is not None
        update = _update(seat.Player, seat.round.prefix, timed, lost)
        cursor.execute(update.sql, update.values(named))
        if cursor.rowcount != 1:
            return False
        insert = _insert(answers_of(seat.Player))
        own = {"player_id": seat.player_id, "phase": seat.round.phase}
        rows = [insert.values({**vars(row), **own}) for row in outcome.rows]
        if len(rows) == 1:
            cursor.execute(insert.sql, rows[0])
        else:
            cursor.executemany(insert.sql, rows)
        if change.payoff is not None:
            pay = _pay()
            named = {"new_payoff": str(change.payoff), "participant": seat.participant_id}
            cursor.execute(pay.sql, pay.values(named))
    return True


@dataclass(frozen=True)
class StoredAnswer:
    """What later rules need of a stored answer."""

    response_ms: int
    late: bool
    correct: bool | None
    shown_at: float
    received_at: float
    keys: int

    @property
    def is_belated(self) -> bool:
        """Whether it arrived long after it was given."""
        return self.received_at - self.shown_at - self.response_ms / 1000 > SILENCE_SECONDS


def stored(connection: Any, seat: Seat) -> list[StoredAnswer]:
    """All answers of a round, in order."""
    query = _times(answers_of(seat.Player))
    rows = _rows(connection, query, player=seat.player_id, phase=seat.round.phase)
    return [StoredAnswer(*row) for row in rows]


# ---------------------------------------------------------------- the beginning and the end


def start(player: Any, round_: Round, config: Mapping[str, Any], now: float) -> None:
    """Start the round's clock, unless it runs already."""
    if player.field_maybe_none(f"{round_.prefix}_started_at") is not None:
        return
    values: dict[str, Any] = {"started_at": now, "attempts": 0, "correct": 0, "stored": 0}
    duration = round_.duration(config)
    if duration is not None:
        values |= {"deadline": now + duration, "seconds": 0.0}
    for name, value in values.items():
        setattr(player, f"{round_.prefix}_{name}", value)


def finish(
    player: Any, seat: Seat, now: float, *, stopped: bool | None, offline_seconds: float | None
) -> None:
    """End the round. ``stopped``: by choice before the deadline; None: by the experimenter."""
    state = seat.state
    if state is None or state.deadline is None or seat.ended:
        return
    ended = min(now, state.deadline)
    values: dict[str, Any] = {"ended_at": ended, "seconds": round(ended - state.origin, 3)}
    values["offline_seconds"] = offline_seconds
    values |= rhythm.summary(stored(db._db.connection(), seat))
    for name, value in values.items():
        setattr(player, seat.column(name), value)
    if seat.round.stopped:
        setattr(player, seat.round.stopped, stopped)


def allowance(
    connection: Any, seat: Seat, unseen: float, coming: Iterable[float], late_by: float
) -> int:
    """How many answers may still count that arrive after the deadline; see `protocol`.

    ``unseen``: the seconds without connection before it. Answers that were given in them and came
    afterwards, but in time, are taken off as well as those that came late and count already.
    """
    rows = stored(connection, seat)
    given: list[float] = [row.response_ms for row in rows if not row.late]
    times = given or list(coming)
    explained = sum(row.correct is not None if row.late else row.is_belated for row in rows)
    fastest = seat.task.limits.median_seconds
    return protocol.allowance(unseen, times, explained, late_by=late_by, fastest_seconds=fastest)
