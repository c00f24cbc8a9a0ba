"""Finding CSV files and reading them cell by cell, with every way in which one can be broken."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from analysis.errors import AnalysisError
from analysis.exports.problems import FILE, ROW, FileError, Problem

PathLike: TypeAlias = "str | os.PathLike[str]"
Paths: TypeAlias = "PathLike | Iterable[PathLike]"

FIELD_LIMIT = 100_000_000
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SIGNATURES = {
    b"PK\x03\x04": "a zip archive or a spreadsheet (.xlsx)",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (.xls)",
    b"SQLite format 3": "a database",
}


def find_files(paths: Paths) -> tuple[list[Path], list[Path]]:
    """The CSV files that ``paths`` name, each once, and the other files in the folders.

    A folder stands for every CSV file in it, not in folders below it. Raises ``AnalysisError`` if
    something does not exist or a folder holds no CSV file.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    found: dict[Path, Path] = {}
    ignored: list[Path] = []
    for path in map(_existing, paths):
        files, others = _in_folder(path) if path.is_dir() else ([path], [])
        found |= {file.resolve(): file for file in files if file.resolve() not in found}
        ignored += others
    if not found:
        raise AnalysisError("No file or folder was given.")
    return list(found.values()), ignored


def _existing(path: PathLike) -> Path:
    text = os.fspath(path)
    # A path copied from Windows still names its file on other systems.
    for candidate in (text, text.replace("\\", "/")):
        found = Path(candidate).expanduser()
        if text and found.exists():
            return found
    raise AnalysisError(f"There is no file or folder {text!r}.")


def _in_folder(folder: Path) -> tuple[list[Path], list[Path]]:
    entries = sorted(entry for entry in folder.iterdir() if entry.is_file())
    files = [e for e in entries if e.suffix.lower() == ".csv" and e.name[0] not in ".~"]
    others = [e for e in entries if e not in files]
    if not files:
        names = ", ".join(e.name for e in others) or "nothing"
        raise AnalysisError(f"The folder {str(folder)!r} holds no CSV file, but: {names}.")
    return files, others


def read_bytes(path: Path) -> bytes:
    """What is in a file. Raises `FileError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _error(path, f"cannot be read: {error.strerror or error}.") from None


def read_csv(path: Path, data: bytes) -> pd.DataFrame:
    """All cells of ``data``, the bytes of ``path``, as text, plus `FILE` and `ROW`.

    Raises `FileError` (an ``AnalysisError``) with file, row and column if the file is not a whole
    comma-separated UTF-8 table with distinct column names.
    """
    header, *rows = _records(path, _text(path, data))
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    frame[FILE] = str(path)
    frame[ROW] = range(2, len(rows) + 2)
    return frame


# ------------------------------------------------------------------------------ bytes to text


def _error(
    path: Path, message: str, row: int | None = None, column: str | None = None
) -> FileError:
    return FileError(Problem(message, str(path), row, column))


def _text(path: Path, data: bytes) -> str:
    _refuse_other_formats(path, data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        row, column = _place(data[: error.start].decode("utf-8"))
        raise _error(
            path,
            f"is not UTF-8 text (byte 0x{data[error.start]:02x}). A spreadsheet may have saved "
            "it anew: take the file as oTree exported it.",
            row,
            column,
        ) from None
    # Text mode on Windows doubles the carriage return.
    return text.lstrip("\ufeff").replace("\r\r\n", "\r\n")


def _refuse_other_formats(path: Path, data: bytes) -> None:
    if not data.strip():
        raise _error(path, "is empty.")
    for signature, name in SIGNATURES.items():
        if data.startswith(signature):
            raise _error(path, f"is {name}, not a CSV file. Export it from oTree as CSV.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _error(path, "is UTF-16 text, not UTF-8. Take the file as oTree exported it.")
    if (at := data.find(b"\0")) >= 0:
        row, column = _place(data[:at].decode("utf-8", "replace"))
        raise _error(path, "holds a NUL byte: it is damaged, or not a CSV file.", row, column)


def _place(before: str) -> tuple[int, str | None]:
    """Row and column of the first character after ``before``."""
    with _large_fields():
        records = [
            record for record in csv.reader(io.StringIO(before + ".", newline="")) if record
        ]
    row, position = len(records), len(records[-1]) - 1
    if row == 1:
        return row, None
    header = records[0]
    return row, header[position].lstrip("\ufeff") if position < len(header) else None


# ------------------------------------------------------------------------------ text to cells


@contextmanager
def _large_fields() -> Iterator[None]:
    before = csv.field_size_limit(FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _records(path: Path, text: str) -> list[list[str]]:
    """The header and the rows, blank lines apart, each as long as the header."""
    found: list[list[str]] = []
    try:
        with _large_fields():
            for record in filter(None, csv.reader(io.StringIO(text, newline=""), strict=True)):
                if not found:
                    _check_header(path, record, text)
                elif len(record) != len(found[0]):
                    raise _uneven(path, len(found) + 1, record, found[0])
                found.append(record)
    except csv.Error as error:
        message = _quoting(error) if found else "the header has a quotation mark that never ends."
        raise _error(path, message, len(found) + 1) from None
    if not found:
        raise _error(path, "is empty.")
    return found


def _check_header(path: Path, header: list[str], text: str) -> None:
    _refuse_separator(path, text)
    for name, count in Counter(header).items():
        if count > 1:
            raise _error(path, "this column appears twice.", 1, name)


def _refuse_separator(path: Path, text: str) -> None:
    first_line = text[: text.find("\n") + 1 or None]
    for sign, name in SEPARATORS.items():
        if first_line.count(sign) > first_line.count(","):
            raise _error(
                path,
                f"its columns are separated by {name}, not commas. A spreadsheet may have saved "
                "it anew: take the file as oTree exported it.",
                1,
            )


def _uneven(path: Path, number: int, record: list[str], header: list[str]) -> FileError:
    counts = f"has {len(record)} cells where the header has {len(header)}"
    if len(record) > len(header):
        return _error(path, f"{counts}.", number)
    return _error(path, f"{counts}: the row is cut off.", number, header[max(0, len(record) - 1)])


def _quoting(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quoted cell never ends: the file is cut off, or a quotation mark is missing."
    return f"cannot be split into cells ({error})."
