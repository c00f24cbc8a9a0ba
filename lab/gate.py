"""The gate through which every request comes: read it, let it work alone, answer it.

oTree takes its lock first and then waits for whatever the browser still has to send, and again
until the browser has taken the answer; so one slow browser holds up everybody. Here the body is
read before the lock is taken, within limits, and the answer is sent after it was given back. What
takes long and only reads goes to the helper process.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from otree.database import db
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from lab import helper, lifespan, memory
from lab.limit import Limit
from lab.lock import LOCK, OPENING, PAGE
from lab.mending.access_log import shown
from lab.own_pages import OwnPages

logger = logging.getLogger("otree.gate")

MAX_BODY = 2_000_000
"""Bytes: the longest journal that a round's page may send with its form, and some more."""
MAX_FIELDS = 1_000
BODY_SECONDS = 20.0
SEND_SECONDS = 60.0
READING, SENDING = Limit(BODY_SECONDS), Limit(SEND_SECONDS)

# No page sends files; and the parser for forms with files takes its time over some of them.
CONTENT_TYPE = re.compile(
    rb"(application/(x-www-form-urlencoded|json)|text/plain)(; ?charset=[-\w\"]{1,20})?",
    re.IGNORECASE,
)

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


@dataclass
class Answer:
    """What is sent back: collected first, so that nobody waits for the browser with the lock."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        else:
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


class Gate:
    """ASGI: the outermost layer of the server."""

    def __init__(self, app: Any) -> None:
        self.app = OwnPages(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, lifespan.watched(receive), send)
        elif scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
        else:
            answer = await self._answer(scope, receive)
            try:
                with SENDING:
                    await answer.send(send)
            except asyncio.TimeoutError:
                logger.warning("A browser did not take its answer in %d seconds", SEND_SECONDS)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        memory.at_work()
        try:
            body = await read_body(scope, receive)
        except HTTPException as refused:
            logger.warning("A request to %s was refused: %s", shown(scope["path"]), refused.detail)
            return plain(refused.status_code, refused.detail)
        name = helper.routes.name_of(scope)
        if name in helper.routes.SLOW and helper.HELPER.works:
            return Answer(*await helper.HELPER.request(scope, body))
        if name in helper.routes.ON_THEIR_OWN:
            # They take the lock themselves, again and again.
            return await run(self.app, scope, body)
        async with LOCK.at(OPENING if scope["method"] == "GET" else PAGE):
            with memory.of_a_page():
                return await in_transaction(self.app, scope, body)


async def in_transaction(app: Any, scope: Scope, body: bytes) -> Answer:
    """Let ``app`` answer; what it changed is on the disk before anybody is told, or not at all."""
    db.new_session()
    try:
        answer = await run(app, scope, body)
        if answer.status < 500:
            db.commit()
        else:
            db.rollback()
        return answer
    finally:
        db.close()
        # Nothing keeps it, so that it goes.
        db._db.transaction = None
        db._db = None


async def run(app: Any, scope: Scope, body: bytes) -> Answer:
    """Let ``app`` answer a request whose ``body`` is here already."""
    answer = Answer()
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return unread.pop() if unread else {"type": "http.disconnect"}

    try:
        await app(scope, receive, answer.take)
    except Exception:
        # oTree has answered and raised it again, for the log.
        logger.exception("A request to %s failed", shown(scope["path"]))
        if not answer.body:
            return plain(500, "Something went wrong on the server.")
    return answer


def plain(status: int, reason: str) -> Answer:
    said = PlainTextResponse(f"{reason}\n", status, {"connection": "close"})
    return Answer(status, said.raw_headers, said.body)


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The body of a request. Raises `Refused` if it is too long, too slow or no form."""
    headers = dict(scope["headers"])
    names = [name for name, _ in scope["headers"]]
    if names.count(b"content-type") > 1 or names.count(b"content-length") > 1:
        raise HTTPException(400, "A request says only once what it holds.")
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or len(declared) > 15 or int(declared) > MAX_BODY:
        raise HTTPException(413, f"A request may be at most {MAX_BODY:,} bytes long.")
    kind = headers.get(b"content-type")
    if kind is not None and not CONTENT_TYPE.fullmatch(kind.strip()):
        raise HTTPException(415, "This kind of content is not read here.")
    try:
        with READING:
            body = await _read(receive)
    except asyncio.TimeoutError:
        raise HTTPException(
            408, f"The request did not arrive within {BODY_SECONDS:.0f} seconds."
        ) from None
    if body.count(b"&") > MAX_FIELDS:
        raise HTTPException(413, f"A form may have at most {MAX_FIELDS:,} fields.")
    return body


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "The request ended before it was complete.")
        part = message.get("body", b"")
        parts.append(part)
        length += len(part)
        if length > MAX_BODY:
            raise HTTPException(413, f"A request may be at most {MAX_BODY:,} bytes long.")
        if not message.get("more_body"):
            return b"".join(parts)
