"""The WebSocket over which the page of a round sends its answers.

Each socket waits for its own answers alone: they are put down by the one writer, and acknowledged
when they are on the disk. A reply that is not taken in time closes the socket; the page opens
another and sends again what was not acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from otree.common import get_models_module
from otree.database import session_scope
from otree.lookup import get_page_lookup
from starlette.websockets import WebSocket

from lab import clock, diary, memory
from lab.limit import Limit
from lab.lock import ANSWER, LOCK, OPENING
from lab.rounds import contact, desk, records
from lab.rounds.records import Seat
from lab.rounds.writer import WRITER
from lab.sessions import session_config
from steps.round import Round

logger = logging.getLogger("otree.effort_task")

PATH = "/round"
SEND_SECONDS = 10.0
SENDING = Limit(SEND_SECONDS)
TRIES = 5
MOST_NOTED = 20
MOST_EMPTY, EMPTY_A_SECOND = 40, 10
"""Messages without a new answer that one socket may send at once, and then in a second."""
MOVED_ON = {"moved_on": True}
encode = json.JSONEncoder(separators=(",", ":")).encode
REFUSED_BY_POLICY = 1008


class Wrong(ValueError):
    """The address of a socket does not lead to a round."""


def address(participant: str, page_index: int) -> str:
    """Where the page of a round finds its socket."""
    return f"{PATH}?participant={participant}&page={page_index}"


class Line:
    """One participant in one round, for all sockets that are open for them in this process."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.sockets: list[WebSocket] = []
        self.loop = asyncio.get_running_loop()
        self.is_over = False

    async def take(self, message: Any) -> desk.Reply:
        """Apply a message; what the page is told, after it was stored."""
        if self.is_over:
            return MOVED_ON
        is_new = False
        for _ in range(TRIES):
            decided = await self._decide(message, clock.now())
            if is_new and decided.went_back is not None:
                await self._note(decided.went_back)
            if is_new or decided.went_back is None:
                if decided.change is None:
                    return decided.reply
                try:
                    stored = await WRITER.run(partial(records.write, change=decided.change))
                except Exception as error:
                    # The page keeps the answers and asks again.
                    logger.warning("An answer was not stored, for now: %.200r", error)
                    return {"round": self.seat.round.phase, "refused": "not stored"}
                if stored:
                    self.seat.state = decided.change.outcome.state
                    return decided.reply
            # Another tab, or the form of the page, was quicker: see how the round stands now.
            if not await self.read_again():
                return MOVED_ON
            is_new = True
        return {"round": self.seat.round.phase, "refused": "not stored"}

    async def _decide(self, message: Any, now: float) -> desk.Decision:
        state = self.seat.state
        if state is None or state.deadline is None or now <= state.deadline:
            return desk.decide(None, self.seat, message, now)
        # What still counts depends on what is stored.
        return await WRITER.read(lambda c: desk.decide(c, self.seat, message, now), ANSWER)

    async def read_again(self) -> bool:
        """Whether the participant still is in the round, as the database has it now."""
        old = self.seat
        seat = await WRITER.read(
            lambda c: records.seat(c, old.code, old.page, old.Player, old.config), ANSWER
        )
        if seat is None or seat.ended or seat.page_index != old.page_index:
            return False
        self.seat = seat
        return True

    async def _note(self, acknowledged: int) -> None:
        """Write down that a page knew of more answers than the server has; once a number."""
        assert self.seat.state is not None
        seat, has = self.seat, self.seat.state.applied
        noted = contact.of(seat.code, seat.round.phase, clock.now()).noted
        if acknowledged in noted or len(noted) >= MOST_NOTED:
            return
        noted.add(acknowledged)
        logger.warning(
            "The page of %s had %d answers acknowledged in round %s, the server has %d",
            seat.code,
            acknowledged,
            seat.round.phase,
            has,
        )
        row = {
            "participant_code": seat.code,
            "phase": seat.round.phase,
            "page_number": acknowledged,
            "server_number": has,
            "at": clock.now(),
        }
        await WRITER.run(partial(diary.disagreement, **row))


_lines: dict[tuple[str, int], Line] = {}


