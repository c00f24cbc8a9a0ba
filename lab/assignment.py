"""Drawing an arm at the moment the treatment would be shown, and claiming it for good.

Two server processes on one PostgreSQL may draw at the same moment. Both first lock the row of the
session's subsession, so one waits until the other has stored its draw. A unique constraint backs
this up.
"""

from __future__ import annotations

from typing import Any

from otree.database import db

from lab import clock, tables
from lab.sessions import config_of
from study.randomization import UNSTRATIFIED, draw, score_stratum
from study.study import Study


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
    DrawLog = tables.of(type(player), tables.DRAWS)
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


def _scores(DrawLog: Any, player: Any) -> dict[str, int | None]:
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
    DrawLog = tables.of(type(player), tables.DRAWS)
    own = db.query(DrawLog.id).filter_by(player_id=player.id).scalar()
    same = db.query(DrawLog).filter_by(session_code=player.session.code, arm=player.arm)
    return int(same.filter(DrawLog.id <= own).count())
