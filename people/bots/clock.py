"""Time passes for a bot without waiting: all that it did moves into the past.

The server's own rules on time then hold as they do for people: no answer may come faster than
anybody works, and none after the deadline.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from otree.database import AnyModel, db
from otree.models import Participant

from lab.rounds import contact
from study.finding import studies

ROW_TIMES = {"shown_at", "answered_at", "received_at"}
"""Times of a participant's rows. Draws keep theirs: their order is that of the assignment."""


def pass_time(participant: Any, seconds: float) -> None:
    """Let ``seconds`` pass for one participant, and for nobody else."""
    for app in participant.session.config["app_sequence"]:
        player = participant.get_player(app, 1)
        [study] = [each for each in studies().values() if each.app == app]
        times = [n for n, column in study.columns.items() if column.type == "timestamp"]
        _move(type(player).__table__, "id", player.id, times, seconds)
        for table in _tables_of(player):
            times = [column.name for column in table.c if column.name in ROW_TIMES]
            _move(table, "player_id", player.id, times, seconds)
    started = datetime.fromisoformat(str(participant.time_started_utc))
    Participant.objects_filter(id=participant.id).update(
        {Participant.time_started_utc: str(started - timedelta(seconds=seconds))}
    )
    db.commit()
    for seen in contact.of_participant(participant.code):
        seen.heard_at -= seconds


def _tables_of(player: Any) -> list[Any]:
    """The app's own tables that belong to players."""
    owner = type(player).__table__.c.id
    tables = AnyModel.metadata.sorted_tables
    return [t for t in tables if "player_id" in t.c and t.c.player_id.references(owner)]


def _move(table: Any, key: str, value: int, times: list[str], seconds: float) -> None:
    if times:
        earlier = {table.c[name]: table.c[name] - seconds for name in times}
        db._db.execute(table.update().where(table.c[key] == value).values(earlier))
