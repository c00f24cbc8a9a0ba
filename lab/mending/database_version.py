"""A database of another version, or a damaged one, is refused in a sentence.

Gap: oTree creates the tables that are missing and takes all others as they are, so that an old
database fails on the first page that needs a new column; with a damaged file it ends in a
traceback. Two servers that start on one empty PostgreSQL trip over each other's tables.

Compared are tables and columns, not a number that somebody would have to keep.

oTree 6.0.15: database.py:338 (init_orm calls create_all once all models are known).
Test: tests/door/test_database_version.py.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from otree import database
from otree.database import AnyModel
from sqlalchemy import exc, inspect, text

from lab import diary, door
from lab.mending import put_around

GUIDE = "docs/deployment.md, Updating"
PEOPLE = "otree_participant"
START_LOCK = 0x6C61620A
"""Any number: whoever holds it on PostgreSQL is making tables."""


def install() -> None:
    put_around(AnyModel.metadata, "create_all", _checked)


def _checked(create_all: Callable[..., None], bind: Any, **options: Any) -> None:
    if sys.argv[1:2] == ["resetdb"]:  # it throws away whatever is there
        create_all(bind, **options)
        return
    try:
        with _alone(bind):
            problem = damage(bind) or difference(bind)
            if problem:
                door.refuse(problem)
            create_all(bind, **options)
    except exc.DatabaseError as error:
        reason = " ".join(str(error.orig).split())
        if isinstance(error, exc.OperationalError) and bind.dialect.name != "sqlite":
            sys.exit(f"The database {_name(bind)} cannot be reached: {reason}")
        door.refuse(damaged(reason))


@contextlib.contextmanager
def _alone(bind: Any) -> Iterator[None]:
    """One server at a time makes tables, of those that share a PostgreSQL."""
    if bind.dialect.name != "postgresql":
        yield
        return
    with contextlib.closing(bind.connect()) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), key=START_LOCK)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), key=START_LOCK)


def damage(bind: Any) -> str:
    """The sentence about a damaged SQLite file; empty if it is whole."""
    if bind.dialect.name != "sqlite":
        return ""
    with contextlib.closing(bind.connect()) as connection:
        [found] = connection.execute(text("PRAGMA quick_check(1)")).fetchone()
    return "" if found == "ok" else damaged(" ".join(found.split()))


def damaged(reason: str) -> str:
    return (
        f"The database {database.DB_FILE} is damaged ({reason}): put back the last copy with "
        "`python -m lab.copies restore`, which keeps the damaged file beside it."
    )


def difference(bind: Any) -> str:
    """The sentence about a database of another version; empty if it is of this one, or empty."""
    found = inspect(bind)
    present = set(found.get_table_names())
    for table in AnyModel.metadata.sorted_tables:
        if table.name not in present:
            continue
        columns = {column["name"] for column in found.get_columns(table.name)}
        missing = sorted({column.name for column in table.columns} - columns)
        surplus = sorted(columns - {column.name for column in table.columns})
        if missing:
            return another_version(bind, f"table {table.name} has no column {missing[0]}")
        if surplus:
            return another_version(bind, f"table {table.name} has a column {surplus[0]}")
    if diary.RUNS.name not in present and PEOPLE in present:
        with contextlib.closing(bind.connect()) as connection:
            if connection.execute(text(f"SELECT 1 FROM {PEOPLE} LIMIT 1")).fetchone():
                return another_version(bind, f"it has no table {diary.RUNS.name}")
    return ""


def another_version(bind: Any, how: str) -> str:
    name = _name(bind)
    if bind.dialect.name == "sqlite":
        archive = f"`mv {name} archive.sqlite3`"
    else:
        archive = (
            f"`pg_dump --format=custom --file=archive.dump {name}`, and name a new, empty "
            "database in DATABASE_URL"
        )
    return (
        f"The database {name} was made by another version ({how}): export its data with that "
        f"version (Data, then All apps and the custom exports), archive it with {archive}, and "
        f"start again ({GUIDE})."
    )


def _name(bind: Any) -> str:
    return database.DB_FILE if bind.dialect.name == "sqlite" else str(bind.url.database)
