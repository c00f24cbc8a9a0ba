"""Server CPU per answer of the effort task, against three other servers in the same run.

    python -m benchmarks.live_messages [--messages 600] [--sockets 1 32] [--uproot FOLDER]

Four servers, each in a process of its own, on SQLite:

- answer, five: this project, one or five answers in a message;
- echo: a minimal oTree project whose live page stores one field and sends it back, the least that
  a live page which keeps anything can do;
- bare: a Starlette socket that writes the same two rows into the same tables (a copy of this
  project's database) with the same pragmas, and commits once a message: the least that anything
  can do that keeps its promise;
- uproot: one task (a new puzzle and its answer) of the encryption example of uproot-science 0.10,
  in an environment of its own that is made in a cache folder (about 90 MB, once).

CPU seconds are user and system of the server process and all its children, read before and after
each batch of messages; the load comes from this process and does not count. Batches alternate;
ratios are medians over batches.

Targets: an answer at most 0.20 times the echo with one socket and 0.15 times with 32; at most 0.07
times when five travel in a message; at most 1.5 times the bare socket; at most 0.4 times a task of
uproot.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
from tabulate import tabulate

from benchmarks import uproot
from benchmarks.servers import allow_many_files, verdict
from tests.harness.load.people import MOST_ANSWERS, Record, Worker, Working, socket_of, solve
from tests.harness.load.scene import path_of
from tests.harness.load.wire import Browser, Socket
from tests.harness.server import Server, free_port

ECHO_SETTINGS = """
SESSION_CONFIGS = [dict(name="echo", app_sequence=["echo"], num_demo_participants=1)]
SESSION_CONFIG_DEFAULTS = dict(real_world_currency_per_point=1.00, participation_fee=0.00)
LANGUAGE_CODE = "en"
REAL_WORLD_CURRENCY_CODE = "EUR"
USE_POINTS = False
ADMIN_USERNAME = "admin"
ADMIN_PASSWORD = ""
SECRET_KEY = "benchmark"
"""

ECHO_APP = """
from otree.api import *

class C(BaseConstants):
    NAME_IN_URL = "echo"
    PLAYERS_PER_GROUP = None
    NUM_ROUNDS = 1

class Subsession(BaseSubsession): pass
class Group(BaseGroup): pass
class Player(BasePlayer):
    value = models.IntegerField()

class Echo(Page):
    @staticmethod
    def live_method(player, data):
        player.value = data["value"]
        return {player.id_in_group: {"value": player.value}}

page_sequence = [Echo]
"""

ECHO_PAGE = "{{ block content }}{{ next_button }}{{ endblock }}"

BARE = """
import json, sqlite3, sys, time
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

database = sqlite3.connect(sys.argv[2], isolation_level=None)
for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
    database.execute("PRAGMA " + pragma)
players = [row[0] for row in database.execute("SELECT id FROM incentive_experiment_player")]
names = ("player_id", "phase", "item", "prompt", "response", "solution", "correct", "shown_at",
    "answered_at", "response_ms", "received_at", "late", "focus_lost", "pasted", "keys")
INSERT = (f"INSERT INTO incentive_experiment_answer ({', '.join(names)}) "
    f"VALUES ({', '.join('?' for name in names)})")
UPDATE = ("UPDATE incentive_experiment_player SET effort_attempts = ?, effort_correct = ?, "
    "effort_stored = ?, effort_seconds = ? WHERE id = ? AND effort_stored = ?")
START = "UPDATE incentive_experiment_player SET effort_stored = 0 WHERE id = ?"

async def serve(websocket):
    await websocket.accept()
    execute, player = database.execute, players.pop()
    execute(START, (player,))
    while True:
        event = await websocket.receive()
        if event["type"] != "websocket.receive":
            return
        message = json.loads(event["text"])
        execute("BEGIN IMMEDIATE")
        for each in message["answers"]:
            item, now, said = each["item"], time.time(), each["response"]
            execute(UPDATE, (item, item, item, 1.0, player, item - 1))
            execute(INSERT, (player, "main", item, "WORD", said, said, True, now, now,
                each["answered_ms"] - each["shown_ms"], now, False, each["focus_lost"],
                each["pasted"], each["keys"]))
        execute("COMMIT")
        await websocket.send_text(json.dumps({"applied": item}))

