"""Exports of 1.0.0, made with it and frozen: three apps, and without the columns of later ones."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis import difference_in_means, lin, load
from analysis.exports.checks import check
from analysis.exports.derived import add_derived
from analysis.exports.participants import load_answers
from analysis.simulation.simulate import simulate
from study.finding import study_of

FROZEN = Path(__file__).with_name("exports") / "coproduction_1_0"
ESTIMATORS = {
    "difference_in_means": lambda data, outcome: difference_in_means(
        data, outcome, "arm", "control"
    ),
    "lin": lambda data, outcome: lin(data, outcome, "arm", "control", ["baseline_correct", "psm"]),
}

each = pytest.mark.parametrize("experiment", ["info_source", "incentive"])


@each
def test_load_gives_the_table_that_it_gave(experiment):
    now = load(FROZEN / experiment, include_bots=True)
    then = pd.read_csv(FROZEN / f"{experiment}_table.csv", float_precision="round_trip")
    assert now.attrs["unknown_columns"] == ()
    for name in then.columns:
        own = now[name].astype(object).where(now[name].notna(), None).tolist()
        before = then[name].astype(object).where(then[name].notna(), None).tolist()
        assert own == before, name


@each
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("outcome", ["willingness", "effort_correct"])
def test_estimates_are_the_numbers_that_they_were(experiment, estimator, outcome):
    # Not the p-values: degrees of freedom follow a better rule since.

    frozen = json.loads((FROZEN / f"{experiment}_estimates.json").read_text("utf-8"))
    data = add_derived(load(FROZEN / experiment, include_bots=True))
    now = ESTIMATORS[estimator](data, outcome).to_dict("records")
    for own, before in zip(now, frozen[outcome][estimator], strict=True):
        for name in ("estimate", "std_error"):
            assert own[name] == pytest.approx(before[name], rel=1e-9), (own["term"], name)
        assert (own["term"], own["n"]) == (before["term"], before["n"])


@each
def test_they_are_checked_without_a_problem(experiment):
    assert check(FROZEN / experiment) == []
    assert load_answers(FROZEN / experiment)["keys"].isna().all()


@each
def test_columns_that_came_later_are_empty(experiment):
    frame = load(FROZEN / experiment, include_bots=True)
    later = {name for name, column in study_of(experiment).columns.items() if column.since}
    assert {"knowledge_1", "message_version", "effort_keys"} <= later
    assert frame[[*later, "pilot", "words"]].isna().all(axis=None)
    assert frame["income"].notna().any()


@each
def test_app_files_under_any_name_are_told_by_their_columns(tmp_path, experiment):
    app = study_of(experiment).app
    for number, name in enumerate(("intake", app, "closing")):
        shutil.copy(FROZEN / experiment / f"{name}.csv", tmp_path / f"data ({number}).csv")
    frame = load(tmp_path, include_bots=True)
    whole = load(FROZEN / experiment, include_bots=True)
    assert frame["experiment"].eq(experiment).all()
    for name in ("psm_1", "arm", "donation", "completed"):
        assert frame[name].equals(whole[name]), name


@each
def test_they_are_read_together_with_exports_of_today(tmp_path, experiment):
    simulate(experiment, 12, tmp_path, seed="today")
    earlier, now = (load(path, include_bots=True) for path in (FROZEN / experiment, tmp_path))
    both = load([FROZEN / experiment, tmp_path], include_bots=True)
    assert len(both) == len(earlier) + len(now)
    for part in (earlier, now):
        own = both[both["session_code"].isin(part["session_code"])].reset_index(drop=True)
        for name in ("psm_1", "arm", "effort_correct", "donation", "seed", "knowledge_1"):
            assert own[name].equals(part[name]), name
    assert [p for p in check([FROZEN / experiment, tmp_path]) if p.severity == "error"] == []
