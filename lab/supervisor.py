"""Keeps the server running: starts it again when it dies, and stops with it.

The supervisor holds the port. While the server is down it answers there itself
(`lab/waiting_room.py`); a server that is ready takes over on the same socket, so that no
connection is refused in between. The server reads from a pipe of the supervisor: when that ends,
because the supervisor was told to stop or is gone, the server stops too.

Where a socket cannot be handed over (Windows), the server opens the port itself, and nobody
answers while it is down.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

from lab.door import REFUSED
from lab.waiting_room import WaitingRoom

MODULE = "lab.server"
LISTENING, READY = "LAB_LISTENING", "LAB_READY"
"""Numbers of the socket to serve on and of the pipe that says "ready", for the server."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
STEADY_SECONDS = 30
MOST_FAILED_STARTS = 5
SECONDS_TO_STOP = 15.0
BACKLOG = 2048
HANDS_OVER = os.name == "posix"


def run(host: str, port: int) -> int:
    """Serve on ``host``:``port`` until told to stop; the exit status."""
    listener = open_port(host, port)
    if listener is None:
        _say(f"Port {port} is in use. Choose another: PORT={port + 10} make run")
        return 1
    with listener:
        try:
            return asyncio.run(Supervisor(f"{host}:{port}", listener).run())
        finally:
            # All is stopped: whoever presses Ctrl-C once more gets no traceback for it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def open_port(host: str, port: int) -> socket.socket | None:
    """A socket that listens there; None if somebody else does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    here = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    with socket.socket(family) as probe:
        probe.settimeout(1)
        if probe.connect_ex((here, port)) == 0:
            return None
    listener = socket.socket(family)
    if HANDS_OVER:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            _say(f"{host}:{port}: {error.strerror or error}")
            listener.close()
            return None
        listener.listen(BACKLOG)
    return listener


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


class Supervisor:
    """One server after the other, on one port."""

    def __init__(self, address: str, listener: socket.socket) -> None:
        self.address = address
        self.listener = listener
        self.room = WaitingRoom(listener if HANDS_OVER else None, BACKLOG)
        self.stopping = asyncio.Event()

    async def run(self) -> int:
        """One server after the other, until told to stop; the exit status."""
        hear_signals(self.stopping.set)
        ever_ready, failed, pause = False, 0, FIRST_PAUSE
        while True:
            await self.room.open()
            started = time.monotonic()
            status, ready = await self.serve()
            if self.stopping.is_set():
                break
            if status == REFUSED:
                return REFUSED
            ever_ready |= ready
            failed = 0 if ready else failed + 1
            if failed >= MOST_FAILED_STARTS and not ever_ready:
                _say(f"The server ended {failed} times before it was ready; see above why.")
                return 1
            lasted = time.monotonic() - started
            pause = FIRST_PAUSE if lasted > STEADY_SECONDS else pause
            how = f"signal {-status}" if status < 0 else f"status {status}"
            _say(f"The server ended ({how}). It is started again in {pause:g} seconds.")
            await self.room.open()
            if await self.stopped_within(pause):
                break
            pause = min(2 * pause, LONGEST_PAUSE)
        await self.room.close()
        return 0

    async def serve(self) -> tuple[int, bool]:
        """One life of the server: its exit status, and whether it ever was ready."""
        ready = asyncio.Event()
        server = await self.start(ready)
        ended = asyncio.ensure_future(server.wait())
        stopped = asyncio.ensure_future(self.stopping.wait())
        on_ready = asyncio.ensure_future(ready.wait())
        waiting = {ended, stopped, on_ready}
        while not ended.done() and not stopped.done():
            # Where signals do not wake the loop, it wakes by itself.
            await asyncio.wait(waiting, timeout=1, return_when=asyncio.FIRST_COMPLETED)
            if on_ready.done() and on_ready in waiting:
                waiting.remove(on_ready)
                await self.room.close()
        if not ended.done():
            await self.stop(server, ended, gently=ready.is_set())
        for each in (stopped, on_ready):
            each.cancel()
        _kill_group(server.pid)
        return ended.result(), ready.is_set()

    async def start(self, ready: asyncio.Event) -> Process:
        """A new server, which sets ``ready`` when it has taken over the port."""
        environment = dict(os.environ)
        command = (sys.executable, "-m", MODULE, self.address)
        if not HANDS_OVER:
            server = await asyncio.create_subprocess_exec(*command, stdin=PIPE, env=environment)
            asyncio.get_running_loop().call_later(STEADY_SECONDS, ready.set)
            return server
        told, tell = os.pipe()
        environment |= {LISTENING: str(self.listener.fileno()), READY: str(tell)}
        server = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            env=environment,
            pass_fds=(self.listener.fileno(), tell),
            # Ctrl-C at the terminal is the supervisor's: it stops the server in order.
            start_new_session=True,
        )
        os.close(tell)

        def hear() -> None:
            asyncio.get_running_loop().remove_reader(told)
            if os.read(told, 1):
                ready.set()
            os.close(told)

        asyncio.get_running_loop().add_reader(told, hear)
        return server

    async def stop(self, server: Process, ended: asyncio.Future[int], *, gently: bool) -> None:
        """Stop a server: in order if it is serving, at once if it is still being loaded."""
        assert server.stdin is not None
        server.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            if not gently:
                server.terminate()
            if not (await asyncio.wait({ended}, timeout=SECONDS_TO_STOP))[0]:
                server.kill()
        await ended

    async def stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)
        return self.stopping.is_set()


def hear_signals(do: Callable[[], None]) -> None:
    """Call ``do`` when the terminal or the system asks this process to end."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            asyncio.get_running_loop().add_signal_handler(number, do)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: do())


def _kill_group(pid: int) -> None:
    """Whatever a dead server left behind."""
    if HANDS_OVER:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
