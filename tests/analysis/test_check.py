"""`check` finds what is wrong with an export, says where, and finds nothing in a whole one."""

import csv
import shutil
from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.exports.checks import ERROR, MANY, WARNING, check
from analysis.simulation.simulate import simulate

EXPORTS = Path(__file__).with_name("exports")
APP = "incentive_experiment"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    simulate("incentive", 72, folder, seed=2, parameters={"stratify": "baseline"})
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "exports"))


class Table:
    """A CSV file whose rows are changed as dictionaries."""

    def __init__(self, path):
        self.path = path
        with path.open(newline="", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))

    def save(self):
        with self.path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)

    def row_of(self, row):
        return self.rows.index(row) + 2


@pytest.fixture
def wide(folder):
    """The wide file alone, so that a change is not contradicted by the other files."""
    (folder / f"{APP}.csv").unlink()
    return Table(folder / "all_apps_wide.csv")


def complete(wide, **conditions):
    """The first participant who completed and for whom the experiment's columns are as given."""
    return next(
        row
        for row in wide.rows
        if row[f"{APP}.1.player.completed"] == "1"
        and all(row[f"{APP}.1.player.{name}"] == value for name, value in conditions.items())
    )


def found(wide, row, column, *parts):
    """Save, check, and expect a problem in that cell."""
    wide.save()
    problems = check(wide.path.parent)
    place = (str(wide.path), wide.row_of(row), column)
    here = [p for p in problems if (p.file, p.row, p.column) == place]
    assert here, [str(p) for p in problems]
    for part in parts:
        assert any(part in p.message for p in here), [p.message for p in here]


@pytest.mark.parametrize("experiment", ["info_source", "incentive"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"stratify": "baseline", "voluntary_seconds": 0, "practice_items": 0},
        {"arms": "control,beneficiary", "piece_rate": 0.145, "donation_rate": 0.333},
        {"force_arm": "beneficiary", "task": "counting_zeros"},
    ],
)
def test_a_whole_export_has_no_problems(tmp_path, experiment, parameters):
    simulate(experiment, 40, tmp_path, seed=5, parameters=parameters)
    assert check(tmp_path) == []


@pytest.mark.parametrize("kept", ["all_apps_wide.csv", "*_experiment.csv"])
def test_wide_alone_and_per_app_alone_are_whole(folder, kept):
    paths = [path for pattern in kept.split() for path in folder.glob(pattern)]
    assert check(paths) == []


def test_every_broken_file_is_listed_not_only_the_first(folder):
    (folder / f"{APP}.csv").write_bytes((folder / f"{APP}.csv").read_bytes()[:-30])
    (folder / "closing.csv").write_bytes(b"")
    problems = check(folder)
    assert {Path(p.file).name for p in problems} == {f"{APP}.csv", "closing.csv"}
    assert all(p.severity == ERROR for p in problems)


def test_a_missing_line_break_at_the_end_is_a_warning(folder):
    path = folder / "all_apps_wide.csv"
    path.write_bytes(path.read_bytes().rstrip(b"\r\n"))
    assert [p.severity for p in check(path)] == [WARNING]


def test_a_foreign_project_is_a_problem():
    [problem] = check(EXPORTS / "otree6")
    assert "trust, survey" in str(problem)


def test_a_path_that_does_not_exist_is_an_error():
    with pytest.raises(AnalysisError, match="nowhere"):
        check("nowhere")


def test_a_missing_column_is_named(wide):
    for row in wide.rows:
        del row[f"{APP}.1.player.effort_correct"]
    wide.save()
    assert any(p.column == "effort_correct" and "must have" in p.message for p in check(wide.path))


def test_a_missing_app_is_named():
    earlier = EXPORTS / "coproduction_1_0" / "incentive"
    problems = check([earlier / "intake.csv", earlier / f"{APP}.csv"])
    assert any("no columns of the app closing" in p.message for p in problems)
    problems = check([earlier / "intake.csv", earlier / "closing.csv"])
    assert any(f"none of the apps {APP}" in p.message for p in problems)


def test_contradicting_files_are_a_problem(folder):
    table = Table(folder / f"{APP}.csv")
    table.rows[0]["player.psm_1"] = "9"
    table.save()
    [problem] = check(folder)
    assert problem.column == "player.psm_1"


