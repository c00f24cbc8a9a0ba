"""Reading what oTree exports: the wide file, per-app files, custom exports, page times, chats.

Any oTree project, oTree 3 to 6. A file's kind is recognised by its header; its name only tells
which app a per-app or custom export belongs to. Columns keep oTree's own names, the old ones in
their present spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.exports import declared
from analysis.exports.cells import mapped
from analysis.exports.csv_files import Paths, find_files, read_bytes, read_csv
from analysis.exports.problems import FILE, ROW, FileError, Problem, shortened

PARTICIPANT, SESSION = "participant.code", "session.code"
ROUND = "subsession.round_number"
KEY = [SESSION, PARTICIPANT]

WIDE_COLUMN = re.compile(r"(?P<app>.+)\.(?P<round>\d+)\.(?P<rest>(player|group|subsession)\..+)")
IN_APP = ("player.", "group.", "subsession.")
OF_PERSON = ("participant.", "session.")

# Names that oTree changed over time.
RENAMED = {"participant.time_started": "participant.time_started_utc"}
RENAMED_PAGE_TIMES = {
    "participant__code": "participant_code",
    "participant__id_in_session": "participant_id_in_session",
    "epoch_time": "epoch_time_completed",
    "time_stamp": "epoch_time_completed",
    "auto_submitted": "timeout_happened",
}
RENAMED_CHAT = {
    "participant__session__code": "session_code",
    "participant__id_in_session": "id_in_session",
    "participant__code": "participant_code",
}

# Columns of oTree's own that hold whole numbers or amounts in every project.
WHOLE = {
    "participant.id_in_session",
    "participant._is_bot",
    "participant._index_in_pages",
    "participant._max_page_index",
    "participant.visited",
    "session.is_demo",
    "player.id_in_group",
    "group.id_in_subsession",
    ROUND,
}
AMOUNTS = {"participant.payoff", "player.payoff", "session.config.participation_fee"}
TEXTS = re.compile(
    r".*(\bcode|_code|\blabel|comment|_page_name|_app_name|_id|HITId|HITGroupId|time_started_utc)"
)
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?([eE][-+]?\d{1,3})?")
WHOLE_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})")

DATE_SUFFIX = re.compile(
    r"([-_ ]*\(?(accessed[ -])?\d{4}-\d{2}-\d{2}[^()]*\)?)?([-_ ]*\(\d+\))?(-1)?$"
)


@dataclass(frozen=True)
class Export:
    """What a set of exported files holds.

    ``participants`` has one row per participant: the columns ``participant.…`` and ``session.…``
    (with ``session.config.…`` where a wide file is there). ``apps[name]`` has one row per
    participant and round: `session.code`, `participant.code`, `subsession.round_number` and the
    columns ``player.…``, ``group.…``, ``subsession.…``. ``custom[name]`` holds the custom
    exports, by app and function (``trust_custom_export``); ``page_times`` and ``chat`` are empty
    frames if nothing was exported.

    Columns of numbers are ``Int64`` or ``Float64``, all others ``string``; an empty cell is
    ``<NA>``. Everyone is there: bots, demo sessions, and people who never started. ``files`` says
    what each file was taken for, ``ignored`` names the other files in the folders.
    """

    participants: pd.DataFrame
    apps: Mapping[str, pd.DataFrame]
    custom: Mapping[str, pd.DataFrame]
    page_times: pd.DataFrame
    chat: pd.DataFrame
    files: Mapping[str, str]
    ignored: tuple[str, ...]

    def wide(self) -> pd.DataFrame:
        """One row per participant with every column of every app, named as in the wide file."""
        joined = self.participants
        for app, rows in self.apps.items():
            for number, part in rows.groupby(ROUND, sort=True):
                inside = [name for name in part.columns if name.startswith(IN_APP)]
                renamed = part[KEY + inside].rename(
                    columns={name: f"{app}.{number}.{name}" for name in inside}
                )
                joined = joined.merge(renamed, on=KEY, how="left", validate="1:1")
        return joined


def read_export(paths: Paths) -> Export:
    """Read the files and folders of CSV files that ``paths`` names, as one `Export`.

    Files of several sessions, and several files of one session, are put together; what appears
    in more than one file is kept once. Raises ``AnalysisError``, with file, row and column, for a
    file that is broken or no oTree export, a participant who is twice in one file, and files that
    contradict each other.
    """
    raw = read_raw(paths)
    return Export(
        participants=_typed(raw.participants),
        apps={app: _typed(rows) for app, rows in raw.apps.items()},
        custom={name: _typed(rows) for name, rows in raw.custom.items()},
        page_times=_typed(raw.page_times),
        chat=_typed(raw.chat),
        files=raw.files,
        ignored=raw.ignored,
    )


# ------------------------------------------------------------------------------- raw export


class Raw(Export):
    """An export as text: every table with the columns `FILE` and `ROW` saying where it was read.

    Cells that are empty in their file are ``""``; cells whose column their file does not have are
    missing.
    """


@dataclass(frozen=True)
class Table:
    """One file: its kind (wide, app, custom, page times, chat), its name, its cells as text."""

    path: Path
    kind: str
    name: str
    cells: pd.DataFrame


@dataclass(frozen=True)
class Files:
    """The files of an export, each read once. `load`, `check` and the others take it for paths.

    ``broken`` are those that hold no table; ``digests`` the SHA-256 of every file, ``unfinished``
    the files that do not end with a line break.
    """

    tables: tuple[Table, ...]
    broken: tuple[FileError, ...]
    ignored: tuple[Path, ...]
    digests: Mapping[Path, str]
    unfinished: frozenset[Path]

    @cached_property
    def raw(self) -> Raw:
        """The tables put together. Raises ``AnalysisError`` for the first broken file."""
        if self.broken:
            raise self.broken[0]
        return merge(self.tables, self.ignored)


def read_files(paths: Paths | Files) -> Files:
    """Read every file that ``paths`` name. Raises ``AnalysisError`` if one does not exist."""
    if isinstance(paths, Files):
        return paths
    files, ignored = find_files(paths)
    tables, broken, digests, unfinished = [], [], {}, set()
    for path in files:
        try:
            data = read_bytes(path)
            digests[path] = sha256(data).hexdigest()
            tables.append(read_table(path, data))
            if not data.endswith((b"\n", b"\r")):
                unfinished.add(path)
        except FileError as error:
            broken.append(error)
    return Files(tuple(tables), tuple(broken), tuple(ignored), digests, frozenset(unfinished))


def read_raw(paths: Paths | Files) -> Raw:
    """Read and merge files without giving cells a type. Raises ``AnalysisError``."""
    return read_files(paths).raw


def merge(tables: Iterable[Table], ignored: Iterable[Path] = ()) -> Raw:
    """One `Raw` of several files. Raises ``AnalysisError`` when they contradict each other."""
    tables = sorted(tables, key=lambda table: table.kind != "wide")
    known = _columns_of_apps(tables)
    people: list[pd.DataFrame] = []
    in_apps: dict[str, list[pd.DataFrame]] = {}
    others: dict[str, list[pd.DataFrame]] = {}
    for table in tables:
        if table.kind in ("wide", "app"):
            people.append(_people(table))
            for app, rows in _apps(table, known).items():
                in_apps.setdefault(app, []).append(rows)
        else:
            key = table.name if table.kind == "custom" else table.kind
            others.setdefault(key, []).append(table.cells)
    custom = {key: _once(parts) for key, parts in others.items()}
    return Raw(
        participants=_all_united(people, KEY) if people else pd.DataFrame(columns=KEY),
        apps={app: _all_united(parts, [*KEY, ROUND]) for app, parts in in_apps.items()},
        page_times=custom.pop("page times", pd.DataFrame()),
        chat=custom.pop("chat", pd.DataFrame()),
        custom=custom,
        files={str(table.path): table.kind for table in tables},
        ignored=tuple(map(str, ignored)),
    )


# ---------------------------------------------------------------------------- kinds of files


def read_table(path: Path, data: bytes) -> Table:
    """Read one file's bytes and say what it is. Raises ``AnalysisError``."""
    cells = read_csv(path, data)
    name = DATE_SUFFIX.sub("", path.stem)
    kind = _kind(path, name, set(cells.columns))
    renames = {"page times": RENAMED_PAGE_TIMES, "chat": RENAMED_CHAT}.get(kind, RENAMED)
    cells = cells.rename(columns={k: v for k, v in renames.items() if v not in cells.columns})
    if kind in ("wide", "app"):
        _check_rows(path, kind, cells)
    if kind == "custom":
        name = re.sub(r"_custom$", "_custom_export", name)
    return Table(path, kind, name, cells)


