"""Is anything lost, and how long does anybody wait, while the experimenter does what they do?

    python -m benchmarks.whatever_the_experimenter_does [--databases sqlite] [--seconds 40]
        [--loops exports "Data tab" ...] [--together] [--trials]

24 people answer a card every 0.7 s and 4 post pages, with a session of 1,500 places in the same
database, while the experimenter does one thing in a loop, then all of them at once. After each
stretch an oracle compares acknowledgements, rows, counters, posts, pay, sessions and exports; in
the end everybody goes on to the last page. Then twenty kills in the middle of creations, ten while
people answer, and 5,000 openings of the Monitor beside pages.

Targets: no problem of any kind; p95 of acknowledgements within 150 ms and of pages within 300 ms,
the largest of either within 1.5 s.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys

from tabulate import tabulate

from benchmarks.servers import DATABASES, serving, verdict
from tests.harness.load import oracle, trials
from tests.harness.load.experimenter import LOOPS
from tests.harness.load.scene import Measured, Scene

WORKERS, POSTERS, EVERY = 24, 4, 0.7
ANSWERS_P95, PAGES_P95, LONGEST = 150.0, 300.0, 1500.0
KILLS_WHILE_CREATING, KILLS_WHILE_ANSWERING, OPENINGS = 20, 10, 5000


async def stretches(database: str, loops: list[str], seconds: float, alone: bool) -> list[str]:
    """Every loop alone, then all together; what was missed."""
    rows, failures = [], []
    with serving(database) as server:
        scene = Scene(server, workers=WORKERS, posters=POSTERS, every=EVERY)
        await scene.set_up()
        plan = [[]] + [[name] for name in loops] if alone else []
        for names in [*plan, loops]:
            title = "all together" if len(names) > 1 else ""
            measured = await scene.phase(names, seconds, title)
            rows.append([*measured.row(), 1000 * measured.lag])
            failures += [f"{database}, {measured.name}: {miss}" for miss in missed(measured)]
            print(tabulate([rows[-1]], floatfmt=".0f", tablefmt="plain"), flush=True)
            if scene.frozen:
                break
        problems = await scene.finish()
        failures += [f"{database}, at the end: {problem}" for problem in problems]
        record, deeds = scene.record, scene.deeds
        print(f"\n{database}: {record.acknowledged} acknowledged answers, {record.posted} pages,")
        print(f"{len(deeds.announced)} sessions created, {len(deeds.deleted)} deleted;", end=" ")
        print(f"numbers that went back: {record.went_back}; broken connections: {record.broken}\n")
        print(tabulate(rows, [*Measured.HEADERS, "own lag"], floatfmt=".0f"), flush=True)
    return failures


def missed(measured: Measured) -> list[str]:
    """The targets that a stretch missed."""
    found = [str(problem) for problem in measured.problems]
    waits = {"acknowledgements": measured.acknowledgements, "pages": measured.pages}
    for (name, each), most in zip(waits.items(), (ANSWERS_P95, PAGES_P95), strict=True):
        _, _, p95, longest = each.row()
        if p95 > most:
            found.append(f"p95 of {name} {p95:.0f} ms, at most {most:.0f}")
        if longest > LONGEST:
            found.append(f"longest of {name} {longest:.0f} ms, at most {LONGEST:.0f}")
    return found


async def hard_times(database: str) -> list[str]:
    """Kills and monitors; what went wrong."""
    failures = []
    with serving(database) as server:
        problems = await trials.kills_while_creating(server, KILLS_WHILE_CREATING)
        print(f"{database}: {KILLS_WHILE_CREATING} kills while creating:", said(problems))
        failures += [f"{database}, kills while creating: {problem}" for problem in problems]
    with serving(database) as server:
        scene, problems = await trials.kills_while_answering(
            server, KILLS_WHILE_ANSWERING, workers=WORKERS, posters=POSTERS
        )
        print(f"{database}: {KILLS_WHILE_ANSWERING} kills while answering,", end=" ")
        print(f"{scene.record.acknowledged} acknowledged answers:", said(problems))
        failures += [f"{database}, kills while answering: {problem}" for problem in problems]
    with serving(database) as server:
        opened = await trials.monitor_openings(server, OPENINGS)
        print(f"{database}: {opened.monitors} monitors beside {len(opened.pages)} pages:", end=" ")
        print(said(opened.problems))
        failures += [f"{database}, monitors: {problem}" for problem in opened.problems]
    return failures


def said(problems: list[oracle.Problem]) -> str:
    return oracle.summary(problems) or "nothing lost, nothing half"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    parser.add_argument("--seconds", type=float, default=40.0, help="of each stretch")
    parser.add_argument("--loops", nargs="+", default=list(LOOPS), choices=list(LOOPS))
    parser.add_argument("--together", action="store_true", help="only all loops at once")
    parser.add_argument("--trials", action="store_true", help="only the kills and monitors")
    options = parser.parse_args()
    gc.disable()  # this process must not keep people waiting
    failures: list[str] = []
    for database in options.databases:
        if not options.trials:
            failures += asyncio.run(
                stretches(database, options.loops, options.seconds, not options.together)
            )
        if options.trials or not options.together:
            failures += asyncio.run(hard_times(database))
    return verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
