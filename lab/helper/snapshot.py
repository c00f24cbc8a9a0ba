"""Reading the database as it stood at one moment, without being able to write.

oTree writes while it reads: looking at ``participant.vars`` marks them as changed, and an export
would store the vars of all participants as they were when it began. Nothing of that kind gets out
of here: nothing is flushed, and the connection refuses to write.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

import sqlalchemy
from otree import database
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from lab.mending import connection


class Reading(Session):
    """A session that stores nothing and sees everything as it was at its first question."""

    def flush(self, objects: Any = None) -> None:
        return

    def commit(self) -> None:
        return


def install() -> None:
    """Let everything that oTree reads in this process be read from a snapshot."""
    if connection.is_sqlite():
        engine = sqlalchemy.create_engine("sqlite://", creator=_read_only, poolclass=NullPool)
        # The driver begins a transaction only when something is written.
        event.listen(engine, "begin", lambda opened: opened.execute("BEGIN"))
    else:
        engine = sqlalchemy.create_engine(
            os.environ["DATABASE_URL"], isolation_level="REPEATABLE READ", poolclass=NullPool
        )
        event.listen(engine, "begin", lambda opened: opened.execute("SET TRANSACTION READ ONLY"))
    database.DBSession = sessionmaker(bind=engine, class_=Reading, autoflush=False)


def _read_only() -> sqlite3.Connection:
    opened = sqlite3.connect(
        f"{connection.sqlite_file().as_uri()}?mode=ro",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        timeout=connection.BUSY_SECONDS,
    )
    return opened
