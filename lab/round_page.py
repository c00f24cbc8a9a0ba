"""The page on which a round is worked: what it sends, what it takes, and when it may be left."""

from __future__ import annotations

import json
import logging
import time
from typing import Any, ClassVar

from effort_task import journal, protocol
from effort_task.journal import Refused
from effort_task.protocol import Outcome, State
from effort_task.rounds import Round
from lab import round_records, wording
from lab.page import StudyPage, language_of
from study import content

logger = logging.getLogger("otree.effort_task")

MAX_JOURNAL_CHARACTERS = 200_000


class RoundPage(StudyPage):
    """A round of the task. Subclasses name the round; their app has a table ``Answer``."""

    round: ClassVar[Round]
    template_name = "global/Round.html"

    # ------------------------------------------------------------------- what the page gets

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        now = time.time()
        round_records.start(player, cls.round, now)
        state = round_records.state_of(player, cls.round, now)
        language = language_of(player)
        task = round_records.task_of(player)
        words = content.words(language, "task")
        duration = cls.round.duration(round_records.config_of(player))
        start = {
            "participant": player.participant.code,
            "round": cls.round.phase,
            "task": task.name,
            "duration_ms": None if duration is None else round(duration * 1000),
            "may_stop": cls.round.may_stop,
            "fastest_ms": round(task.fastest_seconds * 1000),
            "words": {key: text for key, text in words.items() if isinstance(text, str)},
            **cls._status(player, state, now, have=0),
        }
        # "<" never stands in the page, so no text can end the script that carries this.
        embedded = json.dumps(start, allow_nan=False).replace("<", "\\u003c")
        return {
            "round_json": embedded,
            "task_words": content.to_html(words),
            "task_texts": content.to_html(words[task.name]),
            "task_template": f"task/{task.name}.html",
            "task_script": f"lab/tasks/{task.name}.js",
            "inputmode": task.inputmode,
            "maxlength": task.maxlength,
            "timed": duration is not None,
            "may_stop": cls.round.may_stop,
            "solved": wording.number(state.correct, language),
        }

    @classmethod
    def _status(cls, player: Any, state: State, now: float, have: int) -> dict[str, Any]:
        """Where the round stands, and the cards that the page does not have yet."""
        task = round_records.task_of(player)
        seed = round_records.seed_of(player, cls.round)
        return {
            "applied": state.applied,
            "correct": state.correct,
            "elapsed_ms": round((now - state.started_at) * 1000),
            "last_item": state.last_item,
            "items": [
                {"item": number, **task.view(task.item(seed, number))}
                for number in protocol.upcoming(state, task, have)
            ],
        }

    # ----------------------------------------------------------------- what the page says

    @classmethod
    def live_method(cls, player: Any, message: Any) -> dict[int, Any]:
        """One message from the page; see `effort_task.journal` for its form."""
        reply = cls.take(player, message, time.time())
        if reply.get("results"):
            round_records.commit()
        return {player.id_in_group: reply}

    @classmethod
    def take(cls, player: Any, message: Any, now: float) -> dict[str, Any]:
        """Apply a message and say where the round stands. Refusals change nothing."""
        if not round_records.has_started(player, cls.round):
            return {"round": cls.round.phase, "refused": "not started"}
        task = round_records.task_of(player)
        state = round_records.state_of(player, cls.round, now)
        try:
            said = journal.read(message, phase=cls.round.phase, window=task.window)
        except Refused as refusal:
            outcome, have = Outcome((), state, refusal.reason), state.applied + task.window
        else:
            have = said.have
            seed = round_records.seed_of(player, cls.round)
            outcome = protocol.apply(state, said.answers, task=task, seed=seed, now=now)
            round_records.store(player, cls.round, outcome)
            cls.after_answers(player)
        if outcome.refused:
            logger.warning(
                "Refused from participant %s in round %s: %s",
                player.participant.code,
                cls.round.phase,
                outcome.refused,
            )
        return {
            "round": cls.round.phase,
            "results": [cls._result(row) for row in outcome.rows],
            "refused": outcome.refused,
            **cls._status(player, outcome.state, now, have),
        }

    @classmethod
    def _result(cls, row: protocol.Row) -> list[Any]:
        """What the page may know of an applied answer; the solution in rounds with feedback."""
        solution = row.solution if cls.round.feedback and not row.correct else None
        return [row.item, row.correct, solution]

    @classmethod
    def after_answers(cls, player: Any) -> None:
        """What else depends on the number of correct cards."""

    # --------------------------------------------------------------------- leaving the page

    def post(self) -> Any:
        now = time.time()
        player = self.player
        if not round_records.has_started(player, self.round):
            return super().post() if self.advanced_by_experimenter else self.get()
        self._apply_journal(now)
        state = round_records.state_of(player, self.round, now)
        if self.advanced_by_experimenter:
            round_records.finish(player, self.round, now, stopped=None)
        elif protocol.is_over(state, now):
            round_records.finish(player, self.round, now, stopped=False)
        elif self.round.may_stop and self.posted.get("stop") == "1":
            round_records.finish(player, self.round, now, stopped=True)
        else:
            logger.warning(
                "Participant %s tried to leave round %s before its end",
                player.participant.code,
                self.round.phase,
            )
            return self.get()
        return super().post()

    def _apply_journal(self, now: float) -> None:
        """The answers that the page could not deliver otherwise."""
        text = self.posted.get("journal") or ""
        if not isinstance(text, str) or not text.strip():
            return
        try:
            message = json.loads(text) if len(text) <= MAX_JOURNAL_CHARACTERS else None
        except (ValueError, RecursionError):
            message = None
        self.take(self.player, message, now)
