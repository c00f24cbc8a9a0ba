"""Form values that every page must refuse, made from what each column allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from study.columns import Column


def forged(columns: Mapping[str, Column], answers: Mapping[str, Any]) -> dict[str, str]:
    """Fields that belong to no form on this page. A page takes no notice of them."""
    found = {"payoff": "1000", "id": "1"}
    for name, column in columns.items():
        if name not in answers:
            # What chance decides may be any of the values: there, one that is none of them.
            found[name] = (
                list(column.values)[-1]
                if column.answers and column.values
                else FORGED[column.type]
            )
    return found


FORGED = {
    "boolean": "1",
    "choice": "forged",
    "integer": "999",
    "number": "999",
    "money": "1000",
    "timestamp": "1",
    "string": "forged",
    "text": "forged",
}


def refused(
    form: Mapping[str, Column], answers: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """What to send instead of ``answers``, each time with the fields that are then wrong."""
    required = [name for name, column in form.items() if not column.optional]
    if required:
        yield {}, required
        yield {name: "" for name in form}, required
        # One missing answer spoils all: the others must not be stored.
        yield {n: v for n, v in answers.items() if n != required[-1]}, required[-1:]
    for wrong in ([*map(_beyond, form.values())], [*map(_foreign, form.values())]):
        values = {name: value for name, value in zip(form, wrong, strict=True) if value}
        if values:
            yield {**answers, **values}, list(values)


def _beyond(column: Column) -> str | None:
    """Just outside what is allowed."""
    if column.type == "text":
        return "x" * (int(column.max or 0) + 1)
    if column.max is not None:
        return str(int(column.max) + 1)
    return "-1" if column.type == "integer" else None


def _foreign(column: Column) -> str | None:
    """Of another kind than what is asked for."""
    return {"integer": "1.5e0", "boolean": "yes", "choice": "=1+1"}.get(column.type)
