"""What is otherwise in a plan than in the one that was registered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from analysis.planned.patterns import Part
from analysis.planned.plan import Plan
from analysis.words import listed

LEFT_OUT = ("study", "file", "weights")


def differences(before: Plan, now: Plan, name: str) -> list[str]:
    """A sentence for each value of the registered plan ``before``, read from ``name``, that is
    another one now."""
    old, new = dict(_values(before)), dict(_values(now))
    found = []
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            was, is_ = (
                _said(values[key]) if key in values else "not there" for values in (old, new)
            )
            found.append(f"{now.title}: {key} is {is_}; in {name} it was {was}.")
    return found


def _values(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All single values of a plan with the dotted name that leads to each."""
    if is_dataclass(part):
        for each in fields(part):
            if each.name not in LEFT_OUT:
                yield from _values(getattr(part, each.name), f"{path}.{each.name}".lstrip("."))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from _values(value, f"{path}.{key}")
    elif isinstance(part, tuple) and part and isinstance(part[0], Part):
        yield path, tuple(f"{each.claim}({each.hypothesis})" for each in part)
    elif isinstance(part, tuple) and part and is_dataclass(part[0]):
        # What is declared in a list is called by its first field: id, name, factor, hypothesis.
        for each in part:
            yield from _values(each, f"{path}.{getattr(each, fields(each)[0].name)}")
    else:
        yield path, None if isinstance(part, float) and math.isnan(part) else part


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return listed([str(each) for each in value]) or "empty"
    return f"{value:g}" if isinstance(value, float) else "not set" if value is None else str(value)
