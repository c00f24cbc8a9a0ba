"""What the server writes down about itself: its lives, and when page and server disagreed.

Every function takes part in the transaction of ``connection`` (a connection or a session of
SQLAlchemy), by default that of oTree's session in this context, and commits nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from otree.database import AnyModel, db
from sqlalchemy.sql import sqltypes as types

VERSION = "2.0.0"


class Run(AnyModel):
    """One life of the server, in `lab_run`.

    seen_at: when it was last known to live. stopped_at: when it ended in order; empty: it is
    running, or was cut off. refused: answers that it refused. Times are Unix seconds.
    """

    version = sqlalchemy.Column(types.String(50))
    started_at = sqlalchemy.Column(types.Float)
    seen_at = sqlalchemy.Column(types.Float)
    stopped_at = sqlalchemy.Column(types.Float)
    refused = sqlalchemy.Column(types.Integer)


class Disagreement(AnyModel):
    """A page that held the acknowledgement of an answer which the server did not have."""

    participant_code = sqlalchemy.Column(types.String(16))
    phase = sqlalchemy.Column(types.String(20))
    page_number = sqlalchemy.Column(types.Integer)
    server_number = sqlalchemy.Column(types.Integer)
    at = sqlalchemy.Column(types.Float)


RUNS, DISAGREEMENTS = Run.__table__, Disagreement.__table__


@dataclass(frozen=True)
class Life:
    """One life of the server, as it was written down."""

    number: int
    version: str
    started_at: float
    seen_at: float
    stopped_at: float | None
    refused: int


_running: int | None = None


def start_run(now: float | None = None, connection: Any = None) -> Life | None:
    """Begin a new life; the one before, from whose ``seen_at`` on nothing was served.

    It belongs right before the server takes its first request.
    """
    global _running
    now = time.time() if now is None else now
    before = lives(1, connection)
    row = {"version": VERSION, "started_at": now, "seen_at": now, "refused": 0}
    _running = _execute(connection, RUNS.insert().values(row)).inserted_primary_key[0]
    return before[0] if before else None


def last_seen(connection: Any = None) -> float | None:
    """When a server of this database was last known to live, whichever it was."""
    query = sqlalchemy.select([sqlalchemy.func.max(RUNS.c.seen_at)])
    found = _execute(connection, query).scalar()
    return None if found is None else float(found)


def seen(now: float, refused: int = 0, connection: Any = None) -> None:
    """The server lives, and has refused so many answers more since it last said so."""
    changes = {"seen_at": now, "refused": RUNS.c.refused + refused}
    _execute(connection, RUNS.update().where(RUNS.c.id == _running).values(changes))


def stop_run(now: float | None = None, connection: Any = None) -> None:
    """The server ends in order."""
    now = time.time() if now is None else now
    changes = {"seen_at": now, "stopped_at": now}
    _execute(connection, RUNS.update().where(RUNS.c.id == _running).values(changes))


def disagreement(
    participant_code: str,
    phase: str,
    page_number: int,
    server_number: int,
    at: float | None = None,
    connection: Any = None,
) -> None:
    """A page knew of an acknowledged answer that the server did not have."""
    row = {
        "participant_code": participant_code,
        "phase": phase,
        "page_number": page_number,
        "server_number": server_number,
        "at": time.time() if at is None else at,
    }
    _execute(connection, DISAGREEMENTS.insert().values(row))


def lives(most: int, connection: Any = None) -> list[Life]:
    """The last lives, the newest first."""
    query = sqlalchemy.select([RUNS]).order_by(RUNS.c.id.desc()).limit(most)
    return [
        Life(row.id, row.version, row.started_at, row.seen_at, row.stopped_at, row.refused or 0)
        for row in _execute(connection, query)
    ]


def disagreements(most: int, connection: Any = None) -> list[dict[str, Any]]:
    """The last disagreements, the newest first."""
    query = sqlalchemy.select([DISAGREEMENTS]).order_by(DISAGREEMENTS.c.id.desc()).limit(most)
    return [dict(row) for row in _execute(connection, query)]


def number_of_disagreements(connection: Any = None) -> int:
    query = sqlalchemy.select([sqlalchemy.func.count()]).select_from(DISAGREEMENTS)
    return int(_execute(connection, query).scalar())


def _execute(connection: Any, statement: Any) -> Any:
    return (db._db if connection is None else connection).execute(statement)
