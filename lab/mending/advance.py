"""Advancing moves only those who take part, by one page, and never to a place where nobody sits.

Gap: *Advance slowest participants* counts empty places, which it starts, and people who have not
consented, whom it leads to the page for those who declined. Whoever is at an end page holds up all
others. Twenty people are advanced at once, on the event loop.

oTree 6.0.15: views/admin.py:585 (AdvanceSession), models/session.py:188
(advance_selected_participants), 207 (advance_last_place_participants).
Test: tests/server/test_advance.py.
"""

from __future__ import annotations

from typing import Any

from otree.channels import utils
from otree.constants import ADVANCE_SLOWEST_BATCH_SIZE
from otree.database import db, session_scope
from otree.lookup import get_page_lookup
from otree.models import Participant, Session
from otree.views import admin
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from lab.lock import LOCK, PAGE


def install() -> None:
    admin.AdvanceSession.post = _post


async def _post(self: Any, request: Any, code: str) -> Response:
    """One participant at a time, so that nobody at work waits for more than one of them."""
    chosen = self.get_post_data().get("selected_participant")
    async with LOCK.at(PAGE):
        who = await run_in_threadpool(_who, code, chosen)
    for participant in who:
        async with LOCK.at(PAGE):
            await run_in_threadpool(_advance, participant)
    return PlainTextResponse("ok")


def _who(code: str, chosen: str | None) -> list[str]:
    """The one who was chosen, or those who take part and are furthest behind."""
    with session_scope():
        session = db.get_or_404(Session, code=code)
        if chosen:
            return [str(db.get_or_404(Participant, code=chosen, session=session).code)]
        people = [each for each in session.get_participants() if may_be_advanced(each)]
        slowest = min((each._index_in_pages for each in people), default=0)
        codes = [each.code for each in people if each._index_in_pages == slowest]
        return codes[:ADVANCE_SLOWEST_BATCH_SIZE]


def _advance(code: str) -> None:
    """As oTree does, if they may be advanced."""
    with session_scope():
        participant = Participant.objects_get(code=code)
        if may_be_advanced(participant):
            participant._submit_current_page()
            participant._visit_current_page()
            group = utils.auto_advance_group(code)
            utils.sync_group_send(group=group, data={"auto_advanced": True})


def may_be_advanced(participant: Participant) -> bool:
    """Whether somebody sits there, has agreed to take part, and has somewhere to go."""
    index = participant._index_in_pages
    if index == 0 or index > participant._max_page_index:
        return False
    page = get_page_lookup(participant._session_code, index).page_class
    return getattr(page, "may_be_advanced", True)
