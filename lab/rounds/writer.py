"""One connection that stores everybody's answers, many with one commit.

It works under the one lock, so that no page holds the database meanwhile. Whoever comes while a
commit or a page is under way goes into the next commit; nobody waits for a timer. A job that
returns has been committed to the disk: only then is anybody told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVar

from lab.lock import ANSWER, LOCK, OPENING
from lab.mending import connection as connections

logger = logging.getLogger("otree.writer")

QUIET_SECONDS = 0.0003
"""So long after a commit there is nobody to wait for: the next is made at once."""

SLOW_SECONDS = 0.002
"""A commit that takes longer is worth waiting for others: many may have come meanwhile."""

Result = TypeVar("Result")
Job = Callable[[Any], Any]


class Writer:
    """Runs jobs, each a function of a connection, in the order in which they come."""

    def __init__(self) -> None:
        self._engine: Any = None
        self._connection: Any = None
        self._queue: list[tuple[Job, asyncio.Future[Any]]] = []
        self._due = False
        self._last = self._took = 0.0
        self._task: asyncio.Future[None] | None = None

    async def run(self, job: Callable[[Any], Result]) -> Result:
        """What ``job`` returned, once it is on the disk. Raises what it raised."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()
        self._queue.append((job, done))
        if not self._due:
            self._due = True
            rested = loop.time() - self._last
            if self._took > SLOW_SECONDS:
                # A third of the time the disk is free for others; and more go with one commit.
                loop.call_later(max(0.0, self._took / 2 - rested), self._work, context=Context())
            elif rested > QUIET_SECONDS:
                self._work()
            else:
                # At the end of this turn of the loop: whoever comes meanwhile goes with it.
                loop.call_soon(self._work)
        return await done

    def _work(self) -> None:
        if LOCK.locked():
            self._task = asyncio.ensure_future(self._work_later())
        else:
            # Nothing runs beside this function on the loop, so there is nobody to keep out.
            self._due = False
            jobs, self._queue = self._queue, []
            self._commit(jobs)

    async def _work_later(self) -> None:
        async with LOCK.at(ANSWER):
            self._due = False
            jobs, self._queue = self._queue, []
            self._commit(jobs)

    def _commit(self, jobs: list[tuple[Job, asyncio.Future[Any]]]) -> None:
        try:
            results = self._together([job for job, _ in jobs])
        except Exception as error:
            if len(jobs) > 1:
                # One of them spoils it for all; find out which.
                for each in jobs:
                    self._commit([each])
                return
            [(_, done)] = jobs
            if not done.done():
                done.set_exception(error)
            return
        for (_, done), result in zip(jobs, results, strict=True):
            if not done.done():
                done.set_result(result)

    def _together(self, jobs: list[Job]) -> list[Any]:
        try:
            connection = self.connection()
            results = [job(connection) for job in jobs]
            before = time.monotonic()
            connection.connection.commit()
            self._last = asyncio.get_running_loop().time()
            self._took = time.monotonic() - before
            LOCK.slow = self._took > SLOW_SECONDS
        except Exception:
            self._give_up()
            raise
        return results

    # -------------------------------------------------------------------- the connection

    def connection(self) -> Any:
        """The writer's connection, opened anew after it broke. For use under the lock."""
        if self._connection is None:
            self._engine = self._engine or connections.own_engine()
            self._connection = self._engine.connect()
            connections.hurry(self._connection.connection)
        return self._connection

    async def read(self, job: Callable[[Any], Result], urgency: int = OPENING) -> Result:
        """What ``job`` reads, without waiting for others to be stored."""
        async with LOCK.at(urgency):
            try:
                connection = self.connection()
                result = job(connection)
                connection.connection.rollback()
            except Exception:
                self._give_up()
                raise
        return result

    def _give_up(self) -> None:
        """Undo what was begun; the next job gets a new connection if this one is broken."""
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.connection.rollback()
                connection.close()
        except Exception as error:
            logger.warning("The writer lost its connection to the database: %r", error)


WRITER = Writer()
