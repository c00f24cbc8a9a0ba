"""What happens when the server starts and when it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from lab import clock, diary, memory
from lab.helper import HELPER
from lab.mending import channel_layer
from lab.rounds import deadlines, desk
from lab.rounds.writer import WRITER

logger = logging.getLogger("otree.lifespan")

SEEN_EVERY_SECONDS = 1.0

_beating: asyncio.Task[None] | None = None


def watched(receive: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """``receive`` of ASGI's lifespan, with what we do at both ends."""

    async def received() -> Any:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await _start()
        elif message["type"] == "lifespan.shutdown":
            await _stop()
        return message

    return received


async def _start() -> None:
    global _beating
    channel_layer.server_loop(asyncio.get_running_loop())
    HELPER.start()
    now = clock.now()
    # If another server goes on with this database, it was seen just now, and nothing moves.
    last_seen = await WRITER.run(diary.last_seen)
    await WRITER.run(lambda connection: diary.start_run(now, connection))
    if last_seen is not None:
        await WRITER.run(lambda connection: deadlines.move(connection, last_seen, now))
    _beating = asyncio.ensure_future(_beat())


async def _beat() -> None:
    """Store every second until when the server was there."""
    while True:
        await asyncio.sleep(SEEN_EVERY_SECONDS)
        memory.clear_if_quiet()
        try:
            await WRITER.run(_note_second)
        except Exception as error:
            logger.warning("The server's last second was not stored: %r", error)


def _note_second(connection: Any) -> None:
    diary.seen(clock.now(), desk.refusals_since(), connection)


async def _stop() -> None:
    if _beating is not None:
        _beating.cancel()
    try:
        await WRITER.run(lambda connection: diary.stop_run(clock.now(), connection))
    finally:
        HELPER.stop()
