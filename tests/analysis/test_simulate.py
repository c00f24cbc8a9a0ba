"""`simulate` writes what oTree would write, always marked, and with the effects it was given."""

import csv

import pytest

from analysis.errors import AnalysisError
from analysis.exports.participants import load, load_answers, load_table
from analysis.exports.reading import read_export
from analysis.simulation.simulate import simulate
from effort_task.tasks import TASKS, item_seed
from people.assumptions import People
from people.exports import COMMENT, config_of, write
from people.session import Session
from steps import Assignment, Consent, Scale
from study import Arm, Study
from study.finding import studies, study_of
from study.randomization import COPIES

each = pytest.mark.parametrize("experiment", studies())


def header(path):
    with path.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def test_custom_exports_have_the_declared_columns(tmp_path):
    simulate("info_source", 3, tmp_path)
    for file, name in (
        ("info_source_experiment_custom_export", "answers"),
        ("info_source_experiment_custom_export_comprehension", "comprehension"),
        ("info_source_experiment_custom_export_assignment", "assignment"),
    ):
        declared = study_of("info_source").tables[name].columns
        assert header(tmp_path / f"{file}.csv") == [column.name for column in declared]


def test_everyone_is_marked_as_simulated(tmp_path):
    simulate("incentive", 30, tmp_path)
    export = read_export(tmp_path)
    assert export.participants["participant._is_bot"].eq(1).all()
    assert export.participants["session.label"].eq("simulated").all()
    assert export.participants["session.comment"].eq(COMMENT).all()
    assert load(tmp_path).empty


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    first = simulate("incentive", 20, tmp_path / "a", seed=9)
    second = simulate("incentive", 20, tmp_path / "b", seed="9")
    other = simulate("incentive", 20, tmp_path / "c", seed=10)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert first[0].read_bytes() != other[0].read_bytes()


def test_participants_are_spread_over_sessions_with_seeds_of_their_own(tmp_path):
    simulate("info_source", 50, tmp_path)
    people = read_export(tmp_path).participants
    assert sorted(people["session.code"].value_counts()) == [16, 17, 17]
    assert people["session.config.seed"].nunique() == 3
    simulate("info_source", 50, tmp_path / "one", sessions=1, parameters={"seed": "abc"})
    people = read_export(tmp_path / "one").participants
    assert people["session.code"].nunique() == 1
    assert people["session.config.seed"].eq("abc").all()


def test_planted_effects_are_there(tmp_path):
    effects = {"willingness.beneficiary": 0.8, "effort.organisation": -0.8}
    simulate("info_source", 900, tmp_path, effects=effects, seed=4)
    frame = load(tmp_path / "all_apps_wide.csv", include_bots=True)
    for outcome, arm, size in (
        ("willingness", "beneficiary", 0.8),
        ("willingness", "organisation", 0.0),
        ("effort_correct", "beneficiary", 0.0),
        ("effort_correct", "organisation", -0.8),
    ):
        arms = frame.groupby("arm")[outcome]
        gap = arms.mean()[arm] - arms.mean()["control"]
        # About two and a half standard errors with 300 in each arm.
        assert gap / arms.std()["control"] == pytest.approx(size, abs=0.2), (outcome, arm)


def test_no_effects_are_planted_unless_named(tmp_path):
    [without, *_] = simulate("info_source", 40, tmp_path / "none", effects={})
    [assumed, *_] = simulate("info_source", 40, tmp_path / "assumed")
    assert without.read_bytes() != assumed.read_bytes()


def test_arms_are_balanced_within_strata(tmp_path):
    simulate("incentive", 96, tmp_path, sessions=2, parameters={"stratify": "baseline"})
    frame = load(tmp_path, include_bots=True)
    assert set(frame["stratum"].dropna()) == {"low", "high"}
    for _, group in frame.dropna(subset=["arm"]).groupby(["session_code", "stratum"]):
        counts = group["arm"].value_counts().reindex(study_of("incentive").names).fillna(0)
        assert counts.max() - counts.min() <= COPIES


def test_cards_can_be_made_again_from_the_seed(tmp_path):
    simulate("incentive", 12, tmp_path, parameters={"task": "transcription"})
    frame = load(tmp_path, include_bots=True).set_index("participant_code")
    answers = load_answers(tmp_path)
    task = TASKS["transcription"]
    for answer in answers[answers["phase"] == "main"].head(50).itertuples():
        seed = frame.loc[answer.participant_code, "seed"]
        item = task.item(item_seed(seed, answer.participant_code, "main"), answer.item)
        assert (answer.prompt, answer.solution) == (item.prompt, item.solution)
        assert answer.correct == task.is_correct(item, answer.response)


def test_parameters_change_the_session(tmp_path):
    simulate(
        "incentive",
        16,
        tmp_path,
        parameters={"arms": "control,reward", "voluntary_seconds": 0, "participation_fee": 7.5},
    )
    frame = load(tmp_path, include_bots=True)
    assert set(frame["arm"].dropna()) == {"control", "reward"}
    assert frame["voluntary_accepted"].isna().all()
    assert frame["earnings_fixed"].dropna().eq(7.5).all()


