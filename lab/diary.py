"""What the server writes down about itself: its lives, and when page and server disagreed.

Nothing here commits.
"""

from __future__ import annotations

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

_running: int | None = None


# ------------------------------------------------------------ written through ``connection``


def start_run(now: float, connection: Any) -> None:
    """Begin a new life. It belongs right before the server takes its first request."""
    global _running
    row = {"version": VERSION, "started_at": now, "seen_at": now, "refused": 0}
    _running = connection.execute(RUNS.insert().values(row)).inserted_primary_key[0]


def last_seen(connection: Any) -> float | None:
    """When a server of this database was last known to live, whichever it was."""
    found = connection.execute(sqlalchemy.select([sqlalchemy.func.max(RUNS.c.seen_at)])).scalar()
    return None if found is None else float(found)


def seen(now: float, refused: int, connection: Any) -> None:
    """The server lives, and has refused so many answers more since it last said so."""
    changes = {"seen_at": now, "refused": RUNS.c.refused + refused}
    connection.execute(RUNS.update().where(RUNS.c.id == _running).values(changes))


def stop_run(now: float, connection: Any) -> None:
    """The server ends in order."""
    changes = {"seen_at": now, "stopped_at": now}
    connection.execute(RUNS.update().where(RUNS.c.id == _running).values(changes))


def disagreement(connection: Any, **row: Any) -> None:
    """A page knew of an acknowledged answer that the server did not have."""
    connection.execute(DISAGREEMENTS.insert().values(row))


# --------------------------------------------------------------- read in oTree's transaction


def lives(most: int) -> list[Run]:
    """The last lives, the newest first."""
    return list(db.query(Run).order_by(Run.id.desc()).limit(most))


def disagreements(most: int) -> list[Disagreement]:
    """The last disagreements, the newest first."""
    return list(db.query(Disagreement).order_by(Disagreement.id.desc()).limit(most))


def number_of_disagreements() -> int:
    return int(db.query(Disagreement).count())
