"""The time by which rounds are held.

The computer's clock may be set while people work: by hand, by a time server, by daylight saving on
a computer that keeps local time. So the wall clock is read once, when the process starts; from
then on only the time since counts, by a clock that nobody can set.
"""

from __future__ import annotations

import time

_started = time.time() - time.monotonic()


def now() -> float:
    """Unix seconds, as if nobody had set the clock since this process started."""
    return _started + time.monotonic()
