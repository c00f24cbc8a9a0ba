"""How fast the randomization tests of a whole report are, against version 1.0.0 in the same run.

    python -m benchmarks.randomization_inference [--quick]

10,000 draws for the rows that 1.0.0 planned (five outcomes and three comparisons in experiment 1;
six and five in experiment 2, of which 1.0.0 tested four), on simulated participants, 300 and 2,000
in each experiment. Processor seconds of all threads, so that other work on the computer does not
count; the best of three for ours. 1.0.0's code is taken from the repository's history into a
temporary folder; without history the comparison is left out, which is said.

Targets: 5 times as fast as 1.0.0 at 300 participants and 2 times at 2,000. Beside them stands the
cost per row and draw (a compiled loop would take about 11 ns). ``--quick`` takes a fifth of the
draws, and 300 participants alone. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from analysis import load
from analysis.exports.derived import BLOCK, add_derived
from analysis.inference.randomization import randomize
from analysis.inference.sample import prepare
from analysis.simulation.simulate import simulate

VERSION = "11c9891"
"""The last commit of 1.0.0."""

TARGETS = {300: 5.0, 2_000: 2.0}
COMMON = ["willingness", "hours_pledged", "voluntary_accepted", "effort_correct", "effort_seconds"]
ROWS = {
    "info_source": (COMMON, [[-1, 0, 1], [-1, 1, 0], [0, -1, 1]]),
    "incentive": (
        [*COMMON, "voluntary_cards"],
        [[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1], [0, 0, -1, 1], [1, -1, -1, 1]],
    ),
}
ARMS = {
    "info_source": ["control", "organisation", "beneficiary"],
    "incentive": ["control", "reward", "beneficiary", "reward_beneficiary"],
}

OLD = """
import json, sys
from dataclasses import replace
from time import process_time
import pandas as pd
from analysis.derived import add_derived
from analysis.participants import load
from analysis.plan import load_plan
from analysis.report import estimates as planned_estimates

plan = replace(load_plan(), draws=int(sys.argv[1]))
spent = {"tests": 0.0, "families": 0.0}
for folder in sys.argv[2:]:
    data = add_derived(load(folder, include_bots=True))
    data = data[data["arm"].notna()].reset_index(drop=True)
    planned = plan.experiments[data["experiment"].iloc[0]]
    notes = planned_estimates.Notes()
    for family in planned.families:
        frame = pd.DataFrame([
            planned_estimates._row(data, planned, plan, family, outcome, hypothesis, notes)
            for outcome in family.outcomes for hypothesis in planned.hypotheses
        ])
        start = process_time()
        frame["p_randomization"] = planned_estimates._randomization(data, plan, frame, notes)
        middle = process_time()
        planned_estimates._adjusted(data, plan, family, frame, notes)
        spent["tests"] += middle - start
        spent["families"] += process_time() - middle
print(json.dumps(spent))
"""


def earlier(target: Path) -> bool:
    """1.0.0's analysis in ``target``, from the history; False if there is none."""
    root = Path(__file__).parents[1]
    archive = subprocess.run(
        ["git", "archive", VERSION, "analysis", "study", "effort_task", "content"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        return False
    target.mkdir()
    subprocess.run(["tar", "-x"], cwd=target, input=archive.stdout, check=True)
    return True


def of_1_0_0(code: Path, folders: list[Path], draws: int) -> dict[str, float]:
    """Processor seconds of its randomization tests and of its families."""
    run = subprocess.run(
        [sys.executable, "-c", OLD, str(draws), *map(str, folders)],
        cwd=code,
        env=os.environ | {"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(run.stdout))


def ours(folders: list[Path], draws: int) -> tuple[float, float]:
    """Processor seconds of all randomization tests, and nanoseconds per row and draw."""
    spent, cells = 0.0, 0
    for folder in folders:
        data = add_derived(load(folder, include_bots=True))
        data = data[data["arm"].notna()]
        experiment = data["experiment"].iloc[0]
        outcomes, weights = ROWS[experiment]
        start = process_time()
        # Outcomes that the same people have are tested at once, as the planned table does.
        patterns: dict[bytes, list[str]] = {}
        for outcome in outcomes:
            patterns.setdefault(data[outcome].notna().to_numpy().tobytes(), []).append(outcome)
        for names in patterns.values():
            sample = prepare(
                data,
                names,
                "arm",
                covariates=["baseline_correct", "psm"],
                sessions="session_code",
                blocks=BLOCK,
            )
            order = [ARMS[experiment].index(label) for label in sample.labels]
            rows = np.array(weights, dtype=float)[:, order]
            randomize(sample.outcomes, sample.model, sample.blocks, rows, draws, 1)
            cells += sample.size * draws
        spent += process_time() - start
    return spent, 1e9 * spent / cells


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    draws = 2_000 if quick else 10_000
    missed = False
    with TemporaryDirectory() as name:
        code = Path(name) / "earlier"
        known = earlier(code)
        if not known:
            print(f"The history has no {VERSION}, so there is no comparison with 1.0.0.")
        for n, target in TARGETS.items():
            if quick and n > 300:
                continue
            folders = [Path(name) / f"{experiment} {n}" for experiment in ROWS]
            for experiment, folder in zip(ROWS, folders, strict=True):
                simulate(experiment, n, folder, seed="speed")
            ours(folders, 99)
            spent, cost = min(ours(folders, draws) for _ in range(3))
            print(f"n = 2 × {n:,}, {draws:,} draws: {spent:.2f} s, {cost:.0f} ns per row and draw")
            if known:
                before = of_1_0_0(code, folders, draws)
                ratio = before["tests"] / spent
                print(
                    f"    1.0.0: {before['tests']:.2f} s, ratio {ratio:.1f} (target {target:g}); "
                    f"its permuted families {before['families']:.2f} s more"
                )
                missed |= ratio < target
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
