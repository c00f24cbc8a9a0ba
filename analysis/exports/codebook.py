"""What every exported column means, generated from what the studies and their steps declare."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from analysis.exports import declared, otree
from analysis.exports.cells import DTYPES
from analysis.exports.csv_files import PathLike
from study.columns import OWNER, Column, Measure, Table
from study.finding import studies
from study.study import Study

FRICTIONLESS = {"boolean": "boolean", "integer": "integer"}
"""The types that Frictionless knows; others are numbers or strings, by their dtype."""


def write_codebook(folder: PathLike) -> list[Path]:
    """Write the codebook into ``folder``, which is made if needed: two files, returned.

    ``codebook.md`` is for people; ``datapackage.json`` is a Frictionless data package with one
    resource per table (the participants, and each custom export of the studies), each with a
    Table Schema. The same declarations give the same bytes.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    texts = {
        "codebook.md": markdown(),
        "datapackage.json": json.dumps(data_package(), indent=2, ensure_ascii=False) + "\n",
    }
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    return [target / name for name in texts]


def explain(column_name: str) -> Column | None:
    """What an exported column is; None if it is none of ours.

    Takes the names of wide exports (``<app>.1.player.psm_1``), per-app exports
    (``player.psm_1``), custom exports and bare names (``psm_1``).
    """
    match = re.fullmatch(r"(?:(\w+)\.1\.)?((?:player|group|subsession)\.\w+)", column_name)
    app, rest = match.groups() if match else (None, column_name)
    ours = studies().values() if app is None else declared.in_app(app)
    if app is not None and not ours:
        return None
    if rest in (known := _of_otree()):
        return known[rest]
    model, _, bare = rest.rpartition(".")
    for study in ours:
        for kind, found in (("player", study.columns), ("subsession", study.session_columns)):
            if model in ("", kind) and bare in found:
                return found[bare]
    tables = [] if model else [c for table in declared.tables().values() for c in table.columns]
    return next((column for column in tables if column.name == bare), None)


@cache
def _of_otree() -> dict[str, Column]:
    """Columns of oTree and of the session config, by their name without app and round."""
    found = dict(otree.COLUMNS)
    for parameter in declared.parameters().values():
        name = f"session.config.{parameter.name}"
        kind = {bool: "boolean", int: "integer", float: "number"}
        text = f"Session parameter: {parameter.meaning}. Allowed: {parameter.allowed}."
        column = Column(name, kind.get(type(parameter.default), "string"), text)
        found.setdefault(name, column)
    return found


# ----------------------------------------------------------------------------- wide columns


def wide_columns() -> list[Column]:
    """Every column of the wide export, with its exported name, in oTree's order."""
    known = _of_otree()
    person = [c for name, c in known.items() if name.startswith("participant.")]
    session = [c for name, c in known.items() if re.fullmatch(r"session\.\w+", name)]
    config = [c for name, c in known.items() if name.startswith("session.config.")]
    own = [column for study in studies().values() for column in _app_columns(study)]
    return [*person, *session, *config, *own]


def _app_columns(study: Study) -> Iterator[Column]:
    models: dict[str, Mapping[str, Column]] = {
        "player": study.columns,
        "group": {},
        "subsession": study.session_columns,
    }
    for model, own in models.items():
        for name, column in otree.COLUMNS.items():
            if name.startswith(f"{model}."):
                yield replace(column, name=f"{study.app}.1.{name}")
        for column in own.values():
            yield replace(column, name=f"{study.app}.1.{model}.{column.name}")


# --------------------------------------------------------------------------------- Markdown


def markdown() -> str:
    """The codebook as Markdown, one table per study and per custom export."""
    parts = [
        "# Codebook",
        "Generated from the designs of the studies and their steps by "
        "`python -m analysis codebook`.",
        "In wide exports each column of a study is named `app.1.player.column` (of its session: "
        "`app.1.subsession.column`), in per-app exports `player.column`. The analysis uses the "
        "bare names below, and `config_` before session parameters. An empty cell was not "
        "measured; it never means 0. Timestamps are seconds since 1970-01-01 (UTC), amounts of "
        "money are in the laboratory's currency.",
    ]
    for study in studies().values():
        own = [*study.columns.values(), *study.session_columns.values()]
        parts += _section(f"{study.title} (app {study.app})", study.question, own)
        parts += _measures(study)
    for table in declared.tables().values():
        parts += _section(f"Table {table.name}", _about(table), table.columns)
    parts += _section(
        "Columns of oTree and session parameters",
        "The same in every app; `session.config.` only in the wide export.",
        _of_otree().values(),
    )
    return "\n\n".join(parts) + "\n"


def _measures(study: Study) -> Iterator[str]:
    """What the analysis adds to the columns of a study, beside the means that are stored."""
    added = [each for each in study.measures.values() if each.name not in study.columns]
    if not added:
        return
    yield f"### Computed measures ({study.app})"
    yield "Not exported: the analysis computes them from the columns above, under these names."
    rows = [("measure", "computed as", "from", "meaning")]
    for each in added:
        names = ", ".join(f"`{name}`" for name in each.of)
        rows.append((f"`{each.name}`", _computed(each), names, f"{each.about.rstrip('.')}."))
    yield _table(rows)


