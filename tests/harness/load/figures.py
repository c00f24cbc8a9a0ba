"""How long everybody waited."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field


@dataclass
class Waits:
    """Seconds that something took, each time, and when it ended."""

    seconds: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def share(self, part: float) -> float:
        """The wait that this part of all did not exceed; 0 if there were none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0

    @property
    def longest(self) -> float:
        return max(self.seconds, default=0.0)

    def row(self) -> list[float]:
        """Number, then p50, p95 and the longest in milliseconds."""
        waits = (self.share(0.5), self.share(0.95), self.longest)
        return [len(self.seconds), *(1000 * wait for wait in waits)]

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass
class Silence:
    """The longest time in which people waited and the server answered nobody."""

    longest: float = 0.0
    _waiting: int = 0
    _since: float = 0.0

    def asked(self) -> None:
        if not self._waiting:
            self._since = time.perf_counter()
        self._waiting += 1

    def answered(self) -> None:
        now = time.perf_counter()
        self._waiting -= 1
        self.longest = max(self.longest, now - self._since)
        self._since = now

    def gave_up(self) -> None:
        self._waiting -= 1

    @property
    def now(self) -> float:
        """How long nobody has been answered, as of now."""
        return time.perf_counter() - self._since if self._waiting > 0 else 0.0


class OwnLag:
    """How late this process was itself, so that its delays are not taken for the server's."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.02)
            self.longest = max(self.longest, time.perf_counter() - before - 0.02)
