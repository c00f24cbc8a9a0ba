"""The page on which a round is worked: what it sends, what it takes, and when it may be left."""

from __future__ import annotations

import json
import logging
from typing import Any, ClassVar

from otree.database import db

from effort_task import protocol
from lab import clock, wording
from lab.page import StudyPage, language_of
from lab.rounds import contact, desk, records, socket
from lab.rounds.records import Seat
from lab.sessions import config_of
from steps.round import Round
from study import words

logger = logging.getLogger("otree.effort_task")


class RoundPage(StudyPage):
    """A round of the task; its app has a table ``Answer``."""

    step: ClassVar[Round]

    # ------------------------------------------------------------------- what the page gets

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        now = clock.now()
        records.start(player, cls.step, config_of(player), now)
        seat = cls.seat(player)
        assert seat.state is not None
        desk.heard(seat, now)
        language = language_of(player)
        task = seat.task
        task_words = words.shared(language, words.TASK)
        duration = cls.step.duration(seat.config)
        start = {
            "participant": seat.code,
            "round": cls.step.phase,
            "task": task.name,
            "duration_ms": None if duration is None else round(duration * 1000),
            "may_stop": cls.step.may_stop,
            "fastest_ms": round(task.fastest_seconds * 1000),
            "words": {key: text for key, text in task_words.items() if isinstance(text, str)},
            "uncounted": 0,
            **desk.status(seat, seat.state, now, have=0),
        }
        return {
            "start": start,
            "socket": socket.address(seat.code, seat.page_index),
            "task_words": words.to_html(task_words),
            "task_texts": words.to_html(task_words[task.name]),
            "task_template": f"task/{task.name}.html",
            "task_script": f"lab/tasks/{task.name}.js",
            "inputmode": task.inputmode,
            "maxlength": task.maxlength,
            "timed": duration is not None,
            "may_stop": cls.step.may_stop,
            "solved": wording.number(seat.state.correct, language),
        }

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        context = super().get_context_data(**context)
        context["start"]["uncounted"] = self._uncounted
        # "<" never stands in the page, so no text can end the script that carries this.
        text = json.dumps(context["start"], allow_nan=False)
        context["round_json"] = text.replace("<", "\\u003c")
        return context

    @classmethod
    def seat(cls, player: Any) -> Seat:
        """The player's seat, with what is not stored yet."""
        db._db.flush()
        code, config = player.participant.code, config_of(player)
        seat = records.seat(db._db.connection(), code, cls, type(player), config)
        assert seat is not None
        return seat

    # --------------------------------------------------------------------- leaving the page

    _uncounted = 0

    @classmethod
    def take(cls, player: Any, message: Any) -> desk.Reply:
        """Apply a message in the caller's transaction, and say where the round stands."""
        seat = cls.seat(player)
        connection = db._db.connection()
        decided = desk.decide(connection, seat, message, clock.now())
        if decided.change is not None:
            assert records.write(connection, decided.change), "the lock keeps others out"
            # Below the objects' knowledge: what they remember of the player is old.
            db._db.expire(player)
            db._db.expire(player.participant)
        return decided.reply

    def withdraw(self) -> Any:
        response = super().withdraw()
        socket.moved_on(self.participant.code, self._index_in_pages)
        return response

    def post(self) -> Any:
        seat = self.seat(self.player)
        if seat.state is None:
            return super().post() if self.advanced else self.get()
        text = self.posted.get("journal") or ""
        if text:
            # The answers that the page could not deliver otherwise.
            reply = self.take(self.player, desk.parse(text))
            self._uncounted = reply["uncounted"]
            seat = self.seat(self.player)
            assert seat.state is not None
        now = clock.now()
        if self.advanced:
            stopped = None
        elif seat.state is not None and protocol.is_over(seat.state, now):
            if self._uncounted:
                return self.get()  # it says so first, and offers to go on
            stopped = False
        elif self.step.may_stop and self.posted.get("stop") == "1":
            stopped = True
        else:
            logger.warning(
                "Participant %s tried to leave round %s before its end",
                seat.code,
                self.step.phase,
            )
            return self.get()
        self._finish(seat, now, stopped)
        response = super().post()
        socket.moved_on(seat.code, seat.page_index)
        return response

    def _finish(self, seat: Seat, now: float, stopped: bool | None) -> None:
        lost = desk.offline_seconds(seat, now)
        records.finish(self.player, seat, now, stopped=stopped, offline_seconds=lost)
        contact.forget(seat.code, self.step.phase)