def _computed(measure: Measure) -> str:
    how = {
        "mean": "mean; empty where one is",
        "ratio": "first divided by second; empty where that is 0",
        "unless": "first; 0 for a no to the second",
        "right": f"how many are {' '.join(map(str, measure.solutions))}, in this order",
        "number": "number of the answer; empty where it is none",
    }[measure.kind]
    return how.replace(";", f", times {measure.times:g};", 1) if measure.times != 1 else how


def _about(table: Table) -> str:
    """What is in a custom export, and whose it is."""
    apps = [study.app for study in studies().values() if table.name in study.tables]
    return f"{table.about} Custom export of {' and '.join(apps)}."


def _section(title: str, text: str, found: Iterable[Column]) -> Iterator[str]:
    yield f"## {title}"
    if text:
        yield text
    rows = [("column", "type", "allowed", "meaning")]
    rows += [(f"`{c.name}`", _type(c), _allowed(c), c.description) for c in found]
    yield _table(rows)


def _type(column: Column) -> str:
    kind = "0/1" if column.type == "boolean" else column.type
    return f"{kind}, {column.unit}" if column.unit else kind


def _allowed(column: Column) -> str:
    if column.values:
        return "; ".join(f"`{value}`: {meaning}" for value, meaning in column.values.items())
    if column.type == "text":
        return f"at most {column.max:g} characters" if column.max is not None else ""
    if column.min is not None and column.max is not None:
        return f"{column.min:g} to {column.max:g}"
    if column.min is not None:
        return f"at least {column.min:g}"
    return f"at most {column.max:g}" if column.max is not None else ""


def _table(rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; its first row are the headings."""
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    head, *body = [f"| {' | '.join(row)} |" for row in escaped]
    return "\n".join([head, "|---|---|---|---|", *body])


# ---------------------------------------------------------------------------- Table Schema


def data_package() -> dict[str, Any]:
    """The codebook as a Frictionless data package (specs.frictionlessdata.io, version 1)."""
    wide = "One row per participant: oTree's wide export, with all studies."
    owner = [column.name for column in OWNER]
    return {
        "name": "coproduction-experiments",
        "profile": "tabular-data-package",
        "title": "; ".join(study.title for study in studies().values()),
        "resources": [
            _resource(
                "participants",
                "all_apps_wide.csv",
                wide,
                wide_columns(),
                ["session.code", "participant.code"],
            ),
            *(
                _resource(name, files, about, table.columns, [*owner, *table.key])
                for name, files, about, table in _alike()
            ),
        ],
    }


def _alike() -> Iterator[tuple[str, list[str], str, Table]]:
    """The custom exports with the same columns: a name, their files, what they are, and a table.

    Files are called as oTree names them, without the date.
    """
    for name, whole in declared.tables().items():
        holding = [study for study in studies().values() if name in study.tables]
        found: dict[tuple[str, ...], list[Study]] = {}
        for study in holding:
            columns = tuple(column.name for column in study.tables[name].columns)
            found.setdefault(columns, []).append(study)
        for number, alike in enumerate(found.values(), start=1):
            suffix = f"_{number}" if number > 1 else ""
            files = [f"{study.app}_{study.custom_exports[name]}.csv" for study in alike]
            yield f"{name}{suffix}", files, _about(whole), alike[0].tables[name]


def _resource(
    name: str,
    path: str | list[str],
    description: str,
    found: Iterable[Column],
    key: list[str],
) -> Mapping[str, Any]:
    return {
        "name": name,
        "path": path,
        "profile": "tabular-data-resource",
        "description": description,
        "encoding": "utf-8",
        "schema": {
            "fields": [_field(column) for column in found],
            "missingValues": [""],
            "primaryKey": key,
        },
    }


def _field(column: Column) -> dict[str, Any]:
    of_dtype = "number" if DTYPES[column.type] == "Float64" else "string"
    kind = FRICTIONLESS.get(column.type, of_dtype)
    found: dict[str, Any] = {"name": column.name, "type": kind, "description": column.description}
    if kind == "boolean":
        found |= {"trueValues": ["1"], "falseValues": ["0"]}
    if column.type == "money":
        found["rdfType"] = "https://schema.org/MonetaryAmount"
    if column.unit:
        found["unit"] = column.unit
    constraints = _constraints(column, DTYPES[column.type] == "Int64")
    return found | ({"constraints": constraints} if constraints else {})


def _constraints(column: Column, whole: bool) -> dict[str, Any]:
    if column.values:
        return {"enum": list(column.values)}
    if column.type == "text":
        return {"maxLength": int(column.max)} if column.max is not None else {}
    limits = {"minimum": column.min, "maximum": column.max}
    return {k: int(v) if whole else v for k, v in limits.items() if v is not None}
