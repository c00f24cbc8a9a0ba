"""Pages are worked out where the sockets are served, not in a thread beside it.

Gap: oTree works out each page in a thread. Only one page works at a time anyway, and the thread
and the loop that serves the sockets take Python's lock from each other: with many people at work
each of the loop's sends waits up to 5 ms for it, so a page holds up answers many times longer than
it takes.

oTree 6.0.15: views/abstract.py:12 (run_in_threadpool), 122 (its only use).
Test: tests/server/test_threads.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otree.views import abstract


def install() -> None:
    abstract.run_in_threadpool = _at_once


async def _at_once(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return work(*args, **options)