def test_people_leave_on_the_way_and_are_seen_where(tmp_path):
    simulate("info_source", 400, tmp_path)
    frame = load(tmp_path / "all_apps_wide.csv", include_bots=True)
    assert frame["completed"].mean() == 1
    assert 0.8 < frame["completed"].notna().mean() < 0.99
    assert frame["current_app"].eq("info_source_experiment").all()
    assert {"Declined", "Earnings"} <= set(frame["current_page"])
    assert frame["current_page"].nunique() > 5
    declined = frame[frame["consent"] == 0]
    assert declined["current_page"].eq("Declined").all()
    assert declined["earnings_total"].eq(5).all()


@each
def test_all_columns_and_tables_are_written(tmp_path, experiment):
    study = study_of(experiment)
    simulate(experiment, 48, tmp_path)
    for name in study.tables:
        assert len(load_table(tmp_path, name)) > 0
    measured = load(tmp_path, include_bots=True).notna().any()
    unmeasured = {"media_seconds", "advanced_from"}
    for name in study.columns:
        assert measured[name] or name in unmeasured, name


@each
def test_arms_are_drawn_in_the_order_in_which_people_arrive(tmp_path, experiment):
    simulate(experiment, 24, tmp_path, sessions=1)
    draws = load_table(tmp_path, "assignment")
    assert draws["drawn_at"].is_monotonic_increasing
    assert draws["assignment_number"].tolist() == list(range(1, len(draws) + 1))
    frame = load(tmp_path, include_bots=True).set_index("participant_code")
    assert frame.loc[draws["participant_code"], "id_in_session"].is_monotonic_increasing is False


def test_versions_of_a_message_are_balanced_within_an_arm(tmp_path):
    simulate("info_source", 120, tmp_path, sessions=1)
    frame = load(tmp_path, include_bots=True)
    assert frame.loc[frame["arm"] == "control", "message_version"].eq(1).all()
    treated = frame[frame["arm"] != "control"].groupby("arm")["message_version"]
    for _, versions in treated:
        counts = versions.value_counts()
        assert abs(counts[1] - counts[2]) <= 4


def test_exports_simulated_by_earlier_versions_are_read_and_replaced(tmp_path):
    simulate("info_source", 12, tmp_path)
    answers = load_answers(tmp_path)
    app = studies()["info_source"].app
    (tmp_path / f"{app}_custom_export.csv").rename(tmp_path / f"{app}_custom.csv")
    assert load_answers(tmp_path).equals(answers)
    simulate("info_source", 12, tmp_path)
    assert not (tmp_path / f"{app}_custom.csv").exists()


def test_a_study_without_a_task_has_no_answers(tmp_path):
    study = Study(
        name="asks",
        title="Asks",
        question="Does it?",
        arms=[Arm("control", "nothing"), Arm("treated", "something")],
        steps=[Consent(), Assignment(), Scale("liking", about="Liking.", items=2, mean=True)],
    )
    config = config_of(study, {})
    [wide, _, draws] = write(
        [Session(study, config, People(), seed="s", number=0, size=6).hold()], tmp_path
    )
    assert draws.name == f"{study.app}_custom_export.csv"
    with wide.open(newline="", encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    done = [row for row in people if row[f"{study.app}.1.player.completed"] == "1"]
    assert len(done) > 2
    for row in done:
        answers = [float(row[f"{study.app}.1.player.liking_{n}"]) for n in (1, 2)]
        assert float(row[f"{study.app}.1.player.liking"]) == sum(answers) / 2


def test_an_older_simulation_in_the_folder_is_replaced(tmp_path):
    simulate("info_source", 6, tmp_path)
    files = simulate("incentive", 6, tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_simulated_data_never_mix_with_others(tmp_path):
    (tmp_path / "all_apps_wide.csv").write_text("participant.code\n")
    with pytest.raises(AnalysisError, match=r"all_apps_wide\.csv"):
        simulate("info_source", 6, tmp_path)
    assert (tmp_path / "all_apps_wide.csv").read_text() == "participant.code\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"experiment": "placebo"}, "incentive, info_source"),
        ({"effects": {"reward": 0.4}}, "organisation, beneficiary"),
        ({"parameters": {"task": "juggling"}}, "task is 'juggling'"),
        ({"parameters": {"tsk": "encryption"}}, "Did you mean task"),
        ({"n": 0}, "0 participants"),
        ({"n": 3, "sessions": 4}, "4 sessions"),
        ({"parameters": {"participation_fee": "much"}}, "participation_fee"),
    ],
)
def test_what_cannot_be_simulated_is_refused_by_name(tmp_path, arguments, message):
    given = {"experiment": "info_source", "n": 6} | arguments
    with pytest.raises(AnalysisError, match=message):
        simulate(given.pop("experiment"), given.pop("n"), tmp_path, **given)
