"""Bots on the real pages: every case plays through, and the exporter writes of the same people.

What the bots check on every page is in `people/bots/`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.exports.checks import check
from people.assumptions import people_of
from people.bots.cases import CASES
from people.exports import config_of, write
from people.session import Session
from steps.comprehension import OPTIONS, Comprehension
from steps.consent import Consent
from steps.round import OfferedRound, Round
from study.columns import items
from tests.harness.server import link_project

SEATS = 6


@pytest.fixture(scope="session")
def exports(study, tmp_path_factory):
    """All cases of a study, played by oTree's own command."""
    folder = tmp_path_factory.mktemp(study.name)
    link_project(folder)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OTREE_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["otree", "test", study.name, str(SEATS), "--export=exports"],
        cwd=folder,
        env=kept | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    sessions = re.findall(r"Creating '(\w+)' session \(test case (\d+)\)", done.stderr)
    assert sessions == [(study.name, str(number)) for number in range(len(CASES))]
    return folder / "exports"


@pytest.fixture(scope="session")
def cases(exports):
    """What the export says of each case."""
    data = analysis.load(exports, include_bots=True)
    codes = list(dict.fromkeys(data["session_code"]))
    return {c: data[data["session_code"] == code] for c, code in zip(CASES, codes, strict=True)}


def test_every_case_plays_through_and_its_export_has_no_problems(study, exports):
    """Promises 5 and 6."""
    assert check(exports) == []


def timed(study, kind=Round):
    return [step for step in study.of_type(kind) if step.timed]


def test_whoever_does_all_that_is_asked_reaches_the_end(study, cases):
    """Promise 5."""
    done = cases["diligent"]
    assert (done["completed"] == 1).all()
    for step in timed(study):
        assert (done[f"{step.name}_correct"] == done[f"{step.name}_attempts"]).all()
        assert (done[f"{step.name}_correct"] > 3).all()
        assert not step.stopped or (done[step.stopped] == 0).all()


def test_a_measured_zero_is_a_zero(study, cases):
    """Promise 7."""
    idle = cases["idle"]
    for step in timed(study):
        assert (idle[f"{step.name}_attempts"] == 0).all()
        assert (idle[f"{step.name}_seconds"] == step.seconds).all()
    if study.pay is not None:
        assert (idle["donation"] == 0).all()


def test_whoever_stops_early_is_known_to(study, cases):
    """Promise 5."""
    stopped = cases["stops_early"]
    for step in timed(study):
        if step.stopped:
            assert (stopped[step.stopped] == 1).all()
            assert (
                stopped[f"{step.name}_seconds"]
                .between(0.35 * step.seconds, 0.45 * step.seconds)
                .all()
            )


def test_whoever_declines_leaves_nothing_but_that(study, cases):
    """Promise 7."""
    declined = cases["refuses_consent"]
    for consent in study.of_type(Consent):
        assert (declined[consent.name] == 0).all()
        behind = study.once[study.once.index(consent) + 1 :]
        later = [column.name for step in behind for column in step.columns(study)]
        assert declined[[*later, "completed"]].isna().all(axis=None)


def test_whoever_refuses_an_offer_has_nothing_of_it(study, cases):
    """Promise 7."""
    unwilling = cases["refuses_voluntary"]
    for step in timed(study, OfferedRound):
        assert (unwilling[step.accepted] == 0).all()
        assert unwilling[[c.name for c in step.columns(study)]].isna().all(axis=None)


def test_every_wrong_answer_is_counted(study, cases):
    """Promise 5."""
    for step in study.of_type(Comprehension):
        wrong = len(step.solutions) * (len(OPTIONS) - 1) + 1
        assert (cases["fails_comprehension"][f"{step.name}_errors"] == wrong).all()


def test_nonsense_brings_nothing(study, cases):
    """Promises 5 and 12."""
    nonsense = cases["nonsense"]
    for step in timed(study):
        assert (nonsense[f"{step.name}_attempts"] > 3).all()
        assert (nonsense[f"{step.name}_correct"] == 0).all()
    if study.pay is not None:
        assert (nonsense["donation"] == 0).all()


def test_the_exporter_writes_what_bots_do(study, cases, tmp_path):
    """Promise 13. The same people in the same arms, on the real pages and simulated."""
    bots = cases["simulated"].set_index("id_in_session")
    seed = bots["seed"].iloc[0]
    config = config_of(study, {"seed": seed})
    session = Session(study, config, people_of(study), seed="", number=0, size=SEATS)
    # They come one after the other, in the order in which the bots were drawn.
    order = bots["assignment_number"].astype("Float64").fillna(SEATS + 1)
    for seat in session.seats:
        case = CASES["simulated"]
        seat.person = case(seed, seat.number, people=people_of(study))
        seat.clock += 1e6 * float(order.get(seat.number, SEATS + 1))
    list(write([session.hold()], tmp_path))
    simulated = analysis.load(tmp_path, include_bots=True).set_index("id_in_session")
    measured = [name for name, column in study.columns.items() if not by_the_clock(column)]
    stayed_away = bots.drop(simulated.index)  # oTree opens the first page for them
    assert stayed_away[measured].isna().all(axis=None)
    came = bots.loc[simulated.index]
    assert [name for name in measured if not simulated[name].equals(came[name])] == []


def by_the_clock(column):
    """Whether a column holds what a clock said, which is another one in the simulation."""
    return column.type == "timestamp" or column.unit in ("seconds", "milliseconds")


def test_means_are_those_of_their_answers(study, cases):
    """Promise 13. By arithmetic of its own: server and exporter share one rule."""
    everyone = pd.concat(cases.values())
    for name in study.columns:
        count = sum(re.fullmatch(rf"{name}_\d+", other) is not None for other in study.columns)
        if count:
            answers = everyone[items(name, count)].astype("Float64")
            expected = answers.sum(axis=1, skipna=False) / count
            pd.testing.assert_series_equal(everyone[name], expected, check_names=False)
