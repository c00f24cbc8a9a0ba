"""Exports of simulated people, in the format in which oTree writes them.

Everyone is marked as a bot and every session as simulated, so that the analysis leaves them out
unless it is asked for them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from people.session import Seat, Session
from study import parameters
from study.study import Study

LABEL = "simulated"
COMMENT = "Simulated participants, not people: for testing only."
FEE = 5.0
WIDE = "all_apps_wide.csv"


def config_of(study: Study, changed: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a session with some parameters changed. Raises ``ValueError``."""
    asked = {name: value for name, value in changed.items() if name != "participation_fee"}
    parameters.check_names(asked, study.parameters)
    fee = changed.get("participation_fee", FEE)
    try:
        fee = float(fee)
    except (TypeError, ValueError):
        raise ValueError(f"participation_fee is {fee!r}, but must be a number.") from None
    return {
        "name": study.name,
        "participation_fee": fee,
        "real_world_currency_per_point": 1.0,
        **parameters.clean(asked, study.parameters),
    }


def file_names(study: Study) -> dict[str, str]:
    """By table: the file of its custom export, as oTree calls it without the date."""
    return {name: f"{study.app}_{each}.csv" for name, each in study.custom_exports.items()}


def write(sessions: Sequence[Session], folder: Path) -> Iterator[Path]:
    """The wide export, that of the app, and the custom exports."""
    study = sessions[0].study
    pages = [step.page for step in study.path if step.page]
    rows = [_row(session, seat, pages) for session in sessions for seat in session.seats]
    yield _file(folder / WIDE, _wide(study, rows))
    names = [n for n in rows[0] if n != "participant.language" and "session.config." not in n]
    in_order = sorted(names, key=lambda name: name.startswith("session."))
    yield _file(folder / f"{study.app}.csv", [in_order, *([r[n] for n in in_order] for r in rows)])
    for name, file in file_names(study).items():
        header = [column.name for column in study.tables[name].columns]
        own = (row for session in sessions for row in session.tables[name])
        yield _file(folder / file, [header, *own])


def _row(session: Session, seat: Seat, pages: Sequence[str]) -> dict[str, Any]:
    """All that is exported of a participant, in the order of the wide file."""
    study = session.study
    index = pages.index(seat.page) + 1 if seat.page else 0
    return {
        "participant.id_in_session": seat.number,
        "participant.code": seat.code,
        "participant.label": "",
        "participant._is_bot": True,
        "participant._index_in_pages": index,
        "participant._max_page_index": len(pages),
        "participant._current_app_name": study.app if index else "",
        "participant._current_page_name": seat.page,
        "participant.time_started_utc": seat.started,
        "participant.visited": bool(seat.started),
        "participant.mturk_worker_id": "",
        "participant.mturk_assignment_id": "",
        "participant.payoff": seat.payoff,
        "participant.language": seat.get("language"),
        "session.code": session.code,
        "session.label": LABEL,
        "session.mturk_HITId": "",
        "session.mturk_HITGroupId": "",
        "session.comment": COMMENT,
        "session.is_demo": False,
        **{f"session.config.{name}": value for name, value in session.config.items()},
        "player.id_in_group": seat.number,
        "player.role": "",
        **{f"player.{name}": seat.get(name) for name in study.columns},
        "group.id_in_subsession": 1,
        "subsession.round_number": 1,
        "subsession.seed": session.config["seed"],
        "subsession.pilot": session.config["pilot"],
        "subsession.words": session.words,
        "subsession.removed_places": "",
    }


def _wide(study: Study, rows: Sequence[Mapping[str, Any]]) -> Iterator[Iterable[Any]]:
    models = ("player.", "group.", "subsession.")
    yield [f"{study.app}.1.{name}" if name.startswith(models) else name for name in rows[0]]
    for row in rows:
        yield row.values()


def _file(path: Path, rows: Iterable[Iterable[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_cell(value) for value in row] for row in rows)
    return path


def _cell(value: Any) -> Any:
    """As oTree writes it: 1 and 0 for yes and no, nothing for what was not measured."""
    if value is None:
        return ""
    return int(value) if isinstance(value, bool) else value
