"""A browser over plain sockets. It speaks as much HTTP and WebSocket as the server does."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import time
import weakref
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

HOST = "127.0.0.1"
PAGE_SECONDS = 60.0
QUIET_SECONDS = 3.0
"""The server closes a quiet connection after five seconds; it is not used any more after three."""
LARGEST_REPLY = 256 * 2**20
MOST_REDIRECTS = 10
CLOSING_SECONDS = 5.0


_open: weakref.WeakSet[Any] = weakref.WeakSet()


async def hang_up() -> None:
    """Close every connection that is still open, before the event loop ends."""
    await asyncio.sleep(0.3)  # the server closes first, where it was asked to
    for transport in list(_open):
        transport.abort()
    await asyncio.sleep(0.1)


class Gone(ConnectionError):
    """The connection broke, or nothing came in time; what was asked for may have been done."""


@dataclass
class Reply:
    """What a server replied, after redirects. ``first``: the status before following them."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    path: str
    first: int
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """One browser with its own cookies, for one thing at a time."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    _line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _used: float = 0.0

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.request("GET", path, **options)

    async def post(self, path: str, form: dict[str, str], **options: Any) -> Reply:
        """Send a form as a page does."""
        body = urlencode(form).encode()
        kind = "application/x-www-form-urlencoded"
        return await self.request("POST", path, body=body, kind=kind, **options)

    async def post_json(self, path: str, content: Any, **options: Any) -> Reply:
        body = json.dumps(content).encode()
        return await self.request("POST", path, body=body, kind="application/json", **options)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        kind: str = "",
        follow: bool = True,
        seconds: float = PAGE_SECONDS,
    ) -> Reply:
        began = time.perf_counter()
        try:
            status, headers, content = await asyncio.wait_for(
                self._exchange(method, path, body, kind), seconds
            )
            first = status
            for _ in range(MOST_REDIRECTS):
                if not follow or status not in (301, 302, 303, 307):
                    break
                target = urlsplit(dict(headers)["location"])
                path = target.path + (f"?{target.query}" if target.query else "")
                status, headers, content = await asyncio.wait_for(
                    self._exchange("GET", path, b"", ""), seconds
                )
        except asyncio.TimeoutError:
            self.close()
            raise Gone(f"{method} {path}: nothing within {seconds:g} s") from None
        except (OSError, asyncio.IncompleteReadError, EOFError) as error:
            self.close()
            raise Gone(f"{method} {path}: {error!r}") from None
        return Reply(status, headers, content, path, first, time.perf_counter() - began)

    async def _exchange(
        self, method: str, path: str, body: bytes, kind: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        if self._line and time.perf_counter() - self._used > QUIET_SECONDS:
            self.close()
        used = self._line is not None
        if not self._line:
            self._line = await asyncio.open_connection(HOST, self.port, limit=2**20)
            _open.add(self._line[1].transport)
        reader, writer = self._line
        head = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{self.port}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.cookies:
            head.append("Cookie: " + self.cookie_line)
        if method == "POST":
            head += [f"Origin: http://{HOST}:{self.port}", f"Content-Length: {len(body)}"]
            head.append(f"Content-Type: {kind}")
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        try:
            status, headers = parse_head(await reader.readuntil(b"\r\n\r\n"))
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            if used and method == "GET":
                # The server closed the connection while it was quiet.
                return await self._exchange(method, path, body, kind)
            raise
        for name, value in headers:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
        known = dict(headers)
        content = b""
        if known.get("transfer-encoding") == "chunked":
            content = await _chunks(reader)
        elif status != 204 and "content-length" in known:
            content = await reader.readexactly(int(known["content-length"]))
        elif status != 204:
            content = await reader.read(LARGEST_REPLY)
            self.close()
        if known.get("connection") == "close":
            self.close()
        self._used = time.perf_counter()
        return status, headers, content

    @property
    def cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def socket(self, path: str, seconds: float = PAGE_SECONDS) -> Socket:
        """Open a WebSocket as a script of this host does."""
        return await Socket.open(self.port, path, self.cookie_line, seconds)

    def close(self) -> None:
        if self._line:
            self._line[1].transport.abort()
            self._line = None


def parse_head(head: bytes) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers, names in lower case."""
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    headers = [line.partition(":") for line in lines[1:] if line]
    return status, [(name.strip().lower(), value.strip()) for name, _, value in headers]


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readline()
    return b"".join(parts)


# ------------------------------------------------------------------------------------ WebSocket

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
NO_MASK = b"\x00\x00\x00\x00"
"""Frames of a browser are masked. With zeros as mask a text stays as it is, and costs nothing."""