@pytest.mark.parametrize(
    ("column", "value", "part"),
    [
        (f"{APP}.1.player.psm_3", "6", "1 to 5"),
        (f"{APP}.1.player.psm_3", "often", "whole number"),
        (f"{APP}.1.player.consent", "2", "0 or 1"),
        (f"{APP}.1.player.hours_pledged", "41", "0 to 40"),
        (f"{APP}.1.player.arm", "organisation", "must be one of control, reward"),
        (f"{APP}.1.player.arm", "placebo", "one of"),
        (f"{APP}.1.player.effort_seconds", "301.5", "lasts 300"),
        (f"{APP}.1.player.effort_seconds", "-1", "from 0"),
        (f"{APP}.1.player.gender", "robot", "one of woman"),
        (f"{APP}.1.player.comment", "x" * 2001, "at most 2000"),
        (f"{APP}.1.player.completed", "0", "must be 1, or empty"),
    ],
)
def test_a_value_that_cannot_be(wide, column, value, part):
    row = complete(wide)
    row[column] = value
    found(wide, row, column, part)


def test_many_problems_of_one_column_are_summed_up(wide):
    for row in wide.rows:
        if row[f"{APP}.1.player.psm_1"]:
            row[f"{APP}.1.player.psm_1"] = "9"
    wide.save()
    problems = [p for p in check(wide.path) if "psm_1" in (p.column or "")]
    assert len(problems) == MANY + 1
    assert "more rows" in problems[-1].message


def test_earnings_that_do_not_add_up(wide):
    row = complete(wide, arm="reward")
    row[f"{APP}.1.player.earnings_total"] = "99.0"
    found(wide, row, f"{APP}.1.player.earnings_total", "must add up")


def test_piece_pay_that_is_not_rate_times_cards(wide):
    row = complete(wide, arm="reward")
    row[f"{APP}.1.player.earnings_piece"] = "1.23"
    found(wide, row, f"{APP}.1.player.earnings_piece", "cards and rates give")


def test_piece_pay_without_reward(wide):
    row = complete(wide, arm="beneficiary")
    row[f"{APP}.1.player.earnings_piece"] = "3.0"
    row[f"{APP}.1.player.earnings_total"] = "8.0"
    found(wide, row, f"{APP}.1.player.earnings_piece", "give 0")


def test_a_donation_that_leaves_a_round_out(wide):
    row = complete(wide, voluntary_accepted="1")
    main = int(row[f"{APP}.1.player.effort_correct"])
    row[f"{APP}.1.player.donation"] = str(round(0.02 * main, 2))
    found(wide, row, f"{APP}.1.player.donation", "cards and rates give")


def test_otree_paying_something_else(wide):
    row = complete(wide, arm="reward")
    row["participant.payoff"] = "0.5"
    found(wide, row, "participant.payoff", "piece pay")


def test_factors_that_do_not_go_with_the_arm(wide):
    row = complete(wide, arm="reward")
    row[f"{APP}.1.player.reward"] = "0"
    row[f"{APP}.1.player.beneficiary"] = ""
    found(wide, row, f"{APP}.1.player.reward", "does not go with arm 'reward'")
    found(wide, row, f"{APP}.1.player.beneficiary", "empty")


def test_levels_that_do_not_go_with_the_arm(tmp_path):
    simulate("motivation", 60, tmp_path, seed="l", sessions=1)
    (tmp_path / "motivation_survey.csv").unlink()
    table = Table(tmp_path / "all_apps_wide.csv")
    player = "motivation_survey.1.player"
    assert not check(tmp_path)
    row = next(row for row in table.rows if row[f"{player}.arm"] == "money_office")
    row[f"{player}.reward_kind"], row[f"{player}.consulted"] = "none", "1"
    table.save()
    columns = {p.column for p in check(tmp_path) if "does not go with arm" in p.message}
    assert columns == {f"{player}.reward_kind", f"{player}.consulted"}


def test_willingness_that_is_not_the_mean_of_its_items(wide):
    row = complete(wide)
    row[f"{APP}.1.player.willingness"] = "1.1"
    found(wide, row, f"{APP}.1.player.willingness", "not the mean")
    row[f"{APP}.1.player.willingness"] = ""
    found(wide, row, f"{APP}.1.player.willingness", "empty")


