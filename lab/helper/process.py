"""What runs in the helper process. Everything given and returned is plain data."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from dataclasses import dataclass, field
from functools import cache
from typing import Any

NICENESS = 5

in_helper = False
"""Whether this process is the helper."""


@dataclass
class Done:
    """An HTTP answer. ``told``: what browsers are to be told, group by group, by the server."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    told: list[tuple[str, Any]] = field(default_factory=list)


@dataclass
class Created:
    """A session that was created; or why it was not, with the lines that failed, if any."""

    code: str = ""
    is_mturk: bool = False
    error: str = ""
    trace: str = ""


# -------------------------------------------------------------------------------- starting


def start() -> None:
    """Become the helper: end with the server, be less urgent, read and never write."""
    global in_helper
    in_helper = True
    # Ctrl-C reaches the whole terminal; the server ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_server, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    sys.argv[1:] = ["helper"]
    from otree import main

    main.setup()
    logging.getLogger("uvicorn.access").disabled = True
    from lab.helper import snapshot

    snapshot.install()
    _collect_announcements()


def _end_with_server() -> None:
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(0)


def warm() -> None:
    """Import and compile what the first request needs."""
    _app()


@cache
def _app() -> Any:
    from otree import asgi
    from otree.views import rest

    rest.create_session = _create_and_read
    return asgi.app


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


_told: list[tuple[str, Any]] = []


def _collect_announcements() -> None:
    """No browser is connected to this process: the server passes on what is said to them."""
    from otree.channels import utils

    async def send(_: Any, group: str, data: Any) -> None:
        _told.append((group, data))

    def sync_send(_: Any, group: str, data: Any) -> None:
        _told.append((group, data))

    utils.ChannelLayer.send = send
    utils.ChannelLayer.sync_send = sync_send


# ------------------------------------------------------------------------------- requests


class Snapshot:
    """ASGI: the outermost layer in the helper, where the server has its gate."""

    def __init__(self, app: Any) -> None:
        from lab.own_pages import OwnPages

        self.app = OwnPages(app)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from otree.database import db

        db.new_session()
        try:
            await self.app(scope, receive, send)
        finally:
            db.close()


def request(scope: dict[str, Any], body: bytes) -> Done:
    """Answer an HTTP request from a snapshot."""
    from lab.gate import run

    _told.clear()
    answer = _loop().run_until_complete(run(_app(), scope, body))
    return Done(answer.status, answer.headers, answer.body, list(_told))


def monitor_rows(code: str) -> list[Any]:
    """The first rows of the Monitor of a session."""
    from otree.database import session_scope
    from otree.export import get_rows_for_monitor
    from otree.models import Participant

    with session_scope():
        participants = Participant.objects_filter(_session_code=code, visited=True)
        rows: list[Any] = get_rows_for_monitor(participants)
        return rows


def export(asked: Any) -> list[Any]:
    """What the socket of the Data page sends for one export."""
    from otree.channels.consumers import WSExportData
    from otree.database import session_scope

    consumer = WSExportData.__new__(WSExportData)
    sent: list[Any] = []

    async def send_json(data: Any) -> None:
        sent.append(data)

    consumer.send_json = send_json
    with session_scope():
        _loop().run_until_complete(consumer.post_receive_json(asked))
    return sent


# ------------------------------------------------------------------------------- creation


def create(options: dict[str, Any]) -> Created:
    """Create a session as oTree does with ``options``, whole or not at all."""
    from otree.database import session_scope
    from otree.models import Session
    from otree.session import CreateSessionInvalidArgs, create_session

    from lab.helper.creation import whole

    try:
        code = whole(create_session, options)
        with session_scope():
            made = Session.objects_get(code=code)
            return Created(code, made.is_mturk)
    except CreateSessionInvalidArgs as error:
        # What is wrong with a parameter is said in the message; no line of code could say more.
        return Created(error=str(error), trace=f"{error}\n")
    except Exception as error:
        return Created(error=str(error) or repr(error), trace=traceback.format_exc())


def _create_and_read(**options: Any) -> Any:
    """In place of oTree's function in the REST view: the session, read after it was stored."""
    from otree.database import db
    from otree.models import Session
    from otree.session import create_session

    from lab.helper.creation import whole
    from lab.mending.rest import checked

    checked(**options)
    code = whole(create_session, options)
    db.close()
    db.new_session()
    return Session.objects_get(code=code)
