"""The log of the comprehension questions: every answer, right or wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from otree.api import ExtraModel
from otree.database import db
from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String
from sqlalchemy.ext.declarative import declared_attr

from lab import clock


class ComprehensionRow(ExtraModel):  # type: ignore[misc]
    """One answer to one question."""

    __abstract__ = True

    @declared_attr  # type: ignore[untyped-decorator]
    def player_id(cls) -> Column:
        key = ForeignKey(f"{cls.get_folder_name()}_player.id", ondelete="CASCADE")
        return Column(Integer, key, nullable=False)

    attempt = Column(Integer, nullable=False)
    question = Column(Integer, nullable=False)
    response = Column(String(8), nullable=False)
    correct = Column(Boolean, nullable=False)
    answered_at = Column(Float, nullable=False)


def store(player: Any, responses: Sequence[str], right: Sequence[bool]) -> bool:
    """Store the responses to all questions, and which are ``right``; whether they are new.

    The same answers again, as from a page that was reloaded, are no further attempt.
    """
    Answers = sys.modules[type(player).__module__].ComprehensionAnswer
    rows = db.query(Answers).filter_by(player_id=player.id)
    earlier = [row.response for row in rows.order_by(Answers.id)]
    if earlier[-len(responses) :] == list(responses):
        return False
    now = clock.now()
    for number, (response, correct) in enumerate(zip(responses, right, strict=True), start=1):
        Answers.create(
            player_id=player.id,
            attempt=len(earlier) // len(responses) + 1,
            question=number,
            response=response,
            correct=correct,
            answered_at=now,
        )
    return True


def export_comprehension(
    Answers: type[ComprehensionRow], players: Iterable[Any]
) -> Iterator[list[Any]]:
    """All answers as a table, for a custom export."""
    names = [c.name for c in Answers.__table__.c if c.name not in ("id", "player_id")]
    yield ["session_code", "participant_code", *names]
    owners = {player.id: player for player in players}
    for row in db.query(Answers).order_by(Answers.id):
        if row.player_id in owners:
            player = owners[row.player_id]
            own = [player.session.code, player.participant.code]
            yield own + [getattr(row, name) for name in names]
