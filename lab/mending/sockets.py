"""oTree's sockets refuse what they cannot read, in a line of the log, and live on.

Gap: a frame that is no JSON, an address without its parameters, or a room that does not exist
raise in the middle of a socket, which prints a traceback and dies. Opening and closing a socket
takes the lock even if there is nothing to do. For every live message oTree loads the participant
three times, player, group and the codes of everyone in the group, with the lock; it replies before
it commits, and while everybody waits: so the rounds of the effort task have a socket of their own.

oTree 6.0.15: channels/consumers.py:57 (_OTreeAsyncJsonWebsocketConsumer), 68 (clean_kwargs), 284
(LiveConsumer), 586 (WSRoomAdmin), 603 (WSRoomParticipant); channels/routing.py:7
(websocket_routes); live.py:36 (live_payload_function). starlette 0.14.1: endpoints.py:24
(dispatch). websockets 10.1: legacy/server.py:162, 239.
Test: tests/server/test_hostile_requests.py, tests/server/test_round_socket.py.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

from otree.channels import consumers, routing, utils
from otree.common import AUTH_COOKIE_NAME, AUTH_COOKIE_VALUE
from otree.database import session_scope
from otree.room import ROOM_DICT
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import WebSocketException

from lab.lock import LOCK, OPENING
from lab.mending import put_around
from lab.mending.access_log import shown
from lab.rounds import socket

logger = logging.getLogger("otree.sockets")

REFUSED_BY_POLICY = 1008
BASE = consumers._OTreeAsyncJsonWebsocketConsumer


def install() -> None:
    BASE.dispatch, BASE.on_connect, BASE.on_disconnect = _dispatch, _on_connect, _on_disconnect
    consumers.WSRoomAdmin.clean_kwargs = _known_room
    put_around(consumers.WSRoomParticipant, "clean_kwargs", _room_of_query)
    logging.getLogger("websockets.server").addFilter(_in_a_line)
    for route in routing.websocket_routes:
        if isinstance(route.endpoint, type):
            route.app = partial(_guarded, route.endpoint)
    routing.websocket_routes.append(WebSocketRoute(socket.PATH, socket.serve))


def _in_a_line(record: logging.LogRecord) -> bool:
    """Somebody who is gone in the middle of a handshake is no error, and no traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, OSError | EOFError | WebSocketException):
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}", ()
    return True


async def _guarded(consumer: type, scope: Any, receive: Any, send: Any) -> None:
    """One socket of oTree's, if its address makes sense."""
    try:
        socket = consumer(scope, receive, send)
    except Exception as error:
        # Whatever stands in an address; each consumer trips over it in its own way.
        name = type(error).__name__
        logger.warning("The address of a socket does not fit %s: %s", shown(scope["path"]), name)
        await send({"type": "websocket.close", "code": REFUSED_BY_POLICY})
        return
    await socket


async def _dispatch(self: Any) -> None:
    websocket = WebSocket(self.scope, receive=self.receive, send=self.send)
    if not await self.on_connect(websocket):
        return
    code = 1000
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                code = int(message.get("code", code))
                return
            try:
                content = json.loads(message.get("text") or message.get("bytes") or "")
                await self.on_receive(websocket, content)
            except Exception as error:
                # A stranger may send anything: one short line, and the socket lives on.
                text = repr(error)[:120]
                logger.warning("A message to %s was refused: %s", shown(self.scope["path"]), text)
    finally:
        await self.on_disconnect(websocket, code)


async def _on_connect(self: Any, websocket: WebSocket) -> bool:
    """Whether the socket is open: for pages of the admin, only if the browser is logged in."""
    websocket.send = utils.wrap_websocket_send(websocket.send)  # type: ignore[method-assign]
    await websocket.accept()
    if self._requires_login and websocket.session.get(AUTH_COOKIE_NAME) != AUTH_COOKIE_VALUE:
        logger.warning("A socket at %s was refused: not logged in", shown(self.scope["path"]))
        await websocket.close(code=REFUSED_BY_POLICY)
        return False
    self.websocket = websocket
    for group in self.groups:
        utils.channel_layer.add(group, websocket)
    if self.lock is LOCK and _does_something(self, "post_connect"):
        async with LOCK.at(OPENING):
            with session_scope():
                await self.post_connect(**self.cleaned_kwargs)
    elif _does_something(self, "post_connect"):
        await self.post_connect(**self.cleaned_kwargs)
    return True


async def _on_disconnect(self: Any, websocket: WebSocket, _: int) -> None:
    if _does_something(self, "pre_disconnect"):
        async with LOCK.at(OPENING):
            with session_scope():
                await self.pre_disconnect(**self.cleaned_kwargs)
    for group in self.groups:
        utils.channel_layer.discard(group, websocket)


def _does_something(consumer: Any, name: str) -> bool:
    return getattr(type(consumer), name) is not getattr(BASE, name)


def _known_room(_: Any, room_name: str) -> dict[str, str]:
    if room_name not in ROOM_DICT:
        raise ValueError("there is no such room")
    return {"room_name": room_name}


def _room_of_query(clean: Any, consumer: Any) -> dict[str, str]:
    found = clean(consumer)
    given = {name: found[name] for name in ("room_name", "participant_label", "tab_unique_id")}
    return given | _known_room(consumer, given["room_name"])
