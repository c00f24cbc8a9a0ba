"""At most so many seconds, for thousands of things at once.

A timer for each of them, as asyncio has, stays in memory until it is due, with all that its task
knew, although nearly every one is called off at once: ten thousand of them with 3,000 people at
work, and Python's search for garbage goes through all. Here one timer watches all that wait.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from types import TracebackType


class Limit:
    """``with limit: await …`` raises ``TimeoutError`` if that takes longer than ``seconds``.

    By up to a tenth of them. A task can be in one block of the same limit at a time.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due: dict[asyncio.Task[object], float] = {}
        self._expired: set[asyncio.Task[object]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._due[task] = loop.time() + self.seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(self.seconds / 10, self._watch, loop, context=Context())

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._due.pop(task, None)
        if task in self._expired:
            self._expired.discard(task)
            if kind is asyncio.CancelledError:
                raise asyncio.TimeoutError from None

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, due in list(self._due.items()):
            if due > now:
                break  # all wait equally long, so who came later is due later
            del self._due[task]
            self._expired.add(task)
            task.cancel()
        if not self._due:
            self._loop = None
        else:
            loop.call_later(self.seconds / 10, self._watch, loop, context=Context())
