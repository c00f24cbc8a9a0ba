"""Exports of earlier versions, which do not have the columns that came later."""

import csv
import shutil

import pytest

from analysis import load
from analysis.exports.checks import check
from analysis.exports.participants import load_answers
from analysis.simulation.simulate import simulate
from study.columns import APPS, columns, table


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    simulate("info_source", 24, folder, seed=3)
    return folder


def later():
    """The columns that 1.0.0 did not have, by their bare names."""
    found = {n for app in APPS for n, column in columns(app).items() if column.since}
    return found | {name for name, column in table("answers").items() if column.since}


def without_later_columns(folder):
    for path in folder.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = [name for name in rows[0] if name.rpartition(".")[2] not in later()]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)


def test_they_are_read_without_a_problem(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "exports")
    without_later_columns(folder)
    assert check(whole) == check(folder) == []
    now, then = load(whole, include_bots=True), load(folder, include_bots=True)
    assert {"effort_keys", "baseline_spread", "keys"} <= later()
    assert now["effort_median_ms"].notna().any()
    assert then["effort_median_ms"].isna().all()
    assert load_answers(folder)["keys"].isna().all()
    same = [name for name in now.columns if name not in later()]
    assert now[same].equals(then[same])


def test_their_app_files_are_told_by_their_columns_under_any_name(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "exports")
    without_later_columns(folder)
    (folder / "all_apps_wide.csv").unlink()
    for number, name in enumerate(("intake", "info_source_experiment", "closing")):
        (folder / f"{name}.csv").rename(folder / f"data ({number}).csv")
    assert load(folder, include_bots=True)["arm"].notna().any()
