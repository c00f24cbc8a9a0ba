"""The page of the comprehension questions: all are asked until all are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from otree.database import db

from lab import clock, tables, wording
from lab.fields import OwnMessage
from lab.page import StudyPage, language_of
from steps.comprehension import Comprehension as Step
from study import words
from study.columns import Column


class Comprehension(StudyPage):
    step: ClassVar[Step]

    @classmethod
    def items(cls, language: str) -> list[Mapping[str, Any]]:
        return list(cls.words(language)["items"])

    def texts(self, column: Column, language: str) -> dict[str, Any]:
        item = self.items(language)[int(column.name.rpartition("_")[2]) - 1]
        return {"label": item["question"], "options": item["options"]}

    @classmethod
    def error_message(cls, player: Any, answers: Mapping[str, Any]) -> dict[str, str]:
        """Store all ``answers``; the explanations of the wrong ones, by column."""
        if None in answers.values():
            return {}  # the experimenter moved the participant on
        language = language_of(player)
        values = wording.session_values(cls.study, player.session.config, language)
        wrong = {name for name, right in cls.step.right.items() if answers[name] != right}
        if cls.store(player, answers, wrong):
            errors = f"{cls.step.name}_errors"
            setattr(player, errors, (player.field_maybe_none(errors) or 0) + len(wrong))
        explained = dict(zip(cls.step.right, cls.items(language), strict=True))
        return {
            name: OwnMessage(words.fill(explained[name]["explanations"][answers[name]], values))
            for name in answers
            if name in wrong
        }

    @classmethod
    def store(cls, player: Any, answers: Mapping[str, Any], wrong: set[str]) -> bool:
        """Store the answers to all questions, right or wrong; whether they are new.

        The same answers again, as from a page that was reloaded, are no further attempt.
        """
        Log = tables.of(type(player), tables.COMPREHENSION)
        given = [answers[name] for name in cls.step.right]
        rows = db.query(Log).filter_by(player_id=player.id)
        earlier = [row.response for row in rows.order_by(Log.id)]
        if earlier[-len(given) :] == given:
            return False
        now = clock.now()
        for number, name in enumerate(cls.step.right, start=1):
            Log.create(
                player_id=player.id,
                attempt=len(earlier) // len(given) + 1,
                question=number,
                response=answers[name],
                correct=name not in wrong,
                answered_at=now,
            )
        return True
