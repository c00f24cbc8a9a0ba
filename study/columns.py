"""A column of the data: what it is called, what it may hold, what it means.

Whoever writes a column declares it: a step, the study's pay, or the platform (`study.platform`).
Database fields, forms, codebook and the checks of exports follow from the declaration. Whatever
was not measured is empty, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """One column: bare name, type, meaning, and what values it may have.

    type : boolean (0/1), integer, number, choice, string, text, money or timestamp.
    min, max : allowed range, inclusive; of a text, its length.
    values : the allowed values of a choice, with their meaning.
    unit : what a number counts.
    answers : the participant answers this in a form; optional: or leaves it empty.
    always : whoever completed the study has it.
    background : treatment cannot change it, although it may be asked afterwards.
    late : it is filled at the end, wherever its step stands.
    since : the version that brought it: exports of earlier ones do not have it.
    """

    name: str
    type: str
    description: str
    min: float | None = None
    max: float | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    answers: bool = False
    optional: bool = False
    always: bool = False
    background: bool = False
    late: bool = False
    since: str = ""

    @property
    def is_scale(self) -> bool:
        """Whether participants answer it by a step on a short scale."""
        if self.type != "integer" or not self.answers or self.min is None or self.max is None:
            return False
        return self.max - self.min <= 10


def items(name: str, count: int) -> list[str]:
    """The names of a family of columns: ``name_1`` to ``name_<count>``."""
    return [f"{name}_{number}" for number in range(1, count + 1)]


def seconds(name: str, description: str, **options: Any) -> Column:
    return Column(name, "number", description, min=0, unit="seconds", **options)


def milliseconds(name: str, description: str, **options: Any) -> Column:
    return Column(name, "integer", description, min=0, unit="milliseconds", **options)


def cards(name: str, description: str, **options: Any) -> Column:
    return Column(name, "integer", description, min=0, unit="cards", **options)


@dataclass(frozen=True)
class Table:
    """A table of its own beside the participants: a custom export.

    key : the columns that tell its rows apart, after session and participant.
    shared : several steps write it, and a column tells their rows apart.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    shared: bool = False


OWNER = (
    Column("session_code", "string", "oTree session."),
    Column("participant_code", "string", "oTree participant."),
)
"""How the rows of every table begin."""


@dataclass(frozen=True)
class Measure:
    """A number for each participant, from columns of theirs: what the analysis computes.

    A step declares it; it is named like a column.

    kind : ``mean`` of all ``of`` (missing where one is); ``ratio`` of the first to the second,
        times ``times`` (missing where the second is 0); ``unless``: the first, and 0 for those who
        answered no to the second; ``right``: how many are what ``solutions`` say; or ``number``:
        that of a choice, missing where it is none.
    """

    name: str
    kind: str
    of: tuple[str, ...]
    about: str
    times: float = 1.0
    solutions: tuple[str | int, ...] = ()

    @property
    def is_scale(self) -> bool:
        return self.kind == "mean"
