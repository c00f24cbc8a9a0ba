"""Copies of the database, made while the server runs, and put back with one command.

``python -m lab.copies list``, ``now``, ``restore [FILE]``. SQLite is copied by its own online
backup, PostgreSQL by pg_dump. A copy gets its name only when it is whole and on the disk, and
older ones go only after that. What restoring replaces is kept. Nothing here needs oTree.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import NullPool

logger = logging.getLogger("otree.copies")

DB_FILE = Path("db.sqlite3")
"""Where oTree keeps its SQLite database, whatever DATABASE_URL says."""

KEPT = 5
EVERY_SECONDS = 60
SPARE_BYTES = 200 * 1024 * 1024
"""A copy leaves so much of the disk free: the database itself must be able to grow."""

SIDES = ("", "-wal", "-shm", "-journal")
TROUBLE = "trouble.txt"
STAMP = "%Y-%m-%dT%H-%M-%S"
NAME = re.compile(r"copy-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:-\d+)?\.(sqlite3|dump)")
UNFINISHED = ".unfinished"
SECONDS_FOR_A_DUMP = 600


class CopyError(RuntimeError):
    """A copy could not be made or put back. The message is one sentence."""


@dataclass(frozen=True)
class Copy:
    """A copy of the database. made_at: Unix seconds."""

    path: Path
    made_at: float
    size: int


def database_url() -> str:
    """The database of the project in this folder."""
    url = os.environ.get("DATABASE_URL", "")
    return url if url and not url.startswith("sqlite") else f"sqlite:///{DB_FILE}"


def folder() -> Path:
    """Where copies are kept: COPIES, for example on another disk, else `copies`."""
    return Path(os.environ.get("COPIES") or "copies")


def copies(where: Path) -> list[Copy]:
    """All copies in a folder, the newest first."""
    found = []
    for path in where.glob("copy-*"):
        if NAME.fullmatch(path.name):
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                found.append(Copy(path, status.st_mtime, status.st_size))
    return sorted(found, key=lambda copy: (copy.made_at, copy.path.name), reverse=True)


def trouble(where: Path) -> str:
    """Why the last copy was not made; empty if it was."""
    with contextlib.suppress(OSError):
        return (where / TROUBLE).read_text("utf-8").strip()
    return ""


# ------------------------------------------------------------------------------------ making one


def copy_now(url: str, where: Path, keep: int = KEPT) -> Copy:
    """Copy the database at ``url`` into a folder; older copies than the last ``keep`` go.

    May run in any process or thread, beside servers that write. Raises CopyError.
    """
    try:
        made = _copy(make_url(url), where)
    except (CopyError, OSError, sqlite3.Error, subprocess.SubprocessError) as error:
        reason = " ".join(str(error).split())
        with contextlib.suppress(OSError):
            (where / TROUBLE).write_text(reason + "\n", "utf-8")
        raise CopyError(reason) from error
    for old in copies(where)[keep:]:
        with contextlib.suppress(OSError):
            old.path.unlink()
    with contextlib.suppress(OSError):
        (where / TROUBLE).unlink()
    return made


def _copy(url: URL, where: Path) -> Copy:
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in where.glob(f"copy-*{UNFINISHED}*"):
        # Of a process that was killed; another may be making one at this moment.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > 2 * SECONDS_FOR_A_DUMP:
                left.unlink()
    sqlite = url.get_backend_name() == "sqlite"
    path = _free_name(where, "sqlite3" if sqlite else "dump")
    mine = f"{os.getpid()}-{threading.get_ident()}"
    unfinished = path.with_name(f"{path.name}{UNFINISHED}-{mine}")
    last = copies(where)[:1]
    needed = Path(url.database).stat().st_size if sqlite else (last[0].size if last else 0)
    free = shutil.disk_usage(where).free
    if free < needed + SPARE_BYTES:
        raise CopyError(
            f"Only {megabytes(free)} are free on the disk of {where}, too little for a copy."
        )
    try:
        (_copy_sqlite if sqlite else _dump)(url, unfinished)
        _to_disk(unfinished)
        unfinished.replace(path)
        _to_disk(where)
    finally:
        for side in SIDES:
            with contextlib.suppress(OSError):
                unfinished.with_name(unfinished.name + side).unlink()
    status = path.stat()
    return Copy(path, status.st_mtime, status.st_size)


def _free_name(where: Path, suffix: str) -> Path:
    stem = f"copy-{time.strftime(STAMP)}"
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    paths = (where / f"{name}.{suffix}" for name in names)
    return next(path for path in paths if not path.exists())


def _copy_sqlite(url: URL, path: Path) -> None:
    """In one step, so that a busy writer cannot make it begin again and again."""
    source = Path(url.database).absolute().as_uri() + "?mode=rw"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    with (
        contextlib.closing(sqlite3.connect(source, uri=True, timeout=30)) as database,
        contextlib.closing(sqlite3.connect(path)) as copy,
    ):
        database.backup(copy)
        # One file, also if the database itself has its newest pages in a second one.
        copy.execute("PRAGMA journal_mode=DELETE")
    _check_sqlite(path)


def _check_sqlite(path: Path) -> None:
    """Raise CopyError unless the file is a whole database of oTree."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as copy:
            [found] = copy.execute("PRAGMA quick_check(1)").fetchone()
            tables = copy.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'otree_session'"
            ).fetchone()
    except sqlite3.Error as error:
        raise CopyError(f"{path} is not a whole database: {error}.") from error
    if found != "ok":
        raise CopyError(f"{path} is not a whole database: {' '.join(found.split())}")
    if tables == (0,):
        raise CopyError(f"{path} is not a database of oTree.")


