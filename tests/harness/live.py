"""A live socket, and any frame one likes to send over it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from typing import Any

import websockets

SECONDS = 30.0


class _Loop:
    """An event loop in a thread of its own, because the browser keeps one in the main thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine: Coroutine[Any, Any, Any], seconds: float = SECONDS) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)


LOOP = _Loop()


class LiveSocket:
    """One open socket to the server's live address ``url`` (ws://...)."""

    def __init__(self, url: str, **options: Any) -> None:
        self._socket = LOOP.run(self._connect(url, options))

    @staticmethod
    async def _connect(url: str, options: dict[str, Any]) -> Any:
        return await websockets.connect(url, max_size=None, ping_interval=None, **options)

    def send(self, message: Any) -> None:
        """Send ``message`` as JSON; text and bytes as they are."""
        frame = message if isinstance(message, str | bytes) else json.dumps(message)
        LOOP.run(self._socket.send(frame))

    def receive(self) -> dict[str, Any]:
        """The next message from the server."""
        return json.loads(LOOP.run(asyncio.wait_for(self._socket.recv(), SECONDS)))

    def exchange(self, message: Any) -> dict[str, Any]:
        """Send ``message`` and return what the round's page would be told."""
        self.send(message)
        return self.receive()

    def wait_until_closed(self) -> int:
        """The code with which the server closes the socket."""
        LOOP.run(asyncio.wait_for(self._socket.wait_closed(), SECONDS))
        return int(self._socket.close_code)

    def close(self) -> None:
        LOOP.run(self._socket.close())

    def __enter__(self) -> LiveSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
