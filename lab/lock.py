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

GIVES_WAY_SECONDS = {ANSWER: -3.0, PAGE: 0.0, OPENING: 1.0}
"""How long one of them lets others go first that come later. A page that has waited for three
seconds goes before new answers."""

TURNS = 4
"""Turns of the loop until a message that has arrived has been read and waits for the lock."""


class Lock:
    """As `asyncio.Lock`, but answers get it before all others, and these as they can wait.

    ``async with lock`` waits as a page does, ``async with lock.at(ANSWER)`` as an answer.
    """

    def __init__(self) -> None:
        self._locked = False
        self._holder = ANSWER
        self.slow = False
        self._waiting: list[tuple[float, int, int, asyncio.Future[None]]] = []
        self._order = count()

    def locked(self) -> bool:
        return self._locked

    async def acquire(self, urgency: int = PAGE) -> bool:
        if not self._locked:
            self._locked, self._holder = True, urgency
            return True
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        due = loop.time() + GIVES_WAY_SECONDS[urgency]
        heapq.heappush(self._waiting, (due, urgency, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # It was ours already, in the same moment in which we stopped wanting it.
                self.release()
            raise
        return True

    def release(self) -> None:
        """Let the next one in.

        A page is worked out on the loop, so that many that come together keep everybody else from
        being heard until the last of them is done. Where each takes long because the disk is
        ``slow``, those are heard behind each page who came meanwhile.
        """
        if self._holder == ANSWER or not self.slow:
            self._next()
        else:
            self._after(TURNS)

    def _after(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._after, turns - 1)
        else:
            self._next()

    def _next(self) -> None:
        while self._waiting:
            _, urgency, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                # It stays locked: handed over, so that nobody can come in between.
                self._holder = urgency
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
