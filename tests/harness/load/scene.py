"""People who work and an experimenter who does what experimenters do, on one server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.harness.load import oracle
from tests.harness.load.experimenter import LOOPS, WIDE, Deeds, Experimenter, Scenery
from tests.harness.load.figures import OwnLag, Waits
from tests.harness.load.oracle import Oracle, Problem, Rates
from tests.harness.load.people import Poster, Record, Worker
from tests.harness.load.wire import Browser, Gone, hang_up
from tests.harness.server import Server

FREEZE_SECONDS = 10.0
HOLD_SECONDS = 15.0
END_SECONDS = 120.0
PIECE, DONATION, FEE = "0.15", "0.02", "5.00"
PARAMETERS = {
    "practice_items": 1,
    "baseline_seconds": 5,
    "task_seconds": 3600,
    "voluntary_seconds": 60,
    "piece_rate": 0.15,
}


@dataclass
class Measured:
    """What a stretch of time was like."""

    name: str
    acknowledgements: Waits
    pages: Waits
    silence: float
    lag: float
    deeds: int
    problems: list[Problem]

    HEADERS = (
        "while",
        "deeds",
        "answers", "p50", "p95", "max",
        "pages", "p50", "p95", "max",
        "silence",
        "problems",
    )  # fmt: skip

    def row(self) -> list[Any]:
        counts = oracle.Counter(problem.kind for problem in self.problems)
        told = ", ".join(f"{n} {kind}" for kind, n in counts.items()) or "none"
        answers, pages = self.acknowledgements.row(), self.pages.row()
        return [self.name, self.deeds, *answers, *pages, 1000 * self.silence, told]


class Scene:
    """One server, the people at it, and an experimenter.

    every: seconds from one answer to the next; think: seconds spent on a page.
    """

    def __init__(
        self,
        server: Server,
        *,
        workers: int,
        posters: int,
        every: float = 0.7,
        think: float = 0.5,
        large: int = 1500,
    ) -> None:
        self.server = server
        self.every, self.think, self.large = every, think, large
        self.record, self.deeds = Record(), Deeds()
        self.experimenter = Experimenter(server, self.deeds, self._counts)
        self.workers = [Worker(server.port, self.record, f"worker {n}") for n in range(workers)]
        # Two more in a session whose slowest are moved on.
        self.moved = [Worker(server.port, self.record, f"moved {n}") for n in range(2)]
        self.slow = [Worker(server.port, self.record, f"slow {n}") for n in range(3)]
        self.poster_count = posters
        self.lives: list[Poster] = []
        self.holding: list[Poster | None] = [None] * posters
        self.lag = OwnLag()
        self.oracle: Oracle
        self.frozen = False
        self.problems: list[Problem] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._seen = 0
        self._lives_link = ""

    def _counts(self) -> tuple[dict[Any, int], dict[Any, int]]:
        answers = {key: len(items) for key, items in self.record.answers.items()}
        return answers, {key: len(items) for key, items in self.record.sent.items()}

    # --------------------------------------------------------------------------- set-up

    async def set_up(self) -> None:
        """Create the sessions, let everybody come, and begin."""
        create = self.experimenter.create_by_rest
        main = await create("incentive", len(self.workers) + 2, **PARAMETERS)
        posting = await create("incentive", 60 + 30 * self.poster_count, **PARAMETERS)
        advancing = await create("incentive", 10, **PARAMETERS)
        await create("info_source", self.large)
        doomed = await create("incentive", self.large)
        await self._come(self.workers, main)
        await self._come(self.moved, advancing)
        for worker, page in zip(self.slow, ("Consent", "Instructions", "Psm"), strict=True):
            await worker.open(path_of(advancing["session_wide_url"]))
            await worker.walk_to(page)
        self.undecided = self.slow[0].code
        self._lives_link = path_of(posting["session_wide_url"])
        self.scenery = Scenery(
            session=main["code"],
            folder=self.server.folder,
            advancing=advancing["code"],
            advancing_codes=[self.slow[1].code],
            large=[doomed["code"]],
        )
        self.sessions = [main["code"], posting["code"], advancing["code"]]
        self.oracle = Oracle(self.server.database)
        for n in range(self.poster_count):
            self._start(self._live_on(n))
        for worker in [*self.workers, *self.moved]:
            self._start(worker.work(self.every, 36_000))
        self._start(self.lag.watch())
        self._start(self._watch_for_a_freeze())

    def _start(self, coroutine: Any) -> None:
        self._tasks.append(asyncio.ensure_future(coroutine))

    async def _come(self, workers: list[Worker], session: dict[str, Any]) -> None:
        link = path_of(session["session_wide_url"])
        await asyncio.gather(*(worker.come(link) for worker in workers))

    async def _live_on(self, number: int) -> None:
        """One way through the study after the other, each at a new place."""
        for life in range(1000):
            poster = Poster(self.server.port, self.record, f"poster {number} life {life}")
            if not all(worker.going.is_set() for worker in self.workers[:1]):
                poster.going.clear()
            self.holding[number] = poster
            self.lives.append(poster)
            try:
                await poster.live(self._lives_link, self.think)
            except Gone as gone:
                self.record.problem(f"poster {number}: {gone}")
                await asyncio.sleep(1)
            finally:
                poster.leave()

    async def _watch_for_a_freeze(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if self.record.silence.now > FREEZE_SECONDS:
                self.frozen = True

    # --------------------------------------------------------------------------- phases

    async def phase(
        self, names: Iterable[str], seconds: float, title: str = "", beside: Any = None
    ) -> Measured:
        """Let the experimenter do these things for a while; then compare everything.

        ``beside``: a coroutine that runs at the same time.
        """
        names = list(names)
        done_before = sum(self.deeds.times.values())
        gc.collect()
        await asyncio.sleep(0.1)
        self.record.measure_anew()
        self.lag.longest = 0.0
        began = time.perf_counter()
        loops = [self._loop(name, seconds) for name in names]
        if beside is not None:
            loops.append(beside)
        await asyncio.gather(*loops, asyncio.sleep(seconds))
        measured = Measured(
            title or " + ".join(names) or "nothing else",
            self.record.acknowledgements,
            self.record.pages,
            self.record.silence.longest,
            self.lag.longest,
            sum(self.deeds.times.values()) - done_before,
            [],
        )
        assert time.perf_counter() - began < seconds + 400
        async with self._everybody_still():
            measured.problems = self._new(self.compare())
        return measured

    def _new(self, problems: Iterable[Problem]) -> list[Problem]:
        """Those that were not there before."""
        found = [problem for problem in problems if problem not in self.problems]
        self.problems += found
        return found

    async def _loop(self, name: str, seconds: float) -> None:
        begin, pause = LOOPS[name]
        until = time.perf_counter() + seconds
        once = None
        while time.perf_counter() < until and not self.frozen:
            try:
                once = once or await begin(self.experimenter, self.scenery)
                await once()
            except (Gone, AssertionError) as error:
                self.deeds.failures.append(f"{name}: {type(error).__name__} {error}")
                await asyncio.sleep(0.5)
            await asyncio.sleep(pause)

    @contextlib.asynccontextmanager
    async def _everybody_still(self) -> Any:
        """Nobody has anything under way."""
        people = [*self.workers, *self.moved, *(each for each in self.holding if each)]
        people = [person for person in people if not self._is_done(person)]
        for person in people:
            person.going.clear()
        still = [asyncio.ensure_future(person.still.wait()) for person in people]
        if still:
            await asyncio.wait(still, timeout=HOLD_SECONDS)
        for each in still:
            each.cancel()
        try:
            yield
        finally:
            for person in people:
                person.going.set()

    def _is_done(self, person: Any) -> bool:
        return isinstance(person, Worker) and bool(person.moved)

    # -------------------------------------------------------------------------- judging

    @property
    def rates(self) -> dict[str, Rates]:
        fee, piece, donation = Decimal(FEE), Decimal(PIECE), Decimal(DONATION)
        return {
            code: Rates(self.deeds.fees.get(code, fee), piece, donation) for code in self.sessions
        }

    def compare(self) -> list[Problem]:
        """Everything that is wrong now, while nobody has anything under way."""
        found = self.oracle
        problems = [
            *found.answers(self.record),
            *found.scores(self.record),
            *found.counters(),
            *found.posts(self.record),
            *found.sessions(self.deeds.announced, self.deeds.deleted),
            *found.pay(self.rates),
            *found.arms(),
            *self._exports(),
            *self._said(),
            *self._places(),
        ]
        if self.frozen:
            problems.append(Problem(oracle.FREEZE, f"nobody was answered for {FREEZE_SECONDS} s"))
        return problems

    def _exports(self) -> Iterator[Problem]:
        """Each export that was taken meanwhile is of one moment."""
        for export in self.deeds.exports:
            if export.kind == WIDE:
                rows = oracle.read_csv(export.text)
                # The fee may be edited meanwhile, the piece rate not.
                yield from oracle.snapshot_of_wide(rows, self.rates)
            else:
                yield from oracle.snapshot_of_answers(export.text)
                yield from oracle.fresh(export.text, export.before, export.after)
        self.deeds.exports.clear()

    def _said(self) -> Iterator[Problem]:
        for text in [*self.record.problems, *self.deeds.failures]:
            yield Problem(oracle.FAILED, text)
        self.record.problems.clear()
        self.deeds.failures.clear()
        process = self.server.process
        if process is not None and process.poll() is not None:
            yield Problem(oracle.FAILED, f"the server ended with {process.returncode}")
        output = self.server.output()[self._seen :]
        self._seen += len(output)
        for text in output.split("Traceback (most recent call last):")[1:]:
            yield Problem(oracle.FAILED, f"traceback: {_last_line(text)}")

    def _places(self) -> Iterator[Problem]:
        """Advancing uses up no empty place and moves nobody who has not consented."""
        rows = self.server.database.query(
            "SELECT o.code, o._index_in_pages AS page, o.visited, p.consent "
            "FROM otree_participant o "
            "JOIN incentive_experiment_player p ON p.participant_id = o.id "
            "WHERE o._session_code = :session",
            session=self.scenery.advancing,
        )
        came = {worker.code for worker in [*self.moved, *self.slow]}
        for row in rows:
            if row["code"] not in came and row["page"]:
                yield Problem(oracle.PLACE, f"the empty place {row['code']} was used up")
            if row["code"] == self.undecided and row["page"] != 1:
                yield Problem(oracle.PLACE, f"{row['code']} was moved on without consent")
        for person in [*self.workers, *self.lives]:
            if person.path:
                came.add(person.code)
        people = [*self.workers, *self.moved, *self.slow, *(p for p in self.lives if p.path)]
        if len({person.code for person in people}) != len(people):
            yield Problem(oracle.PLACE, "one place was given to two people")

    # ------------------------------------------------------------------------------ end

    async def finish(self) -> list[Problem]:
        """Let everybody go on to the end, and compare once more, with final exports."""
        for task in self._tasks[: self.poster_count]:
            task.cancel()
        for worker in [*self.workers, *self.moved]:
            worker.going.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        stuck = []

        async def end(person: Any, go: Any) -> None:
            try:
                await asyncio.wait_for(go, END_SECONDS)
            except (Gone, asyncio.TimeoutError, AssertionError) as error:
                where = person.path or "nowhere"
                stuck.append(Problem(oracle.STUCK, f"{where}: {type(error).__name__} {error}"))

        async def slow_end(worker: Worker) -> None:
            await worker.reload()
            await worker.walk_to("Earnings")

        async def poster_end(poster: Poster) -> None:
            await poster.reload()
            await poster.walk_to("Earnings")

        unfinished = [each for each in self.lives if each.path and each.name != "Earnings"]
        for each in unfinished:
            each.going.set()
        await asyncio.gather(
            *(end(worker, worker.go_to_the_end()) for worker in [*self.workers, *self.moved]),
            *(end(worker, slow_end(worker)) for worker in self.slow[1:]),
            *(end(poster, poster_end(poster)) for poster in unfinished),
        )
        problems = self._new([*stuck, *self.compare(), *await self._final_exports()])
        for person in [*self.workers, *self.moved, *self.slow, *self.lives]:
            person.leave()
        await hang_up()
        return problems

    async def _final_exports(self) -> list[Problem]:
        program = self.experimenter.rest()
        try:
            problems = await self._judged_exports(program)
        except Gone as gone:
            problems = [Problem(oracle.FAILED, str(gone))]
        program.close()
        return [*problems, *self._said()]

    async def _judged_exports(self, program: Browser) -> list[Problem]:
        problems: list[Problem] = []
        wide = await self.experimenter.download(program, "/api/export_wide")
        if wide.status == 200:
            problems += self.oracle.wide(wide.text, self.record, self.rates)
        for code in self.sessions:
            query = f"app=incentive_experiment&function_name=custom_export&session_code={code}"
            reply = await self.experimenter.download(program, f"/api/export_app_custom?{query}")
            if reply.status == 200:
                problems += self.oracle.custom(reply.text, self.record, code)
        return problems


def path_of(url: str) -> str:
    """The path of an address that the server names."""
    return "/" + url.split("/", 3)[3]


def _last_line(text: str) -> str:
    for line in text.strip().splitlines():
        if line and not line.startswith((" ", "\t")):
            return line[:200]
    return ""


SECRETS = {
    "OTREE_AUTH_LEVEL": "STUDY",
    "OTREE_ADMIN_PASSWORD": "a password for tests",
    "OTREE_SECRET_KEY": "a secret key for tests that nobody else has",
    "OTREE_REST_KEY": "a key for tests",
}
"""A server as it should be run: closed, with a password, a secret key and a key for programs."""
