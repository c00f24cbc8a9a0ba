"""The error that bad input to the analysis raises, and the one kind of it that code looks for."""

from __future__ import annotations

from collections.abc import Iterable


class AnalysisError(ValueError):
    """Something about the data, the plan or an argument is wrong, and the message says what.

    ValueError
     └─ AnalysisError
    """


class MissingTable(AnalysisError):
    """No file holds a custom export that was asked for."""


def unknown(kind: str, name: object, existing: Iterable[object]) -> AnalysisError:
    """An error that names what was asked for and lists what exists."""
    names = ", ".join(str(item) for item in existing) or "none"
    return AnalysisError(f"There is no {kind} {name!r}. There is: {names}.")
