"""A session of simulated people, and what a server would store of them.

All seats live at the same time, each through the journey of its person; whoever's act ends first
goes on first, so that arms are drawn in the order in which people arrive. Cards go through the
rule of the server (`effort_task.protocol`).
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

from effort_task import protocol, rhythm
from effort_task.journal import Answer
from effort_task.tasks import TASKS, item_seed
from people.assumptions import People
from people.person import Person
from steps.comprehension import Comprehension
from steps.ending import STATUS
from steps.information import Exposure, Information, version
from steps.quota import Quota, QuotaFull
from steps.round import Round
from study import messages, words
from study.acts import Act, Cards, Form, Leave, Look
from study.journey import journey
from study.pay import product
from study.randomization import UNSTRATIFIED, draw, score_stratum
from study.spreadsheets import guard
from study.step import Step
from study.study import Arm, Study

FIRST_SESSION = datetime(2026, 1, 12, 8, 0, tzinfo=timezone.utc)
SLOWEST_NETWORK = 0.4


@dataclass
class Seat:
    """One participant's place in a session, and what is stored of them."""

    study: Study
    config: Mapping[str, Any]
    person: Any
    code: str
    number: int
    clock: float
    page: str = ""
    started: str = ""
    payoff: float = 0.0
    place_in_arm: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def arm(self) -> Arm | None:
        name = self.values.get("arm")
        return None if name is None else self.study.arm(name)

    def get(self, column: str) -> Any:
        return self.values.get(column)


