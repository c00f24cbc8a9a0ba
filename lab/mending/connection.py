"""What is committed is on the disk, on every connection to the database.

Gap: oTree opens SQLite as it comes. Without write-ahead log a reader stops every writer; with it,
but without FULL, a power cut may take the last commits with it. Foreign keys without an index make
deleting a session read every table once per participant.

oTree 6.0.15: database.py:46 (get_disk_conn), database.py:256 (get_engine).
Test: tests/server/test_connections.py.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy
from otree import database
from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

BUSY_SECONDS = 10
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    # Pages: what many answers change together is copied into the file once.
    "PRAGMA wal_autocheckpoint=4000",
)


def install() -> None:
    event.listen(database.engine, "connect", durable)
    event.listen(database.AnyModel.metadata, "before_create", _index_foreign_keys)


def is_sqlite() -> bool:
    return bool(database.engine.dialect.name == "sqlite")


def durable(connection: Any, _record: Any = None) -> None:
    """Make one connection of the driver keep what it commits."""
    if isinstance(connection, sqlite3.Connection):
        for pragma in PRAGMAS:
            connection.execute(pragma)
        return
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        # Nobody waits longer for a row that somebody else holds: the writer serves everyone.
        cursor.execute("SET lock_timeout = '5s'")
    connection.commit()


def hurry(connection: Any) -> None:
    """Let one connection of the driver give up soon where somebody else holds a lock.

    For the writer: while it waits, everybody waits.
    """
    statement = "PRAGMA busy_timeout=1000" if is_sqlite() else "SET lock_timeout = '1s'"
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()
    connection.commit()


def own_engine() -> Engine:
    """An engine beside oTree's: every connection is a new one.

    ``devserver`` and bots keep SQLite in memory, where a second connection would see nothing; then
    it is oTree's own.
    """
    if database.IN_MEMORY:
        return database.engine
    engine = new_engine()
    event.listen(engine, "connect", durable)
    return engine


def new_engine(mode: str = "rwc", **options: Any) -> Engine:
    """An engine on oTree's database; ``mode``: how a file is opened."""
    if is_sqlite():
        options = {"creator": lambda: open_sqlite(mode)}
    address = "sqlite://" if is_sqlite() else os.environ["DATABASE_URL"]
    return sqlalchemy.create_engine(address, poolclass=NullPool, **options)


def open_sqlite(mode: str = "rwc") -> sqlite3.Connection:
    # oTree opens this file of the folder it is started in, whatever the address says.
    address = f"{Path(database.DB_FILE).absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, check_same_thread=False, timeout=BUSY_SECONDS)


def _index_foreign_keys(metadata: Any, *_: Any, **__: Any) -> None:
    for table in metadata.tables.values():
        leading = {next(iter(index.columns)) for index in table.indexes}
        leading |= {
            next(iter(each.columns))
            for each in table.constraints
            if isinstance(each, UniqueConstraint | PrimaryKeyConstraint) and each.columns
        }
        for column in table.columns:
            if column.foreign_keys and column not in leading:
                Index(f"ix_{table.name}_{column.name}", column)
