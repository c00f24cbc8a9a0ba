"""The parameters of a session: what they are by default, what they mean, and what is allowed.

A study has those that its steps and its pay declare, and a few that every study has
(`study.platform`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from study.problems import did_you_mean


class ParameterError(ValueError):
    """A session parameter has a value that is not allowed."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"Parameter {name} is {_shortened(value)}, but must be {allowed}.")


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True)
class Parameter:
    """One session parameter. ``check`` returns the cleaned value or raises ``ValueError``.

    ``shared``: several steps declare the same.
    """

    name: str
    default: Any
    meaning: str
    allowed: str
    check: Callable[[Any], Any]
    shared: bool = False

    def clean(self, value: object) -> Any:
        """The value as it is stored. Raises `ParameterError`."""
        try:
            return self.check(value)
        except (ValueError, TypeError, OverflowError):
            raise ParameterError(self.name, value, self.allowed) from None

    def but(self, **changed: Any) -> Parameter:
        return replace(self, **changed)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value.strip()


def whole(
    name: str, default: int, meaning: str, low: int, high: int, unit: str = "", zero: bool = False
) -> Parameter:
    """A whole number from ``low`` to ``high``; ``zero``: or 0."""

    def check(value: object) -> int:
        number = _number(value)
        if not number.is_integer() or not (low <= number <= high or (zero and number == 0)):
            raise ValueError(value)
        return int(number)

    counted = f"a whole number of {unit}" if unit else "a whole number"
    allowed = f"{'0 or ' if zero else ''}{counted} from {low} to {high}"
    return Parameter(name, default, meaning, allowed, check)


def rate(name: str, default: float, meaning: str, high: float = 100) -> Parameter:
    """An amount from 0 to ``high``."""

    def check(value: object) -> float:
        number = _number(value)
        if not 0 <= number <= high:
            raise ValueError(value)
        return number

    return Parameter(name, default, meaning, f"a number from 0 to {high:g}", check)


def one_of(name: str, default: str, meaning: str, options: Iterable[str]) -> Parameter:
    """One of several words. An empty one among them is called ``empty``."""
    known = tuple(options)

    def check(value: object) -> str:
        text = _text(value)
        if text not in known:
            raise ValueError(value)
        return text

    said = f"one of {', '.join(each for each in known if each)}"
    allowed = f"empty or {said}" if "" in known else said
    return Parameter(name, default, meaning, allowed, check)


def some_of(name: str, meaning: str, options: Iterable[str]) -> Parameter:
    """Nothing, or at least two of several words, separated by commas."""
    known = tuple(options)

    def check(value: object) -> str:
        text = _text(value)
        names = [each.strip() for each in text.split(",")] if text else []
        if len(set(names)) != len(names) or not set(names) <= set(known) or len(names) == 1:
            raise ValueError(value)
        return ",".join(each for each in known if each in names)

    said = f"empty or at least two of {', '.join(known)}, separated by commas"
    return Parameter(name, "", meaning, said, check)


def word(name: str, meaning: str, length: int) -> Parameter:
    """Nothing, or letters and digits, which survive every export and spreadsheet unchanged."""

    def check(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(value)
        text = str(value).strip()
        if text and not (len(text) <= length and text.isascii() and text.isalnum()):
            raise ValueError(value)
        return text

    return Parameter(name, "", meaning, f"empty or up to {length} letters and digits", check)


IDENTIFIER = "{id}"
"""Stands in a return address for the identifier that a panel gave somebody."""


def return_address(name: str, meaning: str) -> Parameter:
    """Nothing, or where a panel takes its people back, with `IDENTIFIER` in its path or query."""

    def check(value: object) -> str:
        text = _text(value)
        if not text:
            return ""
        parts = urlsplit(text)
        plain = text.isascii() and text.isprintable() and not set(text) & set(" \"'<>\\`")
        named = text.count(IDENTIFIER) == 1 and not set(text.replace(IDENTIFIER, "")) & set("{}")
        placed = IDENTIFIER in parts.path or IDENTIFIER in parts.query
        to_host = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        if not (plain and named and placed and to_host and parts.scheme == "https"):
            raise ValueError(value)
        return text

    allowed = (
        f"empty or an address that begins with https:// and holds {IDENTIFIER} exactly once "
        "behind its host, without spaces, user name or password"
    )
    return Parameter(name, "", meaning, allowed, check)


def web_address(name: str, meaning: str) -> Parameter:
    """Nothing, or an address that participants may open."""
    with_identifier = return_address(name, meaning).check

    def check(value: object) -> str:
        text = _text(value)
        if IDENTIFIER in text:
            raise ValueError(value)
        if not text:
            return ""
        with_identifier(f"{text}{'&' if '?' in text else '?'}{IDENTIFIER}")
        return text

    allowed = "empty or an address that begins with https://, without spaces, user name, password"
    return Parameter(name, "", meaning, allowed, check)


def address_name(name: str, default: str, meaning: str) -> Parameter:
    """A name that may stand in an address before a value."""

    def check(value: object) -> str:
        text = _text(value)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", text):
            raise ValueError(value)
        return text

    allowed = "up to 40 letters, digits, _ and -, a letter first"
    return Parameter(name, default, meaning, allowed, check)


SWITCH = {"": False, "0": False, "false": False, "off": False, "no": False} | {
    "1": True, "true": True, "on": True, "yes": True
}  # fmt: skip


def switch(name: str, meaning: str) -> Parameter:
    """On or off; off by default."""

    def check(value: object) -> bool:
        text = "" if value is None else str(value).strip().lower()
        if text not in SWITCH:
            raise ValueError(value)
        return SWITCH[text]

    return Parameter(name, False, meaning, "on or off", check)


def defaults(table: Mapping[str, Parameter]) -> dict[str, Any]:
    """The parameters with their default values."""
    return {name: parameter.default for name, parameter in table.items()}


def description(table: Mapping[str, Parameter]) -> str:
    """The parameters as HTML, for oTree's form that creates a session."""
    rows = [
        f"<tr><th>{name}</th><td>{parameter.meaning}</td><td>{parameter.allowed}</td></tr>"
        for name, parameter in table.items()
    ]
    return (
        '<table class="table table-sm"><tr><th>Parameter</th><th>Meaning</th><th>Allowed</th></tr>'
        f"{''.join(rows)}</table>"
    )


def clean(config: Mapping[str, Any], table: Mapping[str, Parameter]) -> dict[str, Any]:
    """The parameters of ``config``, cleaned. Raises `ParameterError` at the first bad one."""
    return {name: each.clean(config.get(name, each.default)) for name, each in table.items()}


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse parameters that do not exist, which oTree itself would silently store."""
    known = tuple(known)
    for name in names:
        if name not in known:
            raise ValueError(
                f"There is no parameter {_shortened(name)}.{did_you_mean(name, known)} "
                f"There are: {', '.join(known)}."
            )
