"""Exports of simulated participants, in the format in which oTree writes them.

They test the analysis and show what a report looks like. Every participant is marked as a bot,
every session as simulated, so that `load` leaves them out unless it is asked for them. How they
behave is in `study/behaviour.py`.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from analysis.errors import AnalysisError, unknown
from analysis.exports.csv_files import PathLike
from effort_task.rhythm import summary
from effort_task.tasks import TASKS, item_seed
from study import parameters as session_parameters
from study import pay
from study.behaviour import ASSUMED, CardTry, Effects, Person
from study.columns import columns, table
from study.experiments import EXPERIMENTS, Experiment
from study.randomization import UNSTRATIFIED, baseline_stratum, draw
from study.spreadsheets import guard

SEATS = 24
"""Participants in a session, unless told otherwise."""

LABEL = "simulated"
COMMENT = "Simulated participants, not people: for testing only."
FEE = 5.0
LANGUAGES = ("en", "it")
FIRST_SESSION = datetime(2026, 1, 12, 8, 0, tzinfo=timezone.utc)
COMPREHENSION_SOLUTIONS = ("b", "a", "c", "b")
COMPREHENSION_COLUMNS = [f"comprehension_{n}" for n in range(1, 5)]

PARTICIPANT_FIELDS = (
    "id_in_session",
    "code",
    "label",
    "_is_bot",
    "_index_in_pages",
    "_max_page_index",
    "_current_app_name",
    "_current_page_name",
    "time_started_utc",
    "visited",
    "mturk_worker_id",
    "mturk_assignment_id",
    "payoff",
)
SESSION_FIELDS = ("code", "label", "mturk_HITId", "mturk_HITGroupId", "comment", "is_demo")

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
EXPERIMENT_PAGES = (
    "Information",
    "Willingness",
    "Hours",
    "MainReady",
    "MainRound",
    "VoluntaryOffer",
    "VoluntaryRound",
)
CLOSING_PAGES = ("Declined", "Checks", "Task", "Person", "Debrief", "Earnings")
PAGES = (*INTAKE_PAGES, *EXPERIMENT_PAGES, *CLOSING_PAGES)

# The page on which someone is who leaves at a step of `study.behaviour.STEPS`.
LEFT_AT = {
    "practice": "Practice",
    "comprehension": "Comprehension",
    "psm": "AboutYou",
    "baseline": "BaselineRound",
    "information": "Information",
    "willingness": "Willingness",
    "main": "MainRound",
    "voluntary": "VoluntaryOffer",
    "checks": "Checks",
    "questionnaire": "Person",
}


def simulate(
    experiment: str,
    n: int,
    folder: PathLike,
    *,
    effects: Mapping[str, float] | Effects | None = None,
    seed: str | int = "1",
    sessions: int | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write the exports of ``n`` simulated participants into ``folder``, which is made if needed.

    ``effects`` are in standard deviations of the outcome against control, by arm
    (``{"beneficiary": 0.4}``: on willingness and effort) or by outcome and arm
    (``{"effort.reward": 0.2}``); empty: none; ``None``: `study.behaviour.ASSUMED`. ``sessions``
    is their number (default: one for every 24 participants), ``parameters`` changes session
    parameters. Some participants never come, refuse, or leave; ``n`` counts all of them.

    Returns the files: the wide export, one file per app, and the custom exports (answers,
    comprehension, assignment). The same arguments give the same bytes. Raises ``AnalysisError``
    for an unknown experiment, arm or parameter, and when ``folder`` holds other CSV files.
    """
    if experiment not in EXPERIMENTS:
        raise unknown("experiment", experiment, EXPERIMENTS)
    design = EXPERIMENTS[experiment]
    count = sessions if sessions is not None else math.ceil(n / SEATS)
    if n < 1 or not 1 <= count <= n:
        raise AnalysisError(f"{n} participants cannot be in {count} sessions.")
    try:
        found = effects if isinstance(effects, Effects) else _effects(design, effects)
        config = _config(design, parameters or {})
    except ValueError as error:
        raise AnalysisError(str(error)) from None
    target = Path(folder)
    _make_room(target)
    held = [
        _Session.hold(design, number, size, f"{seed}/{experiment}", config, found)
        for number, size in enumerate(_sizes(n, count))
    ]
    return list(_write(design, held, target))


def _effects(design: Experiment, effects: Mapping[str, float] | None) -> Effects:
    return ASSUMED if effects is None else Effects.of(design, effects)


