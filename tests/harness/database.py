"""What stands in the database of a server, read behind its back; and moving its clocks.

A round lasts at least five seconds. Tests do not sit it out: they move the times that are stored
with it into the past, as if it had begun earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from effort_task.rounds import BASELINE, MAIN, PRACTICE, VOLUNTARY

PREFIXES = {each.phase: each.prefix for each in (PRACTICE, BASELINE, MAIN, VOLUNTARY)}
TIMES = ("started_at", "deadline", "ended_at")
EXPERIMENT_APPS = ("info_source_experiment", "incentive_experiment")
LOCK_SECONDS = 30
INTAKE_PAGES = (
    "Welcome",
    "Instructions",
    "Practice",
    "Comprehension",
    "AboutYou",
    "Motivation",
    "BaselineReady",
    "BaselineRound",
)


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

    def app_of(self, participant: str, phase: str) -> str:
        """The app that keeps a round of the participant."""
        if phase in ("practice", "baseline"):
            return "intake"
        [app] = [app for app in EXPERIMENT_APPS if self._players(app, participant)]
        return app

    def _players(self, app: str, participant: str) -> list[dict[str, Any]]:
        return self.query(
            f"SELECT p.* FROM {app}_player p JOIN otree_participant o ON o.id = p.participant_id "
            "WHERE o.code = :code",
            code=participant,
        )

    def player(self, app: str, participant: str) -> dict[str, Any]:
        """The participant's player in an app, with all its columns."""
        [row] = self._players(app, participant)
        return row

    def answers(self, participant: str, phase: str) -> list[dict[str, Any]]:
        """The answers of a round in the order in which they were stored."""
        app = self.app_of(participant, phase)
        return self.query(
            f"SELECT * FROM {app}_answer WHERE player_id = :player AND phase = :phase ORDER BY id",
            player=self.player(app, participant)["id"],
            phase=phase,
        )

    def round_columns(self, participant: str, phase: str) -> dict[str, Any]:
        """The columns of a round by their names without prefix: correct, attempts, seconds, ..."""
        prefix = PREFIXES[phase] + "_"
        row = self.player(self.app_of(participant, phase), participant)
        return {k.removeprefix(prefix): v for k, v in row.items() if k.startswith(prefix)}

    def move_clock(self, participant: str, phase: str, seconds: float) -> None:
        """Let a round have begun ``seconds`` earlier."""
        app = self.app_of(participant, phase)
        row = self.player(app, participant)
        names = [f"{PREFIXES[phase]}_{time}" for time in TIMES]
        changes = ", ".join(f"{name} = {name} - :by" for name in names if name in row)
        changed = self.execute(
            f"UPDATE {app}_player SET {changes} WHERE id = :id", by=seconds, id=row["id"]
        )
        assert changed == 1

    def put_before_treatment(self, participants: list[str], scores: list[int]) -> None:
        """Let participants stand right before the treatment page, with these baseline scores.

        It is the end of the first app. Dozens of them get there in no time.
        """
        for code, score in zip(participants, scores, strict=True):
            player = self.player("intake", code)["id"]
            self.execute(
                "UPDATE intake_player SET consent = :yes, baseline_correct = :score "
                "WHERE id = :id",
                yes=True,
                score=score,
                id=player,
            )
            self.execute(
                "UPDATE otree_participant SET _index_in_pages = :page, visited = :yes "
                "WHERE code = :code",
                yes=True,
                page=len(INTAKE_PAGES) + 1,
                code=code,
            )
