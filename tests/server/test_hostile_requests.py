"""No request makes a traceback: each gets its answer, and the log one short line."""

import json
import socket
import struct
import time

import pytest
import requests
from websockets.exceptions import InvalidStatusCode

from study.finding import study_of
from tests.harness.participant import HttpParticipant
from tests.server.conftest import SHORT

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def quiet(server):
    """Afterwards the server still works, and its log holds no traceback of these requests."""
    before = len(server.output())
    yield server
    assert requests.get(f"{server.url}/demo", timeout=30).status_code == 200
    said = server.output()[before:]
    assert "Traceback" not in said, said[-3000:]
    assert max(map(len, said.splitlines()), default=0) < 500


def send(server, path, method="POST", data=None, headers=None):
    return requests.request(
        method,
        f"{server.url}{path}",
        data=data,
        headers=headers,
        timeout=30,
        allow_redirects=False,
    )


@pytest.mark.parametrize(
    ("path", "data", "headers"),
    [
        ("/api/sessions", None, None),
        ("/api/sessions", "{", JSON),
        ("/api/sessions", "[" * 100_000, JSON),
        ("/api/sessions", "[]", JSON),
        ("/api/sessions", '"x"', JSON),
        ("/api/sessions", '{"num_participants": 2}', JSON),
        ("/api/sessions", '{"session_config_name": "nobody", "num_participants": 2}', JSON),
        ("/api/sessions", '{"session_config_name": ["incentive"], "num_participants": 2}', JSON),
        ("/api/participant_vars", '{"room_name": "laboratory"}', JSON),
        ("/api/session_vars/nobody", '{"vars": 3}', JSON),
        ("/api/get_session/nobody", None, None),
        ("/room/open", "[]", JSON),
        ("/room/nowhere", "{}", JSON),
        ("/login", None, None),
        ("/login", "username=admin", FORM),
        ("/AdvanceSession/nobody", "x=1", FORM),
        ("/CloseRoom/nowhere", "x=1", FORM),
        ("/SaveDB", "foo", None),
        ("/demo", "a=b", FORM),
    ],
)
def test_a_post_that_makes_no_sense_is_refused(quiet, path, data, headers):
    assert 200 <= send(quiet, path, data=data, headers=headers).status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/logout",
        "/room/nowhere",
        "/room_without_session/nowhere",
        "/room_with_session/nowhere",
        "/join/nobody",
        "/InitializeParticipant/nobody",
        "/OutOfRangeNotification/nobody",
        "/MTurkStart/nobody",
        f"/p/nobody/{study_of('incentive').address}/Consent/1",
        f"/p/nobody/{study_of('incentive').address}/Consent/x",
        "/SessionMonitor/nobody",
        "/session_data/nobody",
        "/api/export_app",
        "/api/export_app?app=nothing",
        "/api/export_app?app=os",
        "/api/export_app_custom?app=info_source_experiment&function_name=app_of",
        "/api/export_app_custom?app=lab",
        "/api/export_wide?session_code=nobody",
        "/api/sessions/nobody",
        "/static/nothing.js",
        "/static/../settings.py",
        "/%00",
        "/%ff%fe",
        "/" + "x" * 5_000,
        "/demo/nobody",
        "/favicon.ico",
    ],
)
def test_an_address_that_makes_no_sense_is_answered(quiet, path):
    assert 200 <= send(quiet, path, "GET").status_code < 500


@pytest.mark.parametrize(
    "query", ["app_name=x", "app_name=info_source_experiment", "round_number=x", "round_number=-3"]
)
def test_a_report_that_does_not_exist_is_answered(quiet, query):
    session = quiet.create_session("incentive", 1)
    assert send(quiet, f"/AdminReport/{session.code}?{query}", "GET").status_code < 500


def test_a_back_button_that_no_page_has_does_nothing(quiet, join):
    session = quiet.create_session("incentive", 1, **SHORT)
    participant = join(session)
    for page in ("Consent", "Instructions", "Practice", "Checks"):
        participant.play_to(page)
        participant.post({"back_button": "1"})
        assert participant.name == page


