"""Whoever guesses the password waits, longer each time; nobody else does.

Gap: oTree compares with ``==``, takes an empty password for one, and may be asked as often and as
fast as one likes; the same with the REST key. Here the next try of an address waits outside of
oTree's lock, and tries of one address come one after the other.

oTree 6.0.15: views/admin.py:651 (LoginForm.validate), 674 (a login that succeeds redirects);
views/cbv.py:197 (validate_rest_key).
Test: tests/door/test_login.py.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import os
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from otree import settings
from otree.views import admin, cbv
from starlette.responses import PlainTextResponse

from lab.door import LEVELS
from lab.mending import put_around
from lab.mending.layers import Layer, put_outside

logger = logging.getLogger("otree.door")

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
FORGOTTEN_AFTER = 15 * 60
MOST_AT_ONCE = 5
MOST_ADDRESSES = 10_000


def install() -> None:
    admin.LoginForm.validate = _validate
    put_around(cbv, "validate_rest_key", _validate_rest_key)
    put_outside(SlowLogin)


def _same(given: Any, expected: Any) -> bool:
    """Whether two secrets are the same, in a time that tells nothing; never if one is empty."""
    if not (isinstance(given, str) and isinstance(expected, str) and given and expected):
        return False
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def _validate(form: Any) -> bool:
    """In place of ``LoginForm.validate``."""
    named = _same(form.username.data, settings.ADMIN_USERNAME)
    if _same(form.password.data, settings.ADMIN_PASSWORD) and named:
        return True
    form.password.errors = [*form.password.errors, "Login failed"]
    return False


def _validate_rest_key(otrees: Any, request: Any) -> Any:
    """As oTree's, which compares only where there is nothing to compare any more."""
    key, given = os.getenv(cbv.REST_KEY_NAME), request.headers.get(cbv.REST_KEY_HEADER)
    if settings.AUTH_LEVEL not in LEVELS or not key or not given:
        return otrees(request)
    if _same(given, key):
        return None
    return cbv._HttpResponseForbidden(f"HTTP Request Header {cbv.REST_KEY_HEADER} is incorrect")


@dataclass
class Guesser:
    """What is remembered of an address from which wrong passwords came."""

    wrong: int = 0
    last: float = field(default_factory=time.monotonic)
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wait(self) -> float:
        """Seconds that the next try waits."""
        if self.wrong == 0 or time.monotonic() - self.last > FORGOTTEN_AFTER:
            return 0.0
        return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self.wrong - 1, 10)))


def _group(address: str) -> str:
    """Who counts as one: an address, or the network that one household has of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


class SlowLogin(Layer):
    """Lets whoever guessed wrong wait before the next try."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.guessers: OrderedDict[str, Guesser] = OrderedDict()

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        if not _is_try(scope):
            await self.app(scope, receive, send)
            return
        address = _group((scope.get("client") or ("unknown",))[0])
        guesser = self.guesser(address)
        if guesser.waiting >= MOST_AT_ONCE:
            said = "Too many tries at once from your address."
            later = {"retry-after": str(max(1, round(guesser.wait())))}
            await PlainTextResponse(said, 429, later)(scope, receive, send)
            return
        guesser.waiting += 1
        try:
            async with guesser.turn:
                await asyncio.sleep(guesser.wait())
                status = await self.ask(scope, receive, send)
                self.note(address, guesser, status, scope["path"])
        finally:
            guesser.waiting -= 1

    def guesser(self, address: str) -> Guesser:
        found = self.guessers.pop(address, None) or Guesser()
        self.guessers[address] = found
        while len(self.guessers) > MOST_ADDRESSES:
            self.guessers.popitem(last=False)
        return found

    async def ask(self, scope: Any, receive: Any, send: Any) -> int:
        """Let oTree answer; the status that it answers with."""
        status = 0

        async def send_and_look(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self.app(scope, receive, send_and_look)
        return status

    def note(self, address: str, guesser: Guesser, status: int, path: str) -> None:
        wrong, right = (200, 302) if path == "/login" else (403, 200)
        if status == wrong:
            if guesser.wait() == 0.0:
                guesser.wrong = 0
            guesser.wrong += 1
            guesser.last = time.monotonic()
            what = "password of admin" if path == "/login" else "REST key"
            logger.warning("Wrong %s from %s, %d times", what, address, guesser.wrong)
        elif status == right:
            self.guessers.pop(address, None)


def _is_try(scope: Any) -> bool:
    """Whether a request tells a password, or a key that is wrong."""
    if scope["path"] == "/login":
        return bool(scope["method"] == "POST")
    if not scope["path"].startswith("/api/") or settings.AUTH_LEVEL not in LEVELS:
        return False
    given = dict(scope["headers"]).get(cbv.REST_KEY_HEADER.encode())
    return given is not None and not _same(
        given.decode("latin-1"), os.getenv(cbv.REST_KEY_NAME, "")
    )
