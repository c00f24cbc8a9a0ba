"""Server CPU per answer of the effort task, against a page with a one-field echo.

    python -m benchmarks.live_messages [--messages 1000] [--participants 1 8 32]

One server process serves both pages in the same run, on SQLite. The echo stores one field of the
player and sends it back: the least that a live page which keeps anything can do. CPU seconds are
those of the server process (user and system), read before and after each batch of messages; the
load comes from this process and does not count. Batches of the two pages alternate.

Targets: at one answer per message at most 1.25 times the echo; per answer when five travel in one
message at most 0.3 times.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil
import websockets
from tabulate import tabulate

from tests.harness.participant import HttpParticipant
from tests.harness.server import Server, link_project

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

SETTINGS = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("project_settings", {path!r})
project = importlib.util.module_from_spec(spec)
spec.loader.exec_module(project)
globals().update({{k: v for k, v in vars(project).items() if k.isupper()}})
SESSION_CONFIGS = project.SESSION_CONFIGS + [
    dict(name="echo", app_sequence=["echo"], num_demo_participants=1)
]
"""

ECHO_PAGE = "{{ block content }}{{ next_button }}{{ endblock }}"
GROUPS = (1, 8, 32)
BATCHES = 5
ROUND_SECONDS = 3600


def make_project(folder: Path) -> None:
    """The project with the echo app beside the others."""
    root = Path(__file__).parents[1]
    (folder / "echo").mkdir(parents=True)
    (folder / "echo" / "__init__.py").write_text(ECHO_APP)
    (folder / "echo" / "Echo.html").write_text(ECHO_PAGE)
    (folder / "settings.py").write_text(SETTINGS.format(path=str(root / "settings.py")))
    link_project(folder)


class Player:
    """One open live socket, and what is to be sent over it."""

    def __init__(self, socket, cards, solve) -> None:
        self.socket, self.cards, self.solve, self.applied = socket, cards, solve, 0

    async def exchange(self, message: dict) -> dict:
        await self.socket.send(json.dumps(message))
        reply = json.loads(await self.socket.recv())
        assert reply["otree_success"], reply
        return reply["live_method_payload"]

    async def echo(self, _: int) -> None:
        self.applied += 1
        reply = await self.exchange({"value": self.applied})
        assert reply == {"value": self.applied}

    async def answer(self, travelling: int) -> None:
        numbers = range(self.applied + 1, self.applied + 1 + travelling)
        answers = [
            {
                "item": number,
                "response": self.solve(self.cards[number]),
                "shown_ms": 1000,
                "answered_ms": 2000,
                "focus_lost": 0,
                "pasted": False,
            }
            for number in numbers
        ]
        have = max(self.cards)
        reply = await self.exchange({"round": "main", "have": have, "answers": answers})
        assert reply["applied"] == numbers[-1], reply
        self.applied = reply["applied"]
        self.cards |= {card["item"]: card for card in reply["items"]}


async def burst(players: list[Player], kind: str, messages: int, travelling: int) -> None:
    each = max(1, messages // len(players))

    async def one(player: Player) -> None:
        for _ in range(each):
            await getattr(player, kind)(travelling)

    await asyncio.gather(*(one(player) for player in players))


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def measure(server: Server, echoes, workers, size: int, messages: int) -> list[list]:
    process = psutil.Process(server.pid)
    sockets = []

    async def connect(path: str):
        socket = await websockets.connect(f"ws://127.0.0.1:{server.port}{path}", max_size=None)
        sockets.append(socket)
        return socket

    echo_players = [Player(await connect(path), {}, None) for path in echoes[:size]]
    task_players = [
        Player(await connect(w.live_path), {c["item"]: c for c in w.round["items"]}, w.solve)
        for w in workers
    ]
    kinds = {"echo": (echo_players, 1), "answer": (task_players, 1), "five": (task_players, 5)}
    costs: dict[str, list[float]] = {kind: [] for kind in kinds}
    for batch in range(BATCHES + 1):
        for kind, (players, travelling) in kinds.items():
            before = cpu(process)
            await burst(players, "echo" if kind == "echo" else "answer", messages, travelling)
            sent = max(1, messages // size) * size
            if batch:  # the first one warms up
                costs[kind].append((cpu(process) - before) / (sent * travelling))
    for socket in sockets:
        await socket.close()
    echo = statistics.median(costs["echo"])
    return [
        [
            size,
            kind,
            statistics.median(cost) * 1000,
            statistics.median(c / e for c, e in zip(cost, costs["echo"], strict=True)),
        ]
        for kind, cost in costs.items()
        if echo
    ]


def echo_paths(server: Server, count: int) -> list[str]:
    import re

    session = server.create_session("echo", count)
    paths = []
    for _ in range(count):
        page = HttpParticipant(session.join_url).html
        paths.append(
            re.search(r'id="otree-live" data-socket-url="([^"]+)"', page)[1].replace("&amp;", "&")
        )
    return paths


def workers_for(server: Server, count: int) -> list[HttpParticipant]:
    """Participants in the main round, which began long ago, so that no answer is too fast."""
    session = server.create_session(
        "incentive",
        count,
        practice_items=0,
        baseline_seconds=5,
        task_seconds=ROUND_SECONDS,
        force_arm="control",
    )
    found = [HttpParticipant(session.join_url) for _ in range(count)]
    for worker in found:
        worker.play_to("BaselineRound")
    time.sleep(5)
    for worker in found:
        worker.play_to("MainRound")
    with sqlite3.connect(server.folder / "db.sqlite3", timeout=30) as database:
        database.execute(
            "UPDATE incentive_experiment_player SET effort_started_at = effort_started_at - 1e6"
        )
    for worker in found:
        worker.reload()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=1000, help="messages per batch")
    parser.add_argument("--participants", type=int, nargs="+", default=GROUPS)
    options = parser.parse_args()
    rows, failed = [], False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        make_project(folder)
        server = Server(folder)
        server.start()
        try:
            for size in options.participants:
                found = asyncio.run(
                    measure(
                        server,
                        echo_paths(server, size),
                        workers_for(server, size),
                        size,
                        options.messages,
                    )
                )
                rows += found
                ratios = {kind: ratio for _, kind, _, ratio in found}
                failed |= ratios["answer"] > 1.25 or ratios["five"] > 0.3
        finally:
            server.kill()
    print(
        tabulate(
            rows, ["participants", "message", "CPU ms per answer", "ratio to echo"], floatfmt=".2f"
        )
    )
    print("missed" if failed else "met", "the targets: answer at most 1.25, five at most 0.30")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
