"""The experimenter's page about the server."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import time
from pathlib import Path

import otree
import pytest
import requests

from lab import copies
from tests.door.conftest import CLOSED, PASSWORD, login
from tests.harness.server import Server, running

FRESH = {"COPY_SECONDS": "1"}


def text_of(server, browser=requests):
    answer = browser.get(f"{server.url}/server", timeout=30)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def until_shown(server, what, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if re.search(what, text_of(server)):
            return text_of(server)
        time.sleep(0.2)
    raise AssertionError(f"{what!r} is not shown: {text_of(server)}")


def test_only_experimenters_see_it(folder):
    with running(folder, environment=CLOSED) as server:
        answer = requests.get(f"{server.url}/server", allow_redirects=False, timeout=30)
        assert answer.status_code == 302
        assert answer.headers["location"].endswith("/login")
        assert "Last copy" in text_of(server, login(server, PASSWORD))


@pytest.mark.parametrize("kind", [None, "postgres"], ids=["sqlite", "postgresql"])
def test_it_shows_the_last_copy_the_disk_and_that_all_is_well(request, folder, kind):
    url = request.getfixturevalue("postgres").new_database() if kind else None
    with running(folder, database_url=url, environment=FRESH) as server:
        said = until_shown(server, r"Last copy \d+ s ago")
        assert "All is well" in said
        assert ("PostgreSQL" if kind else "SQLite") in said
        assert re.search(r"Disk [\d,.]+ [GM]B free", said)
        assert "Pages and server agree" in said
        assert "Answers refused none" in said
        assert str(folder / "copies") in said
        assert copies.copies(folder / "copies")[-1].path.name in said


def test_it_shows_cuts_and_stops(folder):
    server = Server(folder)
    server.start()
    time.sleep(1.5)
    server.kill()
    server.start()
    os.kill(server.pid, signal.SIGTERM)
    server.process.wait(20)
    server.start()
    try:
        said = text_of(server)
    finally:
        server.kill()
    assert "Cut off once in the last 24 hours" in said
    assert "Worth a look below: Server" in said
    table = said.split("Away for")[1]
    assert re.findall(r"running|stopped|cut off", table)[:3] == ["running", "stopped", "cut off"]


def test_it_shows_disagreements_refusals_and_copies_that_fail(folder):
    with running(folder, environment=FRESH) as server:
        until_shown(server, r"Last copy \d+ s ago")
        server.database.execute(
            "INSERT INTO lab_disagreement (participant_code, phase, page_number, server_number,"
            " at) VALUES ('abcd1234', 'main', 17, 15, :now)",
            now=time.time(),
        )
        server.database.execute("UPDATE lab_run SET refused = 3")
        server.folder.joinpath("copies").rename(server.folder / "moved")
        server.folder.joinpath("copies").write_text("in the way")
        said = until_shown(server, "Worth a look below: Last copy")
        assert "Pages and server disagreed once" in said
        assert re.search(r"abcd1234 main 17 15", said)
        assert "Answers refused 3" in said


def test_it_refreshes_itself_and_says_when_the_server_is_gone(folder, browser):
    with running(folder, environment=FRESH) as server:
        context = browser.new_context(viewport={"width": 375, "height": 700})
        page = context.new_page()
        page.goto(f"{server.url}/server")
        before = page.inner_text(".board-now")
        page.wait_for_function(
            "before => document.querySelector('.board-now').innerText !== before",
            arg=before,
            timeout=15_000,
        )
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 375
        server.kill()
        page.wait_for_selector("#board-lost:not([hidden])", timeout=15_000)
        context.close()


def test_the_menu_of_otree_is_the_one_that_ours_replaces():
    """If this fails after an update of oTree, compare `_templates/otree/includes/navbar.html`."""
    menu = Path(otree.__file__).parent / "templates" / "otree" / "includes" / "navbar.html"
    known = "6e27b1983c2e64250b82580fc4647e1eda3e4cb05c11b6bd1c232cb821b3f65a"
    assert hashlib.sha256(menu.read_bytes()).hexdigest() == known