def _dump(url: URL, path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    # Without what earlier restoring has put aside.
    _postgres("pg_dump", url, "--format=custom", f"--file={path}", "--exclude-schema=replaced_*")


def _postgres(program: str, url: URL, *arguments: str) -> str:
    """Run a program of PostgreSQL on the database; what it printed. The password stays hidden."""
    if shutil.which(program) is None:
        raise CopyError(f"{program} is not on the path: install PostgreSQL's client programs.")
    variables = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
    }
    done = subprocess.run(
        [program, "--no-password", *arguments],
        env=os.environ | {name: str(value) for name, value in variables.items() if value},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_FOR_A_DUMP,
        check=False,
    )
    if done.returncode:
        raise CopyError(f"{program} failed: {' '.join(done.stderr.split())}")
    return done.stdout


def _to_disk(path: Path) -> None:
    """Wait until a file, or the list of a folder, is on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seconds_between() -> float:
    """Seconds between two copies: COPY_SECONDS, else a minute; 0: none are made."""
    try:
        return max(0.0, float(os.environ.get("COPY_SECONDS") or EVERY_SECONDS))
    except ValueError:
        return EVERY_SECONDS


def keep_copying(url: str, where: Path, every: float) -> threading.Thread:
    """Make a copy every so many seconds, in a thread, until the process ends."""

    def go_on() -> None:
        said = ""
        while True:
            time.sleep(every)
            try:
                copy_now(url, where)
                said = ""
            except CopyError as error:
                if str(error) != said:  # once, not every minute
                    said = str(error)
                    logger.warning("No copy of the database was made: %s", said)
            except Exception:
                logger.exception("No copy of the database was made")

    thread = threading.Thread(target=go_on, name="copies", daemon=True)
    thread.start()
    return thread


# --------------------------------------------------------------------------------- is it running?


def hold(url: str) -> Any:
    """Mark the SQLite database as served by this process, as long as the result is kept.

    None: another process serves it. The mark goes with the process, however it ends.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return object()
    file = open(f"{parsed.database}.served", "a+b")  # noqa: SIM115
    try:
        if os.name == "posix":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        file.close()
        return None
    return file


# --------------------------------------------------------------------------------- putting it back


def restore(url: str, copy: Path) -> str:
    """Put a copy back in place of the database; where what was there is kept. Raises CopyError."""
    if not copy.is_file():
        raise CopyError(f"There is no file {copy}.")
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _restore_sqlite(parsed, copy)
    return _restore_postgres(parsed, copy)


def _restore_sqlite(url: URL, copy: Path) -> str:
    _check_sqlite(copy)
    mark = hold(str(url))
    if mark is None:
        raise CopyError("The server is running: stop it first.")
    with mark:
        database = Path(url.database)
        new = database.with_name(f"{database.name}.new")
        shutil.copyfile(copy, new)
        _to_disk(new)
        aside = database.with_name(f"{database.name}.replaced-{time.strftime(STAMP)}")
        # With what SQLite has not yet merged into it, under names by which it finds it again.
        for side in SIDES:
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{database}{side}", f"{aside}{side}")
        os.replace(new, database)
        _to_disk(database.absolute().parent)
        return str(aside)


def _restore_postgres(url: URL, copy: Path) -> str:
    _postgres("pg_restore", url, "--list", str(copy))
    with create_engine(url, poolclass=NullPool).begin() as connection:
        query = text(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        others = connection.execute(query).scalar()
    if others:
        raise CopyError(
            f"The server, or another program, is connected to the database ({others} times): "
            "stop it first."
        )
    aside = f"replaced_{time.strftime('%Y%m%d_%H%M%S')}"
    _move_tables(url, "public", aside)
    try:
        _postgres(
            "pg_restore",
            url,
            f"--dbname={url.database}",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            str(copy),
        )
    except CopyError:
        _move_tables(url, aside, "public")
        raise
    return f"schema {aside}"


def _move_tables(url: URL, source: str, target: str) -> None:
    """Move all tables from one schema to another, in one transaction."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        query = text("SELECT tablename FROM pg_tables WHERE schemaname = :source")
        names = [name for (name,) in connection.execute(query, source=source)]
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{target}"'))
        for name in names:
            connection.execute(text(f'ALTER TABLE "{source}"."{name}" SET SCHEMA "{target}"'))
        if source != "public":
            connection.execute(text(f'DROP SCHEMA "{source}"'))


# ------------------------------------------------------------------------------------ the command


def megabytes(size: float) -> str:
    if size >= 10**10:
        return f"{size / 10**9:,.0f} GB"
    return f"{size / 10**6:,.0f} MB" if size >= 10**7 else f"{size / 10**6:,.1f} MB"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lab.copies", description="Copies of the database of this folder."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the copies, the newest first")
    commands.add_parser("now", help="make a copy now")
    putting = commands.add_parser("restore", help="put a copy back; the server must be stopped")
    putting.add_argument("file", nargs="?", type=Path, help="which copy; default: the newest")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except (CopyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    url, where = database_url(), folder()
    found = copies(where)
    if options.command == "now":
        print(copy_now(url, where).path)
        return 0
    if options.command == "list":
        for copy in found:
            made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(copy.made_at))
            print(f"{made}  {megabytes(copy.size):>10}  {copy.path}")
        if not found:
            print(f"No copies in {where}.", file=sys.stderr)
        return 0
    if options.file is None and not found:
        raise CopyError(f"No copies in {where}.")
    chosen = options.file or found[0].path
    aside = restore(url, chosen)
    print(f"Put back {chosen}. What was there before is kept: {aside}. Start the server.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