def _kind(path: Path, name: str, header: set[str]) -> str:
    if {PARTICIPANT, SESSION} <= header:
        if any(column.startswith("player.") for column in header):
            return "app"
        if any(WIDE_COLUMN.fullmatch(c) or c.startswith("session.config.") for c in header):
            return "wide"
    if "page_index" in header and header & {"participant_code", "participant__code"}:
        return "page times"
    if {"channel", "nickname", "body", "timestamp"} <= header:
        return "chat"
    persons = {"session_code", "participant_code", "session", "participant", PARTICIPANT, SESSION}
    if header & persons or re.search(r"_custom(_export.*)?$", name) or name.startswith("custexp"):
        return "custom"
    shown = ", ".join(sorted(header - {FILE, ROW})[:5])
    raise FileError(
        Problem(
            f"is not an export of oTree: its header ({shown}, …) is none of a wide, per-app, "
            "page times, chat or custom export.",
            str(path),
            1,
        )
    )


def _check_rows(path: Path, kind: str, cells: pd.DataFrame) -> None:
    if cells.empty:
        raise FileError(Problem("has a header but no participants.", str(path)))
    for name in KEY:
        if (blank := cells[name] == "").any():
            raise FileError(Problem.of(cells[blank].iloc[0], name, "a code is missing."))
    if kind == "app" and ROUND not in cells.columns:
        raise FileError(Problem("this column is missing.", str(path), 1, ROUND))
    key = KEY if kind == "wide" else [*KEY, ROUND]
    if (twice := cells.duplicated(key)).any():
        again = cells.loc[twice].iloc[0]
        same = (cells[key] == again[key]).all(axis=1)
        first = int(cells.loc[same, ROW].iloc[0])
        message = f"participant {again[PARTICIPANT]} is here again, after row {first}."
        raise FileError(Problem.of(again, PARTICIPANT, message))


