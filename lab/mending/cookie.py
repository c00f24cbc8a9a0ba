"""oTree's cookie has a name of its own; what is not ours counts as none.

Gap: a cookie `session` that is not oTree's raises, so that one of another program on the same
computer makes every page a 500. It is never marked Secure. It is signed with the password too, so
that a new password lets participants lose their places. It is sent with every answer, so that a
late one brings back what was replaced meanwhile.

oTree 6.0.15: asgi.py:39 (SessionMiddleware); starlette 0.14.1: middleware/sessions.py:42.
Test: tests/door/test_cookie.py.
"""

from __future__ import annotations

import hashlib
import json
import time
from base64 import b64decode, b64encode
from typing import Any

import itsdangerous
from otree import middleware, settings
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection

from lab.mending.layers import Layer

SECONDS = 14 * 24 * 60 * 60
RENEWED_AFTER = 24 * 60 * 60


def install() -> None:
    middleware.SessionMiddleware = SessionCookie


class SessionCookie(Layer):
    """``scope["session"]``, kept in a signed cookie.

    Its name holds a mark of the secret key: servers on one computer do not overwrite each other's.
    """

    kinds = ("http", "websocket")

    def __init__(self, app: Any, secret_key: str) -> None:
        super().__init__(app)
        # oTree's own secret has the password in it; what it protects with it stays so.
        key = settings.SECRET_KEY or secret_key
        self.name = "study-" + hashlib.sha256(f"cookie {key}".encode()).hexdigest()[:8]
        self.signer = itsdangerous.TimestampSigner(key, salt="lab.cookie")

    def read(self, scope: Any) -> tuple[dict[str, Any], float]:
        """What the cookie holds and when it was sent; nothing and 0 if there is none of ours."""
        try:
            cookie = HTTPConnection(scope).cookies[self.name]
            signed, sent = self.signer.unsign(cookie, SECONDS, return_timestamp=True)
            session = json.loads(b64decode(signed))
        except (KeyError, ValueError, itsdangerous.BadSignature):
            return {}, 0.0
        if not isinstance(session, dict):
            return {}, 0.0
        # itsdangerous gives a naive datetime in UTC.
        return session, (sent - type(sent)(1970, 1, 1)).total_seconds()

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        scope["session"], sent = self.read(scope)
        before = json.dumps(scope["session"])

        async def send_with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start":
                after = json.dumps(scope["session"])
                old = time.time() - sent > RENEWED_AFTER
                if after != before or (scope["session"] and old):
                    MutableHeaders(scope=message).append("Set-Cookie", self.line(scope, after))
            await send(message)

        await self.app(scope, receive, send_with_cookie)

    def line(self, scope: Any, session: str) -> str:
        """The header that stores ``session`` in the browser."""
        value, seconds = "", 0
        if session != "{}":
            value, seconds = self.signer.sign(b64encode(session.encode())).decode(), SECONDS
        secure = "; secure" if scope.get("scheme") in ("https", "wss") else ""
        return f"{self.name}={value}; path=/; Max-Age={seconds}; httponly; samesite=lax{secure}"
