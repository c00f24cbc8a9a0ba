"""The participants of the studies, one row each, and their answers, from exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, MissingTable, unknown
from analysis.exports import declared
from analysis.exports.cells import typed, wanted
from analysis.exports.codebook import explain
from analysis.exports.csv_files import Paths
from analysis.exports.otree import COLUMNS
from analysis.exports.problems import FILE, ROW, FileError, Problem
from analysis.exports.reading import KEY, ROUND, Files, Raw, read_raw
from study.columns import OWNER, Column
from study.finding import studies
from study.study import Study

FROM_OTREE = {
    "session_code": "session.code",
    "participant_code": "participant.code",
    "id_in_session": "participant.id_in_session",
    "label": "participant.label",
    "simulated": "participant._is_bot",
    "demo": "session.is_demo",
    "visited": "participant.visited",
    "time_started_utc": "participant.time_started_utc",
    "current_app": "participant._current_app_name",
    "current_page": "participant._current_page_name",
    "payoff": "participant.payoff",
}
"""The columns taken over from oTree, by their name in the frame, with the exported column."""

OF_CONFIG = {bool: "boolean", int: "integer", float: "number", str: "string"}
"""The types of session parameters, by those of their default values."""

REASONS = {
    "other_study": "took part in other apps than those of the studies",
    "demo": "in a session created from the demo page",
    "pilot": "in a pilot session",
    "bot": "simulated participants",
    "never_started": "places that nobody took",
}
"""Why `load` leaves somebody out. Each is counted under the first reason that holds."""

OWNERS = {column.name for column in OWNER}


def load(
    paths: Paths | Files, *, include_bots: bool = False, include_demo: bool = False
) -> pd.DataFrame:
    """The participants of the studies, one row each.

    ``paths`` are CSV files or folders of them: wide, per-app, or both, of any number of sessions.
    Columns have their bare names (``psm_1``, ``arm``, ``effort_correct``) and nullable dtypes:
    0/1 and whole numbers ``Int64``, other numbers and money ``Float64``, text ``string``;
    timestamps are ``Float64`` seconds since 1970 (UTC). What was not measured is ``<NA>``.

    Columns of all studies are there, those that a participant's study does not have empty. Added
    are ``experiment`` (the study's name), ``session_code``, ``participant_code``,
    ``id_in_session``, ``label``, ``simulated`` (1: a bot), ``demo``, ``visited``,
    ``time_started_utc``, ``current_app``, ``current_page``, ``payoff``, the session's ``seed``,
    ``pilot``, ``words`` and ``removed_places``, and its parameters as ``config_task_seconds`` and
    so on (empty without a wide file).

    Left out are bots, demo and pilot sessions, places that nobody took, and people in other apps;
    everybody else stays, also those with a forced arm (``arm_forced`` = 1) or without an arm.
    ``include_demo`` keeps demo and pilot sessions.
    ``frame.attrs["excluded"]`` counts who was left out by reason (see `REASONS`),
    ``frame.attrs["excluded_participants"]`` lists them as session/participant, and
    ``frame.attrs["unknown_columns"]`` names the exported columns that are not in the frame.

    Raises ``AnalysisError`` when files are broken or contradict each other, when a cell is not of
    its column's type (with file, row and column), and when no participant is of a study.
    """
    everyone = assemble(read_raw(paths))
    if everyone.problems:
        raise FileError(everyone.problems[0])
    reasons = _reasons(everyone, include_bots=include_bots, include_demo=include_demo)
    frame = everyone.frame[reasons == ""].reset_index(drop=True)
    left_out = everyone.frame[reasons != ""]
    names = left_out["session_code"] + "/" + left_out["participant_code"]
    by_reason = {r: tuple(names[reasons[left_out.index] == r]) for r in REASONS}
    frame.attrs["excluded"] = {reason: len(who) for reason, who in by_reason.items()}
    frame.attrs["excluded_participants"] = by_reason
    frame.attrs["unknown_columns"] = everyone.unknown_columns
    return frame


def load_answers(paths: Paths | Files) -> pd.DataFrame:
    """One row per answered card, from the custom exports; columns and dtypes as declared.

    Everyone's answers are there; ``session_code`` and ``participant_code`` are those of `load`.
    Raises ``AnalysisError`` for broken files, a cell of the wrong type, a card that is there
    twice with different answers, and when no file holds answers.
    """
    return load_table(paths, "answers")


def load_table(paths: Paths | Files, name: str) -> pd.DataFrame:
    """A custom export: answers, comprehension or assignment. As `load_answers`."""
    if name not in declared.tables():
        raise unknown("table", name, declared.tables())
    rows, problems = assemble_table(read_raw(paths), name)
    if rows is None:
        raise MissingTable(f"No file holds the custom export of {name}.")
    if problems:
        raise FileError(problems[0])
    return rows.drop(columns=[FILE, ROW])


# -------------------------------------------------------------------------------- assembling


@dataclass
class Everyone:
    """All participants of an export, before anyone is left out, and where each cell was read.

    ``headers`` are the columns of each app.
    """

    frame: pd.DataFrame
    apps: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()
    places: dict[str, pd.DataFrame] = field(default_factory=dict)
    owners: dict[str, pd.Series[Any]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    headers: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def studies(self) -> list[Study]:
        """The studies that are in the export."""
        there = set(self.frame["experiment"].dropna())
        return [study for study in studies().values() if study.name in there]

    def of(self, study: Study) -> pd.Series[Any]:
        """Which participants are in ``study``."""
        return (self.frame["experiment"] == study.name).fillna(False).astype(bool)

    def absent(self, study: Study) -> set[str]:
        """The columns of a study that the export does not have."""
        apps = [study.app, *declared.EARLIER_APPS]
        there = {name for app in apps for name in self.headers.get(app, ())}
        return {name for name in study.columns if f"player.{name}" not in there}

    @property
    def earlier(self) -> pd.Series[Any]:
        """Who took part under 1.0.0, which did not have the columns with ``since``."""
        found = pd.Series(False, index=self.frame.index)
        for app in declared.EARLIER_APPS:
            if app in self.places:
                found |= self.places[app][FILE].notna()
        return found

    def problem(self, at: Any, column: str, message: str, severity: str = "error") -> Problem:
        """A problem with the cell of ``column`` in the row with index ``at``."""
        owner = self.owners[column].loc[at] if column in self.owners else "people"
        place = self.places.get(str(owner), self.places["people"]).loc[at]
        if pd.isna(place[FILE]):
            place = self.places["people"].loc[at]
        name = FROM_OTREE.get(column, column)
        if column in self.owners:
            wide = self.kinds.get(str(place[FILE])) == "wide"
            name = f"{owner}.1.player.{column}" if wide else f"player.{column}"
        return Problem(message, str(place[FILE]), int(place[ROW]), name, severity)


def assemble(raw: Raw) -> Everyone:
    """All participants of ``raw`` that may be ours; cells that are wrong become problems.

    Raises ``AnalysisError`` when there are none.
    """
    people = raw.participants.reset_index(drop=True)
    apps = {app: _aligned(rows, people) for app, rows in raw.apps.items() if _is_ours(app, rows)}
    if not apps:
        held = ", ".join(raw.apps) or "no app"
        raise AnalysisError(
            f"These are not exports of the studies: they hold {held}, and none of "
            f"{', '.join(declared.apps())}."
        )
    everyone = Everyone(frame=pd.DataFrame(index=people.index), apps=tuple(apps), kinds=raw.files)
    everyone.places["people"] = people[[FILE, ROW]]
    everyone.places |= {app: rows[[FILE, ROW]] for app, rows in apps.items()}
    own = _own_apps(people, apps)
    names = {study.app: study.name for study in studies().values()}
    found: dict[str, pd.Series[Any]] = {"experiment": own.map(names).astype("string")}

    def add(name: str, column: Column, cells: pd.Series[Any]) -> None:
        values, wrong = typed(cells, column)
        found[name] = values.rename(name)
        for at in np.flatnonzero(wrong):
            message = f"is {cells.iloc[at]!r}, which is not {wanted(column)}."
            everyone.problems.append(everyone.problem(at, name, message))

    for name, exported in FROM_OTREE.items():
        add(name, COLUMNS[exported], _cells(people, exported))
    cells_of = _lookup(apps, own)
    for column in declared.columns().values():
        cells, owner = cells_of(f"player.{column.name}")
        everyone.owners[column.name] = owner
        add(column.name, column, cells)
    for column in declared.session_columns().values():
        add(column.name, column, cells_of(f"subsession.{column.name}")[0])
    defaults = {name: parameter.default for name, parameter in declared.parameters().items()}
    for name, default in {"name": "", "participation_fee": 0.0, **defaults}.items():
        column = Column(f"session.config.{name}", OF_CONFIG[type(default)], "")
        add(f"config_{name}", column, _cells(people, column.name))
    everyone.frame = pd.DataFrame(found)
    everyone.unknown_columns = _unknown(raw)
    everyone.headers = {app: frozenset(rows.columns) for app, rows in apps.items()}
    return everyone


def _is_ours(app: str, rows: pd.DataFrame) -> bool:
    names = {name for study in declared.in_app(app) for name in study.columns}
    return any(f"player.{name}" in rows.columns for name in names)


def _aligned(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The rows of one app in the order of ``people``; missing where a person has none."""
    if (many := rows[ROUND].fillna("1") != "1").any():
        at = rows[many].iloc[0]
        raise FileError(Problem.of(at, ROUND, "the studies have one round."))
    keys = pd.MultiIndex.from_frame(people[KEY])
    return rows.set_index(KEY).reindex(keys).reset_index(drop=True)


def _cells(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name in rows.columns:
        return rows[name]
    return pd.Series(None, index=rows.index, name=name, dtype=object)


def _own_apps(people: pd.DataFrame, apps: dict[str, pd.DataFrame]) -> pd.Series[Any]:
    """By participant: the app of their study, or missing."""
    own = pd.Series(None, index=people.index, dtype="string")
    config = _cells(people, "session.config.name")
    in_ours = pd.concat([rows[FILE].notna() for rows in apps.values()], axis=1).any(axis=1)
    for study in studies().values():
        if study.app in apps:
            own = own.mask(apps[study.app][FILE].notna(), study.app)
        # Without rows in the study's own app only the session config can tell.
        own = own.mask(own.isna() & in_ours & (config == study.name), study.app)
    return own


def _lookup(
    apps: dict[str, pd.DataFrame], own: pd.Series[Any]
) -> Callable[[str], tuple[pd.Series[Any], pd.Series[Any]]]:
    """The cells of a column, and the app that each comes from, by participant.

    Looked up in the app of a participant's study, and then in those of earlier versions.
    """
    nothing = pd.Series(None, index=own.index, dtype=object)
    owners = own.fillna("people").astype(object)
    mine = {app: (own == app).fillna(False).astype(bool) for app in apps}

    def cells_of(name: str) -> tuple[pd.Series[Any], pd.Series[Any]]:
        holding = [app for app in apps if name in apps[app].columns]
        if len(holding) == 1 and mine[holding[0]].all():
            return apps[holding[0]][name], owners
        cells, owner = nothing, owners
        for app in holding:
            found = apps[app][name]
            here = found.notna() & cells.isna()
            if app not in declared.EARLIER_APPS:
                here &= mine[app]
            cells, owner = cells.mask(here, found), owner.mask(here, app)
        return cells, owner

    return cells_of


def _unknown(raw: Raw) -> tuple[str, ...]:
    """The exported columns that nothing here declares, as the wide export names them."""
    own = {FILE, ROW, *KEY}
    found = [n for n in raw.participants.columns if n not in own and explain(n) is None]
    for app, rows in raw.apps.items():
        names = [f"{app}.1.{name}" for name in rows.columns if name not in own]
        found += [name for name in names if explain(name) is None]
    return tuple(found)


# ------------------------------------------------------------------------------ leaving out


def _reasons(everyone: Everyone, *, include_bots: bool, include_demo: bool) -> pd.Series[Any]:
    """By participant: why they are left out, or nothing."""
    frame = everyone.frame
    in_ours = pd.concat(
        [everyone.places[app][FILE].notna() for app in everyone.places if app != "people"], axis=1
    ).any(axis=1)
    started = (frame["visited"] == 1).fillna(frame["time_started_utc"].notna()).astype(bool)
    holds = {
        "other_study": ~in_ours,
        "demo": (frame["demo"] == 1) & (not include_demo),
        "pilot": (frame["pilot"] == 1) & (not include_demo),
        "bot": (frame["simulated"] == 1) & (not include_bots),
        "never_started": ~started,
    }
    reasons = pd.Series("", index=frame.index)
    for reason, mask in holds.items():
        reasons = reasons.mask(mask.fillna(False).astype(bool) & (reasons == ""), reason)
    return reasons


# ---------------------------------------------------------------------------- custom exports


def table_of(header: Iterable[str]) -> str | None:
    """Which of our custom exports has these columns; None: none of them."""
    names = set(header) - OWNERS
    for name, table in declared.tables().items():
        own = {column.name for column in table.columns if not column.optional} - OWNERS
        if len(names & own) > len(own) / 2:
            return name
    return None


def assemble_table(raw: Raw, name: str) -> tuple[pd.DataFrame | None, list[Problem]]:
    """One custom export of all files, typed, with `FILE` and `ROW`; wrong cells are problems."""
    parts = [rows for rows in raw.custom.values() if table_of(rows.columns) == name]
    if not parts:
        return None, []
    rows = pd.concat(parts, ignore_index=True)
    # The same rows can be in files of different names.
    rows = rows.drop_duplicates([c for c in rows.columns if c not in (FILE, ROW)])
    rows = rows.reset_index(drop=True)
    problems: list[Problem] = []
    found: dict[str, pd.Series[Any]] = {}
    table = declared.tables()[name]
    for column in table.columns:
        for part in parts:
            if column.name not in part.columns and not column.since and not column.optional:
                file = str(part[FILE].iloc[0]) if len(part) else ""
                problems.append(Problem("this column is missing.", file, 1, column.name))
        cells = _cells(rows, column.name)
        found[column.name], wrong = typed(cells, column)
        for at in np.flatnonzero(wrong):
            message = f"is {cells.iloc[at]!r}, which is not {wanted(column)}."
            problems.append(Problem.of(rows.iloc[at], column.name, message))
    typed_rows = pd.DataFrame(found).assign(**{FILE: rows[FILE], ROW: rows[ROW]})
    key = [*(column.name for column in OWNER), *table.key]
    twice = typed_rows.duplicated(key) & typed_rows[key].notna().all(axis=1)
    for at in np.flatnonzero(twice):
        message = f"this row is there twice, with different contents, for the same {key}."
        problems.append(Problem.of(rows.iloc[at], key[-1], message))
    return typed_rows, problems