def _columns_of_apps(tables: Iterable[Table]) -> dict[frozenset[str], str]:
    """The columns of the apps whose names are known for certain, by which others are told."""
    known: dict[frozenset[str], str] = {}
    for table in tables:
        if table.kind == "wide":
            for app, names in _wide_columns(table.cells).items():
                known.setdefault(_own(rest for _, rest in names.values()), app)
    return known


def _own(names: Iterable[str]) -> frozenset[str]:
    """The columns of an app that oTree did not put there."""
    built_in = {"player.id_in_group", "player.role", "player.payoff"}
    return frozenset(name for name in names if name.startswith("player.")) - built_in


def _app_name(table: Table, known: Mapping[frozenset[str], str]) -> str:
    """The file's name, unless that is no known app and the columns are those of one."""
    if table.name in known.values() or table.name in declared.apps():
        return table.name
    own = _own(table.cells.columns)
    ours = declared.app_with(name.removeprefix("player.") for name in own)
    return known.get(own, ours or table.name) if own else table.name


# ------------------------------------------------------------------------------ into tables


def _people(table: Table) -> pd.DataFrame:
    names = [name for name in table.cells.columns if name.startswith(OF_PERSON)]
    people = table.cells[[*names, FILE, ROW]]
    if table.kind == "wide":
        return people
    first = people.drop_duplicates(KEY)
    _refuse_varying(people, first, names)
    return first.reset_index(drop=True)


def _refuse_varying(people: pd.DataFrame, first: pd.DataFrame, names: list[str]) -> None:
    """A participant's own columns must be the same in all rounds of a per-app file."""
    if len(first) == len(people):
        return
    spread = people[KEY].merge(first, on=KEY, how="left")
    for name in names:
        differs = (spread[name] != people[name].to_numpy()).to_numpy()
        if differs.any():
            message = "differs from what an earlier row says of the same participant."
            raise FileError(Problem.of(people[differs].iloc[0], name, message))


def _apps(table: Table, known: Mapping[frozenset[str], str]) -> dict[str, pd.DataFrame]:
    if table.kind == "app":
        inside = [name for name in table.cells.columns if name.startswith(IN_APP)]
        return {_app_name(table, known): table.cells[[*KEY, *inside, FILE, ROW]]}
    return {
        app: pd.concat(_rounds(table.cells, names), ignore_index=True)
        for app, names in _wide_columns(table.cells).items()
    }


