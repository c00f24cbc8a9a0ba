"""The participants of the two experiments, one row each, and their answers, from exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, MissingTable, unknown
from analysis.exports.cells import typed, wanted
from analysis.exports.codebook import explain
from analysis.exports.csv_files import FILE, ROW, Paths
from analysis.exports.problems import FileError, Problem
from analysis.exports.reading import KEY, ROUND, Files, Raw, read_raw
from study.columns import APPS, TABLES, Column, columns, table
from study.experiments import EXPERIMENTS
from study.parameters import defaults

FROM_OTREE = {
    "session_code": Column("session.code", "string", "oTree session."),
    "participant_code": Column("participant.code", "string", "oTree participant."),
    "id_in_session": Column("participant.id_in_session", "integer", "Number in the session."),
    "label": Column("participant.label", "string", "Label given by the laboratory."),
    "simulated": Column("participant._is_bot", "boolean", "1: a simulated participant."),
    "demo": Column("session.is_demo", "boolean", "1: in a session created from the demo page."),
    "visited": Column("participant.visited", "boolean", "1: opened the start link."),
    "time_started_utc": Column(
        "participant.time_started_utc", "string", "When the first page was opened (UTC)."
    ),
    "current_app": Column("participant._current_app_name", "string", "App last seen."),
    "current_page": Column("participant._current_page_name", "string", "Page last seen."),
    "payoff": Column("participant.payoff", "money", "oTree's payoff."),
}
"""The columns taken over from oTree, by their name in the frame, with the exported column."""

OF_CONFIG = {int: "integer", float: "number", str: "string"}
REASONS = {
    "other_study": "took part in other apps than those of the two experiments",
    "demo": "in a session created from the demo page",
    "bot": "simulated participants",
    "never_started": "places that nobody took",
}
"""Why `load` leaves somebody out. Each is counted under the first reason that holds."""


def load(
    paths: Paths | Files, *, include_bots: bool = False, include_demo: bool = False
) -> pd.DataFrame:
    """The participants of the two experiments, one row each.

    ``paths`` are CSV files or folders of them: wide, per-app, or both, of any number of sessions.
    Columns have their bare names (``psm_1``, ``arm``, ``effort_correct``) and nullable dtypes:
    0/1 and whole numbers ``Int64``, other numbers and money ``Float64``, text ``string``;
    timestamps are ``Float64`` seconds since 1970 (UTC). What was not measured is ``<NA>``.

    Added are ``experiment`` (info_source or incentive), ``session_code``, ``participant_code``,
    ``id_in_session``, ``label``, ``simulated`` (1: a bot), ``demo``, ``visited``,
    ``time_started_utc``, ``current_app``, ``current_page``, ``payoff``, the session's ``seed``,
    and its parameters as ``config_piece_rate`` and so on (empty without a wide file).

    Left out are bots, demo sessions, places that nobody took, and people in other apps; everybody
    else stays, also those with a forced arm (``arm_forced`` = 1) or without an arm.
    ``frame.attrs["excluded"]`` counts who was left out by reason (see `REASONS`),
    ``frame.attrs["excluded_participants"]`` lists them as session/participant, and
    ``frame.attrs["unknown_columns"]`` names the exported columns that are not in the frame.

    Raises ``AnalysisError`` when files are broken or contradict each other, when a cell is not of
    its column's type (with file, row and column), and when no participant is of the experiments.
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
    if name not in TABLES:
        raise unknown("table", name, TABLES)
    rows, problems = assemble_table(read_raw(paths), name)
    if rows is None:
        raise MissingTable(f"No file holds the custom export of {name}.")
    if problems:
        raise FileError(problems[0])
    return rows.drop(columns=[FILE, ROW])


# -------------------------------------------------------------------------------- assembling


