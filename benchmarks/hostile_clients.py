"""How long does anybody wait for an answer while somebody else is hostile?

    python -m benchmarks.hostile_clients [--databases sqlite] [--seconds 8]

24 people answer a card every 0.7 s and 4 post pages. Meanwhile, one after the other: posts without
their body, bodies that come a byte at a time, sockets that never read, forms of 400,000 fields,
bodies of 60 MB, a Content-Type with 50 backslashes, frames of 16 MB, and 300 people who reload at
once.

Target: nobody waits for an acknowledgement more than 1 s longer than they would otherwise; nothing
is lost, and no request makes a traceback. How long pages took is shown too: answers go first.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys

from tabulate import tabulate

from benchmarks.servers import DATABASES, allow_many_files, serving, verdict
from tests.harness.load import trials
from tests.harness.load.hostile import CLIENTS
from tests.harness.load.scene import Measured, Scene

WORKERS, POSTERS, EVERY = 24, 4, 0.7
MOST_SECONDS = 1.0


async def meet(database: str, seconds: float) -> list[str]:
    """Meet every hostile client; what was missed."""
    rows, failures = [], []
    with serving(database) as server:
        scene = Scene(server, workers=WORKERS, posters=POSTERS, every=EVERY, large=10)
        await scene.set_up()
        usual = await scene.phase([], seconds, "nobody")
        rows.append([*usual.row(), 1000 * usual.lag])
        async for measured in trials.meet_hostile_clients(scene, CLIENTS, seconds):
            rows.append([*measured.row(), 1000 * measured.lag])
            failures += [
                f"{database}, {measured.name}: {miss}" for miss in missed(usual, measured)
            ]
            print(tabulate([rows[-1]], floatfmt=".0f", tablefmt="plain"), flush=True)
        failures += [f"{database}, at the end: {problem}" for problem in await scene.finish()]
    print(f"\n{database}")
    print(tabulate(rows, [*Measured.HEADERS, "own lag"], floatfmt=".0f"), flush=True)
    return failures


def missed(usual: Measured, measured: Measured) -> list[str]:
    """Whose answer waited too long, and what went wrong."""
    found = [str(problem) for problem in measured.problems]
    more = measured.acknowledgements.longest - usual.acknowledgements.longest
    if more > MOST_SECONDS:
        found.append(f"an answer took {more:.1f} s longer")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each hostile client")
    options = parser.parse_args()
    allow_many_files()
    gc.disable()  # this process must not keep people waiting
    failures: list[str] = []
    for database in options.databases:
        failures += asyncio.run(meet(database, options.seconds))
    return verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