def _wide_columns(cells: pd.DataFrame) -> dict[str, dict[str, tuple[int, str]]]:
    """By app: each column of the wide file with its round and its name without app and round."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for name in cells.columns:
        if match := WIDE_COLUMN.fullmatch(name):
            place = (int(match["round"]), match["rest"])
            found.setdefault(match["app"], {})[name] = place
    return found


def _rounds(cells: pd.DataFrame, names: Mapping[str, tuple[int, str]]) -> Iterable[pd.DataFrame]:
    """One frame per round, without the participants whose session did not have it."""
    for number in sorted({number for number, _ in names.values()}):
        own = {name: rest for name, (each, rest) in names.items() if each == number}
        part = cells[list(own)]
        # oTree leaves every cell empty where a session did not have the app or the round.
        had = (part != "").any(axis=1)
        rows = cells.loc[had, [*KEY, *own, FILE, ROW]].rename(columns=own)
        if ROUND not in rows.columns:
            rows[ROUND] = str(number)
        yield rows


# ---------------------------------------------------------------------------------- merging


def _all_united(parts: list[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    rows = reduce(lambda a, b: _united(a, b, key), parts)
    return rows[[*key, *(name for name in rows.columns if name not in key)]]


def _united(left: pd.DataFrame, right: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The rows of both, those in both once. Raises ``AnalysisError`` where they differ."""
    left, right = left.set_index(key), right.set_index(key)
    both = left.index.intersection(right.index)
    if len(both):
        shared = [n for n in left.columns.intersection(right.columns) if n not in (FILE, ROW)]
        _refuse_contradiction(left.loc[both], right.loc[both], shared)
    return (
        left.combine_first(right)
        .reindex(
            index=left.index.append(right.index.difference(left.index, sort=False)),
            columns=list(dict.fromkeys([*left.columns, *right.columns])),
        )
        .reset_index()
    )


def _refuse_contradiction(left: pd.DataFrame, right: pd.DataFrame, shared: list[str]) -> None:
    for name in shared:
        here, there = left[name], right[name]
        known = here.notna() & there.notna()
        for at in (known & (here != there)).to_numpy().nonzero()[0]:
            if _same_number(here.iloc[at], there.iloc[at]):
                continue
            message = (
                f"is {shortened(there.iloc[at])} here but {shortened(here.iloc[at])} in "
                f"{left[FILE].iloc[at]}, row {left[ROW].iloc[at]}. Are these exports of "
                "different moments? Give only the latest."
            )
            raise FileError(Problem.of(right.iloc[at], name, message))


def _same_number(a: str, b: str) -> bool:
    try:
        return float(a) == float(b)
    except ValueError:
        return False


def _once(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows of tables without a key; rows that several files share are kept once.

    Within a file, equal rows are different events and all stay.
    """
    if len(parts) == 1:
        return parts[0]
    numbered = []
    for part in parts:
        names = [name for name in part.columns if name not in (FILE, ROW)]
        again = part.duplicated(names).any()
        copy = part.groupby(names, dropna=False).cumcount() if again else 0
        numbered.append(part.assign(**{".copy": copy}))
    rows = pd.concat(numbered, ignore_index=True)
    names = [name for name in rows.columns if name not in (FILE, ROW)]
    return rows.drop_duplicates(names).drop(columns=".copy").reset_index(drop=True)


# ------------------------------------------------------------------------------------ types


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Numbers as numbers, text as text, empty as missing."""
    found = {
        str(name): _typed_column(rows, str(name))
        for name in rows.columns
        if name not in (FILE, ROW)
    }
    return pd.DataFrame(found, index=rows.index)


def _typed_column(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    cells = rows[name].where(rows[name].notna(), "")
    values = [value for value in cells.unique() if value]
    if name in WHOLE or name in AMOUNTS:
        _refuse_text(rows, name, cells, WHOLE_NUMBER if name in WHOLE else NUMBER)
    elif TEXTS.fullmatch(name) or not values:
        return mapped(cells, str, "string")[0]
    if name not in AMOUNTS and all(WHOLE_NUMBER.fullmatch(value) for value in values):
        return mapped(cells, int, "Int64")[0]
    if all(NUMBER.fullmatch(value) for value in values):
        return mapped(cells, float, "Float64")[0]
    return mapped(cells, str, "string")[0]


def _refuse_text(
    rows: pd.DataFrame, name: str, cells: pd.Series[Any], pattern: re.Pattern[str]
) -> None:
    wrong = [v for v in cells.unique() if v and not pattern.fullmatch(v)]
    if wrong:
        at = (cells == wrong[0]).to_numpy().nonzero()[0][0]
        kind = "a whole number" if pattern is WHOLE_NUMBER else "a number"
        message = f"is {shortened(wrong[0])}, which is not {kind}."
        raise FileError(Problem.of(rows.iloc[at], name, message))
