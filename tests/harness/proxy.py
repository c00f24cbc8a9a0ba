"""A network between browser and server that is slow, silent or cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from tests.harness.live import LOOP

CHUNK = 65536


class Proxy:
    """A port that leads to the port ``target``.

    delay: seconds that everything takes, in each direction.
    """

    def __init__(self, target: int, delay: float = 0.0) -> None:
        self.target = target
        self.delay = delay
        self._flowing = asyncio.Event()
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = LOOP.run(self._listen())
        self.port = int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _listen(self) -> asyncio.Server:
        self._flowing.set()
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    # -------------------------------------------------------------------- what may happen

    def cut(self) -> None:
        """Break every connection and refuse new ones, until `mend`."""
        LOOP.run(self._break(True))

    def hang(self) -> None:
        """Let nothing through, without telling anyone, until `mend`; nothing is lost."""
        LOOP.run(self._hang())

    def mend(self) -> None:
        LOOP.run(self._mend())

    def close(self) -> None:
        LOOP.run(self._close())

    async def _break(self, cut: bool) -> None:
        self._cut = cut
        for writer in list(self._writers):
            writer.transport.abort()

    async def _hang(self) -> None:
        self._flowing.clear()

    async def _mend(self) -> None:
        self._cut = False
        self._flowing.set()

    async def _close(self) -> None:
        # Whoever was let in at the last moment still finds somebody to see them out.
        for listener in self._server.sockets:
            asyncio.get_running_loop().remove_reader(listener.fileno())
        await asyncio.sleep(0.01)
        self._server.close()
        await self._break(True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ------------------------------------------------------------------------ connections

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._remember(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if not self._cut:
                await self._flowing.wait()
                away_reader, away_writer = await self._open()
                ways = [(reader, away_writer), (away_reader, writer)]
                self._writers |= {writer, away_writer}
                pumps = [asyncio.ensure_future(self._pump(*way)) for way in ways]
                for pump in pumps:
                    self._remember(pump)
                # Either side may end; the other then has nobody to talk to.
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                away_writer.transport.abort()
                self._writers -= {writer, away_writer}
        writer.transport.abort()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the target; if nobody waits for it any more, it is closed again."""
        opening = asyncio.ensure_future(asyncio.open_connection("127.0.0.1", self.target))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_abort)
            raise

    def _remember(self, task: asyncio.Task[None] | None) -> None:
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def take() -> None:
            with contextlib.suppress(OSError):
                while data := await reader.read(CHUNK):
                    line.put_nowait((clock() + self.delay, data))
            line.put_nowait((clock() + self.delay, b""))

        taking = asyncio.ensure_future(take())
        try:
            while True:
                due, data = await line.get()
                await asyncio.sleep(max(0.0, due - clock()))
                await self._flowing.wait()
                if not data:
                    return
                writer.write(data)
                await writer.drain()
        except OSError:
            return
        finally:
            taking.cancel()


def _abort(opened: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
    if not opened.cancelled() and opened.exception() is None:
        opened.result()[1].transport.abort()


@contextlib.contextmanager
def between(target: int, delay: float = 0.0) -> Iterator[Proxy]:
    """A proxy for the length of a block."""
    proxy = Proxy(target, delay)
    try:
        yield proxy
    finally:
        proxy.close()
