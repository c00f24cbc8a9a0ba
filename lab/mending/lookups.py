"""Looking up one row costs the database's time, not that of composing the same query again.

Gap: oTree looks up participant, player, group, subsession and session one by one for every page,
and SQLAlchemy composes and compiles each of these queries anew: a third of what a page costs.

oTree 6.0.15: database.py:213 (DBWrapper.get_or_404), 427 (AnyModel.objects_get).
Test: tests/server/test_lookups.py.
"""

from __future__ import annotations

from typing import Any

from otree import database
from otree.database import AnyModel
from sqlalchemy import bindparam
from sqlalchemy.ext import baked
from sqlalchemy.orm.exc import NoResultFound
from starlette.exceptions import HTTPException

_bakery = baked.bakery(500)


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
    # Composed once for each class and set of names: the names are the key, not the functions.
    query = _bakery(lambda session: session.query(cls), cls, tuple(columns))
    query.add_criteria(
        lambda query: query.filter(*(getattr(cls, name) == bindparam(name) for name in columns))
    )
    return query(database.db._db).params(**columns).one()
