"""The server starts no timeout worker, keeps sockets lean, and stops in time.

Gap: `otree prodserver` starts a second process, the timeout worker, that outlives it, takes 57 MB
and is of use only for pages with a timeout of oTree's, which no page here has. uvicorn compresses
every socket (141 KiB for each instead of 43), pings each only every 20 seconds, waits without end
for connections when it is told to stop (on Python 3.12 even before it closes them), and names
itself in every answer. The garbage collector looks through all of oTree's objects again and again,
for 170 ms at 1,000 sockets.

oTree 6.0.15: cli/prodserver1of2.py:12 (run_asgi_server), 53. uvicorn 0.13.4: config.py (load),
server.py (startup, shutdown, handle_exit), protocols/websockets/websockets_impl.py:66.
websockets 10.1: legacy/protocol.py (keepalive_ping, max_queue, max_size).
Test: tests/door/test_serving.py, tests/door/test_supervisor.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
from contextvars import Context
from typing import Any

from otree import settings
from otree.cli import devserver_inner, prodserver1of2
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_impl import WebSocketProtocol
from uvicorn.server import Server
from websockets.frames import OP_PING

from lab import copies, door, memory
from lab.supervisor import LISTENING, READY

logger = logging.getLogger("otree.server")

PING_SECONDS, SILENT_SECONDS = 5, 10
LONGEST_FRAME = 1024 * 1024
MOST_WAITING_FRAMES = 4
HEAD_SECONDS = 20
PATIENCE_SECONDS = 5
"""How long a server that was told to stop waits for those who are being served."""


def install() -> None:
    prodserver1of2.Command.handle = _handle
    prodserver1of2.run_asgi_server = devserver_inner.run_asgi_server = serve


def _handle(command: Any, *arguments: Any, addrport: str | None = None, **options: Any) -> None:
    """In place of ``Command.handle``: no timeout worker."""
    serve(*prodserver1of2.get_addr_port(addrport))


def serve(address: str, port: str | int, *, is_devserver: bool = False) -> None:
    """Serve until told to stop."""
    door.check_address(address, settings.AUTH_LEVEL, settings.ADMIN_PASSWORD)
    if settings.AUTH_LEVEL and not settings.ADMIN_PASSWORD:
        logger.warning("No password is set, so nobody can log in: set one with `%s`", door.HOW)
    config = QuietConfig(
        "otree.asgi:app",
        host=address,
        port=int(port),
        log_level="warning" if is_devserver else "info",
        log_config=None,
        ws=LeanSocket,
        http=PatientHttp,
    )
    _allow_many_connections()
    server = PromptServer(config)
    if not is_devserver:
        server.mark = copies.hold(copies.database_url())
        if server.mark is None:
            door.refuse("Another server is running on this database: stop it first.")
    listening = os.environ.pop(LISTENING, "")
    if listening:
        _stop_with_parent(server)
        taken_over = socket.socket(fileno=int(listening))
        taken_over.set_inheritable(False)
        server.run(sockets=[taken_over])
    else:
        # Before anything is written down: the port may be in use.
        server.run(sockets=[config.bind_socket()])
    _end_in_time()


class QuietConfig(Config):
    """No `server` header."""

    def load(self) -> None:
        super().load()
        self.encoded_headers: list[tuple[bytes, bytes]] = [
            each for each in self.encoded_headers if each[0] != b"server"
        ]


class PromptServer(Server):
    """Says when it is ready, copies the database, and stops in time."""

    mark: Any = None
    """Held while this process serves the database; None: a devserver, with one of its own."""

    async def startup(self, sockets: Any = None) -> None:
        if self.mark is not None:
            every = copies.seconds_between()
            if every:
                copies.keep_copying(copies.database_url(), copies.folder(), every)
        await super().startup(sockets=sockets)
        if self.should_exit:
            return
        print(f"Serving at http://{_shown(self.config.host)}:{self.config.port}", flush=True)
        memory.take_charge()
        ready = os.environ.pop(READY, "")
        if ready:
            os.write(int(ready), b"1")
            os.close(int(ready))

    async def shutdown(self, sockets: Any = None) -> None:
        """In place of uvicorn's, which closes connections only after it waited for them."""
        logger.info("Stopping")
        for each in [*self.servers, *(sockets or [])]:
            each.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        until = time.monotonic() + PATIENCE_SECONDS
        while (state.connections or state.tasks) and time.monotonic() < until:
            await asyncio.sleep(0.05)
        await self.lifespan.shutdown()

    def handle_exit(self, signal_number: Any, frame: Any) -> None:
        # A second Ctrl-C of somebody impatient changes nothing: it ends in time anyway.
        self.should_exit = True


class PatientHttp(H11Protocol):
    """A connection over which no request comes in time is closed."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, self._close_if_silent, context=Context())

    def _close_if_silent(self) -> None:
        if not vars(self):
            return
        if self.transport.get_protocol() is not self:
            _forget(self)  # a socket has taken over its connection, and has pings of its own
        elif self.cycle is None:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        _forget(self)

    @property
    def is_done(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)


def _forget(connection: PatientHttp | LeanSocket) -> None:
    """Take a connection that is over apart, when nobody uses it any more.

    Its parts refer to each other, so that it would stay until Python looks for such things, which
    it does rarely (`lab.memory`).
    """
    if not connection.is_done:
        connection.loop.call_later(PATIENCE_SECONDS, _forget, connection, context=Context())
        return
    if isinstance(connection, PatientHttp):
        connection._unset_keepalive_if_required()
    if connection.transport.is_closing():
        connection.transport._read_ready_cb = None
    connection.__dict__.clear()


class LeanSocket(WebSocketProtocol):
    """A socket without compression that notices within seconds when the other side is gone.

    Whoever sends is there: an answer to a ping may stand behind much else that is still unread.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.available_extensions = None
        self.ping_interval = PING_SECONDS
        self.max_size, self.max_queue = LONGEST_FRAME, MOST_WAITING_FRAMES
        self.heard_at = self.loop.time()
        self.is_served = False

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.loop.call_later(1.0, _forget, self, context=Context())

    @property
    def is_done(self) -> bool:
        return not self.is_served and self.handler_task.done()

    async def run_asgi(self) -> None:
        self.is_served = True
        try:
            await super().run_asgi()
        finally:
            self.is_served = False

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        super().data_received(data)

    async def keepalive_ping(self) -> None:
        """In place of the library's. Waits for nothing: the other side may read nothing."""
        while True:
            try:
                await asyncio.sleep(PING_SECONDS)
            except asyncio.CancelledError:
                return  # raised, it would hold on to the whole connection
            silent = self.loop.time() - self.heard_at > SILENT_SECONDS
            if silent and self.transport.is_reading():
                self.fail_connection(1011, "silent")
                return
            self.write_frame_sync(True, OP_PING, b"")


def _allow_many_connections() -> None:
    """As many open files as the system grants: each connection is one."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _shown(address: str) -> str:
    return "localhost" if address in ("127.0.0.1", "0.0.0.0", "::1", "::") else address


def _stop_with_parent(server: Server) -> None:
    """Stop when the standard input ends: the supervisor closes it, or is gone itself."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        server.should_exit = True
        _end_in_time(2 * PATIENCE_SECONDS)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def _end_in_time(seconds: float = PATIENCE_SECONDS) -> None:
    """End the process after ``seconds`` whatever its threads are still at."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()
