"""Drawing an arm at the moment the treatment would be shown, and claiming it for good.

Two server processes on one PostgreSQL may draw at the same moment. Both first lock the row of the
session's subsession, so one waits until the other has stored its draw. A unique constraint backs
this up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from otree.api import ExtraModel
from otree.database import db
from sqlalchemy import Column, Float, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.ext.declarative import declared_attr

from lab import clock
from lab.sessions import config_of
from study.randomization import UNSTRATIFIED, draw, score_stratum
from study.study import Study


class DrawRow(ExtraModel):
    """The log of draws: one row for each participant who was assigned by chance.

    Of somebody who was removed (`lab.remove`) it keeps the place, without player and participant.
    """

    __abstract__ = True

    @declared_attr
    def player_id(cls) -> Column:
        key = ForeignKey(f"{cls.get_folder_name()}_player.id", ondelete="CASCADE")
        return Column(Integer, key, unique=True)

    @declared_attr
    def __table_args__(cls) -> tuple[UniqueConstraint, ...]:
        return (UniqueConstraint("session_code", "stratum", "assignment_number"),)

    session_code = Column(String(16), nullable=False, index=True)
    participant_code = Column(String(16), nullable=False)
    seed = Column(String(64), nullable=False)
    stratum = Column(String(16), nullable=False)
    block = Column(Integer, nullable=False)
    assignment_number = Column(Integer, nullable=False)
    arm = Column(String(32), nullable=False)
    drawn_at = Column(Float, nullable=False)


def draws_of(player: Any) -> type[DrawRow]:
    """The log of draws of the player's app, which calls it ``AssignmentDraw``."""
    draws: type[DrawRow] = sys.modules[type(player).__module__].AssignmentDraw
    return draws


def assign(study: Study, player: Any) -> None:
    """Give ``player`` an arm if there is none yet. The caller's transaction stores it."""
    if player.field_maybe_none("arm") is not None:
        return
    config = config_of(player)
    if config["force_arm"]:
        _store_arm(study, player, config["force_arm"])
        player.arm_forced = True
        return
    subsession = type(player.subsession)
    DrawLog = draws_of(player)
    db.query(subsession).filter_by(id=player.subsession_id).with_for_update().one()
    earlier = db.query(DrawLog).filter_by(session_code=player.session.code)
    stratum, scores = UNSTRATIFIED, _scores(DrawLog, player)
    by = config.get("stratify", "none")
    if by != "none":
        before = [getattr(row, f"{by}_correct") or 0 for row in earlier]
        stratum = score_stratum(scores[f"{by}_correct"] or 0, before)
    number = earlier.filter_by(stratum=stratum).count() + 1
    drawn = draw(config["seed"], stratum, study.arms_in_use(config), number)
    _store_arm(study, player, drawn.arm)
    player.arm_forced = False
    player.stratum = drawn.stratum
    player.block = drawn.block
    player.assignment_number = drawn.number
    DrawLog.create(
        player_id=player.id,
        session_code=player.session.code,
        participant_code=player.participant.code,
        seed=config["seed"],
        stratum=drawn.stratum,
        block=drawn.block,
        assignment_number=drawn.number,
        arm=drawn.arm,
        drawn_at=clock.now(),
        **scores,
    )
    # Into the database while the lock is held, not whenever oTree gets round to it.
    db.commit()


def _scores(DrawLog: type[DrawRow], player: Any) -> dict[str, int | None]:
    """The scores of the player that the log keeps, by column."""
    names = [column.name for column in DrawLog.__table__.c if column.name.endswith("_correct")]
    return {name: player.field_maybe_none(name) for name in names}


def _store_arm(study: Study, player: Any, arm: str) -> None:
    player.arm = arm
    for factor, present in study.factors_of(arm).items():
        setattr(player, factor, present)


def place_within_arm(player: Any) -> int:
    """The number of a player among those of the session who have the same arm, from 1."""
    if player.arm_forced:
        return int(player.participant.id_in_session)
    DrawLog = draws_of(player)
    own = db.query(DrawLog.id).filter_by(player_id=player.id).scalar()
    same = db.query(DrawLog).filter_by(session_code=player.session.code, arm=player.arm)
    return int(same.filter(DrawLog.id <= own).count())


def export_draws(DrawLog: type[DrawRow], players: Iterable[Any]) -> Iterator[list[Any]]:
    """The log of draws as a table, for `custom_export_assignment`."""
    kept = [c.name for c in DrawLog.__table__.c if c.name not in ("id", "player_id", "drawn_at")]
    names = [*kept, "drawn_at"]  # behind the scores, as it is declared
    yield names
    codes = {player.session.code for player in players}
    for row in db.query(DrawLog).order_by(DrawLog.id):
        if row.session_code in codes:
            yield [getattr(row, name) for name in names]