app = Starlette(routes=[
    WebSocketRoute("/", serve), Route("/", lambda request: PlainTextResponse("here"))
])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""

SOCKETS = (1, 32)
BATCHES = 5
PLACES = 100
FIVE = 5
ROUND_SECONDS = 3600
BEGAN_EARLIER = 3300
START_SECONDS = 30.0
Turn = Callable[[], Awaitable[None]]


def cpu(pid: int) -> float:
    """User and system seconds of a process and its children, to the nanosecond."""
    process = psutil.Process(pid)
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        # The clock of another process, as `clock_getcpuclockid` names it on Linux.
        with contextlib.suppress(OSError):
            total += time.clock_gettime((~each.pid << 3) | 2)
    return total


# ------------------------------------------------------------------------------- the servers


class EchoServer(Server):
    """A minimal oTree project: nothing of this project is in it."""

    def prepare(self) -> None:
        (self.folder / "echo").mkdir(parents=True)
        (self.folder / "_static").mkdir()
        (self.folder / "settings.py").write_text(ECHO_SETTINGS)
        (self.folder / "echo" / "__init__.py").write_text(ECHO_APP)
        (self.folder / "echo" / "Echo.html").write_text(ECHO_PAGE)


@contextlib.contextmanager
def bare_server(server: Server, path: Path) -> Iterator[tuple[int, int]]:
    """The bare socket, on a copy of the database of ``server``: its port and process."""
    server.create_session("incentive", PLACES)
    with (
        contextlib.closing(sqlite3.connect(server.database_url.removeprefix("sqlite:///"))) as old,
        contextlib.closing(sqlite3.connect(path)) as copy,
    ):
        old.backup(copy)
    port = free_port()
    command = [sys.executable, "-c", BARE, str(port), str(path)]
    process = subprocess.Popen(command)
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    async def ask() -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            browser = Browser(port)
            try:
                await browser.get("/")
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)
            finally:
                browser.close()

    asyncio.run(ask())


# -------------------------------------------------------------------------- what is measured


async def echoes(server: Server, size: int) -> list[Turn]:
    """Turns of people at the echo."""
    session = server.create_session("echo", size)
    return [await _echo(server.port, path_of(session.join_url)) for _ in range(size)]


async def _echo(port: int, link: str) -> Turn:
    browser = Browser(port)
    page = (await browser.get(link)).text
    found = re.search(r'id="otree-live" data-socket-url="([^"]+)"', page)
    assert found
    socket = await browser.socket(found[1].replace("&amp;", "&"))
    browser.close()
    value = 0

    async def turn() -> None:
        nonlocal value
        value += 1
        socket.send_json({"value": value})
        reply = await socket.receive_json()
        assert reply["live_method_payload"] == {"value": value}, reply

    return turn


async def answers(server: Server, size: int, travelling: int) -> list[Turn]:
    """Turns of people in the main round, which began long ago, so that no answer is too fast."""
    record = Record()
    session = server.create_session(
        "incentive",
        size,
        practice_items=0,
        baseline_seconds=5,
        task_seconds=ROUND_SECONDS,
        force_arm="control",
    )
    people = [Worker(server.port, record, str(n)) for n in range(size)]
    await asyncio.gather(*(person.come(path_of(session.join_url)) for person in people))
    turns = []
    for person in people:
        server.database.move_clock(person.code, "main", BEGAN_EARLIER)
        await person.reload()
        turns.append(await _answer(person, travelling))
        person.leave()
    return turns


async def _answer(person: Worker, travelling: int) -> Turn:
    working = Working(person)
    address = socket_of(person.page, "round-start")
    assert address
    assert travelling <= MOST_ANSWERS
    socket = await person.browser.socket(address)
    cards, applied = working.cards, working.applied

    async def turn() -> None:
        nonlocal applied
        said = {
            "round": working.phase,
            "have": max(cards),
            "acknowledged": applied,
            "answers": [
                _entry(item, solve(cards.pop(item)))
                for item in range(applied + 1, applied + 1 + travelling)
            ],
        }
        socket.send_json(said)
        reply = await socket.receive_json()
        assert reply["applied"] == applied + travelling, reply
        applied = reply["applied"]
        cards.update({card["item"]: card for card in reply["items"]})

    return turn