def test_more_correct_than_answered(wide):
    row = complete(wide)
    row[f"{APP}.1.player.effort_attempts"] = "1"
    found(wide, row, f"{APP}.1.player.effort_correct", "more than 1")


def test_counts_that_the_answers_contradict(wide):
    row = complete(wide)
    row[f"{APP}.1.player.baseline_attempts"] = "55"
    found(wide, row, f"{APP}.1.player.baseline_attempts", "such answers of phase baseline")


def test_late_answers_do_not_count(wide, folder):
    table = Table(folder / f"{APP}_custom_export.csv")
    late = next(row for row in table.rows if row["correct"] == "1" and row["phase"] == "main")
    late["correct"], late["late"] = "", "1"
    table.save()
    code = late["participant_code"]
    row = next(row for row in wide.rows if row["participant.code"] == code)
    found(wide, row, f"{APP}.1.player.effort_attempts", "such answers of phase main")


def test_only_late_answers_may_lack_a_verdict(folder, wide):
    table = Table(folder / f"{APP}_custom_export.csv")
    table.rows[0]["correct"], table.rows[0]["late"] = "", "0"
    table.save()
    assert any(p.row == 2 and p.column == "correct" for p in check(folder))


def test_comprehension_errors_are_the_wrong_answers(wide):
    row = complete(wide)
    row[f"{APP}.1.player.comprehension_errors"] = "7"
    found(wide, row, f"{APP}.1.player.comprehension_errors", "is 7, but")


def test_answers_of_nobody(folder, wide):
    table = Table(folder / f"{APP}_custom_export.csv")
    table.rows[3]["participant_code"] = "stranger"
    table.save()
    problems = check(folder)
    assert any(p.row == 5 and "stranger" in p.message for p in problems)


def test_an_answer_twice(folder, wide):
    table = Table(folder / f"{APP}_custom_export.csv")
    table.rows.insert(1, dict(table.rows[0], response="other"))
    table.save()
    assert any("twice" in p.message and p.row == 3 for p in check(folder))


@pytest.mark.parametrize(("column", "value"), [("phase", "warmup"), ("item", "0"), ("item", "x")])
def test_answers_with_values_that_cannot_be(folder, wide, column, value):
    table = Table(folder / f"{APP}_custom_export.csv")
    table.rows[0][column] = value
    table.save()
    assert any(p.row == 2 and p.column == column for p in check(folder))


def test_an_arm_that_the_seed_does_not_give(wide):
    row = complete(wide, arm="control")
    row[f"{APP}.1.player.arm"] = "beneficiary"
    row[f"{APP}.1.player.beneficiary"] = "1"
    found(wide, row, f"{APP}.1.player.arm", "seed", "gives 'control'")


def test_another_subset_of_arms_gives_another_list(wide):
    for row in wide.rows:
        row["session.config.arms"] = "control,reward"
    wide.save()
    assert any("seed" in p.message for p in check(wide.path))


def test_a_participant_taken_out_leaves_a_gap(wide):
    gone = complete(wide, assignment_number="2")
    wide.rows.remove(gone)
    wide.save()
    assert any("nobody has place 2" in p.message for p in check(wide.path))


def test_who_was_removed_for_good_leaves_a_place_that_is_only_named(folder):
    gone = complete(Table(folder / "all_apps_wide.csv"), stratum="high", assignment_number="2")
    for path in folder.glob("*.csv"):
        part = Table(path)
        separator = "." if "session.code" in part.rows[0] else "_"
        session, code = f"session{separator}code", f"participant{separator}code"
        places = [name for name in part.rows[0] if name.endswith("subsession.removed_places")]
        for row in part.rows:
            if row[session] == gone["session.code"]:
                row.update(dict.fromkeys(places, "high:2"))
        if "drawn_at" in part.rows[0]:
            [draw] = [row for row in part.rows if row[code] == gone["participant.code"]]
            draw[code] = ""
        part.rows = [row for row in part.rows if row[code] != gone["participant.code"]]
        part.save()
    [problem] = check(folder)
    assert problem.severity == WARNING
    assert "place 2 of this stratum is empty: participants were removed" in problem.message


def test_one_place_for_two(wide):
    row = complete(wide, assignment_number="2")
    row[f"{APP}.1.player.assignment_number"] = "1"
    wide.save()
    assert any("taken by somebody else" in p.message for p in check(wide.path))


