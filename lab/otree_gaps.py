"""Gaps in oTree that would spoil data, closed when the server starts.

Places: a shared link gives everyone the first place that is still free. Servers that share one
PostgreSQL would give the same place to two people who come at the same moment, so the session's
row is locked until the choice is stored.

Labels: whoever opens a link may write a label into its address, and the experimenter may comment
on a session. oTree exports both as they are, so they could become formulas in a spreadsheet.

Fees: the experimenter may edit the participation fee at any time, to any number. It is held to the
same limits as in a new session, and whoever saw their earnings before has them worked out again,
so that data and payments agree.

Sessions over REST: a number of participants or a room that does not exist breaks the creation in
the middle and leaves half a session, with which no export works any more.

Advancing the slowest: somebody at an end page has nowhere to go, and would hold up all others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import wtforms
from otree import export
from otree.constants import ADVANCE_SLOWEST_BATCH_SIZE
from otree.database import db
from otree.lookup import get_page_lookup
from otree.models import Participant, Session
from otree.room import ROOM_DICT
from otree.session import CreateSessionInvalidArgs
from otree.views import admin, rest
from otree.views import participant as entrance

from lab import earnings
from lab.setup import MAX_FEE
from study.spreadsheets import guard


def install() -> None:
    for name in ("get_participant_by_label", "get_participant_by_cookies"):
        setattr(entrance, name, _one_at_a_time(getattr(entrance, name)))
    export.sanitize_for_csv = _guarded(export.sanitize_for_csv)
    limits = wtforms.validators.NumberRange(0, MAX_FEE)
    admin.SessionEditPropertiesForm.participation_fee = wtforms.DecimalField(validators=[limits])
    edit = admin.SessionEditProperties
    edit.form_valid = _then_paid_again(edit.form_valid)
    rest.create_session = _whole(rest.create_session)
    Session.advance_last_place_participants = _advance_slowest


def _one_at_a_time(choose: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(choose)
    def locked(session: Any, *arguments: Any) -> Any:
        db.query(Session.id).filter_by(id=session.id).with_for_update().one()
        return choose(session, *arguments)

    return locked


def _guarded(sanitize: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(sanitize)
    def guarded(value: Any) -> Any:
        cell = sanitize(value)
        return guard(cell) if isinstance(cell, str) else cell

    return guarded


def _then_paid_again(store_properties: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(store_properties)
    def edited(page: Any, form: Any) -> Any:
        response = store_properties(page, form)
        earnings.store_again(page.session)
        return response

    return edited


def _whole(create_session: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(create_session)
    def checked(
        *, num_participants: object = None, room_name: object = None, **others: Any
    ) -> Any:
        if not _is_count(num_participants):
            raise CreateSessionInvalidArgs(
                f"num_participants is {num_participants!r}, but must be a whole number from 1."
            )
        if room_name is not None and room_name not in ROOM_DICT:
            raise CreateSessionInvalidArgs(
                f"room_name is {room_name!r}, but must be one of {', '.join(ROOM_DICT)}."
            )
        return create_session(num_participants=num_participants, room_name=room_name, **others)

    return checked


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _advance_slowest(session: Session, visited_only: bool = False) -> None:
    """As oTree's own, without those who are at an end page."""
    waiting = [
        participant
        for participant in session.get_participants()
        if (participant.visited or not visited_only) and not _is_at_end(participant)
    ]
    slowest = min((participant._index_in_pages for participant in waiting), default=0)
    batch = [p for p in waiting if p._index_in_pages == slowest][:ADVANCE_SLOWEST_BATCH_SIZE]
    session.advance_selected_participants(batch)


def _is_at_end(participant: Participant) -> bool:
    index = participant._index_in_pages
    if index == 0:
        return False
    if index > participant._max_page_index:
        return True
    page = get_page_lookup(participant._session_code, index).page_class
    return bool(getattr(page, "is_end", False))
