"""A round of the effort task: cards, one after the other, until time is up or all are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from effort_task.tasks import TASKS
from study.acts import Act, Cards, Form, Leave
from study.columns import OWNER, Column, Measure, Table, cards, milliseconds, seconds
from study.parameters import Parameter, one_of, whole
from study.step import Seat, Step
from study.study import Study

SHORTEST, LONGEST = 5, 3600
TASK = one_of("task", "encryption", "the effort task", TASKS).but(shared=True)


@dataclass(frozen=True, eq=False)
class Round(Step):
    """A timed round. Its columns begin with its name; ``phase`` names it in the answers.

    seconds : its length, which a session may change by ``parameter``.
    may_stop : participants may leave it before its end; ``stopped`` is the column that says so.
    announced : a page before it says what comes; the time starts when its button is pressed.
    """

    phase: str = ""
    seconds: int = 300
    parameter: str = ""
    may_stop: bool = False
    stopped: str = ""
    announced: bool = True

    about: ClassVar[str] = "round"
    timed: ClassVar[bool] = True
    responds: ClassVar[bool] = True
    feedback: ClassVar[bool] = False
    may_be_refused: ClassVar[bool] = False
    may: ClassVar[tuple[str, ...]] = ("text",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.phase:
            object.__setattr__(self, "phase", self.name)
        if not self.parameter:
            object.__setattr__(self, "parameter", f"{self.name}_seconds")

    @property
    def page(self) -> str:
        return f"{super().page}Round"

    @property
    def prefix(self) -> str:
        return self.name

    def duration(self, config: Mapping[str, Any]) -> float | None:
        """The length in seconds; None: untimed."""
        return float(config[self.parameter])

    def last_item(self, config: Mapping[str, Any]) -> int | None:
        """The number of cards; None: no end."""
        return None

    def pays(self, seat: Seat) -> bool:
        """Whether the participant is paid by the correct card in this round."""
        return seat.study.pays_in(self.name, seat.arm.name if seat.arm else None)

    def problems(self, study: Study) -> Iterator[str]:
        if not SHORTEST <= self.seconds <= LONGEST:
            yield f"seconds is {self.seconds}, but must be from {SHORTEST} to {LONGEST}."
        if self.stopped and not self.may_stop:
            yield "it names a column 'stopped', but may not be stopped (may_stop)."

    def unfolded(self) -> Sequence[Step]:
        return (Ready.of(self), self) if self.announced else (self,)

    # ------------------------------------------------------------------------- the data

    def columns(self, study: Study) -> Iterator[Column]:
        name, about = self.name, self.about
        end = "the deadline, the early stop," if self.may_stop else "its deadline,"
        yield from correct_and_attempts(name, about, always=not self.may_be_refused)
        yield seconds(
            f"{name}_seconds",
            f"Time spent in the {about}: from its start to {end} or to the last answer if the "
            "participant left before.",
            always=not self.may_be_refused,
        )
        yield Column(f"{name}_started_at", "timestamp", f"When the {about} started.")
        yield Column(f"{name}_deadline", "timestamp", f"When the {about} had to end.")
        yield Column(
            f"{name}_ended_at",
            "timestamp",
            f"When the {about} ended. Empty: the participant never left the round's page.",
        )
        yield stored_cards(name, about)
        yield from _rhythm(name, about)
        if self.stopped:
            yield Column(
                self.stopped,
                "boolean",
                f"1: chose to stop the {about} before its deadline. 0: worked until the deadline. "
                "Empty: the round did not end.",
            )

    def tables(self, study: Study) -> Iterator[Table]:
        yield answers(study)

    def parameters(self, study: Study) -> Iterator[Parameter]:
        yield TASK
        meaning = f"length of the {self.about}{'; 0: not offered' if self.may_be_refused else ''}"
        limits = (SHORTEST, LONGEST, "seconds", self.may_be_refused)
        yield whole(self.parameter, self.seconds, meaning, *limits)

    def measures(self, study: Study) -> Iterator[Measure]:
        name, about, correct = self.name, self.about, f"{self.name}_correct"
        meaning = f"correct cards a minute in the {about}"
        yield Measure(f"{name}_per_minute", "ratio", (correct, f"{name}_seconds"), meaning, 60)
        meaning = f"share of correct answers in the {about}"
        yield Measure(f"{name}_share_correct", "ratio", (correct, f"{name}_attempts"), meaning)

    # ------------------------------------------------------------------------- simulated

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        duration, items = self.duration(seat.config), self.last_item(seat.config)
        stop = person.stops_early(self.name, duration) if self.may_stop else None
        tries = person.work(self.name, duration, seat, items=items, stop=stop)
        if person.leaves(self, seat):
            yield Cards(0.0, tries[: len(tries) // 2])
            yield Leave()
        else:
            worked = sum(each.seconds for each in tries) if duration is None else duration
            yield Cards(worked if stop is None else stop, tries, stop)

    def minutes(self, config: Mapping[str, Any]) -> float:
        return (self.duration(config) or 0) / 60


@dataclass(frozen=True, eq=False)
class BeforeRound(Step):
    """A page before a round, with words in the round's folder, in the page's own ``table``."""

    round: Any = None
    about_minutes: ClassVar[float] = 10 / 60

    @classmethod
    def of(cls, round: Round) -> BeforeRound:
        return cls(f"{round.name}_{cls.table}", round).in_place_of(round)

    @property
    def folder(self) -> Path:
        return self.round.folder  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Ready(BeforeRound):
    """The page before a round: what comes, and a button that starts the time."""

    table: ClassVar[str] = "ready"
    texts: ClassVar[tuple[str, ...]] = ("title", "next", "starts")
    may: ClassVar[tuple[str, ...]] = (
        *("text", "paragraphs", "with_piece_rate", "without_piece_rate", "may_stop"),
    )

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Form(10.0)


@dataclass(frozen=True, eq=False)
class OfferedRound(Round):
    """A round that one may refuse. The page before it asks; the answer is ``<name>_accepted``.

    A session whose parameter for its length is 0 does not offer it.
    """

    may_stop: bool = True
    may_be_refused: ClassVar[bool] = True

    @property
    def accepted(self) -> str:
        return f"{self.name}_accepted"

    def unfolded(self) -> Sequence[Step]:
        return (Offer.of(self), self)

    def takes_place(self, seat: Seat) -> bool:
        return super().takes_place(seat) and bool(seat.get(self.accepted))

    def is_offered(self, config: Mapping[str, Any]) -> bool:
        return bool(config[self.parameter])

    def measures(self, study: Study) -> Iterator[Measure]:
        yield Measure(
            f"{self.name}_cards",
            "unless",
            (f"{self.name}_correct", self.accepted),
            f"correct cards in the {self.about}, 0 for those who refused it",
        )

    def share_agreeing(self, person: Any, seat: Seat) -> float:
        """How likely a simulated person is to accept."""
        return 0.5


@dataclass(frozen=True, eq=False)
class Offer(BeforeRound):
    """The question whether one wants to work a round; who does not goes on behind it."""

    table: ClassVar[str] = "offer"

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            self.round.accepted,
            "boolean",
            f"1: agreed to the {self.round.about}. 0: refused it. Empty: was not asked.",
            answers=True,
        )

    def is_offered(self, config: Mapping[str, Any]) -> bool:
        return bool(self.round.is_offered(config))

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        share = self.round.share_agreeing(person, seat)
        yield Form(10.0, {self.round.accepted: person.agrees(self.round.name, share)})


def correct_and_attempts(name: str, about: str, always: bool = False) -> Iterator[Column]:
    yield cards(f"{name}_correct", f"Correct cards in the {about}.", always=always)
    yield cards(f"{name}_attempts", f"Cards answered in the {about}.", always=always)


def stored_cards(name: str, about: str) -> Column:
    meaning = f"Answers stored in the {about}, also those that came too late to count."
    return cards(f"{name}_stored", meaning, since="2.0")


def _rhythm(name: str, about: str) -> Iterator[Column]:
    yield seconds(
        f"{name}_offline_seconds",
        f"For how long in the {about} the server saw no connection of the page, up to the "
        "deadline or the end.",
        since="2.0",
    )
    yield milliseconds(
        f"{name}_median_ms",
        f"Median time per answer in the {about}, from a card to its answer: the next card "
        "follows at once. Measured by the page; together no longer than passed by the "
        "server's clock. Empty: no answer, or the round did not end.",
        since="2.0",
    )
    meaning = f"Shortest time per answer in the {about}, measured in the same way."
    yield milliseconds(f"{name}_shortest_ms", meaning, since="2.0")
    yield Column(
        f"{name}_spread",
        "number",
        f"Spread of the times per answer in the {about}: their interquartile range divided by "
        "their median. Empty: fewer than four answers, or the round did not end.",
        min=0,
        since="2.0",
    )
    yield Column(
        f"{name}_keys",
        "number",
        f"Key strokes per answer in the {about}, on average; see the column keys of the answers.",
        min=0,
        unit="key strokes per answer",
        since="2.0",
    )


def main_round(study: Study) -> Round | None:
    """The first timed round behind the assignment; None: there is none."""
    before = study.before_assignment()
    rounds = (step for step in study.path if isinstance(step, Round) and step.timed)
    return next((step for step in rounds if step not in before), None)


def phases(study: Study) -> dict[str, Round]:
    """The rounds of a study by the phase under which their answers are stored."""
    return {step.phase: step for step in study.path if isinstance(step, Round)}


def answers(study: Study) -> Table:
    """The table of answers: a row for each card that was answered."""
    meanings = {step.phase: step.about for step in study.of_type(Round)}
    return Table(
        "answers",
        "One row per answered card.",
        (
            *OWNER,
            Column("phase", "choice", "Round the answer belongs to.", values=meanings),
            Column("item", "integer", "Number of the card within the round.", min=1),
            Column("prompt", "string", "What the card showed."),
            Column(
                "response",
                "string",
                "What the participant entered, at most 200 characters; guarded like comment.",
            ),
            Column("solution", "string", "The correct answer."),
            Column(
                "correct",
                "boolean",
                "1: correct. 0: wrong. Empty: came after the deadline and was more than the "
                "participant can have given while the server saw no connection; not counted.",
            ),
            Column(
                "shown_at",
                "timestamp",
                "When the card appeared, by the participant's clock set to the server's.",
            ),
            Column(
                "answered_at",
                "timestamp",
                "When Enter was pressed, by the participant's clock set to the server's.",
            ),
            milliseconds(
                "response_ms",
                "answered_at minus shown_at, measured by the page's own monotonic clock.",
            ),
            Column(
                "received_at",
                "timestamp",
                "When the server received the answer, by the server's clock.",
            ),
            Column(
                "late",
                "boolean",
                "1: arrived after the deadline. It counts (correct is not empty) only as far as "
                "the participant can have given it while the server saw no connection.",
            ),
            Column(
                "focus_lost",
                "integer",
                "How often the page lost focus while this card was shown.",
                min=0,
            ),
            Column("pasted", "boolean", "1: text was pasted or dropped into the answer box."),
            Column(
                "keys",
                "integer",
                "Changes of the answer box by keyboard, touch keyboard or input method while this "
                "card was shown, deleting included. 0: the box was filled by something else.",
                min=0,
                unit="key strokes",
                since="2.0",
            ),
        ),
        key=("phase", "item"),
        shared=True,
    )
