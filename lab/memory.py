"""When Python looks for garbage: after each page, in what the page made; in all when it is quiet.

Everybody who is connected keeps some thirty small objects for a few seconds. Left to itself,
Python looks through the hundred thousand of three thousand people again and again, up to half a
second at a time, in which nobody is answered, and finds nothing: what answers leave behind goes by
itself. What pages leave behind does not.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 2.0
LONGEST_SECONDS = 3600.0
"""So long after it looked through all it does so again, quiet or not."""

_worked_at = _cleared_at = 0.0
_in_charge = False


def take_charge() -> None:
    """From here on Python does not look by itself."""
    global _in_charge, _cleared_at
    gc.disable()
    _in_charge, _cleared_at = True, time.monotonic()
    gc.collect()


@contextmanager
def of_a_page() -> Iterator[None]:
    """What is made in the block, and refers to itself, is cleared away behind it.

    All older things are set aside, at no cost, so that only what is new is looked through.
    """
    if not _in_charge:
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.collect(0)


def at_work() -> None:
    """Somebody wants something of the server just now."""
    global _worked_at
    _worked_at = time.monotonic()


def clear_if_quiet() -> None:
    """Look through everything if nobody has wanted anything for a while, once."""
    global _cleared_at
    now = time.monotonic()
    is_quiet = now - _worked_at > QUIET_SECONDS and _worked_at > _cleared_at
    if _in_charge and (is_quiet or now - _cleared_at > LONGEST_SECONDS):
        gc.unfreeze()
        gc.collect()
        _cleared_at = now