def frame(payload: bytes, kind: int = TEXT) -> bytes:
    """One masked frame."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
    return head + NO_MASK + payload


class Socket(asyncio.Protocol):
    """An open WebSocket.

    closed: why it ended; None: it is open. transport: for those who are not as polite.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.closed: str | None = None
        self._loop = loop
        self._opened: asyncio.Future[None] = loop.create_future()
        self._buffer = bytearray()
        self._texts: deque[str] = deque()
        self._part = b""
        self._waiter: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int, path: str, cookies: str, seconds: float) -> Socket:
        loop = asyncio.get_running_loop()
        key = base64.b64encode(os.urandom(16)).decode()
        head = [
            f"GET {path} HTTP/1.1",
            f"Host: {HOST}:{port}",
            f"Origin: http://{HOST}:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
        if cookies:
            head.append(f"Cookie: {cookies}")
        socket = None
        try:
            _, socket = await loop.create_connection(cls, HOST, port)
            socket.transport.write("\r\n".join([*head, "", ""]).encode())
            await asyncio.wait_for(asyncio.shield(socket._opened), seconds)
        except asyncio.TimeoutError:
            socket.abort()
            raise Gone(f"{path}: no WebSocket within {seconds:g} s") from None
        except OSError as error:
            if socket:
                socket.abort()
            raise Gone(f"{path}: {error}") from None
        return socket

    # --------------------------------------------------------------------- asyncio.Protocol

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        _open.add(transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._opened.done() and not self._handshake():
            return
        while self._one_frame():
            pass

    def connection_lost(self, error: Exception | None) -> None:
        self._end(repr(error) if error else "connection lost")

    def _handshake(self) -> bool:
        head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not found:
            return False
        status, _ = parse_head(head + found)
        self._buffer = bytearray(rest)
        if status != 101:
            self._end(f"refused with {status}")
            return False
        self._opened.set_result(None)
        return True

    def _one_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1] & 0x7F, 2
        if size == 126:
            start = 4
            size = int.from_bytes(buffer[2:4], "big")
        elif size == 127:
            start = 10
            size = int.from_bytes(buffer[2:10], "big")
        if len(buffer) < start + size:
            return False
        first, payload = buffer[0], bytes(buffer[start : start + size])
        del buffer[: start + size]
        kind = first & 0x0F
        if kind == PING:
            self._write(frame(payload, PONG))
        elif kind == CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else 0
            self._write(frame(payload[:2], CLOSE))
            self._end(f"closed with {code}")
        elif kind in (0, TEXT, BINARY):
            self._part += payload
            if first & 0x80:
                self._texts.append(self._part.decode("utf-8"))
                self._part = b""
                self._wake()
        return True

    def _end(self, why: str) -> None:
        if self.closed is None:
            self.closed = why
            if not self._opened.done():
                self._opened.set_exception(Gone(why))
                self._opened.exception()  # seen, even if nobody waits any more
            self._wake()
            if self.transport and not self.transport.is_closing():
                # The server closes the connection, as between browser and server.
                self._loop.call_later(CLOSING_SECONDS, self.transport.abort)

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _write(self, data: bytes) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.write(data)

    # ---------------------------------------------------------------------------- for people

    def send(self, text: str) -> None:
        if self.closed is not None:
            raise Gone(self.closed)
        self._write(frame(text.encode()))

    def send_json(self, content: Any) -> None:
        self.send(json.dumps(content))

    async def receive(self, seconds: float = PAGE_SECONDS) -> str:
        """The next text. Raises `Gone` if the socket ends, or nothing comes in time."""
        while not self._texts:
            if self.closed is not None:
                raise Gone(self.closed)
            waiter = self._waiter = self._loop.create_future()
            late = self._loop.call_later(seconds, _give_up, waiter)
            try:
                if await waiter == "late":
                    raise Gone(f"nothing within {seconds:g} s")
            finally:
                late.cancel()
                self._waiter = None
        return self._texts.popleft()

    async def receive_json(self, seconds: float = PAGE_SECONDS) -> Any:
        return json.loads(await self.receive(seconds))

    def close(self) -> None:
        """Close as a page does that is left."""
        if self.closed is None:
            self._write(frame((1001).to_bytes(2, "big"), CLOSE))
            self._end("closed here")

    def abort(self) -> None:
        """Break the connection."""
        if self.transport:
            self.transport.abort()
        self._end("broken here")


def _give_up(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_result("late")
