"""The comprehension questions: every answer is stored, every wrong one is explained."""

import time

from otree.api import ExtraModel
from otree.database import db
from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String

from lab import wording
from lab.fields import OwnMessage
from study import content
from study.columns import table


class ComprehensionAnswer(ExtraModel):
    """One answer to one question, right or wrong."""

    player_id = Column(Integer, ForeignKey("intake_player.id", ondelete="CASCADE"), nullable=False)
    attempt = Column(Integer, nullable=False)
    question = Column(Integer, nullable=False)
    response = Column(String(8), nullable=False)
    correct = Column(Boolean, nullable=False)
    answered_at = Column(Float, nullable=False)


def questions(language):
    return content.words(language, "comprehension")["questions"]


def texts(column, language):
    """The label and the options of the question that fills ``column``."""
    number = int(column.name.rpartition("_")[2])
    question = questions(language)[number - 1]
    return {"label": question["question"], "options": question["options"]}


def check(player, answers, language):
    """Store all ``answers`` (by column); return the explanations of the wrong ones.

    The same answers again, as from a page that was reloaded, are no further attempt.
    """
    if None in answers.values():
        return {}  # the experimenter moved the participant on
    earlier = [row.response for row in _rows(player)]
    again = earlier[-len(answers) :] == list(answers.values())
    explanations = {}
    values = wording.session_values(player.session.config, language)
    attempt = len(earlier) // len(answers) + 1
    now = time.time()
    for number, (column, response) in enumerate(answers.items(), start=1):
        question = questions(language)[number - 1]
        correct = response == question["correct"]
        if not again:
            ComprehensionAnswer.create(
                player_id=player.id,
                attempt=attempt,
                question=number,
                response=response,
                correct=correct,
                answered_at=now,
            )
        if not correct:
            explanations[column] = OwnMessage(
                content.fill(question["explanations"][response], values)
            )
    if not again:
        errors = player.field_maybe_none("comprehension_errors") or 0
        player.comprehension_errors = errors + len(explanations)
    return explanations


def _rows(player):
    """The player's answers so far, in order."""
    rows = db.query(ComprehensionAnswer).filter_by(player_id=player.id)
    return rows.order_by(ComprehensionAnswer.id)


def export(players):
    """All answers as a table, for `custom_export_comprehension`."""
    names = list(table("comprehension"))
    yield names
    owners = {player.id: player for player in players}
    for row in db.query(ComprehensionAnswer).order_by(ComprehensionAnswer.id):
        if row.player_id in owners:
            player = owners[row.player_id]
            own = [player.session.code, player.participant.code]
            yield own + [getattr(row, name) for name in names[len(own) :]]