def test_a_cookie_of_another_program_counts_as_none(quiet):
    for cookie in ("session=abc", "session=", 'session="; x', "a=b; session=eyJ4IjoxfQ==.x.y"):
        assert send(quiet, "/demo", "GET", headers={"Cookie": cookie}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/auto_advance",
        "/auto_advance?participant_code=x&page_index=y",
        "/wait_for_session_in_room",
        "/wait_for_session_in_room?room_name=nowhere&tab_unique_id=1",
        "/room_without_session/nowhere",
        "/wait_page?session_pk=1",
        "/group_by_arrival_time?x",
        "/chat?channel=a&participant_id=b",
        "/round?participant=nobody&page=1",
    ],
)
def test_the_address_of_a_socket_that_makes_no_sense_is_refused(quiet, path):
    with pytest.raises(InvalidStatusCode):
        quiet.live_socket(path).close()


FRAMES = ["{", "", "[]", "null", "3", '"x"', b"\xff\xfe", "[" * 100_000, json.dumps({"a": "b"})]


@pytest.mark.parametrize(
    "path",
    ["/create_session", "/create_demo_session", "/delete_sessions", "/export", "/auto_advance"],
)
def test_a_frame_that_makes_no_sense_is_passed_over_and_the_socket_lives_on(quiet, path):
    session = quiet.create_session("incentive", 1)
    [code] = session.participants
    query = f"?participant_code={code}&page_index=1" if path == "/auto_advance" else ""
    with quiet.live_socket(path + query) as socket:
        for frame in FRAMES:
            socket.send(frame)
        if path == "/create_demo_session":
            socket.send({"session_config": "incentive"})
            while "session_url" not in socket.receive():
                pass
        elif path == "/delete_sessions":
            socket.send([session.code])
            while socket.receive() != "ok":
                pass


def test_a_page_whose_participant_was_deleted_meanwhile_is_told(quiet):
    session = quiet.create_session("incentive", 1, force_arm="reward", **SHORT)
    participant = HttpParticipant(session.join_url, quiet.database)
    participant.play_to("EffortRound")
    journal = participant.journal(1)
    with quiet.live_socket(participant.live_path) as socket:
        with quiet.live_socket("/delete_sessions") as admin:
            admin.send([session.code])
            assert admin.receive() == "ok"
        # Its place in the database is not given to whoever comes next.
        later = quiet.create_session("incentive", 1, force_arm="reward", **SHORT)
        socket.send(journal)
        assert socket.receive() == {"moved_on": True}
        [code] = later.participants
        assert quiet.database.answers(code, "main") == []
    assert participant.http.get(participant.page.url, timeout=30).status_code == 404
    participant.close()


def test_whoever_is_gone_in_the_middle_of_a_handshake_leaves_a_line(quiet):
    head = (
        "GET /create_session HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    for close in ("at once", "in the frame"):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", quiet.port)) as gone:
                gone.sendall(head.encode())
                if close == "in the frame":
                    gone.recv(1000)
                    gone.sendall(b"\x88\x82\x00\x00\x00\x00\x03\xe8")
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(1)


@pytest.mark.parametrize(
    "kinds",
    [
        ['multipart/form-data; boundary="' + "\\" * 40],
        ['multipart/form-data; boundary="' + "\\" * 40, FORM["Content-Type"]],
        [FORM["Content-Type"], 'multipart/form-data; boundary="' + "\\" * 40],
        ["multipart/form-data; boundary=x"],
    ],
)
def test_a_form_that_takes_a_parser_for_ever_is_not_read(quiet, kinds):
    part = '--x\r\nContent-Disposition: form-data; name="' + "\\" * 40 + "\r\n\r\nx\r\n--x--\r\n"
    lines = ["POST /login HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(part)}"]
    lines += [f"Content-Type: {kind}" for kind in kinds]
    with socket.create_connection(("127.0.0.1", quiet.port), timeout=10) as client:
        client.sendall(("\r\n".join(lines) + "\r\n\r\n" + part).encode())
        assert client.recv(100).split()[1] in (b"400", b"415")
