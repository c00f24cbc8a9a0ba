"""What stands in the database of a server, read behind its back; and moving its clocks.

A round lasts at least five seconds. Tests do not sit it out: they move the times that are stored
with it into the past, as if it had begun earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from steps.assignment import strata
from steps.round import Round
from study.finding import studies
from study.step import Step, questions
from study.study import Study
from tests.harness.answers import fitting

APPS = {study.app: study for study in studies().values()}
TIMES = ("started_at", "deadline", "ended_at")
LOCK_SECONDS = 30


def page_number(study: Study, page: str) -> int:
    """The number of a page of a study, as oTree counts them: from 1."""
    return [step.page for step in study.path if step.page].index(page) + 1


def behind_the_draw(study: Study) -> list[Step]:
    """The steps on whose pages one has an arm, in order."""
    before = study.before_assignment()
    return [step for step in study.path if step.page and step not in before]


def treatment_page(study: Study) -> str:
    """The page on which participants first meet what their arm is about."""
    return behind_the_draw(study)[0].page


def prefix_of(study: Study, phase: str) -> str:
    """How the columns of the round begin whose answers are stored under ``phase``."""
    return next(step.name for step in study.of_type(Round) if step.phase == phase)


class Database:
    """The database at ``url``, through connections of its own."""

    def __init__(self, url: str) -> None:
        if url.startswith("sqlite"):
            options = {"timeout": LOCK_SECONDS}
            self.engine = create_engine(url, poolclass=NullPool, connect_args=options)
        else:
            self.engine = create_engine(url, isolation_level="AUTOCOMMIT")

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        with self.engine.begin() as connection:
            yield connection

    def create(self, name: str) -> None:
        """A new database on the same PostgreSQL."""
        with self.engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))

    def query(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        with self._connection() as connection:
            return [dict(row) for row in connection.execute(text(sql), **values)]

    def execute(self, sql: str, **values: Any) -> int:
        """Run a statement; the number of rows it changed."""
        with self._connection() as connection:
            return int(connection.execute(text(sql), **values).rowcount)

    def counts(self) -> dict[str, int]:
        """The number of rows of every table."""
        names = sorted(inspect(self.engine).get_table_names())
        names = [name for name in names if not name.startswith("sqlite_")]
        return {name: self.query(f'SELECT count(*) AS n FROM "{name}"')[0]["n"] for name in names}

    # -------------------------------------------------------------------------- rounds

    def study_of(self, participant: str) -> Study:
        """The study that the participant takes part in."""
        [study] = [each for app, each in APPS.items() if self._players(app, participant)]
        return study

    def _players(self, app: str, participant: str) -> list[dict[str, Any]]:
        return self.query(
            f"SELECT p.* FROM {app}_player p JOIN otree_participant o ON o.id = p.participant_id "
            "WHERE o.code = :code",
            code=participant,
        )

    def player(self, participant: str) -> dict[str, Any]:
        """The participant's player, with all its columns."""
        [row] = self._players(self.study_of(participant).app, participant)
        return row

    def answers(self, participant: str, phase: str) -> list[dict[str, Any]]:
        """The answers of a round in the order in which they were stored."""
        app = self.study_of(participant).app
        return self.query(
            f"SELECT * FROM {app}_answer WHERE player_id = :player AND phase = :phase ORDER BY id",
            player=self.player(participant)["id"],
            phase=phase,
        )

    def round_columns(self, participant: str, phase: str) -> dict[str, Any]:
        """The columns of a round by their names without prefix: correct, attempts, seconds, ..."""
        prefix = prefix_of(self.study_of(participant), phase) + "_"
        row = self.player(participant)
        return {k.removeprefix(prefix): v for k, v in row.items() if k.startswith(prefix)}

    def move_clock(self, participant: str, phase: str, seconds: float) -> None:
        """Let a round have begun ``seconds`` earlier."""
        study, row = self.study_of(participant), self.player(participant)
        names = [f"{prefix_of(study, phase)}_{time}" for time in TIMES]
        changes = ", ".join(f"{name} = {name} - :by" for name in names if name in row)
        changed = self.execute(
            f"UPDATE {study.app}_player SET {changes} WHERE id = :id", by=seconds, id=row["id"]
        )
        assert changed == 1

    def put_before_treatment(self, participants: list[str], scores: list[int]) -> None:
        """Let participants stand right before the treatment page, with these scores before it.

        Dozens of them get there in no time.
        """
        for code, score in zip(participants, scores, strict=True):
            study = self.study_of(code)
            page = treatment_page(study)
            self.answer_before(code, page)
            if scored := {f"{name}_correct": score for name in strata(study)}:
                self.store(code, **scored)
            self.put_on_page(code, page)

    def answer_before(self, participant: str, page: str) -> None:
        """Let a participant have answered what is asked before ``page`` and before the draw."""
        study = self.study_of(participant)
        answered: dict[str, Any] = {}
        for step in takewhile(lambda step: step.page != page, study.before_assignment()):
            for column in questions(step, study):
                value = fitting(study, column.name)
                kind = {"boolean": bool, "integer": int}.get(column.type, str)
                answered[column.name] = kind(value)
        if answered:
            self.store(participant, **answered)

    def store(self, participant: str, **values: Any) -> None:
        """Let columns of a participant hold these values."""
        changes = ", ".join(f"{name} = :{name}" for name in values)
        changed = self.execute(
            f"UPDATE {self.study_of(participant).app}_player SET {changes} WHERE id = :player_id",
            player_id=self.player(participant)["id"],
            **values,
        )
        assert changed == 1

    def put_on_page(self, participant: str, page: str) -> None:
        """Let a participant stand on a page, without what lies before it."""
        self.execute(
            "UPDATE otree_participant SET _index_in_pages = :page, visited = :yes "
            "WHERE code = :code",
            yes=True,
            page=page_number(self.study_of(participant), page),
            code=participant,
        )
