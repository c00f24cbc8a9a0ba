"""How fast exports are read.

    python benchmarks/reading_exports.py

A wide export of 100,000 participants (about 50 MB) and an answer export of 100,000 rows are made
from simulated ones by repeating them under new codes, then read by `read_export`, `load` and
`load_answers`. Each time is the best of three. Target: at most 10 seconds each on one core. Exits
with 1 if a target is missed.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from analysis.exports.participants import load, load_answers
from analysis.exports.reading import read_export
from analysis.simulation.simulate import simulate

ROWS = 100_000
TARGET = 10.0


def repeat(source: Path, target: Path, names: tuple[str, str]) -> None:
    """Repeat the rows of ``source`` until there are `ROWS`, each time under new codes."""
    with source.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    places = [header.index(name) for name in names]
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(ROWS):
            row = list(rows[number % len(rows)])
            for place in places:
                row[place] += f"x{number // len(rows)}"
            writer.writerow(row)


def seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def main() -> int:
    with TemporaryDirectory() as folder:
        simulate("incentive", 240, Path(folder, "few"))
        few, wide, answers = Path(folder, "few"), Path(folder, "w.csv"), Path(folder, "a.csv")
        repeat(few / "all_apps_wide.csv", wide, ("session.code", "participant.code"))
        owner = ("session_code", "participant_code")
        repeat(few / "incentive_experiment_custom_export.csv", answers, owner)
        times = {
            "read_export, wide": seconds(lambda: read_export(wide)),
            "load, wide": seconds(lambda: load(wide, include_bots=True)),
            "load_answers": seconds(lambda: load_answers(answers)),
        }
    for name, time in times.items():
        print(f"{name:<20} {ROWS:,} rows {time:6.2f} s (target {TARGET:.0f} s)")
    return int(max(times.values()) > TARGET)


if __name__ == "__main__":
    sys.exit(main())
