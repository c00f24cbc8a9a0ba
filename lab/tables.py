"""The tables of a study beside its players: made, and exported, as their steps declare them.

A row belongs to a player and goes with them. Only a draw says itself whose it is: of somebody who
was removed (`lab.remove`) it stays as a place, without player and participant.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from otree.api import ExtraModel
from otree.database import db
from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String, UniqueConstraint

from study.columns import OWNER, Table
from study.study import Study

ANSWERS, COMPREHENSION, DRAWS = "Answer", "ComprehensionAnswer", "AssignmentDraw"
MODELS = {"answers": ANSWERS, "comprehension": COMPREHENSION, "assignment": DRAWS}
"""What an app calls the rows of a table."""

TYPES = {"integer": Integer, "boolean": Boolean, "timestamp": Float}
"""The columns that are no text, by their type."""


def of(Player: type, name: str) -> Any:
    """The rows that are called ``name`` in the app of ``Player``."""
    return getattr(sys.modules[Player.__module__], name)


def made(study: Study) -> dict[str, Any]:
    """The models of all tables of ``study``, and the functions that export them, by name."""
    found: dict[str, Any] = {}
    for table in study.tables.values():
        name = MODELS[table.name]
        found[name] = type(name, (ExtraModel,), _members(study, table))
        found[study.custom_exports[table.name]] = _exporter(table, found[name])
    return found


def _members(study: Study, table: Table) -> dict[str, Any]:
    is_log = MODELS[table.name] == DRAWS
    columns = table.columns if is_log else table.columns[len(OWNER) :]
    key = ("session_code", "stratum", "assignment_number") if is_log else ("player_id", *table.key)
    player = ForeignKey(f"{study.app}_player.id", ondelete="CASCADE")
    return {
        "__module__": study.app,
        "__table_args__": (UniqueConstraint(*key),),
        "player_id": Column(Integer, player, unique=is_log, nullable=is_log),
        **{each.name: Column(TYPES.get(each.type, String)) for each in columns},
    }


def _exporter(table: Table, Row: Any) -> Callable[[Iterable[Any]], Iterator[list[Any]]]:
    names = [column.name for column in table.columns]

    def custom_export(players: Iterable[Any]) -> Iterator[list[Any]]:
        yield names
        if MODELS[table.name] == DRAWS:
            codes = {player.session.code for player in players}
            for row in db.query(Row).filter(Row.session_code.in_(codes)).order_by(Row.id):
                yield [getattr(row, name) for name in names]
            return
        owners = {player.id: player for player in players}
        Player = of(Row, "Player")
        sessions = {player.session_id for player in owners.values()}
        rows = db.query(Row).join(Player, Player.id == Row.player_id)
        rows = rows.filter(Player.session_id.in_(sessions))
        for row in rows.order_by(Row.player_id, Row.id):
            if row.player_id in owners:
                player = owners[row.player_id]
                own = [player.session.code, player.participant.code]
                yield own + [getattr(row, name) for name in names[len(own) :]]

    return custom_export
