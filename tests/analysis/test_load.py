"""`load` gives one typed row per participant of the experiments, and counts whom it leaves out."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.exports.cells import DTYPES
from analysis.exports.participants import load, load_answers, load_table
from analysis.simulation.simulate import simulate
from study.finding import study_of

EXPORTS = Path(__file__).with_name("exports")
N = 60
APP = "incentive_experiment"
STUDY = study_of("incentive")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Exports of both experiments, as written; not to be changed."""
    root = tmp_path_factory.mktemp("simulated")
    simulate("info_source", N, root / "info_source", seed=1)
    simulate("incentive", N, root / "incentive", seed=1)
    return root


@pytest.fixture
def folder(simulated, tmp_path):
    """A copy of one experiment's exports, to be changed."""
    return Path(shutil.copytree(simulated / "incentive", tmp_path / "exports"))


def change(path, edit):
    """Rewrite a file after ``edit(row)`` has changed each row, given as a dictionary."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows = [row for row in rows if edit(row) is not False]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def same(a, b, without=()):
    """Whether two frames hold the same participants with the same values."""
    keep = [name for name in a.columns if name not in without]
    a, b = (f[keep].sort_values("participant_code").reset_index(drop=True) for f in (a, b))
    a.attrs, b.attrs = {}, {}
    pd.testing.assert_frame_equal(a, b)


def test_one_typed_row_per_participant(simulated):
    frame = load(simulated / "incentive", include_bots=True)
    assert len(frame) == N - frame.attrs["excluded"]["never_started"]
    assert frame["participant_code"].is_unique
    for column in [*STUDY.columns.values(), *STUDY.session_columns.values()]:
        assert frame[column.name].dtype == DTYPES[column.type], column.name
    assert set(frame["experiment"]) == {"incentive"}
    assert frame["simulated"].eq(1).all()
    assert frame["seed"].notna().all()


def test_bots_are_left_out_unless_asked_for(simulated):
    frame = load(simulated / "incentive")
    assert frame.empty
    assert frame.attrs["excluded"]["bot"] == N
    assert len(frame.attrs["excluded_participants"]["bot"]) == N
    assert "arm" in frame.columns


def test_pilot_sessions_are_left_out_like_demo_sessions(tmp_path):
    simulate("incentive", 12, tmp_path, parameters={"pilot": True})
    frame = load(tmp_path, include_bots=True)
    assert frame.empty
    assert frame.attrs["excluded"]["pilot"] == 12
    kept = load(tmp_path, include_bots=True, include_demo=True)
    assert kept["pilot"].eq(1).all()
    assert kept["config_pilot"].eq(1).all()


def test_everyone_left_out_is_counted_once_with_the_reason(folder):
    places = iter(range(N))

    def edit(row):
        place = next(places)
        row["participant._is_bot"] = int(place < 10)
        row["session.is_demo"] = int(place < 5)

    change(folder / "all_apps_wide.csv", edit)
    frame = load(folder / "all_apps_wide.csv")
    excluded = frame.attrs["excluded"]
    assert excluded["demo"] == 5
    assert excluded["bot"] == 5
    assert sum(excluded.values()) + len(frame) == N
    with_demo = load(folder / "all_apps_wide.csv", include_demo=True, include_bots=True)
    assert len(with_demo) + with_demo.attrs["excluded"]["never_started"] == N


def test_places_that_nobody_took_are_counted(simulated):
    frame = load([simulated / "info_source", simulated / "incentive"], include_bots=True)
    nobody = frame.attrs["excluded_participants"]["never_started"]
    assert len(nobody) == 2 * N - len(frame)
    assert len(nobody) > 0
    assert all("/" in name for name in nobody)


def test_wide_alone_per_app_alone_and_both_give_the_same(simulated):
    folder = simulated / "incentive"
    app = folder / f"{APP}.csv"
    wide = load(folder / "all_apps_wide.csv", include_bots=True)
    both = load([folder / "all_apps_wide.csv", app], include_bots=True)
    separate = load(app, include_bots=True)
    same(wide, both)
    config = [name for name in wide.columns if name.startswith("config_")]
    same(wide, separate, without=config)
    assert separate[config].isna().all(axis=None)
    assert separate["experiment"].eq("incentive").all()


def test_renamed_per_app_files_are_known_by_their_columns(folder):
    renamed = (folder / f"{APP}.csv").rename(folder / "download (1).csv")
    wide = load(folder / "all_apps_wide.csv", include_bots=True)
    config = [name for name in wide.columns if name.startswith("config_")]
    same(wide, load(renamed, include_bots=True), without=config)


def test_both_experiments_come_into_one_frame(simulated):
    frame = load([simulated / "info_source", simulated / "incentive"], include_bots=True)
    assert set(frame["experiment"]) == {"info_source", "incentive"}
    assert frame.loc[frame["experiment"] == "info_source", "reward"].isna().all()
    treated = frame["arm"].notna() & (frame["experiment"] == "incentive")
    assert frame.loc[treated, "reward"].notna().all()


def test_what_was_not_measured_is_missing_and_never_zero(simulated):
    frame = load(simulated / "incentive", include_bots=True)
    unassigned = frame[frame["arm"].isna()]
    assert len(unassigned) > 0
    assert unassigned[["effort_correct", "willingness", "voluntary_correct"]].isna().all(axis=None)
    refused = frame[frame["voluntary_accepted"] == 0]
    assert refused["voluntary_correct"].isna().all()


def test_forced_arms_are_kept_and_marked(tmp_path):
    simulate("info_source", 20, tmp_path, parameters={"force_arm": "beneficiary"})
    frame = load(tmp_path, include_bots=True)
    assigned = frame[frame["arm"].notna()]
    assert assigned["arm_forced"].eq(1).all()
    assert assigned["assignment_number"].isna().all()


def test_session_parameters_are_typed(simulated):
    frame = load(simulated / "incentive", include_bots=True)
    assert frame["config_piece_rate"].dtype == "Float64"
    assert frame["config_task_seconds"].dtype == "Int64"
    assert frame["config_arms"].dtype == "string"
    assert frame["config_participation_fee"].eq(5).all()


def test_the_guard_against_formulas_is_undone(folder):
    comments = iter(["'=1+1", "'-5", "'@home", "'\tx", "'tis fine", "it's = 1"] * N)
    change(
        folder / "all_apps_wide.csv",
        lambda row: row.update({f"{APP}.1.player.comment": next(comments)}),
    )
    frame = load(folder / "all_apps_wide.csv", include_bots=True)
    assert {"=1+1", "-5", "@home", "\tx", "'tis fine", "it's = 1"} == set(frame["comment"])


def test_unknown_columns_are_named(folder):
    def edit(row):
        row[f"{APP}.1.player.shoe_size"] = 42
        row["participant.mood"] = "calm"

    change(folder / "all_apps_wide.csv", edit)
    unknown = load(folder / "all_apps_wide.csv").attrs["unknown_columns"]
    assert set(unknown) == {f"{APP}.1.player.shoe_size", "participant.mood"}
    assert load(folder / f"{APP}.csv").attrs["unknown_columns"] == ()


def test_text_where_a_number_belongs_is_refused_with_its_place(folder):
    rows = iter(range(N))
    path = folder / "all_apps_wide.csv"
    name = f"{APP}.1.player.effort_correct"
    change(path, lambda row: row.update({name: "many"} if next(rows) == 4 else {}))
    with pytest.raises(AnalysisError) as refused:
        load(path)
    for part in (str(path), "row 6", name, "'many'", "whole number"):
        assert part in str(refused.value)


@pytest.mark.parametrize("text", ["3.5", "1_000", "nan", "inf", "1e400", "٣"])
def test_a_count_must_be_a_plain_whole_number(folder, text):
    name = f"{APP}.1.player.effort_correct"
    change(folder / "all_apps_wide.csv", lambda row: row.update({name: text}))
    with pytest.raises(AnalysisError, match="effort_correct"):
        load(folder / "all_apps_wide.csv")


def test_a_foreign_project_is_refused_by_naming_its_apps():
    with pytest.raises(AnalysisError, match="trust, survey"):
        load(EXPORTS / "otree6")


def test_participants_of_other_apps_are_left_out_and_counted(folder):
    wide = load([folder / "all_apps_wide.csv", EXPORTS / "otree6"], include_bots=True)
    assert wide.attrs["excluded"]["other_study"] == 4
    assert "trust.1.player.sent" in wide.attrs["unknown_columns"]


def test_answers_are_typed_and_unguarded(folder):
    path = folder / f"{APP}_custom_export.csv"
    change(path, lambda row: row.update(response="'=1+1"))
    answers = load_answers([path, folder / "all_apps_wide.csv"])
    assert list(answers.columns) == [column.name for column in STUDY.tables["answers"].columns]
    assert answers["response"].eq("=1+1").all()
    assert answers["correct"].dtype == "Int64"
    assert answers["shown_at"].dtype == "Float64"


def test_answers_join_participants_by_session_and_participant(simulated):
    folder = simulated / "incentive"
    keys = ["session_code", "participant_code"]
    answers, frame = load_answers(folder), load(folder, include_bots=True)
    joined = answers.merge(frame, on=keys, how="left", validate="m:1")
    assert joined["consent"].eq(1).all()
    main = answers[answers["phase"] == "main"].groupby(keys)["correct"].sum()
    counts = frame.set_index(keys)["effort_correct"].dropna()
    assert main.reindex(counts.index).fillna(0).eq(counts).all()


def test_responses_of_digits_stay_text(simulated):
    assert load_answers(simulated / "incentive")["response"].dtype == "string"


def test_an_answer_that_is_there_twice_with_different_contents_is_refused(folder):
    copy = folder / f"{APP}_custom_export (1).csv"
    shutil.copy(folder / f"{APP}_custom_export.csv", copy)
    assert len(load_answers(folder)) == len(load_answers(folder / f"{APP}_custom_export.csv"))
    change(copy, lambda row: row.update(response="other"))
    with pytest.raises(AnalysisError, match="there twice"):
        load_answers(folder)


def test_tables_of_draws_and_comprehension(simulated):
    draws = load_table(simulated / "incentive", "assignment")
    frame = load(simulated / "incentive", include_bots=True)
    assert len(draws) == frame["arm"].notna().sum()
    assert load_table(simulated / "incentive", "comprehension")["correct"].isin([0, 1]).all()


def test_missing_answers_are_named(simulated):
    with pytest.raises(AnalysisError, match="custom export of answers"):
        load_answers(simulated / "incentive" / "all_apps_wide.csv")
    with pytest.raises(AnalysisError, match="no table 'clicks'"):
        load_table(simulated / "incentive", "clicks")