@dataclass
class Everyone:
    """All participants of an export, before anyone is left out, and where each cell was read."""

    frame: pd.DataFrame
    apps: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()
    missing_columns: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, pd.DataFrame] = field(default_factory=dict)
    owners: dict[str, pd.Series[Any]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def problem(self, at: Any, column: str, message: str, severity: str = "error") -> Problem:
        """A problem with the cell of ``column`` in the row with index ``at``."""
        owner = self.owners[column].loc[at] if column in self.owners else "people"
        place = self.places.get(str(owner), self.places["people"]).loc[at]
        if pd.isna(place[FILE]):
            place = self.places["people"].loc[at]
        name = FROM_OTREE[column].name if column in FROM_OTREE else column
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
        names = ", ".join(raw.apps) or "no app"
        raise AnalysisError(
            f"These are not exports of the experiments: they hold {names}, and none of "
            f"{', '.join(APPS)}."
        )
    everyone = Everyone(frame=pd.DataFrame(index=people.index), apps=tuple(apps), kinds=raw.files)
    everyone.places["people"] = people[[FILE, ROW]]
    everyone.places |= {app: rows[[FILE, ROW]] for app, rows in apps.items()}
    experiment = _experiment(people, apps)
    found: dict[str, pd.Series[Any]] = {"experiment": experiment}
    add = _adder(everyone, found)
    for name, column in FROM_OTREE.items():
        add(name, column, _cells(people, column.name), None)
    for column, cells, owner in _player_columns(people, apps, experiment):
        everyone.owners[column.name] = owner
        add(column.name, column, cells, owner)
    _add_session_columns(add, people, apps)
    everyone.frame = pd.DataFrame(found)
    everyone.unknown_columns = _unknown(raw)
    everyone.missing_columns = {
        app: [c for c in columns(app) if f"player.{c}" not in rows.columns]
        for app, rows in apps.items()
    }
    return everyone


def _adder(everyone: Everyone, found: dict[str, pd.Series[Any]]) -> Callable[..., None]:
    def add(name: str, column: Column, cells: pd.Series[Any], owner: object) -> None:
        values, wrong = typed(cells, column)
        found[name] = values.rename(name)
        for at in np.flatnonzero(wrong):
            message = f"is {cells.iloc[at]!r}, which is not {wanted(column)}."
            everyone.problems.append(everyone.problem(at, name, message))

    return add


def _is_ours(app: str, rows: pd.DataFrame) -> bool:
    return app in APPS and any(f"player.{name}" in rows.columns for name in columns(app))


def _aligned(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The rows of one app in the order of ``people``; missing where a person has none."""
    if (many := rows[ROUND].fillna("1") != "1").any():
        at = rows[many].iloc[0]
        raise FileError(
            Problem("the experiments have one round.", str(at[FILE]), int(at[ROW]), ROUND)
        )
    keys = pd.MultiIndex.from_frame(people[KEY])
    return rows.set_index(KEY).reindex(keys).reset_index(drop=True)


def _cells(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name in rows.columns:
        return rows[name]
    return pd.Series(None, index=rows.index, name=name, dtype=object)


def _experiment(people: pd.DataFrame, apps: dict[str, pd.DataFrame]) -> pd.Series[Any]:
    """By participant: info_source, incentive, or missing."""
    found = pd.Series(None, index=people.index, dtype="string")
    for experiment in EXPERIMENTS.values():
        if experiment.app in apps:
            found = found.mask(apps[experiment.app][FILE].notna(), experiment.name)
    config = _cells(people, "session.config.name")
    # Without rows in an experiment app only the session config can tell.
    in_ours = pd.concat([rows[FILE].notna() for rows in apps.values()], axis=1).any(axis=1)
    named = config.where(config.isin(list(EXPERIMENTS)) & in_ours)
    return found.fillna(named.astype("string"))


def _player_columns(
    people: pd.DataFrame, apps: dict[str, pd.DataFrame], experiment: pd.Series[Any]
) -> Iterable[tuple[Column, pd.Series[Any], pd.Series[Any]]]:
    """Each declared column, its cells, and the app that they come from, by participant."""
    treated = [e for e in EXPERIMENTS.values() if e.app in apps]
    declared: dict[str, Column] = {}
    for each in EXPERIMENTS.values():
        declared |= columns(each.app)
    empty = pd.DataFrame(index=people.index)
    for app in ("intake", "", "closing"):
        for column in (columns(app) if app else declared).values():
            if app:
                owner = pd.Series(app, index=people.index)
                yield column, _cells(apps.get(app, empty), f"player.{column.name}"), owner
                continue
            cells = pd.Series(None, index=people.index, dtype=object)
            owner = pd.Series("people", index=people.index)
            for each in treated:
                here = (experiment == each.name).fillna(False).astype(bool)
                cells = cells.mask(here, _cells(apps[each.app], f"player.{column.name}"))
                owner = owner.mask(here, each.app)
            yield column, cells, owner


def _add_session_columns(
    add: Callable[..., None], people: pd.DataFrame, apps: dict[str, pd.DataFrame]
) -> None:
    seed = pd.Series(None, index=people.index, dtype=object)
    for each in EXPERIMENTS.values():
        if each.app in apps:
            seed = seed.where(seed.notna(), _cells(apps[each.app], "subsession.seed"))
    add("seed", columns(EXPERIMENTS["incentive"].app, "subsession")["seed"], seed, None)
    parameters: dict[str, Any] = {"name": "", "participation_fee": 0.0} | defaults()
    for name, default in parameters.items():
        column = Column(f"session.config.{name}", OF_CONFIG[type(default)], "")
        add(f"config_{name}", column, _cells(people, column.name), None)


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
        "bot": (frame["simulated"] == 1) & (not include_bots),
        "never_started": ~started,
    }
    reasons = pd.Series("", index=frame.index)
    for reason, mask in holds.items():
        reasons = reasons.mask(mask.fillna(False).astype(bool) & (reasons == ""), reason)
    return reasons


# ---------------------------------------------------------------------------- custom exports


KEYS = {
    "answers": ["session_code", "participant_code", "phase", "item"],
    "comprehension": ["session_code", "participant_code", "attempt", "question"],
    "assignment": ["session_code", "participant_code"],
}
"""What tells the rows of each custom export apart."""


def table_of(header: Iterable[str]) -> str | None:
    """Which of our custom exports has these columns; None: none of them."""
    names = set(header) - {"session_code", "participant_code"}
    for name in TABLES:
        own = set(table(name)) - {"session_code", "participant_code"}
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
    for column in table(name).values():
        for part in parts:
            if column.name not in part.columns and not column.since:
                file = str(part[FILE].iloc[0]) if len(part) else ""
                problems.append(Problem("this column is missing.", file, 1, column.name))
        cells = _cells(rows, column.name)
        found[column.name], wrong = typed(cells, column)
        for at in np.flatnonzero(wrong):
            message = f"is {cells.iloc[at]!r}, which is not {wanted(column)}."
            problems.append(_at(rows, at, column.name, message))
    typed_rows = pd.DataFrame(found).assign(**{FILE: rows[FILE], ROW: rows[ROW]})
    twice = typed_rows.duplicated(KEYS[name]) & typed_rows[KEYS[name]].notna().all(axis=1)
    for at in np.flatnonzero(twice):
        message = f"this row is there twice, with different contents, for the same {KEYS[name]}."
        problems.append(_at(rows, at, KEYS[name][-1], message))
    return typed_rows, problems


def _at(rows: pd.DataFrame, at: int, column: str, message: str) -> Problem:
    return Problem(message, str(rows[FILE].iloc[at]), int(rows[ROW].iloc[at]), column)
