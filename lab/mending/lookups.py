"""A row is looked up once in a transaction, with a query that was composed once.

Gap: oTree looks up participant, player, group, subsession and session one by one for every page,
the player and the session again for every page that is skipped and every time that they are
mentioned. Each of these queries goes to the database, after what changed so far was written to it,
and SQLAlchemy composes and compiles each anew: half of what a page costs.

oTree 6.0.15: database.py:213 (DBWrapper.get_or_404), 427 (AnyModel.objects_get);
views/abstract.py:288 (subsession), 294 (session), 298 (set_attributes).
Test: tests/server/test_lookups.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from otree import database
from otree.database import AnyModel
from sqlalchemy import bindparam, inspect
from sqlalchemy.ext import baked
from sqlalchemy.orm.exc import NoResultFound
from starlette.exceptions import HTTPException

_bakery = baked.bakery(500)

UNCHANGING = ({"id"}, {"code"}, {"participant_id", "round_number"})
"""Columns that name one row as long as it is there."""


def install() -> None:
    AnyModel.objects_get = classmethod(_objects_get)
    database.DBWrapper.get_or_404 = _get_or_404


def _get_or_404(self: Any, Model: Any, msg: str = "Not found", **wanted: Any) -> Any:
    try:
        return Model.objects_get(**wanted)
    except NoResultFound:
        raise HTTPException(404, f"{msg}: {Model.__name__}, {wanted}") from None


def _objects_get(cls: Any, *criteria: Any, **wanted: Any) -> Any:
    """The one row of ``cls`` for which ``wanted`` holds. Raises what SQLAlchemy raises."""
    columns = {}
    for name, value in wanted.items():
        if isinstance(value, AnyModel):
            name, value = f"{name}_id", value.id
        columns[name] = value
    known = set(cls.__table__.c.keys())
    if criteria or None in columns.values() or not set(columns) <= known:
        return cls.objects_filter(*criteria, **wanted).one()
    session = database.db._db
    # What is new must be written first; nothing that changes an old row changes which one it is.
    if set(columns) not in UNCHANGING or any(isinstance(each, cls) for each in session.new):
        return _composed(cls, columns)(session).params(**columns).one()
    # Weak: whoever plays on in one session would otherwise keep everybody.
    rows = session.info.setdefault(_objects_get, WeakValueDictionary())
    key = (cls, *columns.items())
    found = rows.get(key)
    if found is None or found not in session or inspect(found).expired:
        with session.no_autoflush:
            found = _composed(cls, columns)(session).params(**columns).one()
        rows[key] = found
    return found


def _composed(cls: Any, columns: Mapping[str, Any]) -> Any:
    """The query for a row of ``cls`` by ``columns``: composed once for each class and names."""
    query = _bakery(lambda session: session.query(cls), cls, tuple(columns))
    # The names are the key, not the functions.
    query.add_criteria(
        lambda query: query.filter(*(getattr(cls, name) == bindparam(name) for name in columns))
    )
    return query
