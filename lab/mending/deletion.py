"""Deleting sessions goes one by one, between the pages of those who are at work.

Gap: all sessions are deleted in one statement on the event loop: nobody is served meanwhile.

oTree 6.0.15: channels/consumers.py:707 (WSDeleteSessions).
Test: tests/server/test_helper.py.
"""

from __future__ import annotations

from typing import Any

from otree.database import session_scope
from otree.models import Participant, Session
from starlette.concurrency import run_in_threadpool

from lab.lock import LOCK, OPENING
from lab.rounds import socket


def install() -> None:
    from otree.channels import consumers

    consumers.WSDeleteSessions.on_receive = _delete


async def _delete(self: Any, _: Any, codes: Any) -> None:
    if not (isinstance(codes, list) and all(isinstance(code, str) for code in codes)):
        raise ValueError("sessions are deleted by a list of their codes")
    for code in codes:
        async with LOCK.at(OPENING):
            await run_in_threadpool(_delete_one, code)
    await self.send_json("ok")


def _delete_one(code: str) -> None:
    with session_scope():
        people = Participant.objects_filter(_session_code=code).with_entities(Participant.code)
        codes = [each for (each,) in people]
        Session.objects_filter(code=code).delete(synchronize_session=False)
    socket.gone(codes)
