"""Answers say what a browser may do with them.

Gap: oTree sends no header that limits anything, so a page can be framed, is kept on a shared
computer, and runs whatever script somebody manages to write into it.

oTree 6.0.15: asgi.py:34 (the layers), urls.py (which addresses are for whom).
Test: tests/door/test_headers.py.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from otree import settings
from otree.views import admin, demo, export, mturk, rest, room
from starlette.datastructures import MutableHeaders

from lab.mending.layers import Layer, put_outside

EXPERIMENTERS = (admin, demo, export, mturk, rest, room)
STATIC_SECONDS = 300
ALWAYS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
HOST = re.compile(r"[\w.:\[\]-]{1,255}", re.ASCII)

# oTree's split screen shows participants' pages in frames of the experimenter's.
FRAMES = "frame-ancestors 'self'"
PARTICIPANTS = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'{sockets}; base-uri 'none'; form-action 'self'; "
    "object-src 'none'; " + FRAMES
)
# oTree writes scripts and styles into these pages; but nothing comes from, or goes, elsewhere.
ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'{sockets}; base-uri 'self'; form-action 'self'; "
    "object-src 'none'; " + FRAMES
)


def install() -> None:
    put_outside(Headers)


@cache
def experimenters_addresses() -> frozenset[str]:
    """First parts of the addresses that are for experimenters and for programs."""
    from otree.urls import routes  # built after the mendings are installed

    modules = {module.__name__ for module in EXPERIMENTERS}
    return frozenset(
        route.path.split("/")[1]
        for route in routes
        if getattr(getattr(route, "endpoint", None), "__module__", "") in modules
    )


def is_static(path: str) -> bool:
    return path.startswith("/static/") or path == "/favicon.ico"


def policy(path: str, scope: Any) -> str:
    """The Content-Security-Policy of an answer to a request for ``path``."""
    if is_static(path):
        return FRAMES
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    # Older browsers do not count a socket of the same host as 'self'.
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    first = path.split("/")[1] if "/" in path else ""
    form = ADMIN if first in experimenters_addresses() else PARTICIPANTS
    return form.format(sockets=sockets)


class Headers(Layer):
    """Adds the headers to every answer."""

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]  # oTree cuts "/static" off on its way

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS)
                keep = f"max-age={STATIC_SECONDS}" if is_static(path) else "no-store"
                headers["cache-control"] = keep
                # oTree's own error page, with its scripts, is for whoever asked for debugging.
                if not (settings.DEBUG and message["status"] == 500):
                    headers["content-security-policy"] = policy(path, scope)
            await send(message)

        await self.app(scope, receive, send_with_headers)
