"""Removing one person for good, or what ties the people of a session to their panel.

``python -m lab.remove CODE`` removes the participant with this code: from the database, whether
the server runs or not, and from every copy of it. ``--identifiers SESSION`` deletes the
identifiers by which a panel knows the people of a session. Both say what was removed where, and
what stays. Tables are found in the database itself, so nothing here needs oTree.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, create_engine, exc, inspect, or_, select
from sqlalchemy.engine.url import make_url
from sqlalchemy.pool import NullPool

from lab import copies
from lab.copies import CopyError

PEOPLE, PANELISTS, DRAWS = "otree_participant", "lab_panelist", "_assignmentdraw"
TIMES, BY_LABEL = "otree_pagetimebatch", "otree_participantvarsfromrest"
BUSY_SECONDS = 30

Tables = dict[str, Table]
Removal = Callable[[Any, Tables], "Counter[str]"]
"""What removes rows through a connection from tables, each before those that it refers to; how
many of which table."""


# ------------------------------------------------------------------------------ what is removed


def person(code: str, connection: Any, tables: Tables) -> Counter[str]:
    """Remove the participant with this code.

    A draw stays as a place in the list of arms, without its person: everybody else keeps theirs,
    and the list can still be recomputed. The session says which places these are.
    """
    people = tables[PEOPLE]
    found = connection.execute(select([people]).where(people.c.code == code)).fetchone()
    owners = {PEOPLE: [found["id"]] if found else []}
    for name, table in tables.items():
        if name.endswith("_player"):
            query = select([table.c.id]).where(table.c.participant_id.in_(owners[PEOPLE]))
            owners[name] = [number for (number,) in connection.execute(query)]
    removed: Counter[str] = Counter()
    for name, table in tables.items():
        theirs = [
            key.parent.in_(owners[key.column.table.name])
            for key in table.foreign_keys
            if key.column.table.name in owners
        ]
        if "participant_code" in table.c:
            theirs.append(table.c.participant_code == code)
        if name == PEOPLE:
            theirs.append(table.c.code == code)
        if name == BY_LABEL and found and found["label"]:
            theirs.append(table.c.participant_label == found["label"])
        if name == TIMES:
            removed[name] = _page_times(code, connection, table)
        elif theirs and name.endswith(DRAWS):
            removed[name] = _draws(or_(*theirs), connection, table, tables)
        elif theirs:
            removed[name] = connection.execute(table.delete().where(or_(*theirs))).rowcount
    if found:
        # oTree exports nothing of a session that has another number of people than it says.
        sessions = tables["otree_session"]
        fewer = {"num_participants": sessions.c.num_participants - 1}
        here = sessions.c.id == found["session_id"]
        connection.execute(sessions.update().where(here).values(fewer))
    return +removed


def _page_times(code: str, connection: Any, table: Table) -> int:
    """Page times are lines of text, of which one row may hold those of several people."""
    removed = 0
    query = select([table]).where(table.c.text.contains(code))
    for number, text in [(row["id"], row["text"]) for row in connection.execute(query)]:
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if code not in line.rstrip("\n").split(",")]
        removed += len(lines) - len(kept)
        here = table.c.id == number
        change = table.update().where(here).values(text="".join(kept))
        connection.execute(change if kept else table.delete().where(here))
    return removed


def _draws(theirs: Any, connection: Any, table: Table, tables: Tables) -> int:
    """Take the person from a draw, and note the place with the session."""
    sessions = tables["otree_session"]
    subsessions = tables[f"{table.name.removesuffix(DRAWS)}_subsession"]
    rows = connection.execute(select([table]).where(theirs)).fetchall()
    for row in rows:
        query = select([sessions.c.id]).where(sessions.c.code == row["session_code"])
        here = subsessions.c.session_id == connection.execute(query).scalar()
        before = connection.execute(select([subsessions.c.removed_places]).where(here)).scalar()
        place = f"{row['stratum']}:{row['assignment_number']}"
        places = ",".join(filter(None, (before, place)))
        connection.execute(subsessions.update().where(here).values(removed_places=places))
        nobody = {"player_id": None, "participant_code": ""}
        connection.execute(table.update().where(table.c.id == row["id"]).values(nobody))
    return len(rows)


def identifiers(session: str, connection: Any, tables: Tables) -> Counter[str]:
    """Delete the panel's identifiers of those who took part in this session."""
    people, panelists = tables[PEOPLE], tables[PANELISTS]
    there = select([people.c.id]).where(people.c._session_code == session)
    known = panelists.c.participant_id.in_(there) & panelists.c.identifier.isnot(None)
    change = panelists.update().where(known).values(identifier=None)
    return +Counter({PANELISTS: connection.execute(change).rowcount})


# ---------------------------------------------------------------------------------------- where


