"""Clients that would hold up everybody, if they could.

Each is a coroutine that is hostile for some seconds, with connections of its own. What the server
does with it is its own business, as long as nobody else notices. They run in a process of their
own, so that nobody here is held up by what they do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from tests.harness.load.wire import BINARY, HOST, Browser, Gone, Socket, frame

PATHS = ("/login", "/api/sessions", "/p/{code}/study/Consent/1", "/ToggleArchivedSessions")
CONNECTIONS = 12
FIELDS = 400_000
BODY_BYTES = 60 * 2**20
FRAME_BYTES = 16 * 2**20
BACKSLASHES = 50
RELOADS = 300
PIECE = 2**18
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Target:
    """A server, the address of a round's socket, its participant, and others who may reload."""

    port: int
    socket: str
    code: str
    others: tuple[str, ...]


def _head(port: int, path: str, length: int, kind: str = FORM) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}:{port}",
        f"Content-Type: {kind}",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@contextlib.asynccontextmanager
async def _line(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _many(one: Callable[[int], Awaitable[None]], number: int = CONNECTIONS) -> None:
    """Do it many times at once; a connection that the server ends is no news."""
    await asyncio.gather(*(_one(one, n) for n in range(number)))


async def _one(one: Callable[[int], Awaitable[None]], n: int) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        await one(n)


def _path(target: Target, n: int) -> str:
    return PATHS[n % len(PATHS)].format(code=target.code)


async def no_body(target: Target, seconds: float) -> None:
    """Posts that announce a body and never send it."""

    async def one(n: int) -> None:
        async with _line(target.port) as (_, writer):
            writer.write(_head(target.port, _path(target, n), 1000))
            await asyncio.sleep(seconds)

    await _many(one)


async def byte_by_byte(target: Target, seconds: float) -> None:
    """Posts whose body comes a byte at a time."""
    until = time.monotonic() + seconds

    async def one(n: int) -> None:
        async with _line(target.port) as (_, writer):
            writer.write(_head(target.port, _path(target, n), 100_000))
            while time.monotonic() < until:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.05)

    await _many(one)


async def never_reads(target: Target, seconds: float) -> None:
    """Sockets of a round that ask for cards all the time and read nothing; pages too."""
    until = time.monotonic() + seconds

    async def sockets(n: int) -> None:
        socket = await Socket.open(target.port, target.socket, "", 10)
        assert socket.transport
        socket.transport.pause_reading()
        try:
            while time.monotonic() < until and socket.closed is None:
                socket.send_json({"round": "main", "have": 0, "answers": []})
                await asyncio.sleep(0.002)
        finally:
            socket.abort()

    async def pages(n: int) -> None:
        async with _line(target.port) as (_, writer):
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            host = f"Host: {HOST}:{target.port}"
            ask = f"GET /static/lab/style.css HTTP/1.1\r\n{host}\r\n\r\n".encode()
            while time.monotonic() < until:
                writer.write(ask)
                await asyncio.sleep(0.01)

    await asyncio.gather(_many(sockets, 6), _many(pages, 6))


async def many_fields(target: Target, seconds: float) -> None:
    """A form of 400,000 fields, again and again."""
    body = b"&".join(b"a%d=1" % n for n in range(FIELDS))
    await _again(target, seconds, body, FORM)


async def large_body(target: Target, seconds: float) -> None:
    """A body of 60 MB, again and again."""
    await _again(target, seconds, b"a" * BODY_BYTES, FORM)


async def backslashes(target: Target, seconds: float) -> None:
    """The Content-Type for which python-multipart 0.0.5 needs exponential time."""
    kind = f'multipart/form-data; boundary="{chr(92) * BACKSLASHES}'
    await _again(target, seconds, b"a=1", kind)
    await _again(target, 1.0, b"a=1", f'{FORM}; charset="{chr(92) * BACKSLASHES}')


async def _again(target: Target, seconds: float, body: bytes, kind: str) -> None:
    port, until = target.port, time.monotonic() + seconds

    async def one(n: int) -> None:
        while time.monotonic() < until:
            try:
                async with _line(port) as (reader, writer):
                    writer.write(_head(port, _path(target, n), len(body), kind))
                    for start in range(0, len(body), PIECE):
                        writer.write(body[start : start + PIECE])
                        await writer.drain()
                    await asyncio.wait_for(reader.read(1000), max(1.0, until - time.monotonic()))
            except (OSError, asyncio.TimeoutError):
                await asyncio.sleep(0.05)

    await _many(one, len(PATHS))


async def large_frames(target: Target, seconds: float) -> None:
    """Frames of 16 MB to every socket that a stranger can open."""
    addresses = [target.socket, "/auto_advance?participant_code=x&page_index=1"]
    addresses += ["/wait_for_session_in_room?room_name=open&tab_unique_id=1", "/create_session"]
    until = time.monotonic() + seconds
    inside = b'{"round": "main", "answers": [' + b"1," * (FRAME_BYTES // 2 - 50) + b"1]}"
    noise = os.urandom(2**20) * (FRAME_BYTES // 2**20)

    async def one(n: int) -> None:
        while time.monotonic() < until:
            try:
                socket = await Socket.open(target.port, addresses[n], "", 10)
                assert socket.transport
                socket.transport.write(frame(inside) if n % 2 else frame(noise, BINARY))
                socket.transport.write(frame(inside))
                await socket.receive(max(1.0, until - time.monotonic()))
                socket.close()
            except Gone:
                await asyncio.sleep(0.2)

    await _many(one, len(addresses))


async def reloads(target: Target, seconds: float) -> None:
    """300 people who all reload their page at once, as after a power cut; once every 3 seconds."""
    until = time.monotonic() + seconds

    async def one(n: int) -> None:
        person = Browser(target.port)
        try:
            while time.monotonic() < until:
                began = time.monotonic()
                await person.get(f"/InitializeParticipant/{target.others[n]}")
                person.close()
                await asyncio.sleep(max(0.0, 3 - (time.monotonic() - began)))
        finally:
            person.close()

    await _many(one, min(RELOADS, len(target.others)))


Hostile = Callable[[Target, float], Awaitable[None]]

CLIENTS: dict[str, Hostile] = {
    "a post without its body": no_body,
    "a body a byte at a time": byte_by_byte,
    "a socket that never reads": never_reads,
    "400,000 form fields": many_fields,
    "a body of 60 MB": large_body,
    "50 backslashes": backslashes,
    "frames of 16 MB": large_frames,
    "300 people reload": reloads,
}


def meet(name: str, target: Target, seconds: float) -> None:
    """Be this client for so many seconds; for a process of its own."""
    asyncio.run(CLIENTS[name](target, seconds))
