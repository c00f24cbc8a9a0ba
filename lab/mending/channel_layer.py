"""What is told to browsers is handed to the server's own loop, and nobody waits for them.

Gap: a page that is opened or sent while somebody's Monitor connects freezes the server for good.
The page's thread sends to the Monitor through an event loop of its own, which waits for an event
of the server's loop, while the thread holds the lock. A browser that does not read holds up
whoever sends to it, again with the lock.

oTree 6.0.15: channels/utils.py:13 (wrap_websocket_send), 51 (ChannelLayer.sync_send).
Test: tests/server/test_channel_layer.py.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from otree.channels import utils

MOST_UNSENT = 200
"""Messages that may wait for one browser; whoever reads none loses the connection."""

Send = Callable[[Any], Awaitable[None]]

_loop: asyncio.AbstractEventLoop | None = None
_sending: set[asyncio.Future[None]] = set()


def install() -> None:
    utils.wrap_websocket_send = _without_waiting
    utils.ChannelLayer.sync_send = _sync_send


def server_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Remember the loop that serves the sockets."""
    global _loop
    _loop = loop


def _without_waiting(original: Send) -> Send:
    unsent: set[asyncio.Task[None]] = set()
    # oTree puts what we return in the place of the socket's own method: held on to, the two would
    # hold each other.
    owner, function = weakref.ref(original.__self__), original.__func__  # type: ignore[attr-defined]

    async def original_send(message: Any) -> None:
        if (socket := owner()) is not None:
            await function(socket, message)

    async def send(message: Any) -> None:
        if message["type"] != "websocket.send":
            await original_send(message)
        elif len(unsent) < MOST_UNSENT:
            sending = asyncio.ensure_future(_quietly(original_send, message))
            unsent.add(sending)
            sending.add_done_callback(unsent.discard)
        else:
            for sending in unsent:
                sending.cancel()
            await _quietly(original_send, {"type": "websocket.close", "code": 1013})

    return send


async def _quietly(original: Send, message: Any) -> None:
    """Send to a socket that may have closed meanwhile."""
    try:
        await original(message)
    except Exception:
        return


def _sync_send(self: utils.ChannelLayer, group: str, data: Any) -> None:
    """From whatever thread: the loop sends when it comes to it."""
    if _loop is None or not self._subs.get(group):
        return
    text = utils.json_dumps(data)

    def soon() -> None:
        for socket in list(self._get_sockets(group)):
            sending = asyncio.ensure_future(socket.send_text(text))
            _sending.add(sending)
            sending.add_done_callback(_sending.discard)

    _loop.call_soon_threadsafe(soon)
