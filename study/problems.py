"""What is wrong in a study's files, as a sentence with file and line.

Whoever writes a design reads these sentences, when a server starts and at a shell; nobody reads a
traceback.
"""

from __future__ import annotations

import copy
import dataclasses
import sys
from collections.abc import Iterable
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[1]
OURS = (ROOT / "study", ROOT / "steps")
COPYING = (dataclasses.__file__, copy.__file__)
"""Where `dataclasses.replace` makes a part anew: it is declared where that is called."""


class DesignError(ValueError):
    """Something in a design, its words, plan or people is wrong. The message names the place."""


def shown(path: Path | str) -> str:
    """``path`` as one would name it: from the project's folder if it lies there."""
    path = Path(path)
    for located in (Path.absolute, Path.resolve):  # a folder in it may be a link
        for folder in (Path.cwd(), ROOT):
            if located(path).is_relative_to(located(folder)):
                return located(path).relative_to(located(folder)).as_posix()
    return path.resolve().as_posix()


def at(path: Path | str, line: int | None = None) -> str:
    """How a message begins that is about a line of a file."""
    return f"{shown(path)}, line {line}" if line else shown(path)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`` Did you mean psm?`` or nothing."""
    close = get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """The sentence for a name that does not exist, with those that do."""
    known = list(known)
    there = f" There is: {', '.join(known)}." if known else ""
    return f"There is no {what} {name!r}.{did_you_mean(name, known)}{there}"


def _place() -> tuple[Path, int]:
    """Where the design stands that is being read: the first frame outside of ours."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        path = Path(frame.f_code.co_filename)
        ours = any(path.is_relative_to(folder) for folder in OURS) or str(path) in COPYING
        if not ours and path.suffix == ".py":
            break
        frame = frame.f_back
    return Path(frame.f_code.co_filename), frame.f_lineno


SIMPLE: dict[str, Any] = {"str": str, "int": int, "bool": bool, "float": (int, float)}


Part = TypeVar("Part", bound="Declared")


class Declared:
    """A part of a design that keeps the line in which it was written.

    Subclasses are dataclasses. A name or a value that does not fit is refused in a sentence.
    """

    place: str
    file: Path

    def __new__(cls, *args: Any, **options: Any) -> Any:
        settable = [each for each in fields(cls) if each.init]  # type: ignore[arg-type]
        names = [each.name for each in settable]
        file, line = _place()
        place = at(file, line)
        for name in options:
            if name not in names:
                hint = did_you_mean(name, names)
                has = ", ".join(names) or "nothing to set"
                raise DesignError(f"{place}: {cls.__name__} has no {name!r}.{hint} It has {has}.")
        if len(args) > len(names):
            raise DesignError(
                f"{place}: {cls.__name__} takes at most {len(names)} values: {', '.join(names)}."
            )
        given = {*names[: len(args)], *options}
        # Without anything it is being copied; the values come afterwards.
        for each in settable if given else ():
            if each.name not in given and each.default is each.default_factory is MISSING:
                raise DesignError(f"{place}: {cls.__name__} needs {each.name!r}.")
        made = super().__new__(cls)
        object.__setattr__(made, "place", place)
        object.__setattr__(made, "file", file)
        return made

    def __post_init__(self) -> None:
        for each in fields(self):  # type: ignore[arg-type]
            value, kind = getattr(self, each.name), SIMPLE.get(str(each.type))
            wrong = kind is not None and not isinstance(value, kind)
            if wrong or (kind is int and isinstance(value, bool)):
                raise self.error(f"{each.name} is {value!r}, but must be of type {each.type}.")

    def in_place_of(self: Part, other: Declared) -> Part:
        """This part, as if it had been written where ``other`` was, for which it stands."""
        object.__setattr__(self, "place", other.place)
        object.__setattr__(self, "file", other.file)
        return self

    def error(self, message: str) -> DesignError:
        """An error that names the line in which this was declared."""
        return DesignError(f"{self.place}: {message}")
