"""What every exported column means, generated from the declarations that the apps are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.exports.cells import DTYPES
from analysis.exports.csv_files import PathLike
from study.columns import APPS, TABLES, Column, columns, otree_columns, table
from study.experiments import EXPERIMENTS
from study.parameters import parameters

# What oTree writes besides its fixed columns, from the settings of this project.
FROM_SETTINGS = (
    Column(
        "participant.language",
        "string",
        "Language in which the participant reads the pages (wide export only).",
    ),
    Column(
        "session.config.real_world_currency_per_point",
        "number",
        "Not used: amounts are money, not points.",
    ),
)

CUSTOM_EXPORTS = {
    "answers": "One row per answered card. Custom export of intake and of each experiment's app.",
    "comprehension": "One row per answer to a comprehension question. Custom export of intake.",
    "assignment": "One row per draw of an arm. Custom export of each experiment's app.",
}

FRICTIONLESS = {
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "money": "number",
    "timestamp": "number",
    "choice": "string",
    "string": "string",
    "text": "string",
}
_TREATMENTS = [experiment.app for experiment in EXPERIMENTS.values()]
FILES = {
    "answers": [f"{app}_custom_export.csv" for app in ("intake", *_TREATMENTS)],
    "comprehension": ["intake_custom_export_comprehension.csv"],
    "assignment": [f"{app}_custom_export_assignment.csv" for app in _TREATMENTS],
}
"""The files of each custom export, as oTree names them (without the date)."""

KEYS = {
    "participants": ["session.code", "participant.code"],
    "answers": ["session_code", "participant_code", "phase", "item"],
    "comprehension": ["session_code", "participant_code", "attempt", "question"],
    "assignment": ["session_code", "participant_code"],
}

TITLES = {
    "intake": "Before the treatment (app intake)",
    "info_source_experiment": "Information source (app info_source_experiment)",
    "incentive_experiment": "Private incentive and beneficiary (app incentive_experiment)",
    "closing": "Closing (app closing)",
}


def write_codebook(folder: PathLike) -> list[Path]:
    """Write the codebook into ``folder``, which is made if needed: two files, returned.

    ``codebook.md`` is for people; ``datapackage.json`` is a Frictionless data package with one
    resource per table (participants, answers, comprehension, assignment), each with a Table
    Schema. The same declarations give the same bytes.
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

    Takes the names of wide exports (``intake.1.player.psm_1``), per-app exports
    (``player.psm_1``), custom exports and bare names (``psm_1``).
    """
    match = re.fullmatch(r"(?:(\w+)\.1\.)?((?:player|group|subsession)\.\w+)", column_name)
    app, rest = match.groups() if match else (None, column_name)
    if app is not None and app not in APPS:
        return None
    if rest in (known := _of_otree()):
        return known[rest]
    model, _, bare = rest.rpartition(".")
    if model not in ("", "player", "subsession"):
        return None
    for each in [app] if app else APPS:
        for kind in [model] if model else ["player", "subsession"]:
            if bare in (declared := columns(each, kind)):
                return declared[bare]
    if not model:
        return next((table(name)[bare] for name in TABLES if bare in table(name)), None)
    return None


def _of_otree() -> dict[str, Column]:
    """Columns of oTree and of the session config, by their name without app and round."""
    found = dict(otree_columns())
    for column in FROM_SETTINGS:
        found.setdefault(column.name, column)
    for parameter in parameters().values():
        name = f"session.config.{parameter.name}"
        kind = {int: "integer", float: "number"}.get(type(parameter.default), "string")
        text = f"Session parameter: {parameter.meaning}. Allowed: {parameter.allows()}."
        found.setdefault(name, Column(name, kind, text))
    return found


# ----------------------------------------------------------------------------- wide columns


def wide_columns() -> list[Column]:
    """Every column of the wide export, with its exported name, in oTree's order."""
    known = _of_otree()
    person = [c for name, c in known.items() if name.startswith("participant.")]
    session = [c for name, c in known.items() if re.fullmatch(r"session\.\w+", name)]
    config = [c for name, c in known.items() if name.startswith("session.config.")]
    return [*person, *session, *config, *(c for app in _in_order() for c in _app_columns(app))]


def _in_order() -> list[str]:
    return ["intake", *(e.app for e in EXPERIMENTS.values()), "closing"]


def _app_columns(app: str) -> Iterator[Column]:
    for model in ("player", "group", "subsession"):
        for name, column in _of_otree().items():
            if name.startswith(f"{model}."):
                yield replace(column, name=f"{app}.1.{name}")
        for column in columns(app, model).values():
            yield replace(column, name=f"{app}.1.{model}.{column.name}")


# --------------------------------------------------------------------------------- Markdown


def markdown() -> str:
    """The codebook as Markdown, one table per app and per custom export."""
    known = _of_otree()
    own = {
        app: [*columns(app).values(), *columns(app, "subsession").values()] for app in _in_order()
    }
    parts = [
        "# Codebook",
        "Generated from `study/columns.toml` and `study/parameters.py` by "
        "`python -m analysis codebook`.",
        "In wide exports each column of an app is named `app.1.player.column` (the seed: "
        "`app.1.subsession.seed`), in per-app exports `player.column`. The analysis uses the bare "
        "names below, and `config_` before session parameters. An empty cell was not measured; "
        "it never means 0. Timestamps are seconds since 1970-01-01 (UTC), amounts of money are in "
        "the laboratory's currency.",
        *(part for app, found in own.items() for part in _section(TITLES[app], "", found)),
        *(
            part
            for name in TABLES
            for part in _section(f"Table {name}", CUSTOM_EXPORTS[name], table(name).values())
        ),
        *_section(
            "Columns of oTree and session parameters",
            "The same in every app; `session.config.` only in the wide export.",
            known.values(),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, text: str, found: Iterable[Column]) -> Iterator[str]:
    yield f"## {title}"
    if text:
        yield text
    rows = ["| column | type | allowed | meaning |", "|---|---|---|---|"]
    for column in found:
        cells = (f"`{column.name}`", _type(column), _allowed(column), column.description)
        rows.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
    yield "\n".join(rows)


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


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


# ---------------------------------------------------------------------------- Table Schema


def data_package() -> dict[str, Any]:
    """The codebook as a Frictionless data package (specs.frictionlessdata.io, version 1)."""
    wide = "One row per participant: oTree's wide export, with both experiments."
    return {
        "name": "coproduction-experiments",
        "profile": "tabular-data-package",
        "title": "Two experiments on the co-production of a public service",
        "resources": [
            _resource("participants", "all_apps_wide.csv", wide, wide_columns()),
            *(
                _resource(name, FILES[name], CUSTOM_EXPORTS[name], table(name).values())
                for name in TABLES
            ),
        ],
    }


def _resource(
    name: str, path: str | list[str], description: str, found: Iterable[Column]
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
            "primaryKey": KEYS[name],
        },
    }


def _field(column: Column) -> dict[str, Any]:
    kind = FRICTIONLESS[column.type]
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
