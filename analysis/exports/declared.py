"""What the studies declare, as exports spread it over apps and files.

An export may hold several studies. Columns of one name are one column of the frame, whichever
studies have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from study.columns import Column, Table
from study.finding import studies
from study.parameters import Parameter
from study.study import Study

EARLIER_APPS = ("intake", "closing")
"""In exports of 1.0.0 a study's columns are in three apps: its own and these.

The first held the first column of a study, the second its last one.
"""


def apps() -> list[str]:
    """The apps that may hold columns of ours."""
    return [*(study.app for study in studies().values()), *EARLIER_APPS]


def in_app(app: str) -> list[Study]:
    """The studies of which ``app`` may hold columns."""
    return [s for s in studies().values() if app == s.app or app in EARLIER_APPS]


def app_with(names: Iterable[str]) -> str | None:
    """The app of ours that has these columns of the player; None: none, or it cannot be told."""
    own = set(names)
    found = [study for study in studies().values() if own and own <= set(study.columns)]
    whole = [study.app for study in found if _marks(study) <= own]
    if whole:
        return whole[0] if len(whole) == 1 else None
    for study in found:
        first, *_, last = study.columns
        for app, mark in zip(EARLIER_APPS, (first, last), strict=True):
            if mark in own:
                return app
    return None


def _marks(study: Study) -> set[str]:
    """Columns by which the app of a study is told: those of assignment, or all."""
    draws = [step for step in study.path if step.assigns]
    declared = [c for step in draws for c in step.columns(study)] or study.columns.values()
    return {column.name for column in declared if not column.since}


def merged(columns: Iterable[Column]) -> dict[str, Column]:
    """Columns by name; of one that several studies have, with all values and the widest range."""
    found: dict[str, Column] = {}
    for column in columns:
        known = found.get(column.name)
        found[column.name] = column if known is None else _widest(known, column)
    return found


def _widest(a: Column, b: Column) -> Column:
    return replace(
        a,
        type=a.type if a.type == b.type else "string",
        values={**b.values, **a.values} if a.values and b.values else {},
        min=None if a.min is None or b.min is None else min(a.min, b.min),
        max=None if a.max is None or b.max is None else max(a.max, b.max),
    )


@cache
def columns() -> dict[str, Column]:
    """The columns of participants in any study."""
    return merged(c for study in studies().values() for c in study.columns.values())


@cache
def session_columns() -> dict[str, Column]:
    """The columns of sessions of any study."""
    return merged(c for study in studies().values() for c in study.session_columns.values())


@cache
def parameters() -> dict[str, Parameter]:
    """The parameters of any study."""
    return {n: p for study in reversed(studies().values()) for n, p in study.parameters.items()}


@cache
def tables() -> dict[str, Table]:
    """The custom exports of any study. ``optional`` columns are not in those of every study."""
    found: dict[str, Table] = {}
    for name, first in ((n, t) for study in studies().values() for n, t in study.tables.items()):
        if name not in found:
            found[name] = replace(first, columns=tuple(_columns_of(name)))
    return found


def _columns_of(name: str) -> Iterator[Column]:
    parts = [study.tables[name] for study in studies().values() if name in study.tables]
    for column in merged(c for part in parts for c in part.columns).values():
        everywhere = all(column.name in {c.name for c in part.columns} for part in parts)
        yield column if everywhere else replace(column, optional=True)
