"""How the server serves, and how it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import time

import pytest
import requests
import websockets

from tests.door.conftest import run
from tests.harness.live import LOOP
from tests.harness.server import Server, children, running

SECONDS_TO_STOP = 8


def test_there_is_no_timeout_worker(own_server):
    commands = subprocess.run(
        [
            "ps",
            "-o",
            "args=",
            "-p",
            ",".join(map(str, [own_server.pid, *children(own_server.pid)])),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "prodserver" in commands
    assert "timeoutsubprocess" not in commands


def test_it_does_not_name_itself(own_server):
    for path in ("/demo", "/static/lab/page.js", "/nowhere"):
        assert "server" not in requests.get(own_server.url + path, timeout=30).headers


async def _socket(url):
    return await websockets.connect(url, ping_interval=None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_whoever_is_still_connected(own_server, number):
    session = own_server.create_session("info_source", 1)
    page = requests.Session()
    page.get(session.join_url, timeout=30)  # stays connected
    half = socket.create_connection(("127.0.0.1", own_server.port))
    half.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
    live = LOOP.run(_socket(f"ws://127.0.0.1:{own_server.port}/session_monitor/{session.code}"))
    began = time.monotonic()
    own_server.process.send_signal(number)
    assert own_server.process.wait(SECONDS_TO_STOP + 5) == 0
    assert time.monotonic() - began < SECONDS_TO_STOP
    assert "Traceback" not in own_server.output()
    [run] = own_server.database.query("SELECT * FROM lab_run")
    assert run["stopped_at"] >= run["started_at"]
    half.close()
    page.close()
    LOOP.run(live.close())


def test_ctrl_c_while_it_is_being_loaded_leaves_no_traceback(folder):
    server = Server(folder)
    server.launch()
    while not (folder / ".secrets.toml").exists():  # the settings are read, oTree is not
        time.sleep(0.01)
    server.process.send_signal(signal.SIGINT)
    server.process.wait(20)
    assert "Traceback" not in server.output()


def test_sockets_are_not_compressed_and_are_asked_every_five_seconds(own_server):
    async def look():
        pings = []
        url = f"ws://127.0.0.1:{own_server.port}/session_monitor/x"
        async with websockets.connect(url, ping_interval=None) as opened:
            answer = opened.pong  # what the library does for every ping of the server

            async def pong(data=b""):
                pings.append(time.monotonic())
                await answer(data)

            opened.pong = pong
            await asyncio.sleep(11)
            return opened.extensions, pings

    extensions, pings = LOOP.run(look())
    assert extensions == []
    assert len(pings) == 2
    assert pings[1] - pings[0] == pytest.approx(5, abs=1)


def test_a_socket_that_says_nothing_any_more_is_closed(own_server):
    """As that of a computer whose plug was pulled."""

    async def fall_silent():
        url = f"ws://127.0.0.1:{own_server.port}/session_monitor/x"
        opened = await websockets.connect(url, ping_interval=None)

        async def nothing(data=b""):
            pass

        opened.pong = nothing
        began = time.monotonic()
        await asyncio.wait_for(opened.wait_closed(), 30)
        return time.monotonic() - began, opened.close_code

    seconds, code = LOOP.run(fall_silent())
    assert 9 < seconds < 20
    assert code == 1011


def test_a_socket_that_reads_nothing_is_closed(own_server):
    with socket.create_connection(("127.0.0.1", own_server.port)) as deaf:
        deaf.sendall(
            b"GET /session_monitor/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b"101 Switching Protocols" in deaf.recv(1000)
        time.sleep(27)
        deaf.settimeout(5)
        while deaf.recv(10_000):  # what was on its way, then the end
            pass


def test_a_socket_that_sends_too_much_is_closed(own_server):
    async def send():
        url = f"ws://127.0.0.1:{own_server.port}/session_monitor/x"
        async with websockets.connect(url, max_size=None) as opened:
            await opened.send("x" * 2_000_000)
            await opened.wait_closed()
            return opened.close_code

    assert LOOP.run(send()) == 1009


def test_a_second_server_on_one_sqlite_database_is_refused_in_a_sentence(folder, port):
    with running(folder):
        ended = run(folder, "otree", "prodserver", f"127.0.0.1:{port}")
    assert ended.returncode == 78
    assert ended.stderr.strip() == "Another server is running on this database: stop it first."


def test_a_port_in_use_leaves_no_traceback(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run(folder, "otree", "prodserver", f"127.0.0.1:{taken.getsockname()[1]}")
    assert ended.returncode == 1
    assert "in use" in ended.stderr
    assert "Traceback" not in ended.stderr
