"""The helper process: what is slow and asked for by the experimenter is done beside the server.

    routes.py     which pages go there
    process.py    what runs in the helper: requests, sockets, creating sessions
    snapshot.py   reading the database as it stood at one moment
    creation.py   creating a session in one transaction

There is one helper, started with the server, less urgent than it, and gone when it ends. The
server hands it a request as it came in and sends on what it answers; cookies, login and forms work
as they are. If the helper dies, the next request starts another and is tried again; a creation
never is.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from otree import database
from otree.channels.utils import channel_layer

from lab.helper import process, routes

__all__ = ["HELPER", "routes"]

logger = logging.getLogger("otree.helper")

MOST_WAITING = 64
BUSY = (503, [(b"content-type", b"text/plain"), (b"retry-after", b"5")], b"The server is busy.\n")

BROKEN = (
    503,
    [(b"content-type", b"text/plain")],
    b"What was asked for was broken off. Look into the list of sessions before you ask again.\n",
)
PATIENCE_SECONDS = 120.0
"""A helper that takes longer than this for one thing hangs, and another takes its place."""


class Helper:
    """The server's side of the helper process."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = 0

    @property
    def works(self) -> bool:
        """Not with a database in memory, which no other process could see."""
        return self._pool is not None

    def start(self) -> None:
        if not database.IN_MEMORY:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=process.start,
            )
            self._pool.submit(process.warm)

    def stop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            _kill(pool)
            pool.shutdown(wait=True, cancel_futures=True)

    async def request(
        self, scope: Any, body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """What the helper answers to an HTTP request: status, headers, body."""
        if self._waiting >= MOST_WAITING:
            return BUSY
        plain = {key: value for key, value in scope.items() if key != "app"}
        again = scope["method"] == "GET"
        try:
            done = await self._run(process.request, plain, body, again=again)
        except BrokenProcessPool:
            return BROKEN
        for group, data in done.told:
            channel_layer.sync_send(group, data)
        return done.status, done.headers, done.body

    async def create(self, options: dict[str, Any]) -> process.Created:
        """Create a session, whole or not at all."""
        try:
            done: process.Created = await self._run(process.create, options, again=False)
        except BrokenProcessPool:
            return process.Created(error=BROKEN[2].decode().strip())
        return done

    async def ask(self, question: Callable[..., Any], *given: Any) -> Any:
        """What a function of `lab.helper.process` answers, from what is in the database."""
        return await self._run(question, *given, again=True)

    async def _run(self, function: Callable[..., Any], *given: Any, again: bool) -> Any:
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            pool = self._pool
            impatient = loop.call_later(PATIENCE_SECONDS, _kill, pool)
            try:
                return await loop.run_in_executor(pool, function, *given)
            except BrokenProcessPool:
                if pool is self._pool and pool is not None:
                    logger.warning("The helper process ended; starting another")
                    self.start()
                if not again:
                    raise
                return await loop.run_in_executor(self._pool, function, *given)
            finally:
                impatient.cancel()
        finally:
            self._waiting -= 1


def _kill(pool: ProcessPoolExecutor | None) -> None:
    for worker in list(((pool and pool._processes) or {}).values()):
        worker.kill()


HELPER = Helper()
