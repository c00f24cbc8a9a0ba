"""A panel sends 1,500 people over one link within five minutes, beside exports.

    python -m benchmarks.panel [--databases sqlite] [--people 1500] [--seconds 300]

First everybody opens the link at the same moment, and twice. Then, in another session, they come
within the five minutes and go through the study, on average 28 seconds at a page (seven to eight
minutes in all), while its data are downloaded and read again and again; one in twenty opens the
link a second time at the end.

Targets: everybody has one place and nobody another's; arms balanced within blocks, also in every
export on the way; every export whole, and `python -m analysis check` silent at the end; no
identifier in export or log; p95 of pages (the post and the next page) within 300 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

from benchmarks.servers import DATABASES, allow_many_files, serving, verdict
from tests.harness.load.panel import Panel
from tests.harness.server import ROOT

PEOPLE, SECONDS, THINK = 1500, 300.0, 28.0
PAGES_P95 = 300.0

HEADERS = (
    "database", "people", "all at once, s", "in all, s", "exports", "pages", "p50", "p95", "max"
)  # fmt: skip


def checked(panel: Panel) -> list[str]:
    """What the analysis finds wrong with the exports of a session."""
    query = {"app": panel.study.app, "session_code": panel.session.code}
    kind = {"function_name": "custom_export"} if panel.study.tables else {}
    with tempfile.TemporaryDirectory() as folder:
        wide = panel.server.export("wide", session_code=panel.session.code)
        (Path(folder) / "all_apps_wide.csv").write_text(wide, "utf-8")
        log = panel.server.export("app_custom", **query, **kind)
        (Path(folder) / "custom_assignment.csv").write_text(log, "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "analysis", "check", folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()


def measure(database: str, people: int, seconds: float) -> tuple[list, list[str]]:
    """A row of figures, and what went wrong."""
    with serving(database) as server:
        crowd = Panel(server, people)
        began = time.perf_counter()
        asyncio.run(crowd.come_at_once())
        at_once = time.perf_counter() - began
        panel = Panel(server, people)
        began = time.perf_counter()
        asyncio.run(panel.come_within(seconds, THINK))
        in_all = time.perf_counter() - began
        wrong = [*crowd.problems(), *panel.problems(), *checked(panel)]
        row = [database, people, at_once, in_all, panel.exports, *panel.record.pages.row()]
    p95 = row[-2]
    if p95 > PAGES_P95:
        wrong.append(f"p95 of pages {p95:.0f} ms, at most {PAGES_P95:.0f}")
    return row, [f"{database}: {each}" for each in wrong]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    allow_many_files()
    rows, failures = [], []
    for database in options.databases:
        row, wrong = measure(database, options.people, options.seconds)
        rows.append(row)
        failures += wrong
    print(tabulate(rows, HEADERS, floatfmt=".0f"))
    return verdict(failures[:50])


if __name__ == "__main__":
    sys.exit(main())
