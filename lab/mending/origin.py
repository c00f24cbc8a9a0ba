"""Sockets are opened by our own pages only.

Gap: browsers send cookies along with sockets that any page opens, and oTree asks nobody where they
come from: a page of another site could create, delete and export sessions.

oTree 6.0.15: asgi.py:34 (sockets pass through the layers too).
Test: tests/door/test_origin.py.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from lab.mending.layers import Layer, put_outside

logger = logging.getLogger("otree.door")

PORTS = {"http": 80, "https": 443}


def install() -> None:
    put_outside(SameOrigin)


def same_origin(scope: Any) -> bool:
    """Whether a socket is opened by a page of this server, or by no page at all.

    Programs send no Origin. Behind a proxy, Host must be what the browser asked for.
    """
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    if origin is None:
        return True
    try:
        from_ = urlsplit(origin.decode("ascii"))
        to = urlsplit("//" + headers.get(b"host", b"").decode("ascii"))
        default = PORTS[from_.scheme]
        ours = (from_.hostname, from_.port or default) == (to.hostname, to.port or default)
        return ours and bool(to.hostname)
    except (KeyError, ValueError):
        return False


class SameOrigin(Layer):
    """Closes sockets of foreign pages before anything else sees them."""

    kinds = ("websocket",)

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        if not same_origin(scope):
            origin = dict(scope["headers"])[b"origin"].decode("latin-1")
            logger.warning("Refused a socket that a page of %.100r opened", origin)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)
