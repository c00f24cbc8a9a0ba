"""Is the published pattern won where it is true, and contradicted where a reward matters?

    python -m benchmarks.published_pattern [--seeds 100] [--jobs 2]

Simulated members of a panel (`motivation_survey/people.py`): public service motivation goes with
willingness; rewards, consultation, education and income do exactly nothing. Of each simulated
survey the first 1,297 who answered are analysed as planned. Then the same with 0.65 points on
money alone. The seeds are the numbers from 1. Exits with 1 if one of these is missed: with nothing
planted the pattern is won in at least 70 of 100; with a reward that matters it is never won, and
contradicted in at least 85.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

from joblib import Parallel, delayed

from analysis import estimate, load
from analysis.planned.patterns import judge
from analysis.planned.plan import plans
from analysis.simulation.simulate import simulate

STUDY, OUTCOME = "motivation", "willingness"
INVITED = 1_560
"""So many that 1,297 answer although some decline, do not belong, or leave."""

PLAN = plans()[STUDY]
POINTS = 0.65
SCENARIOS: dict[str, dict[str, float]] = {
    "nothing": {},
    f"{POINTS} points on money": {f"{OUTCOME}.money": POINTS / PLAN.outcomes[OUTCOME].expected_sd},
}


def survey(seed: int, effects: Mapping[str, float]) -> tuple[str, tuple[str, ...], float]:
    """The verdict on the pattern in one simulated survey, what it rests on, and M3's estimate.

    It rests on the parts that do not hold, or on those that contradict it.
    """
    with TemporaryDirectory() as folder:
        simulate(STUDY, INVITED, Path(folder), effects=effects, seed=f"pattern {seed}", sessions=1)
        data = load(folder, include_bots=True)
    answered = data[data["arm"].notna() & data[OUTCOME].notna()]
    first = answered.sort_values("assignment_number").head(PLAN.size)
    if len(first) < PLAN.size:
        raise RuntimeError(f"{len(first)} people answered; raise INVITED.")
    # Secondary outcomes and randomization tests take no part in it.
    table = estimate(first, replace(PLAN, families=PLAN.first, draws=99))
    [judged] = judge(table, PLAN)
    against = [shown.part.hypothesis for shown in judged.contradicted if shown.holds]
    lacking = [shown.part.hypothesis for shown in judged.won if not shown.holds]
    found = table[(table["hypothesis"] == "M3") & (table["outcome"] == OUTCOME)]
    return judged.verdict, tuple(against or lacking), float(found["estimate"].iloc[0])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    shares: dict[str, Counter[str]] = {}
    for name, effects in SCENARIOS.items():
        runs = (delayed(survey)(seed, effects) for seed in range(1, options.seeds + 1))
        found = Parallel(n_jobs=options.jobs)(runs)
        shares[name] = Counter(verdict for verdict, _, _ in found)
        said = ", ".join(
            f"{verdict} {_share(shares[name][verdict], len(found))}"
            for verdict in ("won", "contradicted", "undecided")
        )
        print(f"{name}: {said}")
        print(f"  M3 in the mean {sum(each for _, _, each in found) / len(found):.3f} points")
        why = Counter((verdict, part) for verdict, parts, _ in found for part in parts)
        for (verdict, part), count in sorted(why.items()):
            print(f"  {verdict}, by {part}: {count}")
    nothing, reward = shares.values()
    targets = {
        "nothing planted: won in at least 70%": nothing["won"] >= 0.70 * options.seeds,
        "a reward planted: never won": reward["won"] == 0,
        "a reward planted: contradicted in at least 85%": reward["contradicted"]
        >= 0.85 * options.seeds,
    }
    for target, reached in targets.items():
        print(f"{target}: {'reached' if reached else 'missed'}")
    return 0 if all(targets.values()) else 1


def _share(count: int, of: int) -> str:
    """A count with the Monte-Carlo standard error of its share, in points of 100."""
    near = (count + 2) / (of + 4)
    return f"{count} of {of} (± {100 * sqrt(near * (1 - near) / of):.1f})"


if __name__ == "__main__":
    sys.exit(main())
