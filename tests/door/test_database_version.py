"""A database that another version made, or that is damaged, is refused before it is touched."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys

import pytest

from tests.conftest import database_url
from tests.door.conftest import environment, run
from tests.harness.database import Database
from tests.harness.server import Server, link_project


@pytest.fixture(params=[None, "postgres"], ids=["sqlite", "postgresql"])
def stopped(request, tmp_path):
    """A server that has served a session and was stopped."""
    server = Server(tmp_path / "project", database_url=database_url(request))
    server.start()
    server.create_session("info_source", 2)
    server.kill()
    yield server
    server.kill()


def start(server, command="prodserver"):
    """Start it; what it said when it ended."""
    server.database.engine.dispose()
    return run(
        server.folder,
        "otree",
        command,
        f"127.0.0.1:{server.port}",
        DATABASE_URL=server.database_url,
    )


def assert_refused(server, why):
    before = server.database.counts()
    ended = start(server)
    assert ended.returncode == 78, ended
    [said] = ended.stderr.splitlines()
    assert "was made by another version" in said
    assert why in said
    assert "export its data with that version" in said
    if server.database.engine.dialect.name == "sqlite":
        assert "`mv db.sqlite3 archive.sqlite3`" in said
    else:
        assert "pg_dump --format=custom --file=archive.dump study" in said
        assert "DATABASE_URL" in said
    assert server.database.counts() == before


def test_one_without_a_column_is_refused(stopped):
    stopped.database.execute("ALTER TABLE incentive_experiment_player DROP COLUMN psm_1")
    assert_refused(stopped, "table incentive_experiment_player has no column psm_1")


def test_one_of_version_1_which_wrote_no_diary_is_refused(stopped):
    stopped.database.execute("DROP TABLE lab_run")
    stopped.database.execute("DROP TABLE lab_disagreement")
    assert_refused(stopped, "it has no table lab_run")


def test_one_of_a_later_version_is_refused(stopped):
    stopped.database.execute("ALTER TABLE incentive_experiment_player ADD COLUMN invented INTEGER")
    assert_refused(stopped, "table incentive_experiment_player has a column invented")


def test_what_others_keep_in_the_same_database_is_none_of_our_business(stopped):
    stopped.database.execute("CREATE TABLE recruitment (name TEXT)")
    stopped.start()
    assert stopped.database.counts()["otree_session"] == 1


def test_after_archiving_as_the_sentence_says_it_starts(stopped, postgres):
    stopped.database.execute("DROP TABLE lab_run")
    said = start(stopped).stderr
    command = said.split("archive it with `")[1].split("`")[0]
    if stopped.database.engine.dialect.name == "postgresql":
        port = stopped.database.engine.url.port
        command += f" --host=127.0.0.1 --port={port} --username=postgres"
        stopped.environment["DATABASE_URL"] = postgres.new_database()
    subprocess.run(command.split(), cwd=stopped.folder, env=environment(), check=True)
    assert list(stopped.folder.glob("archive.*"))
    stopped.start()
    stopped.create_session("incentive", 1)


def test_resetdb_may_throw_it_away(stopped):
    stopped.database.execute("ALTER TABLE incentive_experiment_player DROP COLUMN psm_1")
    stopped.database.engine.dispose()
    ended = run(stopped.folder, "otree", "resetdb", "--noinput", DATABASE_URL=stopped.database_url)
    assert ended.returncode == 0, ended.stderr
    stopped.start()
    assert stopped.database.counts()["otree_session"] == 0


@pytest.mark.parametrize("damage", ["head", "middle", "no database"])
def test_a_damaged_file_is_refused_in_a_sentence(tmp_path, damage):
    server = Server(tmp_path / "project")
    server.start()
    server.create_session("info_source", 20)
    server.kill()
    # Reading merges what stands beside the file, which would repair it.
    server.database.counts()
    server.database.engine.dispose()
    file = server.folder / "db.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(file.read_bytes())
    if damage == "head":
        raw[:50] = bytes(50)
    elif damage == "middle":
        raw[len(raw) // 2 : len(raw) // 2 + 20_000] = b"\xff" * 20_000
    else:
        raw = bytearray(b"not a database at all. " * 1000)
    file.write_bytes(raw)
    ended = start(server)
    assert ended.returncode == 78, ended
    [said] = ended.stderr.splitlines()
    assert "is damaged" in said
    assert "`python -m lab.copies restore`" in said
    assert file.read_bytes() == raw


def test_a_database_that_does_not_answer_is_said_in_a_sentence(folder, port):
    url = f"postgresql://nobody:secret@127.0.0.1:{port}/nothing"
    ended = run(folder, "otree", "prodserver", f"127.0.0.1:{port}", DATABASE_URL=url)
    # It may be back in a moment: the supervisor tries again.
    assert ended.returncode == 1
    assert "The database nothing cannot be reached" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


def test_servers_that_start_together_on_an_empty_postgresql_do_not_trip(tmp_path, postgres):
    url = postgres.new_database()
    servers = [Server(tmp_path / f"project{n}", database_url=url) for n in range(3)]
    try:
        for server in servers:
            server.launch()
        for server in servers:
            server.wait_until_ready()
            assert "Traceback" not in server.output()
        assert len(Database(url).query("SELECT * FROM lab_run")) == 3
    finally:
        for server in servers:
            server.kill()


def test_the_version_that_is_written_down_is_that_of_the_change_log(tmp_path):
    link_project(tmp_path)
    asked = "import sys; from otree.main import setup; setup(); from lab import diary;"
    ended = run(tmp_path, sys.executable, "-c", asked + "print(diary.VERSION)")
    newest = next(
        line for line in (tmp_path / "CHANGELOG.md").read_text().splitlines() if "## " in line
    )
    assert newest.split()[1] == ended.stdout.strip()
