"""`make run`: the server is started again when it dies, and nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from study import words
from tests.door.conftest import environment, run
from tests.harness.server import Supervised, children, is_alive, running

SECONDS = 30


@pytest.fixture
def supervised(folder):
    with running(folder, Supervised) as server:
        yield server


def until(condition, seconds=SECONDS):
    """Wait until something is so; it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds")


def server_of(supervised):
    """The process of the server."""
    [pid, *_] = until(lambda: children(supervised.pid))
    return pid


def answers(supervised):
    return requests.get(f"{supervised.url}/demo", timeout=30).status_code


def test_after_six_kills_it_serves_and_no_process_is_left(supervised):
    number = len(supervised.processes())
    killed = []
    codes = set()
    for _ in range(6):
        killed.append(server_of(supervised))
        os.kill(killed[-1], signal.SIGKILL)
        until(lambda: not is_alive(killed[-1]))

        def is_back():
            # Nobody is ever refused: the supervisor answers on the same socket.
            codes.add(answers(supervised))
            return answers(supervised) == 200

        until(is_back)
    assert codes == {200, 503}
    assert len(set(killed)) == 6
    until(lambda: len(supervised.processes()) == number)
    processes = supervised.processes()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(SECONDS) == 0
    assert not any(map(is_alive, processes))
    assert "Traceback" not in supervised.output()
    rows = supervised.database.query("SELECT stopped_at FROM lab_run ORDER BY id")
    assert [row["stopped_at"] is None for row in rows] == [True] * 6 + [False]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both_in_order(supervised, number):
    session = supervised.create_session("info_source", 1)
    with requests.Session() as browser:
        browser.get(session.join_url, timeout=30)
        processes = supervised.processes()
        began = time.monotonic()
        supervised.process.send_signal(number)
        assert supervised.process.wait(SECONDS) == 0
        assert time.monotonic() - began < 8
    assert not any(map(is_alive, processes))
    assert "Traceback" not in supervised.output()
    [row] = supervised.database.query("SELECT stopped_at FROM lab_run")
    assert row["stopped_at"] is not None


def test_a_signal_while_the_server_is_being_loaded_leaves_nothing(folder):
    server = Supervised(folder)
    server.launch()
    time.sleep(1)
    processes = server.processes()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(SECONDS) == 0
    assert not any(map(is_alive, processes))
    assert "Traceback" not in server.output()


def test_ctrl_c_in_a_terminal_reaches_make_and_all_below(folder):
    """The terminal sends it to every process of the group at once."""
    server = Supervised(folder)
    server.start()
    processes = server.processes()
    os.killpg(server.pid, signal.SIGINT)
    assert server.process.wait(SECONDS) == 0
    assert not any(map(is_alive, processes))
    assert "Traceback" not in server.output()


def test_who_kills_the_supervisor_kills_the_server(supervised):
    processes = supervised.processes()
    os.kill(supervised.pid, signal.SIGKILL)
    until(lambda: not any(map(is_alive, processes)), 15)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", supervised.port)) != 0
    supervised.process.wait()
    supervised.start()
    assert answers(supervised) == 200


def test_a_server_that_cannot_start_is_given_up_in_a_sentence(folder, port):
    broken = folder / "settings.py"
    text = broken.read_text()
    broken.unlink()
    broken.write_text("raise RuntimeError('broken on purpose')\n" + text)
    ended = run(folder, sys.executable, "start.py", PORT=str(port))
    assert ended.returncode == 1
    assert "ended 5 times before it was ready" in ended.stderr


def test_what_must_not_be_started_is_not_tried_again(folder, port):
    ended = run(folder, sys.executable, "start.py", HOST="0.0.0.0", PORT=str(port))
    assert ended.returncode == 78
    assert len(ended.stderr.splitlines()) == 1
    assert "python -m lab.door" in ended.stderr


def test_a_port_in_use_is_said_in_a_sentence(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(folder, sys.executable, "start.py", PORT=str(port))
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        f"Port {port} is in use. Choose another: PORT={port + 10} make run"
    )


def test_a_port_that_is_no_number_is_said_in_a_sentence(folder):
    ended = run(folder, sys.executable, "start.py", PORT="http")
    assert ended.returncode == 2
    assert ended.stderr.strip() == "PORT is 'http', but must be a number from 1 to 65535."


