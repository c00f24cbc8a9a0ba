"""Creating a session whole or not at all, without keeping the database from those who answer.

oTree commits four times on the way; whoever looks, or whose power fails, in between gets half a
session, with which no export works any more. On PostgreSQL those commits become flushes, and one
commit stands at the end. On SQLite nobody else could write meanwhile; so the session is made in a
database in memory and then copied in one short transaction, its numbers moved behind those that
exist.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import sqlalchemy
from otree.database import AnyModel, db
from otree.models_concrete import RoomToSession
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from lab.mending import connection


class Whole(Session):
    """A session in which a commit on the way only flushes."""

    def commit(self) -> None:
        self.flush()

    def commit_all(self) -> None:
        super().commit()


def whole(create: Callable[..., Any], options: dict[str, Any]) -> str:
    """Call oTree's ``create``; the code of the session, once it is on the disk."""
    return _in_memory(create, options) if connection.is_sqlite() else _at_once(create, options)


def _at_once(create: Callable[..., Any], options: dict[str, Any]) -> str:
    earlier, engine = db._db, connection.own_engine()
    with closing(engine.connect()) as opened:
        db._db = session = Whole(bind=opened)
        try:
            code = str(create(**options).code)
            session.commit_all()
        finally:
            session.close()
            db._db = earlier
    engine.dispose()
    return code


@contextmanager
def in_memory() -> Iterator[sqlite3.Connection]:
    """An empty database in memory takes the place of oTree's, for the length of a block."""
    earlier = db._db
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as memory:
        engine = sqlalchemy.create_engine(
            "sqlite://", creator=lambda: memory, poolclass=StaticPool
        )
        AnyModel.metadata.create_all(engine)
        db._db = Session(bind=engine)
        try:
            yield memory
        finally:
            db._db.close()
            db._db = earlier


def _in_memory(create: Callable[..., Any], options: dict[str, Any]) -> str:
    with in_memory() as memory:
        code = str(create(**options).code)
        db.commit()
        with closing(connection.open_sqlite()) as disk:
            connection.durable(disk)
            _copy(memory, disk)
    return code


def _copy(memory: sqlite3.Connection, disk: sqlite3.Connection) -> None:
    """Copy every row of ``memory`` behind those that ``disk`` has, in one transaction."""
    tables = AnyModel.metadata.sorted_tables
    rows = {
        table.name: memory.execute(f'SELECT * FROM "{table.name}"').fetchall() for table in tables
    }
    disk.isolation_level = None
    disk.execute("BEGIN IMMEDIATE")
    try:
        moved = {}
        for table in tables:
            if rows[table.name]:
                [last] = disk.execute(
                    f'SELECT coalesce(max(id), 0) FROM "{table.name}"'
                ).fetchone()
                moved[table.name] = last
        for table in tables:
            if not rows[table.name]:
                continue
            names = [each[1] for each in memory.execute(f'PRAGMA table_info("{table.name}")')]
            if table is RoomToSession.__table__:
                _empty_rooms(disk, names, rows[table.name])
            shifts = [_shift(table.c[name], moved) for name in names]
            copied = [
                [
                    value if shift is None or value is None else value + shift
                    for value, shift in zip(row, shifts, strict=True)
                ]
                for row in rows[table.name]
            ]
            columns = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join("?" for _ in names)
            disk.executemany(f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', copied)
        disk.execute("COMMIT")
    except BaseException:
        disk.execute("ROLLBACK")
        raise


def _shift(column: Any, moved: dict[str, int]) -> int | None:
    """By how much the numbers in ``column`` move; None: they are no numbers of rows."""
    if column.name == "id":
        return moved[column.table.name]
    for key in column.foreign_keys:
        return moved[key.column.table.name]
    return None


def _empty_rooms(disk: sqlite3.Connection, names: list[str], rows: list[Any]) -> None:
    """A room holds one session: the new one takes the place of the one before."""
    place = names.index("room_name")
    disk.executemany(
        "DELETE FROM otree_roomtosession WHERE room_name = ?", [(row[place],) for row in rows]
    )
