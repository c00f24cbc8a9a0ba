"""The columns of the data, read from `columns.toml`.

The apps make their fields from them, the analysis checks exports against them, and the codebook
explains them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from study import toml
from study.experiments import EXPERIMENTS

FILE = Path(__file__).with_name("columns.toml")
TABLES = ("answers", "comprehension", "assignment")
APPS = ("intake", *(experiment.app for experiment in EXPERIMENTS.values()), "closing")


@dataclass(frozen=True)
class Column:
    """One column: bare name, type, meaning, and what values it may have."""

    name: str
    type: str
    description: str
    min: float | None = None
    max: float | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    answers: bool = False
    optional: bool = False
    since: str = ""


@cache
def _declared() -> dict[str, Any]:
    declared: dict[str, Any] = toml.loads(FILE.read_text("utf-8"))
    return declared


def _expand(declared: Mapping[str, Mapping[str, Any]]) -> Iterator[Column]:
    for name, entry in declared.items():
        attributes = {k: v for k, v in entry.items() if k not in ("count", "export")}
        exported = entry.get("export", name)
        count = entry.get("count")
        names = [f"{exported}_{i}" for i in range(1, count + 1)] if count else [exported]
        yield from (Column(name=each, **attributes) for each in names)


def _sections(app: str) -> list[str]:
    if app in ("intake", "closing"):
        return [app]
    [experiment] = [e.name for e in EXPERIMENTS.values() if e.app == app]
    return ["experiment", experiment]


@cache
def columns(app: str, model: str = "player") -> dict[str, Column]:
    """The columns that ``app`` writes for its ``model`` (player or subsession), by bare name."""
    found: dict[str, Column] = {}
    for section in _sections(app):
        declared = _declared().get(section, {}).get(model, {})
        found |= {column.name: column for column in _expand(declared)}
    return found


def family(app: str, name: str) -> list[str]:
    """The columns of a family: ``psm_1``, ``psm_2``, ... of ``psm``."""
    return [each for each in columns(app) if re.fullmatch(rf"{name}_\d+", each)]


@cache
def table(name: str) -> dict[str, Column]:
    """The columns of a custom export: answers, comprehension or assignment."""
    return {column.name: column for column in _expand(_declared()[name])}


@cache
def otree_columns() -> dict[str, Column]:
    """The columns that oTree itself writes, by their name without app and round."""
    return {column.name: column for column in _expand(_declared()["otree"])}
