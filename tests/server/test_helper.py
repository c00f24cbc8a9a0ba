"""What is slow is done beside the server for the experimenter, and holds up nobody."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import requests

from tests.harness.participant import HttpParticipant
from tests.server.conftest import SHORT, read_csv

PROMPT_SECONDS = 5


@pytest.fixture
def played(own_server):
    """A server with somebody who has come, and its helper process."""
    session = own_server.create_session("incentive", 2, **SHORT)
    participant = HttpParticipant(session.join_url, own_server.database)
    participant.play_to("Instructions")
    [helper] = [
        each
        for each in psutil.Process(own_server.pid).children()
        if "spawn_main" in " ".join(each.cmdline())
    ]
    yield own_server, session, participant, helper.pid
    participant.close()


def first_rows(server, session):
    """What the Monitor is sent first; later come the rows of those who go on."""
    with server.live_socket(f"/session_monitor/{session.code}") as socket:
        return socket.receive()["rows"]


def export_over_socket(server):
    with server.live_socket("/export") as socket:
        socket.send({})
        return socket.receive()["data"]


def test_a_helper_that_hangs_holds_up_nobody(played):
    server, session, participant, helper = played
    os.kill(helper, signal.SIGSTOP)
    with ThreadPoolExecutor(4) as admin:
        try:
            asked = [
                admin.submit(first_rows, server, session),
                admin.submit(export_over_socket, server),
                admin.submit(server.export, "wide"),
                admin.submit(
                    requests.get, f"{server.url}/SessionPayments/{session.code}", timeout=60
                ),
            ]
            time.sleep(1)
            assert not any(each.done() for each in asked)
            before = time.monotonic()
            participant.next()
            participant.play_to("Comprehension")
            assert time.monotonic() - before < PROMPT_SECONDS
            assert not any(each.done() for each in asked[1:])
        finally:
            os.kill(helper, signal.SIGCONT)
        rows, over_socket, wide, payments = (each.result(60) for each in asked)
    assert len(rows) == 1
    assert len(read_csv(over_socket)) == len(read_csv(wide)) == 2
    assert payments.status_code == 200


def test_a_helper_that_dies_is_started_again_and_asked_again(played):
    server, session, participant, helper = played
    os.kill(helper, signal.SIGKILL)
    assert len(first_rows(server, session)) == 1
    assert len(read_csv(server.export("wide"))) == 2
    assert len(server.create_session("incentive", 3).participants) == 3
    participant.next()
    assert "Traceback" not in server.output()


def test_deleting_waits_for_the_database_without_stopping_the_server(own_server):
    """As long as somebody else writes; the server goes on with what needs no database."""
    if not own_server.database_url.startswith("sqlite"):
        return
    session = own_server.create_session("incentive", 1, **SHORT)
    with own_server.database.engine.connect() as other:
        other.execute("BEGIN IMMEDIATE")
        with own_server.live_socket("/delete_sessions") as admin:
            admin.send([session.code])
            time.sleep(0.5)
            before = time.monotonic()
            requests.get(f"{own_server.url}/static/lab/style.css", timeout=30)
            assert time.monotonic() - before < PROMPT_SECONDS / 2
            other.execute("ROLLBACK")
            assert admin.receive() == "ok"
