"""What participants read while the server is down: a page that goes on by itself.

The supervisor answers with it on the server's port. What somebody sends meanwhile is not lost: the
page holds it, and sends it again when the server is back. Nothing here needs oTree.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import html
import socket
from functools import cache
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl

from study import negotiation, words
from study.finding import project

SECONDS = 2
"""How often the page looks whether the server is back."""

DEFAULT_LANGUAGE = "en"
LONGEST_HEAD = 32 * 1024
LONGEST_BODY = 1024 * 1024
READING_SECONDS = 10.0
MOST_AT_ONCE = 1000

FOLDER = project()
PAGE = FOLDER / "_templates" / "lab" / "restarting.html"
STYLE = FOLDER / "_static" / "lab" / "style.css"
SCRIPT = FOLDER / "_static" / "lab" / "restarting.js"


class WaitingRoom:
    """Answers on ``listener`` while open. Without a listener it is never open."""

    def __init__(self, listener: socket.socket | None, backlog: int) -> None:
        self.listener = listener
        self.backlog = backlog
        self._server: asyncio.base_events.Server | None = None
        self._visitors: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        if self.listener is None or self._server is not None:
            return
        # A double: closing it leaves the listener to the server.
        self._server = await asyncio.start_server(
            self._serve, sock=self.listener.dup(), backlog=self.backlog, limit=LONGEST_HEAD
        )

    async def close(self) -> None:
        """Take no more visitors; those who are here get their page."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visitors.add(writer)
        with contextlib.suppress(OSError, ValueError, EOFError, asyncio.TimeoutError):
            if len(self._visitors) <= MOST_AT_ONCE:
                asked = await asyncio.wait_for(_read(reader), READING_SECONDS)
                writer.write(answer(*asked))
                await asyncio.wait_for(writer.drain(), READING_SECONDS)
        self._visitors.discard(writer)
        writer.close()


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes]:
    """Method, address, headers and body of a request."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise ValueError("too long") from error
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, address, _ = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length") or 0)
    body = await reader.readexactly(length) if 0 < length <= LONGEST_BODY else b""
    return method, address, headers, body


def answer(method: str, address: str, headers: dict[str, str], body: bytes) -> bytes:
    """The whole answer to a request: 503, and for people a page."""
    for_programs = address.startswith(("/api/", "/static/")) or "upgrade" in headers
    if for_programs or method not in ("GET", "POST"):
        text, policy = b"The server is starting. Try again in a few seconds.", "default-src 'none'"
        kind = "text/plain"
    else:
        language = negotiation.preferred(headers.get("accept-language", ""), DEFAULT_LANGUAGE)
        form = headers.get("content-type", "").partition(";")[0].strip().lower()
        sent = ""
        if method == "POST" and form == "application/x-www-form-urlencoded":
            sent = _held(address, body, words.shared(language, words.COMMON)["next"])
        text, policy, kind = page(language, sent).encode(), _policy(), "text/html"
    head = [
        "HTTP/1.1 503 Service Unavailable",
        f"Content-Type: {kind}; charset=utf-8",
        f"Content-Length: {len(text)}",
        f"Content-Security-Policy: {policy}; frame-ancestors 'self'",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer",
        "Cache-Control: no-store",
        f"Retry-After: {SECONDS}",
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode() + (b"" if method == "HEAD" else text)


def page(language: str, sent: str = "") -> str:
    """The page. sent: the form that it holds and sends again, as HTML."""
    common = words.shared(language, words.COMMON)
    said = {name: html.escape(text) for name, text in common["restarting"].items()}
    return Template(_text(PAGE)).substitute(
        said,
        language=language,
        direction="rtl" if language in ("ar", "he", "fa", "ur") else "ltr",
        study=html.escape(common["study"]),
        style=_text(STYLE),
        script=_text(SCRIPT),
        sent=sent,
        noscript="" if sent else f'<meta http-equiv="refresh" content="{SECONDS + 3}">',
    )


def _held(address: str, body: bytes, go_on: str) -> str:
    """A form with what was sent to ``address``."""
    fields = parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True)
    inputs = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in fields
    )
    # Two slashes would lead to another host.
    action = html.escape("/" + address.lstrip("/"))
    button = f'<noscript><button class="button">{html.escape(go_on)}</button></noscript>'
    return f'<form id="form" method="post" action="{action}">{inputs}{button}</form>'


@cache
def _text(file: Path) -> str:
    return file.read_text("utf-8")


@cache
def _policy() -> str:
    """The page brings its own style and script, since nobody else could serve them."""

    def mark(text: str) -> str:
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    return (
        f"default-src 'none'; script-src {mark(_text(SCRIPT))}; style-src {mark(_text(STYLE))}; "
        "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'"
    )
