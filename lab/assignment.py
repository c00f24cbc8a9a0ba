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
from lab.setup import config_of, experiment_of
from study.columns import table
from study.experiments import Arm, Experiment
from study.randomization import UNSTRATIFIED, baseline_stratum, draw


class DrawRow(ExtraModel):
    """The log of draws: one row for each participant who was assigned by chance."""

    __abstract__ = True

    @declared_attr
    def player_id(cls) -> Column:
        key = ForeignKey(f"{cls.get_folder_name()}_player.id", ondelete="CASCADE")
        return Column(Integer, key, nullable=False, unique=True)

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
    baseline_correct = Column(Integer)
    drawn_at = Column(Float, nullable=False)


def draws_of(player: Any) -> type[DrawRow]:
    """The log of draws of the player's app, which calls it ``AssignmentDraw``."""
    draws: type[DrawRow] = sys.modules[type(player).__module__].AssignmentDraw
    return draws


def arms_in_use(config: Any) -> list[str]:
    """The arms of a session, in the order of the experiment."""
    chosen = config["arms"].split(",") if config["arms"] else []
    return [name for name in experiment_of(config).arms if not chosen or name in chosen]


def assign(player: Any, baseline_correct: int | None) -> None:
    """Give ``player`` an arm if there is none yet. The caller's transaction stores it."""
    if player.field_maybe_none("arm") is not None:
        return
    config = player.session.config
    experiment = experiment_of(config)
    if config["force_arm"]:
        _store_arm(player, experiment, experiment.arms[config["force_arm"]])
        player.arm_forced = True
        return
    subsession = type(player.subsession)
    DrawLog = draws_of(player)
    db.query(subsession).filter_by(id=player.subsession_id).with_for_update().one()
    earlier = db.query(DrawLog).filter_by(session_code=player.session.code)
    stratum = UNSTRATIFIED
    if config["stratify"] == "baseline":
        scores = [row.baseline_correct or 0 for row in earlier]
        stratum = baseline_stratum(baseline_correct or 0, scores)
    number = earlier.filter_by(stratum=stratum).count() + 1
    drawn = draw(config["seed"], stratum, arms_in_use(config), number)
    _store_arm(player, experiment, experiment.arms[drawn.arm])
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
        baseline_correct=baseline_correct,
        drawn_at=clock.now(),
    )
    # Into the database while the lock is held, not whenever oTree gets round to it.
    db.commit()


def _store_arm(player: Any, experiment: Experiment, arm: Arm) -> None:
    player.arm = arm.name
    for factor, arms in experiment.factors.items():
        setattr(player, factor, arm.name in arms)


def arm_of(player: Any) -> Arm:
    """The arm of a player who has one."""
    return experiment_of(config_of(player)).arms[player.arm]


def export_draws(DrawLog: type[DrawRow], players: Iterable[Any]) -> Iterator[list[Any]]:
    """The log of draws as a table, for `custom_export_assignment`."""
    names = list(table("assignment"))
    yield names
    codes = {player.session.code for player in players}
    for row in db.query(DrawLog).order_by(DrawLog.id):
        if row.session_code in codes:
            yield [getattr(row, name) for name in names]