def _config(design: Experiment, changed: Mapping[str, Any]) -> dict[str, Any]:
    asked = {k: v for k, v in changed.items() if k != "participation_fee"}
    session_parameters.check_names(asked, session_parameters.defaults())
    cleaned = session_parameters.clean(session_parameters.defaults() | asked, design, LANGUAGES)
    return {
        "name": design.name,
        "participation_fee": _fee(changed.get("participation_fee", FEE)),
        "real_world_currency_per_point": 1.0,
        **cleaned,
    }


def _fee(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise AnalysisError(f"participation_fee is {value!r}, but must be a number.") from None


def _sizes(n: int, count: int) -> list[int]:
    return [n // count + (number < n % count) for number in range(count)]


def _make_room(folder: Path) -> None:
    """Make ``folder``; clear it of earlier simulated exports; leave anything else alone."""
    folder.mkdir(parents=True, exist_ok=True)
    present = sorted(folder.glob("*.csv"))
    wide = folder / "all_apps_wide.csv"
    ours = wide.exists() and COMMENT in wide.read_text(encoding="utf-8", errors="replace")
    names = {name for design in EXPERIMENTS.values() for name in _file_names(design)}
    foreign = [path.name for path in present if not ours or path.name not in names]
    if foreign:
        raise AnalysisError(
            f"The folder {str(folder)!r} holds other CSV files ({', '.join(foreign)}): "
            "simulated data must not mix with them. Name another folder."
        )
    for path in present:
        path.unlink()


# ------------------------------------------------------------------------------- participants


@dataclass
class _Seat:
    """One participant's place in a session, and what it holds so far."""

    person: Person
    code: str
    id_in_session: int
    clock: float
    page: str = ""
    started: str = ""
    payoff: float = 0.0
    language: str = ""
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, list[list[Any]]] = field(default_factory=dict)
    comprehension: list[list[Any]] = field(default_factory=list)
    assignment: list[list[Any]] = field(default_factory=list)


@dataclass
class _Session:
    """One session: its parameters and its participants."""

    design: Experiment
    code: str
    config: dict[str, Any]
    seats: list[_Seat]
    scores: list[int] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    @classmethod
    def hold(
        cls,
        design: Experiment,
        number: int,
        size: int,
        seed: str,
        config: Mapping[str, Any],
        effects: Effects,
    ) -> _Session:
        """Let a session of ``size`` participants take place, from the first page to the last."""
        dice = random.Random(f"{seed}/session/{number}")
        start = (FIRST_SESSION + timedelta(hours=2 * number)).timestamp()
        seats = [
            _Seat(
                person=Person.draw(f"{seed}/{number}", place, effects=effects),
                code=_code(dice),
                id_in_session=place,
                clock=start + dice.uniform(0, 120),
            )
            for place in range(1, size + 1)
        ]
        own = dict(config)
        own["seed"] = own["seed"] or f"s{dice.getrandbits(64):016x}"
        session = cls(design, _code(dice), own, seats)
        treated = [seat for seat in seats if session.before_treatment(seat)]
        # Arms are drawn in the order in which participants come to the treatment page.
        for seat in sorted(treated, key=lambda each: each.clock):
            session.assign(seat)
            if session.experiment_pages(seat):
                session.closing_pages(seat)
        return session

    # ------------------------------------------------------------------ up to the treatment

    def before_treatment(self, seat: _Seat) -> bool:
        """The intake. Whether they come to the treatment page."""
        person = seat.person
        if not person.shows_up():
            return False
        moment = datetime.fromtimestamp(seat.clock, timezone.utc).replace(tzinfo=None)
        seat.started = str(moment)
        values = seat.apps["intake"] = {}
        seat.language = values["language"] = self.config["language"]
        values["consent"] = person.consents()
        seat.clock += 60
        if not person.consents():
            seat.page = "Declined"
            seat.apps["closing"] = self.earnings(seat)
            return False
        return (
            self.practice(seat, values)
            and self.questions(seat, values)
            and self.scales(seat, values)
            and self.round(seat, "baseline", "baseline", self.config["baseline_seconds"])
        )

    def practice(self, seat: _Seat, values: dict[str, Any]) -> bool:
        seat.clock += 90
        if not (items := self.config["practice_items"]):
            return self.stays(seat, "practice")
        values["practice_started_at"] = seat.clock
        cards = seat.person.work("practice", items=items, task=self.config["task"])
        if not seat.person.reaches("practice"):
            cards = cards[: items // 2]
        # Empty until the first card is answered, as in the app.
        if cards:
            self.record(seat, "intake", "practice", "practice", cards, None)
        return self.stays(seat, "practice")

    def questions(self, seat: _Seat, values: dict[str, Any]) -> bool:
        if not self.stays(seat, "comprehension"):
            return False
        attempts = seat.person.comprehension(COMPREHENSION_SOLUTIONS)
        errors = 0
        for number, given in enumerate(attempts, start=1):
            seat.clock += 25
            for question, (answer, solution) in enumerate(
                zip(given, COMPREHENSION_SOLUTIONS, strict=True), start=1
            ):
                errors += answer != solution
                row = [number, question, answer, answer == solution, seat.clock]
                seat.comprehension.append([self.code, seat.code, *row])
        values |= dict(zip(COMPREHENSION_COLUMNS, attempts[-1], strict=True))
        values["comprehension_errors"] = errors
        return True

    def scales(self, seat: _Seat, values: dict[str, Any]) -> bool:
        if not self.stays(seat, "psm"):
            return False
        values |= _items("psm", seat.person.psm())
        values |= _items("motivation", seat.person.motivation())
        seat.clock += 75 * seat.person.pace
        return True

    # ----------------------------------------------------------------------------- rounds

    def stays(self, seat: _Seat, step: str) -> bool:
        """Whether they finish ``step``; if not, they stay on its page for ever."""
        if seat.person.reaches(step):
            return True
        seat.page = seat.page or LEFT_AT[step]
        return False

    def round(self, seat: _Seat, phase: str, prefix: str, seconds: float) -> bool:
        """A timed round, worked to its deadline, to an early stop, or until they leave."""
        app = "intake" if phase == "baseline" else self.design.app
        values = seat.apps[app]
        arm = values.get("arm")
        started, deadline = seat.clock, seat.clock + seconds
        values |= {f"{prefix}_started_at": started, f"{prefix}_deadline": deadline}
        cards = seat.person.work(phase, seconds, arm, task=self.config["task"])
        stays = self.stays(seat, phase)
        if not stays:
            cards = cards[: len(cards) // 2]
        worked = self.record(seat, app, phase, prefix, cards, deadline)
        values[f"{prefix}_seconds"] = round(worked, 3)
        if not stays:
            return False
        stop = seat.person.stops_early(phase, seconds, arm)
        ended = deadline if stop is None else min(deadline, started + stop)
        values[f"{prefix}_ended_at"] = ended
        values[f"{prefix}_seconds"] = round(ended - started, 3)
        values |= {
            f"{prefix}_{name}": each for name, each in self.rhythm(seat, app, phase).items()
        }
        values[f"{prefix}_offline_seconds"] = 0.0
        if phase == "main":
            values["stopped_early"] = stop is not None
        seat.clock = ended + 5
        return True

    def record(
        self,
        seat: _Seat,
        app: str,
        phase: str,
        prefix: str,
        cards: Sequence[CardTry],
        deadline: float | None,
    ) -> float:
        """Store the answers of a round and their counts. Returns how long they took."""
        task = TASKS[self.config["task"]]
        seed = item_seed(self.config["seed"], seat.code, phase)
        dice = random.Random(f"{seed}/network")
        shown, correct = seat.clock, 0
        for number, card in enumerate(cards, start=1):
            item = task.item(seed, number)
            response = seat.person.response(phase, number, item.solution, card.correct)
            answered = shown + card.seconds
            received = answered + dice.uniform(0.03, 0.4)
            right = task.is_correct(item, response)
            correct += right
            row = [phase, number, guard(item.prompt), guard(response), guard(item.solution), right]
            row += [shown, answered, round(card.seconds * 1000), received]
            row += [deadline is not None and received > deadline, card.focus_lost, False]
            row.append(card.keys(response))
            seat.answers.setdefault(app, []).append([self.code, seat.code, *row])
            shown = answered
        counts = {"correct": correct, "attempts": len(cards), "stored": len(cards)}
        seat.apps[app] |= {f"{prefix}_{name}": count for name, count in counts.items()}
        worked = shown - seat.clock
        if deadline is None:
            seat.clock = shown
        return worked

    def rhythm(self, seat: _Seat, app: str, phase: str) -> dict[str, float | int | None]:
        """The rhythm of a round's answers, as the app works it out when the round ends."""
        names = list(table("answers"))
        answers = [dict(zip(names, row, strict=True)) for row in seat.answers.get(app, [])]
        return summary([SimpleNamespace(**each) for each in answers if each["phase"] == phase])

    # ------------------------------------------------------------------------- experiment

    def assign(self, seat: _Seat) -> None:
        """Draw the arm, as the app does when it shows the treatment page."""
        values: dict[str, Any] = {}
        seat.apps[self.design.app] = values
        if forced := self.config["force_arm"]:
            values |= {"arm": forced, "arm_forced": True}
        else:
            score = int(seat.apps["intake"]["baseline_correct"])
            place = self.place(score)
            values |= {"arm": place.arm, "arm_forced": False, "stratum": place.stratum}
            values |= {"block": place.block, "assignment_number": place.number}
            row = [self.code, seat.code, self.config["seed"], place.stratum, place.block]
            seat.assignment.append([*row, place.number, place.arm, score, seat.clock])
        for factor, arms in self.design.factors.items():
            values[factor] = values["arm"] in arms
        values |= {"sample_message": True, "information_started_at": seat.clock}

    def place(self, score: int) -> Any:
        stratum = UNSTRATIFIED
        if self.config["stratify"] == "baseline":
            stratum = baseline_stratum(score, self.scores)
        self.scores.append(score)
        self.taken[stratum] = self.taken.get(stratum, 0) + 1
        chosen = self.config["arms"].split(",") if self.config["arms"] else []
        arms = [name for name in self.design.arms if not chosen or name in chosen]
        return draw(self.config["seed"], stratum, arms, self.taken[stratum])

    def experiment_pages(self, seat: _Seat) -> bool:
        """From the treatment to the voluntary round. Whether they come to the closing pages."""
        person, values = seat.person, seat.apps[self.design.app]
        arm = values["arm"]
        if not self.stays(seat, "information"):
            return False
        reading = person.reads(arm)
        values["information_seconds"] = reading.seconds
        values["information_hidden_seconds"] = reading.hidden_seconds
        seat.clock += reading.seconds + reading.hidden_seconds
        if not self.stays(seat, "willingness"):
            return False
        answers = person.willingness(arm)
        values |= _items("willingness", answers)
        values["willingness"] = sum(answers) / len(answers)
        values["hours_pledged"] = person.hours_pledged(arm)
        seat.clock += 40 * person.pace
        finished = self.round(seat, "main", "effort", self.config["task_seconds"])
        if self.design.arms[arm].reward:
            piece = pay.product(self.config["piece_rate"], values["effort_correct"])
            seat.payoff = float(piece)
        return finished and self.voluntary(seat, values)

    def voluntary(self, seat: _Seat, values: dict[str, Any]) -> bool:
        if not (seconds := self.config["voluntary_seconds"]):
            return True
        if not self.stays(seat, "voluntary"):
            return False
        values["voluntary_accepted"] = seat.person.accepts_voluntary(values["arm"])
        seat.clock += 10
        if not values["voluntary_accepted"]:
            return True
        return self.round(seat, "voluntary", "voluntary", seconds)

    # ---------------------------------------------------------------------------- closing

    def closing_pages(self, seat: _Seat) -> None:
        person, arm = seat.person, seat.apps[self.design.app]["arm"]
        values = seat.apps["closing"] = {}
        if not self.stays(seat, "checks"):
            return
        values["source_recalled"] = person.source_recalled(arm)
        values |= _items("impact_perceived", person.impact_perceived(arm))
        values |= _items("intrinsic", person.intrinsic()) | _items("prosocial", person.prosocial())
        if not self.stays(seat, "questionnaire"):
            return
        for name in ("age", "gender", "education", "income", "volunteered_before"):
            values[name] = getattr(person, name)()
        values["comment"] = guard(person.comment())
        values |= self.earnings(seat) | {"completed": True}
        seat.page = "Earnings"

    def earnings(self, seat: _Seat) -> dict[str, float]:
        main, intake = seat.apps.get(self.design.app, {}), seat.apps["intake"]
        effort = main.get("effort_correct", 0)
        paid = "arm" in main and self.design.arms[main["arm"]].reward
        others = intake.get("baseline_correct", 0) + main.get("voluntary_correct", 0)
        earned = pay.earnings(
            fixed=self.config["participation_fee"],
            piece_rate=self.config["piece_rate"],
            paid_cards=effort if paid else 0,
            donation_rate=self.config["donation_rate"],
            donated_cards=effort + others,
        )
        return {
            "earnings_fixed": float(earned.fixed),
            "earnings_piece": float(earned.piece),
            "earnings_total": float(earned.total),
            "donation": float(earned.donation),
        }

    # ------------------------------------------------------------------------------- rows

    def of_participant(self, seat: _Seat) -> list[Any]:
        index = PAGES.index(seat.page) + 1 if seat.page else 0
        if index > len(INTAKE_PAGES) + len(EXPERIMENT_PAGES):
            app = "closing"
        elif index > len(INTAKE_PAGES):
            app = self.design.app
        else:
            app = "intake" if index else ""
        return [
            *(seat.id_in_session, seat.code, "", True, index, len(PAGES), app, seat.page),
            *(seat.started, bool(seat.started), "", "", seat.payoff),
        ]

    def of_session(self) -> list[Any]:
        return [self.code, LABEL, "", "", COMMENT, False]

    def of_app(self, app: str, seat: _Seat) -> list[list[Any]]:
        """The cells of player, group and subsession."""
        values = seat.apps.get(app, {})
        player = [seat.id_in_session, "", *(values.get(name) for name in columns(app))]
        own = [self.config["seed"] for _ in columns(app, "subsession")]
        return [player, [1], [1, *own]]


def _items(name: str, answers: Iterable[int]) -> dict[str, Any]:
    return {f"{name}_{number}": answer for number, answer in enumerate(answers, start=1)}


def _code(dice: random.Random) -> str:
    return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=8))


# ----------------------------------------------------------------------------------- files


def _file_names(design: Experiment) -> list[str]:
    names = ["all_apps_wide.csv", *(f"{app}.csv" for app in design.app_sequence)]
    names += ["intake_custom.csv", "intake_custom_export_comprehension.csv"]
    return [*names, f"{design.app}_custom.csv", f"{design.app}_custom_export_assignment.csv"]


def _write(design: Experiment, sessions: Sequence[_Session], folder: Path) -> Iterator[Path]:
    wide, intake, experiment, closing, answers, comprehension, later, assignment = (
        folder / name for name in _file_names(design)
    )
    seats = [(session, seat) for session in sessions for seat in session.seats]
    yield _rows(wide, _wide_header(design, sessions[0]), (_wide_row(*each) for each in seats))
    for path, app in zip((intake, experiment, closing), design.app_sequence, strict=True):
        yield _rows(path, _app_header(app), (_app_row(app, *each) for each in seats))
    for path, app in ((answers, "intake"), (later, design.app)):
        rows = (row for _, seat in seats for row in seat.answers.get(app, []))
        yield _rows(path, list(table("answers")), rows)
    asked = (row for _, seat in seats for row in seat.comprehension)
    yield _rows(comprehension, list(table("comprehension")), asked)
    drawn = (row for _, seat in seats for row in seat.assignment)
    # The app logs draws in the order in which they were made.
    in_order = sorted(drawn, key=lambda row: float(row[-1]))
    yield _rows(assignment, list(table("assignment")), in_order)


def _rows(path: Path, header: list[str], rows: Iterable[list[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)
    return path


def _cell(value: Any) -> Any:
    """As oTree writes it: 1 and 0 for yes and no, nothing for what was not measured."""
    if value is None:
        return ""
    return int(value) if isinstance(value, bool) else value


def _in_app(app: str) -> list[list[str]]:
    return [
        ["player.id_in_group", "player.role", *(f"player.{name}" for name in columns(app))],
        ["group.id_in_subsession"],
        ["subsession.round_number", *(f"subsession.{n}" for n in columns(app, "subsession"))],
    ]


def _wide_header(design: Experiment, session: _Session) -> list[str]:
    return [
        *(f"participant.{name}" for name in PARTICIPANT_FIELDS),
        "participant.language",
        *(f"session.{name}" for name in SESSION_FIELDS),
        *(f"session.config.{name}" for name in session.config),
        *(
            f"{app}.1.{name}"
            for app in design.app_sequence
            for names in _in_app(app)
            for name in names
        ),
    ]


def _wide_row(session: _Session, seat: _Seat) -> list[Any]:
    apps = [
        cell
        for app in session.design.app_sequence
        for cells in session.of_app(app, seat)
        for cell in cells
    ]
    config = session.config.values()
    person = session.of_participant(seat)
    return [*person, seat.language, *session.of_session(), *config, *apps]


def _app_header(app: str) -> list[str]:
    return [
        *(f"participant.{name}" for name in PARTICIPANT_FIELDS),
        *(name for names in _in_app(app) for name in names),
        *(f"session.{name}" for name in SESSION_FIELDS),
    ]


def _app_row(app: str, session: _Session, seat: _Seat) -> list[Any]:
    inside = [cell for cells in session.of_app(app, seat) for cell in cells]
    return [*session.of_participant(seat), *inside, *session.of_session()]
