"""What is committed is on the disk, and no deletion reads whole tables for every participant."""

import subprocess
import sys

import requests

from tests.harness.server import link_project
from tests.server.conftest import SHORT


def test_sqlite_keeps_a_log_and_writes_it_through(server):
    if server.database_url.startswith("sqlite"):
        assert server.database.query("PRAGMA journal_mode") == [{"journal_mode": "wal"}]


def test_our_connections_write_through(tmp_path):
    """A test with a kill cannot tell FULL from NORMAL: only a power cut can."""
    link_project(tmp_path / "project")
    asked = (
        "from lab.mending.connection import own_engine\n"
        "with own_engine().connect() as opened:\n"
        "    for name in ('journal_mode', 'synchronous', 'foreign_keys'):\n"
        "        print(opened.execute(f'PRAGMA {name}').scalar())"
    )
    command = [sys.executable, "-c", asked]
    done = subprocess.run(
        command, cwd=tmp_path / "project", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["wal", "2", "1"]


def test_every_reference_to_another_row_has_an_index(server):
    if server.database_url.startswith("sqlite"):
        tables = [
            row["name"]
            for row in server.database.query(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        for table in tables:
            indexes = server.database.query(f'PRAGMA index_list("{table}")')
            first = {
                server.database.query(f'PRAGMA index_info("{index["name"]}")')[0]["name"]
                for index in indexes
            }
            keys = server.database.query(f'PRAGMA foreign_key_list("{table}")')
            assert {key["from"] for key in keys} <= first, table
    else:
        missing = server.database.query(
            "SELECT c.conrelid::regclass::text AS name, c.conkey FROM pg_constraint c "
            "WHERE c.contype = 'f' AND NOT EXISTS (SELECT 1 FROM pg_index i "
            "WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])"
        )
        assert missing == []


def test_a_large_session_is_deleted_without_leaving_anything(server):
    before = server.database.counts()
    session = server.create_session("incentive", 1500, **SHORT)
    with server.live_socket("/delete_sessions") as admin:
        admin.send([session.code])
        assert admin.receive() == "ok"
    assert server.database.counts() == before
    assert requests.get(session.join_url, timeout=30).status_code == 404