def everywhere(remove: Removal) -> dict[str, Counter[str]]:
    """Let ``remove`` work on the database and on all that was copied from it; counts by place.

    Raises `CopyError` if that cannot be done to the end.
    """
    url, where = copies.database_url(), copies.folder()
    if make_url(url).get_backend_name() == "sqlite":
        return _in_files(Path(make_url(url).database), where, remove)
    done = dict(_in_schemas(url, remove))
    _wait_for_copies(where)
    old = copies.copies(where)
    if old and any(done.values()):
        # A dump cannot be edited: a new one takes the place of all.
        copies.copy_now(url, where, keep=1)
        done |= {f"{copy.path}: deleted, after a new copy was made": Counter() for copy in old}
    return done


def _in_files(database: Path, where: Path, remove: Removal) -> dict[str, Counter[str]]:
    """Work on a database of SQLite, its copies, and what restoring put aside."""
    if not database.is_file():
        raise CopyError(f"There is no database {database} in this folder.")
    done = {str(database): _in_file(database, remove)}
    _wait_for_copies(where)
    aside = sorted(database.absolute().parent.glob(f"{database.name}.replaced-*"))
    files = [copy.path for copy in copies.copies(where)]
    for file in [*files, *(each for each in aside if not each.name.endswith(copies.SIDES[1:]))]:
        with contextlib.suppress(FileNotFoundError):  # a newer copy took its place
            done[str(file)] = _in_file(file, remove)
    return done


def _in_file(file: Path, remove: Removal) -> Counter[str]:
    """Work on a file of SQLite, in one transaction; nothing is left in its free space either."""
    status = file.stat()

    def connect() -> sqlite3.Connection:
        address = file.absolute().as_uri() + "?mode=rw"
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute("BEGIN IMMEDIATE")
        removed = remove(connection, _tables(connection))
    if removed:
        with contextlib.closing(connect()) as connection:
            connection.execute("VACUUM")
            _empty_second_file(connection)
        os.utime(file, (status.st_atime, status.st_mtime))  # a copy shows when it was made
    return removed


def _empty_second_file(connection: sqlite3.Connection) -> None:
    """Take over what stands beside the file while it is served, without keeping anybody waiting.

    It waits for those who are reading, and nobody can write meanwhile: so in many short tries.
    """
    connection.execute("PRAGMA busy_timeout=100")
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            raise CopyError("The database is being read all the time: run this again later.")
        time.sleep(0.5)


def _in_schemas(url: str, remove: Removal) -> Iterator[tuple[str, Counter[str]]]:
    """Work on a database of PostgreSQL, and on what restoring put aside in it."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        aside = [s for s in inspect(connection).get_schema_names() if s.startswith("replaced_")]
        for schema in (None, *aside):
            place = f"schema {schema}" if schema else f"database {engine.url.database}"
            yield place, remove(connection, _tables(connection, schema))


def _tables(connection: Any, schema: str | None = None) -> Tables:
    """All tables, each before those that it refers to."""
    metadata = MetaData()
    metadata.reflect(connection, schema=schema)
    tables = {table.name: table for table in reversed(metadata.sorted_tables)}
    if PEOPLE not in tables:
        raise CopyError("This is not a database of oTree.")
    return tables


def _wait_for_copies(where: Path) -> None:
    """Wait for copies that were begun before: they hold what has just been removed."""
    begun = set(where.glob(f"copy-*{copies.UNFINISHED}*"))
    deadline = time.monotonic() + copies.SECONDS_FOR_A_DUMP
    while any(path.exists() for path in begun):
        if time.monotonic() > deadline:
            left = ", ".join(map(str, begun))
            raise CopyError(f"A copy does not get finished: delete {left}, and run this again.")
        time.sleep(0.1)


# ---------------------------------------------------------------------------------- the command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lab.remove",
        description="Remove a person, or what ties people to their panel, from the database of "
        "this folder and all its copies.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("code", nargs="?", help="the code of a participant")
    what.add_argument("--identifiers", metavar="SESSION", help="the code of a session")
    options = parser.parse_args(arguments)
    session, code = options.identifiers, options.code
    remove = partial(identifiers, session) if session else partial(person, code)
    try:
        done = everywhere(remove)
    except (CopyError, OSError, exc.SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", error))
        print(f"Not everything was removed: {' '.join(reason.split())}", file=sys.stderr)
        return 1
    if not any(done.values()):
        nobody = f"There is nobody with the code {code}."
        none = f"No identifiers are stored of people in a session {session}."
        print(none if session else nobody, file=sys.stderr)
        return 1
    for place, counts in done.items():
        print(place)
        for table, number in sorted(counts.items()):
            print(f"{number:>8}  {table}")
    places = sum(n for c in done.values() for table, n in c.items() if table.endswith(DRAWS))
    if places:
        print("What stays: the place in the list of arms, without the person.")
    print("Files that were exported, and copies in other places, are yours to change.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
