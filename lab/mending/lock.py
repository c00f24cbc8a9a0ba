"""One lock for all that touches oTree's connection, the most urgent first.

Gap: oTree's lock is first come, first served: an answer waits behind three hundred people who
reload. Its middleware waits for the browser while it holds the lock.

oTree 6.0.15: middleware.py:16 (lock2), 32 (CommitTransactionMiddleware);
channels/consumers.py:45 takes lock2 when it is imported.
Test: tests/server/test_hostile_clients.py, tests/server/test_threads.py.
"""

from __future__ import annotations

from otree import middleware

from lab import own_pages
from lab.helper import process
from lab.lock import LOCK


def install() -> None:
    from lab.gate import Gate

    middleware.lock2 = LOCK
    middleware.CommitTransactionMiddleware = process.Snapshot if process.in_helper else Gate
    own_pages.install()