async def serve(websocket: WebSocket) -> None:
    """One socket, from its opening to its end."""
    try:
        line = await _line(websocket.scope)
    except Wrong as wrong:
        logger.warning("A round's socket was refused: %s", wrong)
        await websocket.close(code=REFUSED_BY_POLICY)
        return
    await websocket.accept()
    if line is None:
        await _send(websocket, MOVED_ON)
        await websocket.close()
        return
    seat = line.seat
    key = seat.code, seat.page_index
    heard = contact.of(seat.code, seat.round.phase, clock.now())
    line.sockets.append(websocket)
    heard.opened()
    try:
        await _talk(websocket, line)
    finally:
        heard.closed(clock.now())
        line.sockets = [each for each in line.sockets if each is not websocket]
        if not line.sockets and _lines.get(key) is line:
            del _lines[key]


async def _talk(websocket: WebSocket, line: Line) -> None:
    patience = Patience(asyncio.get_running_loop().time())
    while True:
        event = await websocket.receive()
        if event["type"] != "websocket.receive":
            return
        memory.at_work()
        reply = await line.take(desk.parse(event.get("text") or event.get("bytes")))
        if not await _send(websocket, reply) or reply is MOVED_ON:
            return
        if not reply.get("results"):
            await asyncio.sleep(patience.wait(asyncio.get_running_loop().time()))


class Patience:
    """With messages that bring nothing new: a page sends a few, and a flood has to wait."""

    def __init__(self, now: float) -> None:
        self.left = float(MOST_EMPTY)
        self.last = now

    def wait(self, now: float) -> float:
        """The seconds until the next message is read."""
        refilled = self.left + (now - self.last) * EMPTY_A_SECOND
        self.left, self.last = min(float(MOST_EMPTY), refilled) - 1, now
        return max(0.0, -self.left / EMPTY_A_SECOND)


async def _send(websocket: WebSocket, reply: Mapping[str, Any]) -> bool:
    """Whether the page took ``reply`` in time. Nobody else waits for it."""
    try:
        with SENDING:
            await websocket.send_text(encode(reply))
    except Exception:
        return False  # it took too long, or closed while we wrote
    return True


# ----------------------------------------------------------------------- who, and in which round


async def _line(scope: Any) -> Line | None:
    """The line that an address leads to; None: the participant is somewhere else by now."""
    given = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    code, page = given.get("participant", ""), given.get("page", "")
    if not (code.isalnum() and code.isascii() and len(code) <= 16):
        raise Wrong("its address names no participant")
    if not (page.isascii() and page.isdigit() and len(page) <= 4):
        raise Wrong("its address names no page")
    key = code, int(page)
    if key in _lines:
        return _lines[key] if await _lines[key].read_again() else None
    page, Player, config = await _page_of(*key)
    seat = await WRITER.read(lambda c: records.seat(c, code, page, Player, config))
    if seat is None or seat.page_index != key[1] or seat.ended:
        return None
    return _lines.setdefault(key, Line(seat))


async def _page_of(code: str, index: int) -> tuple[Any, type, Mapping[str, Any]]:
    """The round's page, its player and the config of a participant's session."""
    session = await WRITER.read(lambda connection: records.session_of(connection, code))
    if session is None:
        raise Wrong("its participant does not exist")
    async with LOCK.at(OPENING):
        with session_scope():
            config = session_config(session)
            try:
                found = get_page_lookup(session, index)
            except KeyError:
                raise Wrong("its address names no page") from None
    if not isinstance(getattr(found.page_class, "step", None), Round):
        raise Wrong("its page is no round")
    return found.page_class, get_models_module(found.app_name).Player, config


def moved_on(code: str, page_index: int) -> None:
    """Tell every page of this round that the participant has left it. From any thread."""
    line = _lines.pop((code, page_index), None)
    if line is None:
        return
    line.is_over = True
    for websocket in list(line.sockets):
        asyncio.run_coroutine_threadsafe(_send(websocket, MOVED_ON), line.loop)


def gone(codes: Iterable[str]) -> None:
    """Let no page write any more whose participant is deleted.

    SQLite gives the numbers of deleted rows to new ones: an open page would write into the data of
    whoever comes next.
    """
    deleted = set(codes)
    for code, page_index in list(_lines):
        if code in deleted:
            moved_on(code, page_index)
