"""Reading the database as it stood at one moment, without being able to write.

oTree writes while it reads: looking at ``participant.vars`` marks them as changed, and an export
would store the vars of all participants as they were when it began. Nothing of that kind gets out
of here: nothing is flushed, and the connection refuses to write.
"""

from __future__ import annotations

from typing import Any

from otree import database
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from lab.mending import connection


class Reading(Session):
    """A session that stores nothing and sees everything as it was at its first question."""

    def flush(self, objects: Any = None) -> None:
        return

    def commit(self) -> None:
        return


def install() -> None:
    """Let everything that oTree reads in this process be read from a snapshot."""
    engine = connection.new_engine("ro", isolation_level="REPEATABLE READ")
    # SQLite's driver begins a transaction by itself only when something is written.
    begin = "BEGIN" if connection.is_sqlite() else "SET TRANSACTION READ ONLY"
    event.listen(engine, "begin", lambda opened: opened.execute(begin))
    database.DBSession = sessionmaker(bind=engine, class_=Reading, autoflush=False)
