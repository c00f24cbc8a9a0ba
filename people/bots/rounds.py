"""Working a round as its page does: in messages, and with the page's last form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from otree.api import Submission, expect
from otree.database import db

from effort_task.journal import MAX_ANSWERS
from lab import clock
from lab.rounds import records
from people.bots.bot import StudyBot
from people.bots.clock import pass_time
from steps.round import Round
from study.acts import Cards

PER_MESSAGE = 10
UNTIMED_SECONDS = 60.0
"""What a round without a time limit takes."""


class RoundBot(StudyBot):
    """A bot that can work the rounds of its study."""

    @cached_property
    def entered(self) -> dict[str, int]:
        """Right cards that this participant has entered so far, by round."""
        return {}

    def work(self, page: Any, act: Cards) -> Iterator[Submission]:
        """Work the round of ``page`` as ``act`` says, to its end or until this person leaves."""
        round_: Round = page.step
        duration, stop = round_.duration(self.config), act.stop
        answers = self._answers(page, act)
        if self.who.tries_to_cheat:
            yield from self._cheat(page)
        if act.breaks_off:
            self._send(page, answers)
            return
        last_round = [s for s in self.study.of_type(Round) if s.timed][-1]
        late = stop is None and round_ is last_round and self.who.is_late
        if late:
            # The connection is gone for longer than the last answers took, so all of them count.
            answers = answers[:-2]
        # The last message travels with the form: as the only one who brings it, or once more.
        last = answers[-PER_MESSAGE:]
        alone = duration is None or stop is not None or late
        self._send(page, answers[: len(answers) - len(last)] if alone else answers)
        self._wait_until(round_, duration if stop is None else stop)
        yield Submission(
            page,
            {
                "journal": json.dumps(_message(round_, last)) if last else "",
                "stop": "" if stop is None else "1",
            },
        )
        self.entered[round_.name] = sum(right for *_, right in answers)
        self._check(page, answers, duration, stop, len(last) if late else 0)

    # ----------------------------------------------------------------------------- answers

    def _answers(self, page: Any, act: Cards) -> list[tuple[dict[str, Any], bool]]:
        """The journal of the whole round; each answer with whether it is meant to be right."""
        seat = page.seat(self.player)
        task, seed = seat.task, seat.seed
        answers, clock = [], 0.0
        for number, card in enumerate(act.tries, start=1):
            solution = task.item(seed, number).solution
            response = self.who.response(page.step.name, number, solution, card.correct)
            entry = {
                "item": number,
                "response": response,
                "shown_ms": round(1000 * clock, 1),
                "answered_ms": round(1000 * (clock + card.seconds), 1),
                "focus_lost": card.focus_lost,
                "pasted": False,
                "keys": card.keys(response),
            }
            answers.append((entry, card.correct))
            clock += card.seconds
        return answers

    def _send(self, page: Any, answers: list[tuple[dict[str, Any], bool]]) -> None:
        """Deliver ``answers`` over the live method, when they were given."""
        for start in range(0, len(answers), PER_MESSAGE):
            part = answers[start : start + PER_MESSAGE]
            self._wait_until(page.step, part[-1][0]["answered_ms"] / 1000)
            reply = self._say(page, _message(page.step, part))
            expect(reply["refused"], "")
            expect(reply["applied"], part[-1][0]["item"])
            expect([right for _, right, _ in reply["results"]], [right for _, right in part])

    def _say(self, page: Any, message: Any) -> dict[str, Any]:
        player = self.player
        reply: dict[str, Any] = page.take(player, message)
        db.commit()
        return reply

    def _wait_until(self, round_: Round, seconds: float | None) -> None:
        """Until so many seconds into the round. Untimed rounds take what they take."""
        elapsed = clock.now() - self.get(f"{round_.prefix}_started_at")
        seconds = UNTIMED_SECONDS if seconds is None else seconds
        if seconds > elapsed:
            pass_time(self.participant, seconds - elapsed)

    # ----------------------------------------------------------------------------- the end

    def _check(
        self,
        page: Any,
        answers: list[tuple[dict[str, Any], bool]],
        duration: float | None,
        stop: float | None,
        late: int,
    ) -> None:
        """Rows and counts are what was entered."""
        round_: Round = page.step
        rows = self._rows(page)
        expect([row.item for row in rows], [entry["item"] for entry, _ in answers])
        expect([row.response for row in rows], [entry["response"] for entry, _ in answers])
        expect([row.correct for row in rows], [right for _, right in answers])
        if late:
            expect([row.late for row in rows[-late:]], [True] * late)
        expect(self.get(f"{round_.prefix}_attempts"), len(answers))
        expect(self.get(f"{round_.prefix}_correct"), self.entered[round_.name])
        if duration is None:
            return
        seconds = self.get(f"{round_.prefix}_seconds")
        if stop is None:
            expect(seconds, duration)
        else:
            expect(abs(seconds - stop), "<", 5)
        if round_.stopped:
            expect(self.get(round_.stopped), stop is not None)

    def _rows(self, page: Any) -> list[Any]:
        """The stored answers of a round, in the order in which they came."""
        Answers = records.answers_of(self.PlayerClass)
        rows = db.query(Answers).filter_by(player_id=self.player.id, phase=page.step.phase)
        return list(rows.order_by(Answers.id))

    # --------------------------------------------------------------------------- mischief

    def _cheat(self, page: Any) -> Iterator[Submission]:
        """What the server must refuse without storing anything, on the socket and in the form."""
        phase = page.step.phase
        entry = {"item": 1, "response": "1", "shown_ms": 0, "answered_ms": 1}
        messages: list[Any] = [
            None,
            "main",
            [],
            {"round": "another", "answers": [entry]},
            {"round": phase, "answers": "all"},
            {"round": phase, "answers": [entry] * (MAX_ANSWERS + 1)},
            {"round": phase, "answers": [entry | {"item": 2}]},
            {"round": phase, "answers": [entry | {"item": True}]},
            {"round": phase, "answers": [entry | {"response": 123456}]},
            {"round": phase, "answers": [entry | {"response": " "}]},
            {"round": phase, "answers": [entry | {"response": "1" * 1_000_000}]},
            {"round": phase, "answers": [entry | {"answered_ms": -1}]},
            {"round": phase, "answers": [entry | {"shown_ms": 2}]},
            {"round": phase, "answers": [entry], "have": 1e999},
        ]
        for message in messages:
            expect(self._say(page, message)["refused"], "!=", "")
        journals = ["{", "[[[[", "x" * 300_000, json.dumps(messages[6]), "null"]
        for journal in journals:
            # A round that may be stopped would end here, so nobody asks for that.
            stop = "" if page.step.may_stop else "1"
            yield Submission(page, {"journal": journal, "stop": stop})
        expect(self._rows(page), [])
        expect(self.get(f"{page.step.prefix}_attempts"), 0)
        expect(self.get(f"{page.step.prefix}_correct"), 0)


def _message(round_: Round, answers: list[tuple[dict[str, Any], bool]]) -> dict[str, Any]:
    return {"round": round_.phase, "have": 0, "answers": [entry for entry, _ in answers]}
