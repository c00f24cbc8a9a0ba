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
    asked = dict(zip(answers, questions(language), strict=True))
    values = wording.session_values(player.session.config, language)
    wrong = {name for name, response in answers.items() if response != asked[name]["correct"]}
    _store(player, list(answers.values()), [name not in wrong for name in answers])
    return {
        name: OwnMessage(content.fill(asked[name]["explanations"][response], values))
        for name, response in answers.items()
        if name in wrong
    }


def _store(player, responses, right):
    """Store the responses to all questions, and which are ``right``."""
    rows = db.query(ComprehensionAnswer).filter_by(player_id=player.id)
    earlier = [row.response for row in rows.order_by(ComprehensionAnswer.id)]
    if earlier[-len(responses) :] == responses:
        return
    now = time.time()
    for number, (response, correct) in enumerate(zip(responses, right, strict=True), start=1):
        ComprehensionAnswer.create(
            player_id=player.id,
            attempt=len(earlier) // len(responses) + 1,
            question=number,
            response=response,
            correct=correct,
            answered_at=now,
        )
    errors = player.field_maybe_none("comprehension_errors") or 0
    player.comprehension_errors = errors + right.count(False)


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