# ----------------------------------------------------------------------------- what one reads


def hold_down(supervised):
    """Kill the server, and stop the next one in its tracks while it is being loaded; it."""
    killed = server_of(supervised)
    os.kill(killed, signal.SIGKILL)
    until(lambda: not is_alive(killed))
    pid = server_of(supervised)
    os.kill(pid, signal.SIGSTOP)
    assert answers(supervised) == 503
    return pid


@pytest.mark.parametrize(("language", "header"), [("en", "en-GB,en"), ("it", "it-IT,it;q=0.9")])
def test_meanwhile_participants_read_what_is_happening(supervised, language, header):
    hold_down(supervised)
    answer = requests.get(
        f"{supervised.url}/p/abc/study/Consent/1", headers={"Accept-Language": header}, timeout=30
    )
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) <= 5
    said = words.shared(language, words.COMMON)["restarting"]
    assert said["title"] in answer.text
    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    program = requests.get(f"{supervised.url}/api/sessions", timeout=30)
    assert program.status_code == 503
    assert "<html" not in program.text


def test_the_page_goes_on_by_itself_and_what_was_sent_meanwhile_is_kept(supervised, browser):
    session = supervised.create_session("info_source", 2)
    context = browser.new_context(locale="en")
    complaints = []
    page, other = context.new_page(), context.new_page()
    page.goto(session.start_url(session.participants[0]))
    other.goto(session.start_url(session.participants[1]))
    for each in (page, other):
        each.on("console", lambda said: complaints.append(said.text))
        each.check("input[name=consent][value=True]")
    other_address = other.url
    # It dies between two clicks: one page is sent, another opened, while nobody is there.
    pid = hold_down(supervised)
    title = words.shared("en", words.COMMON)["restarting"]["title"]
    # As a browser sends it whose scripts did not load: the page itself would try again by itself.
    page.evaluate("document.getElementById('form').submit()")
    page.wait_for_selector(f"h1:text('{title}')")
    other.reload()
    other.wait_for_selector(f"h1:text('{title}')")
    os.kill(pid, signal.SIGCONT)
    page.wait_for_url("**/Instructions/**", timeout=30_000)
    other.wait_for_selector("input[name=consent]", timeout=30_000)
    assert other.url == other_address
    consents = supervised.database.query(
        "SELECT consent FROM info_source_experiment_player ORDER BY id"
    )
    assert [row["consent"] for row in consents] == [1, None]
    assert [text for text in complaints if "Content Security Policy" in text] == []
    context.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"x" * 100_000,
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\nabc",
        b"POST /%22onload= HTTP/1.1\r\nContent-Length: 9\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n%22%3E=%3C",
        b"GET /live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ],
)
def test_the_waiting_page_is_unmoved_by_what_strangers_send(supervised, sent):
    pid = hold_down(supervised)
    with socket.create_connection(("127.0.0.1", supervised.port)) as stranger:
        stranger.sendall(sent)
        assert answers(supervised) == 503
        os.kill(pid, signal.SIGCONT)
        until(lambda: answers(supervised) == 200)
    assert "Traceback" not in supervised.output()
    assert "exception" not in supervised.output()


def test_three_hundred_at_once_read_it(supervised):
    hold_down(supervised)
    codes = []

    def look():
        codes.append(answers(supervised))

    threads = [threading.Thread(target=look) for _ in range(300)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(codes) == 300
    assert set(codes) == {503}


# --------------------------------------------------------------------------------- make and pip


def test_make_run_is_the_same(folder, port):
    (folder / ".venv").symlink_to(sys.prefix)
    process = subprocess.Popen(
        # What is installed here is good enough, and shared with other tests.
        ["make", "--old-file=.venv/.installed", "run"],
        cwd=folder,
        env=environment(PORT=str(port)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:

        def serves():
            try:
                return requests.get(f"http://127.0.0.1:{port}/demo", timeout=5).status_code == 200
            except requests.ConnectionError:
                return False

        until(serves, 60)
        left = children(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=SECONDS)[0].decode()
    assert not any(map(is_alive, left))
    assert "Traceback" not in said
    assert re.search(rf"Serving at http://localhost:{port}", said)
