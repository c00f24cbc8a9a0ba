"""How far a long piece of work is, and how long it will still take.

On a terminal one line that counts down; elsewhere a line for each part of the work.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

WIDTH = 79
"""Characters of the line on a terminal."""


class Progress:
    """The work is ``total`` in any unit; what is done says how long the rest will take.

    Used as a context: at its end the line goes, and what is printed later stands there.
    """

    def __init__(self, total: float) -> None:
        self.total = total
        self.done = 0.0
        self.doing = ""
        self.began = self.changed = time.monotonic()
        self.on_terminal = sys.stdout.isatty()
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Progress:
        if self.on_terminal:
            self._ticking.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self.on_terminal:
            self._ticking.join()
            print(f"\r{'':<{WIDTH}}\r", end="", flush=True)

    def starts(self, doing: str, done: float) -> None:
        """``done`` of the work is done, and what comes now is ``doing``."""
        self.doing, self.done, self.changed = doing, done, time.monotonic()
        if not self.on_terminal:
            print(self.line(), flush=True)

    def line(self) -> str:
        """What is being done, and how long everything will still take."""
        if not self.done:
            return f"{self.doing} …"
        seconds = (self.changed - self.began) * (self.total / self.done - 1)
        left = spoken(seconds - (time.monotonic() - self.changed))
        return f"{self.doing} … {self.done / self.total:.0%} done, {left} left"

    def _tick(self) -> None:
        while not self._ended.wait(1):
            print(f"\r{self.line():<{WIDTH}}", end="", flush=True)


def spoken(seconds: float) -> str:
    """A time as one says it: no more exactly than it is known."""
    if seconds < 10:
        return "some seconds"
    if seconds < 55:
        return f"about {10 * round(seconds / 10)} seconds"
    minutes, half = divmod(round(seconds / 30), 2)
    if minutes == 1 and not half:
        return "about a minute"
    return f"about {minutes}{'½' * half} minutes"
