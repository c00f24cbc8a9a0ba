"""Every study with simulated participants, from the first page to the report.

``make demo``, or ``python -m lab.demo``. oTree's own bots drive the real pages in this process, on
a database in memory, so nothing here touches the laboratory's. The exports are what oTree's data
page would download. Every participant is marked as a bot and every session as simulated.

What a seed reproduces: who takes part, what they do, in which arm, and all counts and answers to
questions. Codes of participants and sessions are oTree's and new each time, and with them the
cards and the texts entered; so are the times of day.
"""

from __future__ import annotations

import argparse
import csv
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.progress import Progress
from people.exports import COMMENT, LABEL
from study.finding import studies
from study.problems import ROOT, shown

SEATS = 24
"""Participants in a session."""
REPORT = 0.15
"""How long a report takes, as a share of the time in which its participants play."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    exports = options.output / "exports"
    try:
        _make_room(exports)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    sessions = [
        (experiment, number, seats)
        for experiment in studies()
        for number, seats in enumerate(_sizes(options.participants), start=1)
    ]
    everyone = sum(seats for *_, seats in sessions)
    played = 0
    with Progress(everyone * (1 if options.no_report else 1 + REPORT)) as progress:
        start_otree()
        for experiment, number, seats in sessions:
            progress.starts(f"{experiment}, session {number}: {seats} participants", played)
            play(experiment, seats, f"{options.seed}{experiment.replace('_', '')}{number}")
            played += seats
        files = list(export(exports))
        if not options.no_report:
            progress.starts("the report", played)
            done = _report(exports, options.output / "report")
    print(f"{everyone} simulated participants: {len(files)} exports in {shown(exports)}")
    if options.no_report:
        return 0
    print(done.stderr, end="", file=sys.stderr)
    if done.returncode == 0:
        print(f"Open {shown(options.output / 'report' / 'report.html')}")
    return done.returncode


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m lab.demo",
        description="Play every study with simulated participants, export, and report.",
    )
    parser.add_argument(
        "-n",
        "--participants",
        type=_count,
        default=72,
        metavar="N",
        help="places in each study (default: 72)",
    )
    parser.add_argument(
        "--seed", type=_seed, default="demo", help="letters and digits (default: demo)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("demo"), metavar="DIR", help="default: demo"
    )
    parser.add_argument("--no-report", action="store_true", help="stop after the exports")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 10000")
    return int(text)


def _seed(text: str) -> str:
    if not (text.isascii() and text.isalnum() and len(text) <= 40):
        raise argparse.ArgumentTypeError(f"{text!r} is not up to 40 letters and digits")
    return text


def _sizes(participants: int) -> Iterator[int]:
    """As many full sessions as there are, and what remains."""
    for start in range(0, participants, SEATS):
        yield min(SEATS, participants - start)


def _make_room(folder: Path) -> None:
    """Make ``folder``; clear it of an earlier demo; leave anything else alone."""
    folder.mkdir(parents=True, exist_ok=True)
    present = sorted(folder.glob("*.csv"))
    wide = [path for path in present if path.name.startswith("all_apps_wide")]
    if present and not (wide and all(_is_simulated(path) for path in wide)):
        raise ValueError(
            f"{shown(folder)} holds exports that are not from a demo: "
            "simulated data must not mix with them. Name another folder with -o."
        )
    for path in present:
        path.unlink()


def _is_simulated(wide: Path) -> bool:
    with wide.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return all(row.get("session.comment") == COMMENT for row in csv.DictReader(file))


# ------------------------------------------------------------------------------------ playing


def start_otree() -> None:
    """Set oTree up on an empty database in memory."""
    os.environ["OTREE_IN_MEMORY"] = "1"
    os.environ.pop("OTREE_AUTH_LEVEL", None)
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as elsewhere:
        # oTree opens the database file of the folder in which it is imported, and reads it later.
        os.chdir(elsewhere)
        from otree import database

        database.sqlite_disk_conn.close()
        os.chdir(ROOT)
    database.DB_FILE = str(Path(elsewhere) / database.DB_FILE)
    from otree import main

    main.setup()
    logging.getLogger().setLevel(logging.WARNING)


def play(
    experiment: str, participants: int, seed: str, *, case: str = "simulated", **parameters: Any
) -> None:
    """One session through the real pages, from the first bot to the last.

    ``case`` is one of `people.bots.cases.CASES`, ``parameters`` changes session parameters.
    """
    from otree.bots.runner import SessionBotRunner, make_bots
    from otree.database import db
    from otree.session import create_session

    from people.bots.cases import CASES

    session = create_session(
        experiment,
        num_participants=participants,
        label=LABEL,
        modified_session_config_fields=parameters | {"seed": seed},
    )
    session.comment = COMMENT
    db.commit()
    number = list(CASES).index(case)
    bots = make_bots(session_pk=session.id, case_number=number, use_browser_bots=False)
    # Some never come: their places stay empty.
    SessionBotRunner([bot for bot in bots if bot.player_bots[0].who.shows_up()]).play()


# ---------------------------------------------------------------------------------- exporting


def export(folder: Path) -> Iterator[Path]:
    """Download every export of oTree's data page into ``folder``, under its own name."""
    from otree.asgi import app
    from starlette.testclient import TestClient

    client = TestClient(app)
    for address, query in _exports():
        response = client.get(address, params=query)
        response.raise_for_status()
        name = re.search(r'filename="([^"]+)"', response.headers["Content-Disposition"])
        assert name is not None
        path = folder / name[1]
        path.write_bytes(response.content)
        yield path


def _exports() -> Iterator[tuple[str, dict[str, Any]]]:
    from otree.export import get_custom_export_functions, get_installed_apps_with_data

    apps = get_installed_apps_with_data()
    yield "/api/export_wide", {}
    for app in apps:
        yield "/api/export_app", {"app": app}
    for app in apps:
        for function in sorted(get_custom_export_functions(app)):
            yield "/api/export_app_custom", {"app": app, "function_name": function}
    yield "/api/export_page_times", {}


def _report(exports: Path, report: Path) -> subprocess.CompletedProcess[str]:
    command = ["report", str(exports.resolve()), "-o", str(report.resolve()), "--include-bots"]
    return subprocess.run(
        [sys.executable, "-m", "analysis", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
