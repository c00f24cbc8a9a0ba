"""Hard times for a server: kills in the middle of things, and monitors that open all the time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from tests.harness.load import hostile
from tests.harness.load.experimenter import Deeds, Experimenter
from tests.harness.load.figures import Waits
from tests.harness.load.oracle import FREEZE, Oracle, Problem
from tests.harness.load.people import Person, Poster, Record
from tests.harness.load.scene import PARAMETERS, Measured, Scene, path_of
from tests.harness.load.wire import Gone, hang_up
from tests.harness.server import Server

FREEZE_SECONDS = 10.0


async def restart(server: Server) -> None:
    """`kill -9` of the server and all that it started, and the same command again."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, server.kill)
    await loop.run_in_executor(None, server.start)


async def kills_while_creating(server: Server, kills: int, seed: str = "kills") -> list[Problem]:
    """Kill the server while sessions are created by form, demo and REST, small and large."""
    chance = random.Random(seed)
    deeds = Deeds()
    experimenter = Experimenter(server, deeds, lambda: ({}, {}))
    problems: list[Problem] = []
    for number in range(kills):
        large = chance.choice((6, 60, 600))
        windows = [await experimenter.window() for _ in range(2)]
        creations: list[Awaitable[Any]] = [
            experimenter.create_by_form(windows[0], "incentive", large),
            experimenter.create_demo(windows[1], "info_source"),
            experimenter.create_by_rest("incentive", 8),
        ]
        tasks = [asyncio.ensure_future(creation) for creation in creations]
        await asyncio.sleep(chance.uniform(0.03, 0.6))
        await restart(server)
        await asyncio.gather(*tasks, return_exceptions=True)
        for window in windows:
            window.close()
        problems += Oracle(server.database).sessions(deeds.announced)
        if problems:
            return [*problems, Problem("kill", f"number {number + 1} of {kills}")]
    # What was cut short is no failure; a server that creates no session any more is.
    await experimenter.create_by_rest("incentive", 3)
    program = experimenter.rest()
    assert (await program.get("/api/export_wide")).status == 200
    program.close()
    await hang_up()
    return problems


async def kills_while_answering(
    server: Server, kills: int, *, workers: int, posters: int, seed: str = "kills"
) -> tuple[Scene, list[Problem]]:
    """Kill the server while people work on cards and pages; they come back by themselves."""
    chance = random.Random(seed)
    # Slow enough that nobody is too fast although time stands still while the server is away.
    scene = Scene(server, workers=workers, posters=posters, every=0.7, think=0.2, large=10)
    await scene.set_up()
    problems: list[Problem] = []
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.5, 2.0))
        await restart(server)
        measured = await scene.phase([], chance.uniform(0.5, 1.5))
        problems += measured.problems
    problems += await scene.finish()
    return scene, problems


async def meet_hostile_clients(
    scene: Scene, names: Iterable[str], seconds: float
) -> AsyncIterator[Measured]:
    """Meet one hostile client after the other; what it was like for everybody else."""
    made = await scene.experimenter.create_by_rest("incentive", hostile.RELOADS)
    program = scene.experimenter.rest()
    told = (await program.get(f"/api/sessions/{made['code']}")).json()
    program.close()
    worker = scene.workers[0]
    others = tuple(each["code"] for each in told["participants"])
    target = hostile.Target(scene.server.port, worker.round.address, worker.code, others)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own_process:
        for name in names:
            client = loop.run_in_executor(own_process, hostile.meet, name, target, seconds)
            yield await scene.phase([], seconds, name, client)


@dataclass
class Openings:
    """How many monitors and pages were opened and posted, and whether the server froze."""

    monitors: int
    pages: Waits
    problems: list[Problem]


async def monitor_openings(server: Server, openings: int, *, windows: int = 4) -> Openings:
    """Open monitors all the time while others open and post pages."""
    record, deeds = Record(), Deeds()
    experimenter = Experimenter(server, deeds, lambda: ({}, {}))
    session = await experimenter.create_by_rest("incentive", 400, **PARAMETERS)
    people = [Poster(server.port, record, f"visitor {n}") for n in range(4)]
    link = path_of(session["session_wide_url"])
    done = 0
    frozen = False

    async def post(person: Person) -> None:
        await person.open(link)
        while done < openings and not frozen:
            # What the first page sends when one chooses a language, and a reload.
            await person._visit("POST", person.path, {"change_language": "it"})
            await person.reload()

    async def watch() -> None:
        nonlocal done
        window = await experimenter.window()
        while done < openings and not frozen:
            socket = await window.socket(f"/session_monitor/{session['code']}")
            await socket.receive_json()
            socket.close()
            done += 1
        window.close()

    async def notice() -> None:
        nonlocal frozen
        seen, since = -1, time.monotonic()
        while done < openings:
            await asyncio.sleep(0.2)
            if (done, len(record.pages)) != seen:
                seen, since = (done, len(record.pages)), time.monotonic()  # type: ignore[assignment]
            elif time.monotonic() - since > FREEZE_SECONDS:
                frozen = True
                return

    tasks = [
        asyncio.ensure_future(each)
        for each in (*(post(person) for person in people), *(watch() for _ in range(windows)))
    ]
    noticing = asyncio.ensure_future(notice())
    await asyncio.wait(
        [noticing, asyncio.gather(*tasks, return_exceptions=True)],
        return_when=asyncio.FIRST_COMPLETED,
    )
    problems = [Problem("failed", text) for text in [*record.problems, *deeds.failures]]
    if frozen:
        problems.append(Problem(FREEZE, f"after {done} monitors and {len(record.pages)} pages"))
    for task in [*tasks, noticing]:
        task.cancel()
    for result in await asyncio.gather(*tasks, noticing, return_exceptions=True):
        if isinstance(result, Gone | AssertionError) and not frozen:
            problems.append(Problem("failed", f"{type(result).__name__} {result}"))
    for person in people:
        person.leave()
    await hang_up()
    return Openings(done, record.pages, problems)
