"""How many people one server process carries, how much memory they take, and a slow disk.

    python -m benchmarks.capacity [--databases sqlite] [--people 3000] [--seconds 60] [--fast]

Everyone answers a card every 3 seconds over the sockets that their page opens, beside 16 pages a
second that others send (a page: its post and the next page). First 3,000 people; then 300 while
every fsync takes 8 ms longer, on SQLite in the server and on PostgreSQL in the database. The load
comes from this process, which is lean; "own lag" is how late it was itself.

Targets: with 3,000 people p95 of answers within 50 ms and of pages within 150 ms, and at no time
more than 250 ms in which people waited and nobody was answered; memory flat over 15,000 messages
(at most 2% more). With the slow disk p95 of answers within 60 ms. In the end an oracle compares
everything that was acknowledged with the database.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
from tabulate import tabulate

from benchmarks import slow_disk
from benchmarks.servers import DATABASES, allow_many_files, serving, verdict
from study.finding import study_of
from tests.harness.database import page_number
from tests.harness.load.experimenter import Deeds, Experimenter
from tests.harness.load.figures import OwnLag
from tests.harness.load.oracle import Oracle, summary
from tests.harness.load.people import Left, Person, Poster, Record, Working
from tests.harness.load.scene import PARAMETERS, path_of
from tests.harness.load.wire import Gone
from tests.harness.server import Server

PEOPLE, PEOPLE_AT_A_SLOW_DISK = 3000, 300
EVERY, PAGES_A_SECOND, POSTERS = 3.0, 16, 48
ANSWERS_P95, PAGES_P95, LONGEST_SILENCE = 50.0, 150.0, 250.0
SLOWER_MS, SLOW_DISK_P95 = 8, 60.0
MESSAGES_OVER_WHICH_FLAT, GROWTH = 15_000, 1.02
COMING_AT_ONCE = 12
WARM_UP_SECONDS = 8.0
ROUND_SECONDS = 3600


@dataclass
class Pace:
    """Lets one page go after the other, so many a second."""

    a_second: float
    _due: float = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._due = max(self._due + 1 / self.a_second, now)
        await asyncio.sleep(self._due - now)


class PacedPoster(Poster):
    """Somebody who sends the next page when it is their turn."""

    pace: Pace

    async def think(self, seconds: float) -> None:
        await self.pace.turn()


@dataclass
class Memory:
    """Of the server process, in MB: alone, with everybody's sockets, and after more messages."""

    alone: float
    connected: float = 0.0
    later: float = 0.0


def megabytes(server: Server) -> float:
    """Resident memory of the server process itself; the helper's does not grow with people."""
    return float(serving_process(server).memory_info().rss) / 2**20


def serving_process(server: Server) -> psutil.Process:
    """The process that listens at the server's port."""
    started = psutil.Process(server.pid)
    return next(p for p in [started, *started.children()] if _serves(p, server.port))


