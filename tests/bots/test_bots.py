"""What the demo promises, and that bots play through with other parameters.

What the bots check on every page is in `people/bots/`; that every case of every study plays
through, in `tests/conformance/`.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.exports.checks import check
from study.finding import studies
from tests.harness.server import ROOT

CROWD, SEATS = 60, 24  # a session of the demo has 24


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OTREE_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def run(command, folder, **options):
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        **options,
    )


# ---------------------------------------------------------------------- other parameters


VARIANTS = [
    ("incentive", "diligent", {"task": "counting_zeros", "stratify": "baseline"}),
    ("info_source", "nonsense", {"task": "transcription", "practice_items": 20}),
    ("info_source", "diligent", {"practice_items": 0, "voluntary_seconds": 0, "language": "it"}),
    ("incentive", "fails_comprehension", {"language": "it", "arms": "control,reward_beneficiary"}),
    ("incentive", "stops_early", {"force_arm": "reward", "piece_rate": 0.145}),
    ("info_source", "simulated", {"stratify": "baseline", "donation_rate": 0.005}),
]

PLAY_ALL = """
from pathlib import Path
from lab import demo
demo.start_otree()
for number, (experiment, case, parameters) in enumerate({variants!r}):
    demo.play(experiment, 5, f"v{{number}}", case=case, **parameters)
list(demo.export(Path({folder!r})))
"""


def test_bots_play_with_other_tasks_languages_and_parameters(tmp_path):
    program = PLAY_ALL.format(variants=VARIANTS, folder=str(tmp_path))
    done = run([sys.executable, "-c", program], ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    found = check(tmp_path)
    # All that there is to say is that these sessions should not be pooled.
    assert [problem for problem in found if problem.severity != "warning"] == []
    assert sorted(problem.column for problem in found) == sorted(varied())


def varied():
    """The parameters in which the variants of each study differ; previews are never pooled."""
    for study in studies().values():
        sessions = [p for name, _, p in VARIANTS if name == study.name and "force_arm" not in p]
        for name, parameter in study.parameters.items():
            if len({each.get(name, parameter.default) for each in sessions}) > 1:
                yield f"config_{name}"


# -------------------------------------------------------------------------------------- demo


def demo(folder, participants, *options):
    """What the demo said, having written into ``folder``."""
    command = [sys.executable, "-m", "lab.demo", "-n", str(participants), "-o", str(folder)]
    done = run([*command, "--seed", "test", *options], ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """So many simulated participants in each study that they differ."""
    folder = tmp_path_factory.mktemp("simulated")
    demo(folder, CROWD, "--no-report")
    return folder / "exports"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small demo with the same seed, to the report: its folder, and what it said."""
    folder = tmp_path_factory.mktemp("small")
    return folder, demo(folder, SEATS)


@pytest.fixture(scope="module")
def crowd(simulated):
    return analysis.load(simulated, include_bots=True)


def test_the_demo_exports_what_the_data_page_offers_without_problems(simulated):
    names = sorted(re.sub(r"-\d{4}-\d\d-\d\d\.csv$", "", p.name) for p in simulated.iterdir())
    assert names == sorted(
        [
            "PageTimes",
            "all_apps_wide",
            *(study.app for study in studies().values()),
            *(
                f"{study.app}_{function}"
                for study in studies().values()
                for function in study.custom_exports.values()
            ),
        ]
    )
    assert check(simulated) == []


def test_all_simulated_data_say_that_they_are_simulated(simulated):
    [wide] = simulated.glob("all_apps_wide*.csv")
    with wide.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == CROWD * len(studies())
    assert {row["participant._is_bot"] for row in rows} == {"1"}
    assert {row["session.label"] for row in rows} == {"simulated"}
    assert analysis.load(simulated).empty


def test_simulated_participants_differ_as_people_do(crowd):
    done = crowd[crowd["completed"] == 1]
    assert 0.75 < len(done) / (CROWD * len(studies())) < 1
    for outcome in ("baseline_correct", "effort_correct", "willingness", "hours_pledged"):
        assert done[outcome].nunique() >= 8, outcome
    assert 0.1 < done["effort_correct"].std() / done["effort_correct"].mean() < 0.5
    assert done["effort_correct"].corr(done["baseline_correct"]) > 0.5
    assert 0.7 < (done["effort_correct"].sum() / done["effort_attempts"].sum()) < 0.99
    assert 0.2 < done["voluntary_accepted"].mean() < 0.8
    assert done["stopped_early"].sum() > 0
    assert crowd["comprehension_errors"].max() > 0


def test_simulated_participants_stay_away_decline_and_drop_out(crowd):
    everybody = CROWD * len(studies())
    # `load` leaves out who never came.
    assert 0.9 < len(crowd) / everybody < 1
    assert 0 < (crowd["consent"] == 0).sum() / everybody < 0.1
    left = (crowd["consent"] == 1) & crowd["completed"].isna()
    assert 0 < left.sum() / everybody < 0.15
    # Nobody who left was paid; of what came later there are no data (tests/conformance).
    assert crowd.loc[left, "earnings_total"].isna().all()


def test_free_text_of_simulated_participants_cannot_become_a_formula(simulated):
    texts = []
    for path in simulated.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                texts += [v for k, v in row.items() if k.endswith(("comment", "response"))]
    assert any(text.startswith("'=") for text in texts)
    assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)


def test_the_same_seed_lets_the_same_people_do_the_same(crowd, small):
    """Also in a smaller demo: what comes first is the same.

    Codes are oTree's and random, and with them the cards and what is typed; so are the times.
    """
    again = analysis.load(small[0] / "exports", include_bots=True)
    random_or_timed = ("_code", "_at", "_deadline", "_utc", ".file", ".row")
    kept = [c for c in again.columns if not c.endswith(random_or_timed)]
    for experiment in studies():
        theirs = again[again["experiment"] == experiment]
        ours = crowd[crowd["experiment"] == experiment].head(len(theirs))
        assert len(ours) > SEATS / 2
        for column in kept:
            pairs = zip(ours[column].astype(object), theirs[column].astype(object), strict=True)
            # A round's clock runs on for the moment that the bot's own work takes.
            slack = 2 if column.endswith("_seconds") else 0
            assert all(same(a, b, slack) for a, b in pairs), column


def same(a, b, slack):
    if pd.isna(a) or pd.isna(b):
        return pd.isna(a) and pd.isna(b)
    return abs(a - b) <= slack if slack else a == b


def test_the_demo_ends_by_naming_a_report_that_exists(small):
    named = re.fullmatch(r"Open (.+)", small[1].strip().splitlines()[-1])
    assert named is not None
    report = (ROOT / named[1]).read_text("utf-8")
    assert "simulated" in report.lower()


def test_the_demo_says_how_far_it_is(small):
    said = small[1].splitlines()
    for name in studies():
        assert [line for line in said if line.startswith(f"{name}, session 1: {SEATS} ")]
    assert re.fullmatch(r"the report … \d+% done, .+ left", said[len(studies())])


def test_the_demo_does_not_mix_with_other_data(tmp_path):
    (tmp_path / "exports").mkdir()
    other = tmp_path / "exports" / "all_apps_wide-2026-01-01.csv"
    other.write_text("participant.code,session.comment\nabc,\n", "utf-8")
    command = [sys.executable, "-m", "lab.demo", "-n", "2", "-o", str(tmp_path)]
    done = run(command, ROOT)
    assert done.returncode == 2
    assert "Name another folder" in done.stderr
    assert other.exists()
