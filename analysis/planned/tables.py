"""Tables of a TOML file whose values know their line, so that a wrong one is named with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, NoReturn

from analysis.errors import AnalysisError
from study import toml


def read_table(text: str, name: str) -> Table:
    """The whole of a TOML text; ``name`` stands for the file in messages."""
    try:
        document = toml.loads(text)
    except toml.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        place = f"{name}:{line[1]}" if line else name
        raise AnalysisError(f"{place}: this is not valid TOML: {error}.") from None
    return Table(document, name, _lines(text), ())


Place = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[{1,2})\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*["']?([\w-]+)["']?\s*=""")


def _lines(text: str) -> dict[Place, int]:
    """The line on which each table and key of a TOML text starts."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _header_path(header[2], header[1] == "[[", counts)
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def _header_path(name: str, is_list: bool, counts: dict[Place, int]) -> Place:
    parts = [part.strip().strip("\"'") for part in name.split(".")]
    path: Place = ()
    for position, part in enumerate(parts, start=1):
        path = (*path, part)
        if is_list and position == len(parts):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


@dataclass(frozen=True)
class Table:
    """A table of the plan that knows where it stands: its file, and the lines of all its keys."""

    values: Mapping[str, Any]
    name: str
    lines: Mapping[Place, int]
    path: Place

    def refuse(self, key: str | None, problem: str) -> NoReturn:
        """Raises with file and line of the key, or of the nearest table around it."""
        path = self.path if key is None else (*self.path, key)
        around = (path[:length] for length in range(len(path), 0, -1))
        line = next((f":{self.lines[place]}" for place in around if place in self.lines), "")
        raise AnalysisError(f"{self.name}{line}: {problem}")

    def only(self, *allowed: str) -> None:
        for key in self.values:
            if key not in allowed:
                self.refuse(key, f"there is no key {key!r} here.{choices(key, allowed)}")

    def raw(self, key: str, default: Any = None) -> Any:
        if key in self.values:
            return self.values[key]
        if default is None:
            where = ".".join(map(str, self.path)) or "the plan"
            self.refuse(None, f"{key!r} is missing in {where}.")
        return default

    def text(self, key: str, default: str | None = None) -> str:
        value: str = self.raw(key, default)
        if key in self.values and not (isinstance(value, str) and value.strip()):
            self.refuse(key, f"{key} is {value!r}, but must be text in quotation marks.")
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if key in self.values and value not in allowed:
            self.refuse(key, f"{key} is {value!r}.{choices(value, allowed)}")
        return value

    def number(
        self, key: str, low: float, high: float, allowed: str, default: float | None = None
    ) -> float:
        value = self.raw(key, default)
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if key in self.values and not (fits and low < value < high):
            self.refuse(key, f"{key} is {value!r}, but must be {allowed}.")
        return float(value)

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.raw(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(
                key, f"{key} is {value!r}, but must be a whole number from {low} to {high}."
            )
        return value

    def names(self, key: str, allowed: Sequence[str], *, empty: bool = True) -> tuple[str, ...]:
        value = self.raw(key, [] if empty else None)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(key, f'{key} is {value!r}, but must be a list of names: ["…", "…"].')
        if not value and not empty:
            self.refuse(key, f"{key} is empty, but needs at least one name.")
        for item in value:
            if item not in allowed:
                self.refuse(key, f"{key} names {item!r}.{choices(item, allowed)}")
        if len(set(value)) != len(value):
            self.refuse(key, f"{key} names something twice: {', '.join(value)}.")
        return tuple(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"{key} is {value!r}, but must be true or false.")
        return value

    def table(self, key: str, *, optional: bool = False) -> Table:
        value = self.raw(key, {} if optional else None)
        if not isinstance(value, dict):
            self.refuse(key, f"{key} is {value!r}, but must be a table: [{key}].")
        return replace(self, values=value, path=(*self.path, key))

    def tables(self, key: str, by: str = "", *, optional: bool = False) -> Iterator[Table]:
        """The tables of a list, of which no two have the same value ``by``."""
        value = self.raw(key, [] if optional else None)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, f"{key} must be tables written as [[…{key}]].")
        if key in self.values and not value:
            self.refuse(key, f"{key} is empty, but needs at least one table.")
        for index, item in enumerate(value):
            table = replace(self, values=item, path=(*self.path, key, index))
            if by in item and item[by] in [other.get(by) for other in value[:index]]:
                table.refuse(by, f"two {key} have the {by} {item[by]!r}.")
            yield table


def choices(value: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(value, allowed, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{hint} Allowed: {', '.join(allowed)}."
