"""One thing at a time: the lock under which everything touches oTree's database connection.

oTree has one connection for all its threads and one lock around most of what uses it. Ours takes
the place of that lock, and lets the most urgent go first: answers to cards, then pages that are
sent, then pages that are opened. A page that was opened gives way to pages that are sent for a
second, and then takes its turn.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

ANSWER, PAGE, OPENING = range(3)

GIVES_WAY_SECONDS = {PAGE: 0.0, OPENING: 1.0}


class Lock:
    """As `asyncio.Lock`, but answers get it before all others, and these as they can wait.

    ``async with lock`` waits as a page does, ``async with lock.at(ANSWER)`` as an answer.
    """

    def __init__(self) -> None:
        self._locked = False
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def locked(self) -> bool:
        return self._locked

    async def acquire(self, urgency: int = PAGE) -> bool:
        if not self._locked:
            self._locked = True
            return True
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        due = 0.0 if urgency == ANSWER else loop.time() + GIVES_WAY_SECONDS[urgency]
        heapq.heappush(self._waiting, (due, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # It was ours already, in the same moment in which we stopped wanting it.
                self.release()
            raise
        return True

    def release(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                # It stays locked: handed over, so that nobody can come in between.
                turn.set_result(None)
                return
        self._locked = False

    @asynccontextmanager
    async def at(self, urgency: int) -> AsyncIterator[None]:
        await self.acquire(urgency)
        try:
            yield
        finally:
            self.release()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *_: Any) -> None:
        self.release()


LOCK = Lock()
