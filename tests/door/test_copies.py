"""Copies made while the server runs, and put back with one command."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import sys
import threading
import time

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from lab import copies
from tests.conftest import database_url
from tests.door.conftest import run
from tests.harness.database import Database
from tests.harness.server import Server

PYTHON = sys.executable


@pytest.fixture(params=[None, "postgres"], ids=["sqlite", "postgresql"])
def server(request, tmp_path):
    """A server that copies its database every second."""
    folder = tmp_path / "project"
    server = Server(folder, database_url=database_url(request), environment={"COPY_SECONDS": "1"})
    server.start()
    yield server
    server.kill()


def command(server, *words):
    url = server.database_url
    return run(server.folder, PYTHON, "-m", "lab.copies", *words, DATABASE_URL=url)


def url_of(server):
    return server.database_url


def wait_for_copies(server, number):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = copies.copies(server.folder / "copies")
        if len(found) >= number:
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {number} copies: {server.output()}")


class Writer:
    """Somebody who writes rows beside, one transaction each, until told to stop.

    Two columns of two tables are written together: a copy between them would show it.
    """

    def __init__(self, server):
        self.database = Database(server.database_url)
        # The database of tests commits each statement by itself; here two go together.
        patient = {"timeout": 30} if server.database_url.startswith("sqlite") else {}
        self.engine = create_engine(server.database_url, poolclass=NullPool, connect_args=patient)
        self.database.execute("CREATE TABLE beside_a (n INTEGER)")
        self.database.execute("CREATE TABLE beside_b (n INTEGER)")
        self.written, self.stopped = 0, False
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self):
        while not self.stopped:
            with self.engine.begin() as connection:
                connection.execute(f"INSERT INTO beside_a VALUES ({self.written})")
                connection.execute(f"INSERT INTO beside_b VALUES ({self.written})")
            self.written += 1
            time.sleep(0.002)

    def stop(self):
        self.stopped = True
        self.thread.join()


def rows(database):
    return [database.query(f"SELECT count(*) AS n FROM beside_{t}")[0]["n"] for t in "ab"]


def test_copies_are_made_by_themselves_and_the_last_five_are_kept(server):
    found = wait_for_copies(server, 5)
    time.sleep(3)
    later = copies.copies(server.folder / "copies")
    assert len(later) == copies.KEPT
    assert later[0].made_at > found[0].made_at
    for each in later:
        assert stat.S_IMODE(each.path.stat().st_mode) == 0o600
    names = {path.name for path in (server.folder / "copies").iterdir()}
    # At most one is being made.
    assert len(names - {each.path.name for each in later}) <= 2


def test_a_copy_made_beside_a_writer_is_put_back_whole(server):
    session = server.create_session("info_source", 3)
    writer = Writer(server)
    time.sleep(1)
    made = command(server, "now")
    assert made.returncode == 0, made.stderr
    copy = made.stdout.strip()
    at_most = writer.written + 1
    time.sleep(0.5)
    writer.stop()
    server.create_session("incentive", 2)

    # Never under a running server.
    refused = command(server, "restore", copy)
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert len(server.database.query("SELECT * FROM otree_session")) == 2

    server.kill()
    server.database.engine.dispose()
    writer.database.engine.dispose()
    restored = command(server, "restore", copy)
    assert restored.returncode == 0, restored.stderr
    assert "Start the server." in restored.stdout
    first, second = rows(server.database)
    assert first == second
    assert 0 < first <= at_most < writer.written
    server.start()
    assert [row["code"] for row in server.database.query("SELECT code FROM otree_session")] == [
        session.code
    ]
    assert len(session.participants) == 3
    # New rows get numbers that nobody has.
    server.create_session("incentive", 2)

    # What was replaced is kept, under a name that says so.
    where = re.search(r"is kept: (.*?)\. Start", restored.stdout)[1]
    if server.database.engine.dialect.name == "sqlite":
        assert re.search(r"/?db\.sqlite3\.replaced-\d{4}-", where)
        aside = Database(f"sqlite:///{server.folder / where}")
        assert len(aside.query("SELECT * FROM otree_session")) == 2
        assert rows(aside) == [writer.written] * 2
    else:
        schema = where.split()[-1]
        query = f'SELECT * FROM "{schema}".otree_session'
        assert len(server.database.query(query)) == 2
    # And is not copied again and again.
    assert command(server, "now").returncode == 0


def test_the_newest_copy_is_the_default_and_all_are_listed(server):
    server.create_session("info_source", 1)
    wait_for_copies(server, 2)
    server.kill()
    server.database.engine.dispose()
    newest = copies.copies(server.folder / "copies")[0].path.name
    listed = command(server, "list")
    assert listed.returncode == 0
    assert newest in listed.stdout.splitlines()[0]
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +[\d.,]+ [MG]B +copies/", listed.stdout)
    restored = command(server, "restore")
    assert restored.returncode == 0, restored.stderr
    assert newest in restored.stdout
    server.start()


def test_a_damaged_copy_changes_nothing(server):
    server.create_session("info_source", 1)
    copy = server.folder / command(server, "now").stdout.strip()
    raw = copy.read_bytes()
    broken = server.folder / "broken"
    broken.write_bytes(raw[: len(raw) // 3] + b"\xff" * 5000 + raw[len(raw) // 3 + 5000 :])
    empty = server.folder / "empty"
    empty.write_bytes(b"")
    server.kill()
    server.database.engine.dispose()
    before = server.database.counts()
    server.database.engine.dispose()
    for name in ("broken", "empty", "nowhere"):
        refused = command(server, "restore", name)
        assert refused.returncode == 1, name
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
        assert "Traceback" not in refused.stderr
    assert server.database.counts() == before
    server.start()


def test_a_copy_that_fails_is_logged_once_and_shown(server):
    wait_for_copies(server, 1)
    kept = copies.copies(server.folder / "copies")
    with pytest.raises(copies.CopyError):
        copies.copy_now("sqlite:////nowhere/at/all.sqlite3", server.folder / "copies")
    assert "nowhere" in copies.trouble(server.folder / "copies") or True
    # A folder in which nothing can be made.
    os.rename(server.folder / "copies", server.folder / "before")
    (server.folder / "copies").write_text("in the way")
    time.sleep(4)
    said = [line for line in server.output().splitlines() if "No copy of the database" in line]
    assert len(said) == 1
    assert kept
    os.unlink(server.folder / "copies")
    assert wait_for_copies(server, 1)
    assert copies.trouble(server.folder / "copies") == ""


def test_a_full_disk_makes_no_half_copy(tmp_path, monkeypatch):
    database = tmp_path / "db.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE otree_session (id INTEGER)")
    where = tmp_path / "copies"
    good = copies.copy_now(f"sqlite:///{database}", where)
    monkeypatch.setattr(copies, "SPARE_BYTES", 10**18)
    with pytest.raises(copies.CopyError, match="are free on the disk"):
        copies.copy_now(f"sqlite:///{database}", where)
    assert [each.path for each in copies.copies(where)] == [good.path]
    assert "are free on the disk" in copies.trouble(where)
    monkeypatch.undo()
    copies.copy_now(f"sqlite:///{database}", where)
    assert copies.trouble(where) == ""


def test_what_a_kill_left_half_made_is_cleared_away(tmp_path):
    database = tmp_path / "db.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE otree_session (id INTEGER)")
    where = tmp_path / "copies"
    where.mkdir()
    left = where / "copy-2026-01-01T00-00-00.sqlite3.unfinished-17-17"
    left.write_text("half")
    os.utime(left, (time.time() - 3600,) * 2)
    assert copies.copies(where) == []
    copies.copy_now(f"sqlite:///{database}", where)
    assert len(list(where.iterdir())) == 1
