"""No cell of an export becomes a formula in a spreadsheet.

Gap: whoever opens a link may write a label into its address, and the experimenter may comment on a
session. oTree exports both as they are.

oTree 6.0.15: export.py:142 (sanitize_for_csv).
Test: tests/server/test_exports.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otree import export

from lab.mending import put_around
from study.spreadsheets import guard


def install() -> None:
    put_around(export, "sanitize_for_csv", _guarded)


def _guarded(sanitize: Callable[[Any], Any], value: Any) -> Any:
    cell = sanitize(value)
    return guard(cell) if isinstance(cell, str) else cell