def test_two_seeds_in_a_session(wide):
    row = complete(wide)
    row[f"{APP}.1.subsession.seed"] = "other"
    wide.save()
    assert any("more than one seed" in p.message for p in check(wide.path))


def test_the_log_of_draws_must_agree(folder, wide):
    table = Table(folder / f"{APP}_custom_export_assignment.csv")
    table.rows[0]["arm"] = "placebo"
    table.save()
    assert any(p.row == 2 and p.column == "arm" for p in check(folder))


def test_strata_must_follow_from_the_scores(folder, wide):
    table = Table(folder / f"{APP}_custom_export_assignment.csv")
    table.rows[0]["stratum"] = "low"
    table.save()
    assert any(p.row == 2 and "baseline scores give 'high'" in p.message for p in check(folder))


def test_completed_without_an_answer(wide):
    row = complete(wide)
    row[f"{APP}.1.player.intrinsic_2"] = ""
    found(wide, row, f"{APP}.1.player.intrinsic_2", "completed")


def test_whoever_was_moved_on_may_have_left_questions_empty(wide):
    row = complete(wide)
    row[f"{APP}.1.player.advanced_from"] = "TaskMotivation"
    row[f"{APP}.1.player.intrinsic_2"] = ""
    wide.save()
    assert check(wide.path) == []
    row[f"{APP}.1.player.earnings_total"] = ""
    found(wide, row, f"{APP}.1.player.earnings_total", "completed")


def test_optional_answers_may_be_empty(wide):
    row = complete(wide)
    row[f"{APP}.1.player.age"] = row[f"{APP}.1.player.comment"] = ""
    wide.save()
    assert check(wide.path) == []


def test_refused_but_worked(wide):
    row = complete(wide, voluntary_accepted="1")
    row[f"{APP}.1.player.voluntary_accepted"] = "0"
    found(wide, row, f"{APP}.1.player.voluntary_correct", "refused")


def test_declined_but_assigned(wide):
    row = complete(wide)
    row[f"{APP}.1.player.consent"] = "0"
    found(wide, row, f"{APP}.1.player.arm", "declined")


def test_what_was_not_reached_is_empty(wide):
    row = next(row for row in wide.rows if row[f"{APP}.1.player.consent"] == "0")
    row[f"{APP}.1.player.psm_1"] = "3"
    found(wide, row, f"{APP}.1.player.psm_1", "over for the participant at the step 'declined'")


def test_completed_after_declining(wide):
    row = next(row for row in wide.rows if row[f"{APP}.1.player.consent"] == "0")
    row[f"{APP}.1.player.completed"] = "1"
    found(wide, row, f"{APP}.1.player.completed", "declined")


def test_a_version_of_the_message_that_the_seed_does_not_give(wide):
    row = complete(wide, arm="beneficiary")
    name = f"{APP}.1.player.message_version"
    row[name] = {"1": "2", "2": "1"}[row[name]]
    found(wide, row, name, "the seed gives version")


def test_sessions_that_were_not_alike_are_named_with_what_differs(folder, wide):
    session = wide.rows[0]["session.code"]
    for row in wide.rows:
        if row["session.code"] == session:
            row["session.config.donation_rate"] = "0.03"
            row[f"{APP}.1.subsession.words"] = "another"
    wide.save()
    told = {p.column: p for p in check(folder) if p.severity == WARNING}
    assert set(told) == {"words", "config_donation_rate"}
    assert session in told["words"].message
    assert "0.03" in told["config_donation_rate"].message


def test_an_arm_forced_and_not_marked(tmp_path):
    simulate("incentive", 12, tmp_path, parameters={"force_arm": "reward"})
    (tmp_path / f"{APP}.csv").unlink()
    wide = Table(tmp_path / "all_apps_wide.csv")
    row = complete(wide)
    row[f"{APP}.1.player.arm_forced"] = "0"
    found(wide, row, f"{APP}.1.player.arm_forced", "forces the arm 'reward'")


def test_sessions_whose_answers_are_missing_are_named(folder, wide):
    table = Table(folder / f"{APP}_custom_export.csv")
    first = table.rows[0]["session_code"]
    table.rows = [row for row in table.rows if row["session_code"] != first]
    table.save()
    problems = check(folder)
    assert any(first in p.message and p.severity == WARNING for p in problems)