def _serves(process: psutil.Process, port: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(
            line.laddr and line.laddr.port == port and line.status == psutil.CONN_LISTEN
            for line in process.net_connections(kind="tcp")
        )
    return False


async def come(server: Server, record: Record, codes: list[str]) -> list[Person]:
    """People in the baseline round, each at their own browser, all sockets of the page open."""
    people = [Person(server.port, record, code) for code in codes]
    allowed = asyncio.Semaphore(COMING_AT_ONCE)

    async def one(person: Person, code: str) -> None:
        async with allowed:
            await person.open(f"/InitializeParticipant/{code}")
            person.round = Working(person)
            await person.round.connect()
            person.browser.close()

    await asyncio.gather(*(one(*each) for each in zip(people, codes, strict=True)))
    return people


def put_into_the_round(server: Server, session: str) -> list[str]:
    """Let everybody of a session stand before the baseline round, as if they had come there."""
    database = server.database
    database.execute(
        "UPDATE incentive_experiment_player SET consent = :yes WHERE participant_id IN "
        "(SELECT id FROM otree_participant WHERE _session_code = :session)",
        yes=True,
        session=session,
    )
    database.execute(
        "UPDATE otree_participant SET _index_in_pages = :page, visited = :yes "
        "WHERE _session_code = :session",
        page=page_number(study_of("incentive"), "BaselineRound"),
        yes=True,
        session=session,
    )
    rows = database.query(
        "SELECT code FROM otree_participant WHERE _session_code = :session ORDER BY id",
        session=session,
    )
    return [row["code"] for row in rows]


async def carry(server: Server, people: int, seconds: float) -> tuple[list, Memory, list[str]]:
    """Load the server with so many people; a row of figures, memory, and what went wrong."""
    record, deeds, lag = Record(), Deeds(), OwnLag()
    experimenter = Experimenter(server, deeds, lambda: ({}, {}))
    crowd = await experimenter.create_by_rest("incentive", people, baseline_seconds=ROUND_SECONDS)
    walk = await experimenter.create_by_rest(
        "incentive", int(seconds) * 4 + 200, **PARAMETERS | {"practice_items": 0}
    )
    codes = put_into_the_round(server, crowd["code"])
    memory = Memory(alone=megabytes(server))
    working = await come(server, record, codes)
    memory.connected = megabytes(server)
    pace = Pace(PAGES_A_SECOND)
    link = path_of(walk["session_wide_url"])

    async def work(person: Person) -> None:
        try:
            await person.round.work(EVERY, 36_000)
        except (Left, Gone) as error:
            record.problem(f"{person.code}: {type(error).__name__} {error}")

    async def live(number: int) -> None:
        for life in range(1000):
            poster = PacedPoster(server.port, record, f"{number} {life}")
            poster.pace = pace
            try:
                await poster.live(link, 0.0)
            except Gone as gone:
                record.problem(f"poster {number}: {gone}")
                return
            finally:
                poster.leave()

    tasks = [asyncio.ensure_future(work(person)) for person in working]
    tasks += [asyncio.ensure_future(live(number)) for number in range(POSTERS)]
    tasks.append(asyncio.ensure_future(lag.watch()))
    await asyncio.sleep(WARM_UP_SECONDS)
    gc.collect()
    gc.freeze()
    before, settled = record.acknowledged, megabytes(server)
    await asyncio.sleep(0.5)  # until what came meanwhile has been read
    record.measure_anew()
    lag.longest = 0.0
    process = serving_process(server)
    for _ in range(round(seconds)):
        await asyncio.sleep(1)
        if not memory.later and record.acknowledged - before >= MESSAGES_OVER_WHICH_FLAT:
            memory.later = process.memory_info().rss / 2**20
    messages = record.acknowledged - before
    row = [
        people,
        *record.acknowledgements.row(),
        *record.pages.row(),
        len(record.pages) / seconds,
        1000 * record.silence.longest,
        1000 * lag.longest,
    ]
    memory.later = memory.later or megabytes(server)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for person in working:
        if person.round.socket:
            person.round.socket.close()
        person.leave()
    await asyncio.sleep(1)
    oracle = Oracle(server.database)
    problems = [*oracle.answers(record), *oracle.counters(), *oracle.posts(record)]
    wrong = [*record.problems, *deeds.failures]
    if problems:
        wrong.append(summary(problems))
    print(f"{messages} messages in {seconds:g} s; memory {memory.alone:.0f} MB alone,", end=" ")
    each = 1000 * (memory.connected - memory.alone) / people
    print(f"{each:.1f} MB per 1,000 people, {settled:.0f} MB then {memory.later:.0f} MB")
    if memory.later > settled * GROWTH:
        wrong.append(f"memory grew from {settled:.0f} to {memory.later:.0f} MB")
    return row, memory, wrong


HEADERS = (
    "database", "disk", "people", "answers", "p50", "p95", "max", "pages", "p50", "p95", "max",
    "a second", "silence", "own lag",
)  # fmt: skip


def missed(where: str, row: list, slow: bool) -> list[str]:
    """The targets that a row missed."""
    _, _, _, p95, _, _, _, page_p95, _, _, silence, _ = row
    if slow:
        limits = [("p95 of answers", p95, SLOW_DISK_P95)]
    else:
        limits = [
            ("p95 of answers", p95, ANSWERS_P95),
            ("p95 of pages", page_p95, PAGES_P95),
            ("longest silence", silence, LONGEST_SILENCE),
        ]
    return [
        f"{where}: {name} {found:.0f} ms, at most {most:.0f}"
        for name, found, most in limits
        if found > most
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--fast", action="store_true", help="leave the slow disk out")
    parser.add_argument("--slow", action="store_true", help="the slow disk only")
    options = parser.parse_args()
    allow_many_files()
    gc.disable()  # this process must not keep people waiting
    rows, failures = [], []
    with tempfile.TemporaryDirectory() as folder:
        slower = None if options.fast else slow_disk.environment(Path(folder), SLOWER_MS)
        if not options.fast and slower is None:
            print("There is no C compiler, so nothing is measured with a slow disk.")
        for database in options.databases:
            plan = [] if options.slow else [("as it is", options.people, None)]
            if slower:
                plan.append((f"+{SLOWER_MS} ms", PEOPLE_AT_A_SLOW_DISK, slower))
            for disk, people, environment in plan:
                with serving(database, environment) as server:
                    row, _, wrong = asyncio.run(carry(server, people, options.seconds))
                rows.append([database, disk, *row])
                where = f"{database}, disk {disk}"
                failures += [f"{where}: {each}" for each in wrong]
                failures += missed(where, row, environment is not None)
                print(tabulate([rows[-1]], HEADERS, floatfmt=".0f"), flush=True)
    print(tabulate(rows, HEADERS, floatfmt=".0f"))
    return verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
