"""What the experimenter sees in the *Report* tab of a session: progress, warnings, money owed.

Outcomes are left out on purpose: whoever watches them is tempted to stop when they please.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from otree.common import get_models_module
from otree.database import db
from otree.models import Participant

from effort_task import rhythm
from effort_task.tasks import TASKS
from lab import panel
from lab.sessions import study_of
from lab.wording import currency
from steps.ending import STATUSES, has_panel
from steps.round import Round, main_round
from study import messages, words
from study.pay import Earnings
from study.study import Study

STAGES = ("treatment", "main", "after", "finished")
"""Where somebody with an arm can be: before the first round after assignment, in it, behind it, at
the end."""

ADMIN_LANGUAGE = "en"


@dataclass(frozen=True)
class Person:
    """One participant, as far as the report goes."""

    declined: bool
    arm: str | None
    stage: str
    earned: Earnings | None


def vars_for_admin_report(subsession: Any) -> dict[str, Any]:
    """What `_templates/lab/admin_report.html` shows of the session of ``subsession``."""
    session = subsession.session
    config, study = session.config, study_of(session.config)
    people = _people(session, study)
    assigned = [person for person in people if person.arm is not None]
    declined = [person for person in people if person.declined]
    finished = [person for person in people if person.stage == "finished"]
    unfinished = [p for p in people if p not in declined and p.stage != "finished"]
    forced, main = config.get("force_arm", ""), main_round(study)
    shown: dict[str, Any] = {
        "places": session.num_participants,
        "started": len(people),
        "declined": len(declined),
        "before": len(people) - len(declined) - len(assigned),
        "arms": [
            _row(arm, [person for person in assigned if person.arm == arm])
            for arm in ([forced] if forced else study.arms_in_use(config))
        ],
        "total": _row("all arms", assigned),
        "round": main.about if main else "",
        "seed": config["seed"],
        "forced": forced,
        "is_pilot": config["pilot"],
        "samples": sample_files(study, config),
        "pays": study.pay is not None,
        "rounds": bool(_timed(study)),
        "code": session.code,
        "panel": _panel(session, study) if has_panel(study) else None,
    }
    if study.pay is not None:
        shown |= {
            "pay": [
                _pay("have finished", finished),
                _pay("declined", declined),
                _pay("are still working, or left", unfinished),
            ],
            "donation": _money(p.earned.donation for p in people if p.earned),
            "donation_rate": currency(config.get("donation_rate", 0), ADMIN_LANGUAGE),
        }
    if _timed(study):
        limits = TASKS[config["task"]].limits
        shown |= {
            "unusual": unusual_rounds(session, study),
            **{f"limit_{name}": f"{limit:g}" for name, limit in vars(limits).items()},
            "least_spread": rhythm.LEAST_SPREAD,
        }
    return shown


def _panel(session: Any, study: Study) -> dict[str, Any]:
    """The link for the panel, and how its people fared, to hold against its invoice."""
    counts = panel.statuses(session, study)
    return {
        "link": panel.link(session),
        "is_here": panel.link_is_here(session),
        "rows": [
            {"name": said, "people": counts.get(status, 0)}
            for status, said in [*STATUSES.items(), (None, "left, or is under way")]
        ],
        "people": sum(counts.values()),
        "refused": panel.refusals(session),
        "quota": session.config.get("quota") or "",
    }


def _timed(study: Study) -> list[Round]:
    """The timed rounds of a study."""
    return [step for step in study.of_type(Round) if step.timed]


def _people(session: Any, study: Study) -> list[Person]:
    """All who came, read at once: the page must not hold up those who are at work."""
    Player = get_models_module(study.app).Player
    main = main_round(study)
    names = ["completed", "consent", "arm"]
    names += [f"{main.name}_{what}" for what in ("started_at", "ended_at")] if main else []
    names += [f"{step.name}_correct" for step in _timed(study)]
    names = [name for name in names if name in study.columns]
    query = db.query(*(getattr(Player, name) for name in names))
    query = query.join(Participant, Player.participant_id == Participant.id)
    rows = query.filter(Participant.session_id == session.id, Participant.visited.is_(True))
    return [_person(dict(zip(names, row, strict=True)), session.config, study) for row in rows]


def _person(row: Mapping[str, Any], config: Any, study: Study) -> Person:
    main, arm = main_round(study), row.get("arm")
    if row["completed"]:
        stage = "finished"
    elif main is None or row[f"{main.name}_started_at"] is None:
        stage = "treatment"
    else:
        stage = "main" if row[f"{main.name}_ended_at"] is None else "after"
    pay = study.pay
    return Person(
        declined="consent" in row and row["consent"] is False,
        arm=arm,
        stage=stage,
        earned=None if pay is None else pay.of(config, pay.counts(study, arm, row.get)),
    )


def _row(name: str, people: list[Person]) -> dict[str, Any]:
    counts = {stage: sum(person.stage == stage for person in people) for stage in STAGES}
    return {"name": name, "assigned": len(people), **counts}


def _pay(name: str, people: list[Person]) -> dict[str, Any]:
    return {
        "name": name,
        "people": len(people),
        "fixed": _money(person.earned.fixed for person in people if person.earned),
        "piece": _money(person.earned.piece for person in people if person.earned),
        "total": _money(person.earned.total for person in people if person.earned),
    }


def _money(amounts: Iterable[Decimal]) -> str:
    return currency(sum(amounts, Decimal("0.00")), ADMIN_LANGUAGE)


RHYTHM = ("stored", "median_ms", "shortest_ms", "spread", "keys", "offline_seconds", "seconds")


def unusual_rounds(session: Any, study: Study) -> list[dict[str, Any]]:
    """Rounds whose rhythm is beyond what people manage, and those that were cut off for long.

    In the order of the places. Arms and scores stay hidden here too.
    """
    Player = get_models_module(study.app).Player
    limits = TASKS[session.config["task"]].limits
    names = [(step.name, name) for step in _timed(study) for name in RHYTHM]
    columns = [getattr(Player, f"{prefix}_{name}") for prefix, name in names]
    query = db.query(Participant.id_in_session, Participant.label, Participant.code, *columns)
    query = query.join(Player, Player.participant_id == Participant.id)
    found = []
    for place, label, code, *values in query.filter(Participant.session_id == session.id).order_by(
        Participant.id
    ):
        measured = dict(zip(names, values, strict=True))
        for step in _timed(study):
            own = {name: measured[step.name, name] for name in RHYTHM}
            remarks = rhythm.remarks(limits, **own | {"stored": own["stored"] or 0})
            if remarks:
                who = {"place": f"P{place}", "label": label or code, "round": step.phase}
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


def sample_files(study: Study, config: Any) -> list[str]:
    """The files with words that this session may show and that are still samples.

    In every language: participants may change theirs on the first page.
    """
    forced = config.get("force_arm")
    arms = [forced] if forced else study.arms_in_use(config)
    shown = {study.arm(arm).message for arm in arms}
    return [*words.samples(study)] + [
        where
        for language in study.languages
        for name, where, message in messages.of_study(study, language)
        if message.sample and name in shown
    ]