def _entry(item: int, response: str) -> dict[str, object]:
    return {
        "item": item,
        "response": response,
        "shown_ms": 1000,
        "answered_ms": 2000,
        "focus_lost": 0,
        "pasted": False,
        "keys": len(response),
    }


async def bare(port: int, size: int) -> list[Turn]:
    """Turns of people at the bare socket; they say what people in a round say."""
    return [_bare(await Socket.open(port, "/", "", START_SECONDS)) for _ in range(size)]


def _bare(socket: Socket) -> Turn:
    applied = 0

    async def turn() -> None:
        nonlocal applied
        applied += 1
        said = {"round": "main", "have": applied + 60, "acknowledged": applied - 1}
        socket.send(json.dumps({**said, "answers": [_entry(applied, "471288")]}))
        assert await socket.receive_json() == {"applied": applied}

    return turn


async def burst(turns: list[Turn], messages: int) -> int:
    """Let everybody take turns at once; how many turns there were."""
    each = max(1, messages // len(turns))

    async def one(turn: Turn) -> None:
        for _ in range(each):
            await turn()

    await asyncio.gather(*(one(turn) for turn in turns))
    return each * len(turns)


async def measure(
    contestants: dict[str, tuple[int, list[Turn], int]], size: int, messages: int
) -> dict[str, list[float]]:
    """CPU seconds per answer of each contestant (process, turns, answers a turn), by batch."""
    costs: dict[str, list[float]] = {kind: [] for kind in contestants}
    for batch in range(BATCHES + 1):
        for kind, (pid, turns, travelling) in contestants.items():
            number = messages // 2 if travelling > 1 else messages
            before = cpu(pid)
            done = await burst(turns, number)
            if batch:  # the first one warms up
                costs[kind].append((cpu(pid) - before) / (done * travelling))
    return costs


def targets(size: int) -> list[tuple[str, str, float]]:
    """What may cost at most how many times what, with so many sockets."""
    return [
        ("answer", "echo", 0.20 if size == 1 else 0.15),
        ("five", "echo", 0.07),
        ("answer", "bare", 1.5),
        ("answer", "uproot", 0.4),
    ]


def ratio(costs: dict[str, list[float]], kind: str, base: str) -> float:
    return statistics.median(a / b for a, b in zip(costs[kind], costs[base], strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=600, help="messages per batch")
    parser.add_argument("--sockets", type=int, nargs="+", default=SOCKETS)
    parser.add_argument("--uproot", type=Path, help="folder of its example encryption_task")
    options = parser.parse_args()
    allow_many_files()
    costs_table, ratios, failures = [], [], []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        other = stack.enter_context(uproot.serving(folder / "uproot_project", options.uproot))
        echo, server = EchoServer(folder / "echo_project"), Server(folder / "project")
        for each in (echo, server):
            stack.callback(each.kill)
            each.start()
        port, bare_pid = stack.enter_context(bare_server(server, folder / "bare.sqlite3"))

        async def run(size: int) -> dict[str, list[float]]:
            contestants = {
                "echo": (echo.pid, await echoes(echo, size), 1),
                "answer": (server.pid, await answers(server, size, 1), 1),
                "five": (server.pid, await answers(server, size, FIVE), FIVE),
                "bare": (bare_pid, await bare(port, size), 1),
            }
            if other:
                contestants["uproot"] = (other.pid, await uproot.tasks(other.port, size), 1)
            return await measure(contestants, size, options.messages)

        for size in options.sockets:
            costs = asyncio.run(run(size))
            for kind, each in costs.items():
                costs_table.append([size, kind, 1000 * statistics.median(each)])
            for kind, base, most in targets(size):
                if base in costs:
                    found = ratio(costs, kind, base)
                    ratios.append([size, f"{kind} / {base}", found, most])
                    if found > most:
                        failures.append(f"{kind} costs {found:.2f} {base} with {size} sockets")
    print(tabulate(costs_table, ["sockets", "", "CPU ms per answer"], floatfmt=".3f"))
    print(tabulate(ratios, ["sockets", "ratio", "found", "at most"], floatfmt=".3f"))
    if not other:
        print("uproot could not be installed or has no example, so nothing is compared with it.")
    return verdict(failures)


if __name__ == "__main__":
    os.environ.pop("OTREE_AUTH_LEVEL", None)
    sys.exit(main())
