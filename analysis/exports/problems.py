"""What is wrong with an export, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError

FILE, ROW = ".file", ".row"
"""Columns added to every table: where each row was read. No oTree column starts with a dot."""

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. ``row`` counts as a spreadsheet does: the header is row 1.

    ``severity`` is ``error`` (the data are wrong or not whole) or ``warning`` (something could
    not be checked, or looks odd).
    """

    message: str
    file: str = ""
    row: int | None = None
    column: str | None = None
    severity: str = ERROR

    @classmethod
    def of(cls, row: Mapping[Any, Any] | pd.Series[Any], column: str, message: str) -> Problem:
        """A problem with a cell of a row that knows its `FILE` and `ROW`."""
        return cls(message, str(row[FILE]), int(row[ROW]), column)

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        place += [f"row {self.row}"] if self.row is not None else []
        place += [f"column {self.column}"] if self.column else []
        return f"{', '.join(place)}: {self.message}" if place else self.message


class FileError(AnalysisError):
    """A file that cannot be read as an export; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def shortened(text: str) -> str:
    """A cell as it stands in a message."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
