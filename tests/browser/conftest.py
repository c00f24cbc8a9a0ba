"""Participants at a browser, and a network between it and the server that can fail."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.harness import proxy as network
from tests.harness.keyboard import KeyboardParticipant
from tests.harness.participant import HttpParticipant
from tests.harness.server import running

SEED = "s4browser"
ROUNDS = dict(practice_items=2, baseline_seconds=60, task_seconds=600, voluntary_seconds=60)


@pytest.fixture(scope="session")
def web_server(tmp_path_factory):
    """A server for the browser's tests; one of them kills it and starts it again."""
    with running(tmp_path_factory.mktemp("web") / "project") as server:
        yield server


@pytest.fixture
def proxy(web_server):
    with network.between(web_server.port) as proxy:
        yield proxy


@pytest.fixture
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def sit_down(web_server, proxy, context):
    """Open the study in the browser at a page that one has reached over plain HTTP."""
    with ExitStack() as leave:

        def sit_down(page_name="", config="incentive", **parameters):
            chosen = ROUNDS | {"force_arm": "reward", "seed": SEED} | parameters
            session = web_server.create_session(config, 1, **chosen)
            if page_name:
                guide = HttpParticipant(session.join_url, web_server.database)
                leave.callback(guide.close)
                guide.play_to(page_name)
            [code] = session.participants
            participant = KeyboardParticipant(context.new_page(), SEED)
            participant.page.goto(f"{proxy.url}/InitializeParticipant/{code}")
            if participant.in_round():
                participant.open_round()
            return participant

        yield sit_down