class Session:
    """A session: its parameters, its participants, and the rows of its custom exports."""

    def __init__(
        self,
        study: Study,
        config: Mapping[str, Any],
        people: People,
        *,
        seed: str,
        number: int,
        size: int,
    ) -> None:
        dice = random.Random(f"{seed}/session/{number}")
        start = (FIRST_SESSION + timedelta(hours=2 * number)).timestamp()
        self.study = study
        self.config: dict[str, Any] = dict(config)
        arrivals = [
            (_code(dice), start + dice.uniform(0, max(120, 5 * size))) for _ in range(size)
        ]
        self.config["seed"] = config["seed"] or f"s{dice.getrandbits(64):016x}"
        self.code = _code(dice)
        self.seats = [
            Seat(
                study,
                self.config,
                Person(f"{seed}/{number}", place, people=people),
                code,
                place,
                clock,
            )
            for place, (code, clock) in enumerate(arrivals, start=1)
        ]
        self.words = words.fingerprint(study)
        self.tables: dict[str, list[list[Any]]] = {name: [] for name in study.tables}
        self._scores: list[Mapping[str, int]] = []
        self._taken: dict[str, int] = {}
        self._in_arm: dict[str, int] = {}

    def hold(self) -> Session:
        """Let it take place, from the first page to the last."""
        lives = [(seat.clock, seat.number, self._life(seat)) for seat in self.seats]
        heapq.heapify(lives)
        while lives:
            _, place, life = lives[0]
            clock = next(life, None)
            if clock is None:
                heapq.heappop(lives)
            else:
                heapq.heapreplace(lives, (clock, place, life))
        return self

    def _life(self, seat: Seat) -> Iterator[float]:
        """A participant's way; yields the moments until which an act takes."""
        if not seat.person.shows_up():
            return
        seat.started = str(datetime.fromtimestamp(seat.clock, timezone.utc).replace(tzinfo=None))
        for step, act in journey(self.study, seat.person, seat):
            self._arrive(seat, step)
            if isinstance(act, Leave):
                return
            began = seat.clock
            seat.clock += act.seconds * (1 + len(getattr(act, "wrong", ())))
            seat.clock += getattr(act, "hidden", 0.0)
            yield seat.clock
            self._store(seat, step, act, began)
        last = [step for step in self.study.path if step.page and self.study.reaches(step, seat)]
        self._arrive(seat, last[-1])

    # ---------------------------------------------------------------- what the server stores

    def _arrive(self, seat: Seat, step: Step) -> None:
        """What is stored when a page is first shown."""
        if step.assigns and seat.arm is None:
            self._assign(seat)
        for name, value in step.on_arrival(seat).items():
            seat.values.setdefault(name, value)
        if isinstance(step, Quota) and 0 < self.config["quota"] <= self._completed():
            seat.values[STATUS] = QuotaFull.status
        if step.page == seat.page or not step.page:
            return
        seat.page, values = step.page, seat.values
        if isinstance(step, Exposure):
            values[f"{step.name}_started_at"] = seat.clock
        if isinstance(step, Information):
            assert seat.arm is not None
            number = version(self.study, self.config["seed"], seat.arm.name, seat.place_in_arm)
            shown = messages.message(self.config["language"], seat.arm.message, number)
            values |= {"message_version": number, "sample_message": shown.sample}
            values["message_medium"] = shown.medium
        if isinstance(step, Round):
            begun: dict[str, Any] = {"started_at": seat.clock}
            begun |= dict.fromkeys(("correct", "attempts", "stored"), 0)
            if (seconds := step.duration(self.config)) is not None:
                begun |= {"deadline": seat.clock + seconds, "seconds": 0.0}
            values |= {f"{step.prefix}_{name}": value for name, value in begun.items()}
        if step.ends(seat) and self.study.pay is not None:
            self._pay(seat)
        if step is self.study.path[-1]:
            values["completed"] = True

    def _store(self, seat: Seat, step: Step, act: Act, began: float) -> None:
        """What is stored when an act is over."""
        values = seat.values
        if isinstance(act, Form):
            if isinstance(step, Comprehension):
                self._comprehension(seat, step, act, began)
            texts = {name for name, column in self.study.columns.items() if column.type == "text"}
            for name, value in (*act.answers.items(), *act.also.items()):
                values[name] = guard(value) if name in texts else value
            for name, count in act.counts.items():
                values[name] = values.get(name, 0) + count
            values["language"] = self.config["language"]
            values |= step.derived(seat)
        elif isinstance(act, Look):
            values[f"{step.name}_seconds"] = act.seconds
            values[f"{step.name}_hidden_seconds"] = act.hidden
            if values.get("message_medium", "text") != "text":
                values["media_seconds"] = act.seconds
        elif isinstance(act, Cards) and isinstance(step, Round):
            self._cards(seat, step, act, began)

    def _completed(self) -> int:
        return sum(bool(seat.get("completed")) for seat in self.seats)

    def _comprehension(self, seat: Seat, step: Comprehension, act: Form, began: float) -> None:
        attempts = [*(answers for answers, _ in act.wrong), act.answers]
        errors = 0
        for number, attempt in enumerate(attempts, start=1):
            for question, (name, right) in enumerate(step.right.items(), start=1):
                correct = attempt[name] == right
                errors += not correct
                row = [number, question, attempt[name], correct, began + number * act.seconds]
                self.tables["comprehension"].append([self.code, seat.code, *row])
        seat.values[f"{step.name}_errors"] = errors

    def _assign(self, seat: Seat) -> None:
        """Draw the arm."""
        values, config = seat.values, self.config
        if config["force_arm"]:
            values |= {"arm": config["force_arm"], "arm_forced": True}
            seat.place_in_arm = seat.number
        else:
            names = [column.name for column in self.study.tables["assignment"].columns]
            scores = {n: seat.get(n) for n in names if n.endswith("_correct")}
            stratum, by = UNSTRATIFIED, f"{config.get('stratify')}_correct"
            if by in scores:
                earlier = [each[by] or 0 for each in self._scores]
                stratum = score_stratum(scores[by] or 0, earlier)
            self._scores.append(scores)
            self._taken[stratum] = number = self._taken.get(stratum, 0) + 1
            place = draw(config["seed"], stratum, self.study.arms_in_use(config), number)
            values |= {"arm": place.arm, "arm_forced": False, "stratum": stratum}
            values |= {"block": place.block, "assignment_number": number}
            self._in_arm[place.arm] = seat.place_in_arm = self._in_arm.get(place.arm, 0) + 1
            row = self._owner(seat) | values | scores
            row |= {"seed": config["seed"], "drawn_at": seat.clock}
            self.tables["assignment"].append([row[name] for name in names])
        values |= self.study.factors_of(values["arm"])

    def _cards(self, seat: Seat, step: Round, act: Cards, began: float) -> None:
        """Apply the answers of a round one by one, as they arrive."""
        deadline = seat.get(f"{step.prefix}_deadline")
        state = protocol.State(began, deadline, step.last_item(self.config))
        seed = item_seed(self.config["seed"], seat.code, step.phase)
        task, dice = TASKS[self.config["task"]], random.Random(f"{seed}/network")
        rows: list[protocol.Row] = []
        shown = 0.0
        for number, card in enumerate(act.tries, start=1):
            item = task.item(seed, number)
            dealt: Any = SimpleNamespace(  # the card is made only once
                item=lambda *_, item=item: item,
                is_correct=task.is_correct,
                fastest_seconds=task.fastest_seconds,
            )
            response = seat.person.response(step.name, number, item.solution, card.correct)
            answered = shown + 1000 * card.seconds
            keys = card.keys(response)
            given = Answer(number, response, shown, answered, card.focus_lost, False, keys)
            now = began + answered / 1000 + dice.uniform(0.03, SLOWEST_NETWORK)
            if act.stop is not None:
                now = min(now, began + act.stop)  # the page brings the rest when one leaves it
            # Nobody is so fast that more than one answer is under way at the deadline.
            late_by = now - (math.inf if deadline is None else deadline)
            more = protocol.allowance(0, [], 0, late_by=late_by) if late_by > 0 else 0
            done = protocol.apply(state, [given], task=dealt, seed=seed, now=now, allowance=more)
            state, shown = done.state, answered
            rows += done.rows
        for row in rows:
            cells = {**self._owner(seat), **vars(row), "phase": step.phase}
            names = [column.name for column in self.study.tables["answers"].columns]
            self.tables["answers"].append([_guarded(cells[name]) for name in names])
        self._finish(seat, step, act, state, rows)

    def _owner(self, seat: Seat) -> dict[str, str]:
        return {"session_code": self.code, "participant_code": seat.code}

    def _finish(
        self, seat: Seat, step: Round, act: Cards, state: protocol.State, rows: list[protocol.Row]
    ) -> None:
        """The columns of a round, once one has left it: for the next page, or for good."""
        found: dict[str, Any] = {"correct": state.correct, "attempts": state.attempts}
        found["stored"] = len(rows)
        if state.deadline is not None:
            ended = min(rows[-1].answered_at if rows else state.origin, state.deadline)
            if not seat.person.leaves(step, seat):
                ended = state.deadline if act.stop is None else state.origin + act.stop
                found |= {"ended_at": ended, "offline_seconds": 0.0, **rhythm.summary(rows)}
                if step.stopped:
                    seat.values[step.stopped] = act.stop is not None
            found["seconds"] = round(ended - state.origin, 3)
        seat.values |= {f"{step.prefix}_{name}": value for name, value in found.items()}
        if step.pays(seat):
            seat.payoff = float(product(self.config["piece_rate"], state.correct))

    def _pay(self, seat: Seat) -> None:
        pay = self.study.pay
        assert pay is not None
        arm = seat.arm.name if seat.arm else None
        earned = pay.of(self.config, pay.counts(self.study, arm, seat.get))
        seat.values |= {name: float(amount) for name, amount in earned.stored.items()}
        seat.payoff = float(earned.piece)


def _guarded(value: Any) -> Any:
    return guard(value) if isinstance(value, str) else value


def _code(dice: random.Random) -> str:
    return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=8))
