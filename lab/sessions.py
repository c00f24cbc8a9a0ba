"""Looking up a session: its config, its study, and how steps see one of its players."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from otree.database import db
from otree.models import Session

from study import words
from study.finding import studies
from study.study import Arm, Study


@lru_cache(maxsize=256)
def session_config(session_code: str) -> Mapping[str, Any]:
    """The config of a session, read once: for what never changes after it was created."""
    [config] = db.query(Session).filter_by(code=session_code).with_entities(Session.config).one()
    return config  # type: ignore[no-any-return]


def config_of(player: Any) -> Mapping[str, Any]:
    """The config of the player's session, read from the database once.

    For what never changes after the session was created: everything but the participation fee,
    which the experimenter may edit.
    """
    return session_config(player.participant._session_code)


def kept(participant: Any) -> Mapping[str, Any]:
    """What ``participant.vars`` holds, to be read: looking at that one marks it as changed."""
    return participant._vars  # type: ignore[no-any-return]


def study_in(config: Mapping[str, Any]) -> Study | None:
    """The study that a session runs; None: it is none of ours."""
    apps = config["app_sequence"]
    return next((study for study in studies().values() if study.app in apps), None)


def study_of(config: Mapping[str, Any]) -> Study:
    """The study of a session of ours."""
    study = study_in(config)
    assert study is not None
    return study


@dataclass(frozen=True)
class PlayerSeat:
    """A player as the steps of their study know one."""

    study: Study
    player: Any

    @property
    def config(self) -> Mapping[str, Any]:
        return config_of(self.player)

    @property
    def arm(self) -> Arm | None:
        name = self.player.field_maybe_none("arm") if self.study.arms else None
        return None if name is None else self.study.arm(name)

    @property
    def number(self) -> int:
        return int(self.player.participant.id_in_session)

    def get(self, column: str) -> Any:
        return self.player.field_maybe_none(column)


def creating_session(subsession: Any) -> None:
    """Put down what the session is, where every export shows it."""
    config = subsession.session.config
    subsession.seed = config["seed"]
    subsession.pilot = config["pilot"]
    subsession.words = words.fingerprint(study_of(config))
