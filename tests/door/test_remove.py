"""One person, or what ties people to their panel, is removed from the database and every copy."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from lab import copies
from tests.conftest import database_url
from tests.door.conftest import run
from tests.harness.load.panel import with_a_panel
from tests.harness.participant import HttpParticipant
from tests.harness.server import ROOT, Server
from tests.server.conftest import SHORT, table, wide

STUDY = with_a_panel()
APP = "info_source_experiment"


@pytest.fixture(params=[None, "postgres"], ids=["sqlite", "postgresql"])
def server(request, tmp_path):
    """A server that makes no copies by itself."""
    folder = tmp_path / "project"
    server = Server(folder, database_url=database_url(request), environment={"COPY_SECONDS": "0"})
    server.start()
    yield server
    server.kill()


def command(server, *words, module="lab.remove"):
    url = server.database_url
    return run(server.folder, sys.executable, "-m", module, *words, DATABASE_URL=url)


def is_sqlite(server):
    return server.database_url.startswith("sqlite")


def places_with(server, text):
    """Tables and files that hold a text, on SQLite also in what was deleted."""
    engine = create_engine(server.database_url, poolclass=NullPool)
    found = []
    for name in inspect(engine).get_table_names():
        rows = server.database.query(f'SELECT * FROM "{name}"')
        found += [name for row in rows if any(text in str(value) for value in row.values())]
    for path in [*server.folder.glob("db.sqlite3*"), *server.folder.glob("copies/*")]:
        if path.suffix == ".dump":
            held = subprocess.run(
                ["pg_restore", "--file=-", path], capture_output=True, check=True
            )
            content = held.stdout
        else:
            content = path.read_bytes()
        found += [path.name] if text.encode() in content else []
    return found


def test_a_person_goes_from_everywhere_and_nobody_else_loses_anything(server, tmp_path):
    session = server.create_session("info_source", 6, **SHORT)
    people = [HttpParticipant(session.join_url, server.database) for _ in range(4)]
    for person in people[:3]:
        person.play_to("Checks")
    for _ in range(2):
        assert command(server, "now", module="lab.copies").returncode == 0
    ana, others = people[1], [people[0], people[2]]
    before = wide(session)
    assert len(places_with(server, ana.code)) > 8

    removed = command(server, ana.code)
    assert removed.returncode == 0, removed.stderr
    assert f"{APP}_answer" in removed.stdout
    assert "otree_pagetimebatch" in removed.stdout
    assert "What stays: the place in the list of arms" in removed.stdout
    assert places_with(server, ana.code) == []
    kept = copies.copies(server.folder / "copies")
    assert len(kept) == (2 if is_sqlite(server) else 1)

    # Everybody else is as before, and the server goes on: the next place is a new one.
    column = f"{APP}.1.subsession.removed_places"
    place = before[ana.code][f"{APP}.1.player.assignment_number"]
    after = wide(session)
    assert ana.code not in after
    for person in others:
        assert before[person.code] | {column: f"all:{place}"} == after[person.code]
    people[3].play_to("Checks")
    assert people[3].html
    assert wide(session)[people[3].code][f"{APP}.1.player.assignment_number"] == "4"
    # Whoever was removed is nobody to the server, and reads why nothing is there any more.
    answer = ana.http.get(ana.page.url, timeout=60)
    assert answer.status_code == 404
    assert "they may have been deleted" in answer.text

    # The analysis takes the gap for what it is.
    files = {"wide.csv": server.export("wide", session_code=session.code)}
    for name in ("custom_export", "custom_export_comprehension", "custom_export_assignment"):
        query = {"app": APP, "function_name": name, "session_code": session.code}
        files[f"{name}.csv"] = server.export("app_custom", **query)
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "analysis", "check", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    assert f"place {place} of this stratum is empty: participants were removed" in told.stdout
    log = table(session, APP, "custom_export_assignment")
    assert [row["participant_code"] for row in log].count("") == 1

    again = command(server, ana.code)
    assert again.returncode == 1
    assert again.stderr == f"There is nobody with the code {ana.code}.\n"
    assert again.stdout == ""

    server.kill()
    stopped = command(server, others[0].code)
    assert stopped.returncode == 0, stopped.stderr
    assert places_with(server, others[0].code) == []
    assert places_with(server, others[1].code) != []


def test_a_database_that_was_put_aside_loses_the_person_too(server):
    session = server.create_session("info_source", 2, **SHORT)
    person = HttpParticipant(session.join_url)
    assert command(server, "now", module="lab.copies").returncode == 0
    server.kill()
    assert command(server, "restore", module="lab.copies").returncode == 0
    removed = command(server, person.code)
    assert removed.returncode == 0, removed.stderr
    assert "replaced" in removed.stdout
    assert places_with(server, person.code) == []


def test_the_identifiers_of_a_session_go_and_its_data_stay(server):
    address = "https://panel.example/{id}"
    first, second = (
        server.create_session(STUDY.name, 3, return_declined=address) for _ in range(2)
    )
    link, other = (each.join_url.replace("/join/", "/panel/") for each in (first, second))
    person = HttpParticipant(f"{link}?id=member-one")
    person.next(consent="False")
    HttpParticipant(f"{other}?id=member-two")
    assert command(server, "now", module="lab.copies").returncode == 0
    before = wide(first)
    deleted = command(server, "--identifiers", first.code)
    assert deleted.returncode == 0, deleted.stderr
    assert "1  lab_panelist" in deleted.stdout
    assert places_with(server, "member-one") == []
    assert places_with(server, "member-two") != []
    assert wide(first) == before
    person.reload()
    assert "panel.example" not in person.html
    again = command(server, "--identifiers", first.code)
    assert again.returncode == 1
    assert again.stderr.startswith("No identifiers are stored of people in")


def test_without_a_database_it_says_so(tmp_path):
    done = run(tmp_path, sys.executable, "-m", "lab.remove", "abcd1234", PYTHONPATH=str(ROOT))
    assert done.returncode == 1
    assert "There is no database db.sqlite3 in this folder." in done.stderr
    assert not list(tmp_path.glob("db.sqlite3*"))
