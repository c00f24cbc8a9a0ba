"""When a page was finished is stored together with the page.

Gap: oTree keeps these times in memory until there are 50, or two minutes have passed. A server
that dies loses them, and an export that is made by another process does not have them.

oTree 6.0.15: common2.py:46 (BUFFER_SIZE, write_row_to_page_buffer), 78
(write_page_completion_buffer).
Test: tests/server/test_exports.py.
"""

from __future__ import annotations

from otree import common2
from otree.database import db
from otree.models_concrete import PageTimeBatch


def install() -> None:
    common2.write_row_to_page_buffer = _write
    # Called before the times are exported; nothing is waiting any more.
    common2.write_page_completion_buffer = lambda: None


def _write(row: common2.TimeSpentRow) -> None:
    db.add(PageTimeBatch(text=",".join(map(str, vars(row).values())) + "\n"))
