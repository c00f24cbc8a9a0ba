"""Three gaps in oTree that would spoil data, closed when the server starts.

Places: a shared link gives everyone the first place that is still free. Servers that share one
PostgreSQL would give the same place to two people who come at the same moment, so the session's
row is locked until the choice is stored.

Labels: whoever opens a link may write a label into its address, and the experimenter may comment
on a session. oTree exports both as they are, so they could become formulas in a spreadsheet.

Fees: the experimenter may edit the participation fee at any time, to any number. It is held to the
same limits as in a new session, and whoever saw their earnings before has them worked out again,
so that data and payments agree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import wtforms
from otree import export
from otree.database import db
from otree.models import Session
from otree.views import admin
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


def _one_at_a_time(choose: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(choose)
    def locked(session: Any, *arguments: Any) -> Any:
        db.query(Session.id).filter_by(id=session.id).with_for_update().one()
        return choose(session, *arguments)

    return choose if hasattr(choose, "__wrapped__") else locked


def _guarded(sanitize: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(sanitize)
    def guarded(value: Any) -> Any:
        cell = sanitize(value)
        return guard(cell) if isinstance(cell, str) else cell

    return sanitize if hasattr(sanitize, "__wrapped__") else guarded


def _then_paid_again(store_properties: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(store_properties)
    def edited(page: Any, form: Any) -> Any:
        response = store_properties(page, form)
        earnings.store_again(page.session)
        return response

    return store_properties if hasattr(store_properties, "__wrapped__") else edited
