"""From the text of cells to values: each distinct text is read once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from study.columns import Column
from study.spreadsheets import unguard

Dtype: TypeAlias = Literal["Int64", "Float64", "string"]

DTYPES: dict[str, Dtype] = {
    "boolean": "Int64",
    "integer": "Int64",
    "number": "Float64",
    "money": "Float64",
    "timestamp": "Float64",
    "choice": "string",
    "string": "string",
    "text": "string",
}
"""The dtype of each type of column. Timestamps are seconds since 1970 (UTC)."""

WANTED = {
    "Int64": "a whole number",
    "Float64": "a number",
}

BOOLEANS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


def mapped(
    cells: pd.Series[Any], convert: Callable[[str], Any], dtype: Dtype
) -> tuple[pd.Series[Any], np.ndarray[Any, np.dtype[np.bool_]]]:
    """``convert`` applied to every cell, and which cells it could not take.

    ``convert`` raises ``ValueError`` for a cell that is wrong; the result is missing there and
    where a cell is empty or missing.
    """
    codes, texts = pd.factorize(cells.where(cells.notna(), "").to_numpy(dtype=object))
    found = _numbers(texts) if convert is number else None
    wrong = np.zeros(len(texts), dtype=bool)
    if found is not None:
        array: Any = pd.Series(found).where(texts != "").astype("Float64").array
    else:
        values = [_converted(text, convert) for text in texts]
        wrong[:] = [value is WRONG for value in values]
        array = pd.array([None if value is WRONG else value for value in values], dtype=dtype)
    return pd.Series(array.take(codes), index=cells.index, name=cells.name), wrong[codes]


WRONG = object()


def _converted(text: str, convert: Callable[[str], Any]) -> Any:
    try:
        return convert(text) if text else None
    except (ValueError, OverflowError):
        return WRONG


def typed(
    cells: pd.Series[Any], column: Column
) -> tuple[pd.Series[Any], np.ndarray[Any, np.dtype[np.bool_]]]:
    """The values of a declared column, and which cells are not of its type."""
    dtype = DTYPES[column.type]
    if column.type == "boolean":
        return mapped(cells, boolean, dtype)
    convert: Callable[[str], Any] = {"Int64": whole, "Float64": number, "string": unguard}[dtype]
    return mapped(cells, convert, dtype)


def wanted(column: Column) -> str:
    """What cells of the column must be, in words."""
    return "0 or 1" if column.type == "boolean" else WANTED.get(DTYPES[column.type], "text")


def boolean(text: str) -> int:
    try:
        return BOOLEANS[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


def number(text: str) -> float:
    value = float(text)
    # Python also reads "nan", "1_000" and other scripts' digits.
    if not np.isfinite(value) or "_" in text or not text.isascii():
        raise ValueError(text)
    return value


def _numbers(texts: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """`number` of many texts at once, 0 where empty; None: some text is no number."""
    together = "".join(texts)
    if "_" in together or not together.isascii():
        return None
    try:
        values = np.where(texts == "", "0", texts).astype("U").astype(float)
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def whole(text: str) -> int:
    value = number(text)
    if not value.is_integer() or abs(value) >= 2**53:
        raise ValueError(text)
    return int(value)
