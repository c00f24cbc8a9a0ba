"""What the experimenter sees in the *Report* tab of a session: progress, warnings, money owed.

Outcomes are left out on purpose: whoever watches them is tempted to stop when they please.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from otree.common import get_models_module
from otree.database import db
from otree.models import Participant

from effort_task import rhythm
from effort_task.tasks import TASKS
from lab import earnings
from lab.assignment import arms_in_use
from lab.setup import experiment_of
from lab.wording import currency
from study import content
from study.experiments import Experiment
from study.pay import Earnings

STAGES = ("treatment", "main", "after", "finished")
"""Where somebody with an arm can be: before the main round, in it, behind it, at the end."""

ADMIN_LANGUAGE = "en"


@dataclass(frozen=True)
class Person:
    """One participant, as far as the report goes."""

    visited: bool
    consent: bool | None
    arm: str | None
    stage: str
    earned: Earnings


def vars_for_admin_report(subsession: Any) -> dict[str, Any]:
    """What `_templates/lab/admin_report.html` shows of the session of ``subsession``."""
    session = subsession.session
    config, experiment = session.config, experiment_of(session.config)
    people = [person for person in _people(session, experiment) if person.visited]
    assigned = [person for person in people if person.arm is not None]
    declined = [person for person in people if person.consent is False]
    finished = [person for person in assigned if person.stage == "finished"]
    unfinished = [p for p in people if p not in declined and p.stage != "finished"]
    forced = config["force_arm"]
    return {
        "places": session.num_participants,
        "started": len(people),
        "declined": len(declined),
        "before": len(people) - len(declined) - len(assigned),
        "arms": [
            _row(arm, [person for person in assigned if person.arm == arm])
            for arm in ([forced] if forced else arms_in_use(config))
        ],
        "total": _row("all arms", assigned),
        "seed": config["seed"],
        "forced": forced,
        "samples": sample_files(experiment, config),
        "pay": [
            _pay("have finished", finished),
            _pay("declined", declined),
            _pay("are still working, or left", unfinished),
        ],
        "donation": _money(person.earned.donation for person in people),
        "donation_rate": currency(config["donation_rate"], ADMIN_LANGUAGE),
        "unusual": unusual_rounds(session, experiment),
        **{f"limit_{name}": f"{limit:g}" for name, limit in _limits(config).items()},
        "least_spread": rhythm.LEAST_SPREAD,
    }


def _people(session: Any, experiment: Experiment) -> list[Person]:
    """All participants, read at once: the page must not hold up those who are at work."""
    Intake, Main, Closing = (get_models_module(app).Player for app in experiment.app_sequence)
    columns = {
        "visited": Participant.visited,
        "consent": Intake.consent,
        "baseline": Intake.baseline_correct,
        "arm": Main.arm,
        "effort": Main.effort_correct,
        "voluntary": Main.voluntary_correct,
        "started": Main.effort_started_at,
        "ended": Main.effort_ended_at,
        "completed": Closing.completed,
    }
    query = db.query(*columns.values()).filter(Participant.session_id == session.id)
    for Player in (Intake, Main, Closing):
        query = query.join(Player, Player.participant_id == Participant.id)
    rows = [dict(zip(columns, row, strict=True)) for row in query.order_by(Participant.id)]
    return [_person(row, session.config, experiment) for row in rows]


def _person(row: dict[str, Any], config: Any, experiment: Experiment) -> Person:
    scores = {name: row[name] for name in ("baseline", "effort", "voluntary")}
    if row["completed"]:
        stage = "finished"
    elif row["ended"] is not None:
        stage = "after"
    else:
        stage = "treatment" if row["started"] is None else "main"
    return Person(
        visited=bool(row["visited"]),
        consent=row["consent"],
        arm=row["arm"],
        stage=stage,
        earned=earnings.work_out(config, earnings.count(experiment, row["arm"], **scores)),
    )


def _row(name: str, people: list[Person]) -> dict[str, Any]:
    counts = {stage: sum(person.stage == stage for person in people) for stage in STAGES}
    return {"name": name, "assigned": len(people), **counts}


def _pay(name: str, people: list[Person]) -> dict[str, Any]:
    return {
        "name": name,
        "people": len(people),
        "fixed": _money(person.earned.fixed for person in people),
        "piece": _money(person.earned.piece for person in people),
        "total": _money(person.earned.total for person in people),
    }


def _money(amounts: Iterable[Decimal]) -> str:
    return currency(sum(amounts, Decimal("0.00")), ADMIN_LANGUAGE)


ROUNDS = {"baseline": "baseline", "effort": "main", "voluntary": "voluntary"}
"""The timed rounds by the prefix of their columns."""

RHYTHM = ("stored", "median_ms", "shortest_ms", "spread", "keys", "offline_seconds", "seconds")


def unusual_rounds(session: Any, experiment: Experiment) -> list[dict[str, Any]]:
    """Rounds whose rhythm is beyond what people manage, and those that were cut off for long.

    In the order of the places. Arms and scores stay hidden here too.
    """
    Intake, Main, _ = (get_models_module(app).Player for app in experiment.app_sequence)
    limits = TASKS[session.config["task"]].limits
    names = [(prefix, name) for prefix in ROUNDS for name in RHYTHM]
    columns = [
        getattr(Intake if prefix == "baseline" else Main, f"{prefix}_{name}")
        for prefix, name in names
    ]
    query = db.query(Participant.id_in_session, Participant.label, Participant.code, *columns)
    for Player in (Intake, Main):
        query = query.join(Player, Player.participant_id == Participant.id)
    found = []
    for place, label, code, *values in query.filter(Participant.session_id == session.id).order_by(
        Participant.id
    ):
        measured = dict(zip(names, values, strict=True))
        for prefix, title in ROUNDS.items():
            own = {name: measured[prefix, name] for name in RHYTHM}
            remarks = rhythm.remarks(limits, **own | {"stored": own["stored"] or 0})
            if remarks:
                who = {"place": f"P{place}", "label": label or code, "round": title}
                found.append(who | {"cells": [_cell(name, own, remarks) for name in SHOWN]})
    return found


SHOWN = {
    "median": ("median_ms", "{:.1f} s", 1000),
    "shortest": ("shortest_ms", "{:.1f} s", 1000),
    "spread": ("spread", "{:.2f}", 1),
    "keys": ("keys", "{:.1f}", 1),
    "offline": ("offline_seconds", "{:.0f} s", 1),
}
"""What is shown of a round by remark: the column, how, and what it is divided by."""


def _cell(name: str, measured: dict[str, Any], remarks: list[str]) -> dict[str, Any]:
    column, shape, unit = SHOWN[name]
    value = measured[column]
    text = "–" if value is None else shape.format(value / unit)
    return {"text": text, "unusual": name in remarks}


def _limits(config: Any) -> dict[str, float]:
    return dict(vars(TASKS[config["task"]].limits))


def sample_files(experiment: Experiment, config: Any) -> list[str]:
    """The message files that this session may show and that are still samples.

    In every language: participants may change theirs on the first page.
    """
    arms = [config["force_arm"]] if config["force_arm"] else arms_in_use(config)
    shown = {experiment.arms[arm].message for arm in arms}
    return [
        f"content/{language}/messages/{message}.toml"
        for language in content.languages()
        for message in content.samples(language)
        if message in shown
    ]
