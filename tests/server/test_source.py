"""What must not stand in the source at all."""

import re

from study.finding import studies
from tests.harness.server import ROOT

STUDIES = [study.app for study in studies().values()]
FOLDERS = (*STUDIES, "steps", "people", "lab", "effort_task", "study", "_templates", "_static")


def source():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".js", ".css"):
                yield path, path.read_text("utf-8")


def test_no_page_uses_timeout_seconds():
    """With it, oTree's timeout worker freezes the server on SQLite; our deadlines are our own."""
    names = [path for path, text in source() if re.search(r"timeout_seconds", text)]
    assert names == []


def test_pages_load_nothing_from_elsewhere():
    loads = r"""(?:src|href|import|url\(|from)\s*=?\s*["'(]?\s*(?:https?:)?//"""
    pages = [(p, t) for p, t in source() if p.suffix in (".html", ".js", ".css")]
    assert [path for path, text in pages if re.search(loads, text)] == []
