"""What is wrong with an export, and where."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import AnalysisError

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
