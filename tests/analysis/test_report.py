"""The report: correct, hedged, self-contained, readable, and the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from test_plan import changed, extended

from analysis import AnalysisError, estimate, load
from analysis.exports.derived import BLOCK, add_derived
from analysis.planned.plan import parse_plan, plans
from analysis.report import write_report
from analysis.report.effort import pace
from analysis.report.findings import findings
from analysis.report.planned_tables import effect_name
from analysis.report.table import Table, latex
from analysis.simulation.simulate import simulate
from analysis.words import decimals, interval, number, p_value, shortest
from steps.round import main_round
from tests.harness.parts import missing

ROOT = Path(__file__).parents[2]
PLANS = {name: plans()[name] for name in ("incentive", "info_source")}
PLAN = PLANS["info_source"]


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Exports of both experiments, in folders with spaces."""
    folder = tmp_path_factory.mktemp("the exports")
    simulate("info_source", 72, folder / "info source", effects={"beneficiary": 0.6}, seed="a")
    simulate("incentive", 72, folder / "incentive", effects={"reward_beneficiary": 0.6}, seed="b")
    return [folder / "info source", folder / "incentive"]


@pytest.fixture(scope="module")
def report(exports, tmp_path_factory):
    """The folder of a report on both experiments."""
    folder = tmp_path_factory.mktemp("reports") / "my report"
    write_report(exports, folder, include_bots=True, draws=199)
    return folder


@pytest.fixture(scope="module")
def page(report):
    return (report / "report.html").read_text(encoding="utf-8")


def rewritten(source: Path, target: Path, **changes) -> Path:
    """A copy of a wide export with other values in the columns whose names end as given."""
    frame = pd.read_csv(source / "all_apps_wide.csv", dtype=str, keep_default_na=False)
    for name, change in changes.items():
        for column in frame.columns:
            if column.endswith(f".{name}"):
                frame[column] = [
                    change(value, place) if value else value
                    for place, value in enumerate(frame[column])
                ]
    target.mkdir(parents=True, exist_ok=True)
    frame.to_csv(target / "all_apps_wide.csv", index=False)
    return target


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A plan whose sizes the test data reach."""
    path = tmp_path_factory.mktemp("plans") / "plan.toml"
    path.write_text(changed("size = 240", "size = 30"), encoding="utf-8")
    return path


def genuine(source: Path, target: Path, **more) -> Path:
    """A copy that looks like data of real people who read real messages."""
    changes = {"_is_bot": lambda *_: "0", "sample_message": lambda *_: "0"} | more
    return rewritten(source, target, **changes)


# ------------------------------------------------------------------------------------ the files


def test_everything_that_was_promised_is_written(report):
    assert (report / "report.html").is_file()
    assert (report / "estimates.csv").is_file()
    assert (report / "manifest.json").is_file()
    for ending in ("csv", "tex"):
        assert len(list(report.glob(f"tables/*.{ending}"))) >= 20
    svgs = {path.stem for path in report.glob("figures/*.svg")}
    assert svgs == {path.stem for path in report.glob("figures/*.png")}
    assert {"info_source_effects_willingness", "incentive_effects_effort_correct"} <= svgs
    assert {"info_source_flow", "incentive_effort_over_time"} <= svgs


def test_the_same_inputs_and_seed_give_the_same_bytes(exports, report, tmp_path):
    code = (
        "import sys; from analysis.commands.cli import main;"
        "sys.exit(main(['report', *sys.argv[2:], '-o', sys.argv[1], '--include-bots',"
        " '--draws', '199']))"
    )
    again = tmp_path / "again"
    copies = [shutil.copytree(path, tmp_path / path.name) for path in exports]
    environment = os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"}
    subprocess.run(
        [sys.executable, "-c", code, again, *copies], cwd=ROOT, env=environment, check=True
    )
    first = {path.relative_to(report): path for path in report.rglob("*") if path.is_file()}
    second = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert set(first) == second
    # The second run names its draws on the command line too.
    for name, path in first.items():
        assert path.read_bytes() == (again / name).read_bytes(), name


def test_the_manifest_names_inputs_versions_and_seed_and_no_time(exports, report):
    record = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    hashes = {entry["sha256"] for entry in record["inputs"]}
    for folder in exports:
        for path in folder.glob("*.csv"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() in hashes
    for plan in PLANS.values():
        assert record["plans"][plan.name] == hashlib.sha256(plan.file.read_bytes()).hexdigest()
        assert record["settings"]["seed"][plan.name] == plan.seed
        assert record["settings"]["draws"][plan.name] == 199
    assert "--include-bots" in record["settings"]["command"]
    assert record["versions"]["numpy"] == np.__version__
    assert record["versions"]["python"] == platform.python_version()
    # Nothing asks for it but statsmodels.
    assert record["versions"]["patsy"] == metadata.version("patsy")
    for name, value in record["outputs"].items():
        assert hashlib.sha256((report / name).read_bytes()).hexdigest() == value
    assert not re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d", json.dumps(record["settings"]))


def test_a_new_report_replaces_an_old_one_and_touches_nothing_else(exports, tmp_path):
    own = [tmp_path / "tables" / "survey.csv", tmp_path / "figures" / "map.png"]
    for file in own:
        file.parent.mkdir()
        file.write_text("mine")
    write_report(exports, tmp_path, include_bots=True, draws=99)
    write_report([exports[0]], tmp_path, include_bots=True, draws=99)
    assert not list(tmp_path.rglob("incentive*"))
    assert list(tmp_path.rglob("info_source*"))
    assert [file.read_text() for file in own] == ["mine", "mine"]


def test_a_report_is_not_written_among_the_exports(exports):
    with pytest.raises(AnalysisError, match="another folder"):
        write_report(exports, exports[0], include_bots=True)


def test_what_check_finds_is_said(exports, tmp_path, page):
    wrong = rewritten(
        exports[0], tmp_path / "wrong", age=lambda value, place: "-4" if place < 3 else value
    )
    write_report(wrong, tmp_path / "report", include_bots=True, draws=99)
    text = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "3 problems that python -m analysis check lists" in text
    assert "that python -m analysis check lists" not in page


def test_the_report_shows_the_planned_table_and_nothing_else(exports, report):
    frame = pd.read_csv(report / "estimates.csv")
    used = {name: replace(plan, draws=199) for name, plan in PLANS.items()}
    expected = estimate(load(exports, include_bots=True), used)
    assert list(frame.columns) == list(expected.columns)
    numbers = expected.select_dtypes("number").columns
    np.testing.assert_allclose(frame[numbers], expected[numbers].astype(float), rtol=1e-12)
    texts = ["experiment", "hypothesis", "outcome", "contrast", "verdict"]
    assert (frame[texts] == expected[texts]).all(axis=None)


# ------------------------------------------------------------------------------------- the page


def test_the_page_requests_nothing(page):
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert not re.search(r"@import|url\((?!#)", page)
    outside = set(re.findall(r'(?:href|src)="(https?://[^/"]+)', page))
    assert outside == {"https://doi.org"}


def test_the_page_cites_otree_and_its_methods(page):
    assert "10.1016/j.jbef.2015.12.001" in page
    for doi in ("10.1162/REST_a_00552", "10.1080/01621459.1997.10473627", "10.1214/12-AOAS583"):
        assert doi in page


def test_every_hypothesis_has_its_sentence(page):
    for plan in PLANS.values():
        for hypothesis in plan.hypotheses:
            assert f'<span class="id">{hypothesis.id}</span>' in page


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([^)]+)\)", page))
    assert targets <= set(ids)


def test_every_figure_and_table_can_be_followed_without_seeing_it(page):
    labels = re.findall(r'<svg role="img" aria-label="([^"]*)"', page)
    assert len(labels) == page.count("<svg")
    assert all(len(label) > 40 for label in labels)
    assert '<html lang="en">' in page
    for head in re.findall(r"<thead>.*?</thead>", page, re.DOTALL):
        assert "<th" in head
        assert re.findall(r"<th(?![^>]*scope)", head) == ["<th"] * head.count("<thead")


# ----------------------------------------------------------------------------------- the banner


def test_simulated_data_are_marked_in_every_section_and_figure(report, page):
    sections = page.count("<h3 id=") + len(
        re.findall(r'<h2 id="(methods|left-out|files|references)"', page)
    )
    assert page.count('class="banner"') == 1
    assert page.count('class="mark"') >= sections - 1
    assert re.search(r"Not a result:</strong> \d+ simulated participants", page)
    for path in report.glob("figures/*.svg"):
        assert "Simulated data" in path.read_text(encoding="utf-8")


def test_genuine_data_carry_no_mark(exports, small, tmp_path):
    folder = genuine(exports[0], tmp_path / "genuine")
    path = write_report(folder, tmp_path / "report", draws=99, plan=small)
    page = path.read_text(encoding="utf-8")
    assert 'class="banner"' not in page
    assert 'class="mark"' not in page
    assert "Not a result" not in page
    assert "Previews" not in page


def test_sample_messages_alone_are_marked(exports, small, tmp_path):
    folder = rewritten(exports[0], tmp_path / "samples", _is_bot=lambda *_: "0")
    path = write_report(folder, tmp_path / "report", draws=99, plan=small)
    page = path.read_text(encoding="utf-8")
    assert re.search(r"Not a result:</strong> \d+ participants read a sample message\.", page)
    assert "simulated" not in page


def test_forced_arms_are_marked_counted_and_left_out(exports, small, tmp_path):
    forced = {"arm_forced": lambda value, place: "1" if place < 10 else value}
    folder = genuine(exports[0], tmp_path / "forced", **forced)
    path = write_report(folder, tmp_path / "report", draws=99, plan=small)
    page = path.read_text(encoding="utf-8")
    assert re.search(r"Previews among the data:</strong> \d+ participants with an arm", page)
    assert "whose arm was set by hand (force_arm)" in page
    data = load(folder)
    analysed = pd.read_csv(tmp_path / "report/tables/info_source_flow.csv")["Assigned"].sum()
    assert analysed == ((data["arm_forced"] != 1) & data["arm"].notna()).sum()
    assert f"Assigned {analysed}." in page


def test_departures_from_the_plan_are_listed(page):
    assert "199 random draws instead of 10,000." in page
    assert re.search(r"\d+ simulated participants included\.", page)


def test_another_plan_is_a_departure(exports, tmp_path):
    plan = tmp_path / "mine.toml"
    plan.write_text(changed("draws = 10_000", "draws = 99"), encoding="utf-8")
    path = write_report(
        exports[0], tmp_path / "report", plan=plan, preregistered=plan, include_bots=True
    )
    page = path.read_text(encoding="utf-8")
    assert "The plan was read from mine.toml" in page
    assert "in mine.toml it was" not in page


def test_what_is_otherwise_than_preregistered_is_listed(exports, tmp_path):
    before = tmp_path / "registered.toml"
    before.write_text(changed("alpha = 0.05", "alpha = 0.01"), encoding="utf-8")
    path = write_report(
        exports[0], tmp_path / "report", preregistered=before, include_bots=True, draws=99
    )
    sentence = "Source of information: alpha is 0.05; in registered.toml it was 0.01."
    assert sentence in path.read_text(encoding="utf-8")


def test_one_study_of_several_can_be_reported(exports, tmp_path):
    write_report(exports, tmp_path, experiment="incentive", include_bots=True, draws=99)
    assert not list(tmp_path.rglob("info_source*"))
    with pytest.raises(AnalysisError, match="'both'"):
        write_report(exports, tmp_path, experiment="both", include_bots=True)


def test_a_text_is_a_message_and_never_called_contact(page):
    assert "contact" not in page.lower()
    assert "beneficiary&#39;s message" in page
    assert "In every arm the message was read, with or without a picture." in page


def test_learning_is_described_by_arm_and_not_tested(report):
    described = pd.read_csv(report / "tables/info_source_outcomes.csv")
    assert set(described.loc[described["outcome"] == "knowledge_right", "arm"]) == set(PLAN.arms)
    assert "knowledge_right" not in set(pd.read_csv(report / "estimates.csv")["outcome"])


def test_effects_are_shown_for_each_version_of_a_message(report):
    table = pd.read_csv(report / "tables/info_source_versions.csv").set_index("hypothesis")
    estimates = pd.read_csv(report / "tables/info_source_effects_primary.csv")
    by_id = estimates.set_index("hypothesis")["estimate"]
    for name in ("H1", "H2", "H3"):
        rows = table.loc[name].set_index("version")["estimate"]
        assert rows["all versions alike"] == pytest.approx(by_id[name], abs=0.15)
    rows = table.loc["H1"].set_index("version")["estimate"]
    mean = rows[["beneficiary 1", "beneficiary 2"]].mean()
    assert rows["all versions alike"] == pytest.approx(mean, rel=1e-9)


def test_sessions_that_are_pooled_although_they_differ_are_named(exports, tmp_path):
    sessions = pd.read_csv(exports[0] / "all_apps_wide.csv", dtype=str)["session.code"]
    first, *others = sessions.unique()

    def changed_in_first(value, place):
        return "240" if sessions[place] == first else value

    folder = rewritten(exports[0], tmp_path / "pooled", task_seconds=changed_in_first)
    frame = pd.read_csv(folder / "all_apps_wide.csv", dtype=str, keep_default_na=False)
    [words] = [name for name in frame.columns if name.endswith(".subsession.words")]
    frame[words] = ["other" if code == first else "same" for code in sessions]
    frame.to_csv(folder / "all_apps_wide.csv", index=False)
    path = write_report(folder, tmp_path / "report", include_bots=True, draws=99)
    page = path.read_text(encoding="utf-8")
    rest = " and ".join(sorted(others))
    start = "Source of information: sessions that are pooled differ in"
    assert f"{start} task_seconds (240: {first}; 300: {rest})." in page
    assert f"{start} the words that participants read (other: {first}; same: {rest})." in page
    assert f"{start} seed" not in page


def test_pilots_are_left_out_and_counted(exports, small, tmp_path):
    codes = pd.read_csv(exports[0] / "all_apps_wide.csv", dtype=str)["session.code"]
    first = codes.iloc[0]
    folder = genuine(exports[0], tmp_path / "pilot")
    frame = pd.read_csv(folder / "all_apps_wide.csv", dtype=str, keep_default_na=False)
    [pilot] = [name for name in frame.columns if name.endswith(".subsession.pilot")]
    frame[pilot] = ["1" if code == first else "0" for code in codes]
    frame.to_csv(folder / "all_apps_wide.csv", index=False)
    page = write_report(folder, tmp_path / "a", draws=99, plan=small).read_text(encoding="utf-8")
    assert re.search(r">In a pilot session</th><td class=\"number\">\d+<", page)
    assert "of pilot sessions included" not in page
    path = write_report(folder, tmp_path / "b", draws=99, plan=small, include_demo=True)
    page = path.read_text(encoding="utf-8")
    assert re.search(r"Not a result:</strong> \d+ participants of pilot sessions", page)
    assert re.search(r"\d+ participants of pilot sessions included\.", page)


# -------------------------------------------------------------------------- small and odd exports


def test_six_participants_get_a_report_that_says_what_is_missing(tmp_path):
    simulate("incentive", 6, tmp_path / "tiny", effects={}, seed="3")
    path = write_report(tmp_path / "tiny", tmp_path / "report", include_bots=True, draws=99)
    page = path.read_text(encoding="utf-8")
    assert "Not estimated" in page
    assert "was not estimated" in page


def test_an_empty_arm_is_said_and_the_others_are_estimated(exports, tmp_path):
    frame = pd.read_csv(exports[0] / "all_apps_wide.csv", dtype=str, keep_default_na=False)
    frame = frame[frame["info_source_experiment.1.player.arm"] != "organisation"]
    (tmp_path / "two").mkdir()
    frame.to_csv(tmp_path / "two/all_apps_wide.csv", index=False)
    path = write_report(tmp_path / "two", tmp_path / "report", include_bots=True, draws=99)
    assert "Nobody was assigned to organisation." in path.read_text(encoding="utf-8")
    estimates = pd.read_csv(tmp_path / "report/estimates.csv").set_index(["hypothesis", "outcome"])
    assert np.isfinite(estimates.loc[("H1", "willingness"), "estimate"])
    assert np.isnan(estimates.loc[("H2", "willingness"), "estimate"])


def test_a_stray_arm_spoils_no_other_comparison(exports, tmp_path):
    frame = pd.read_csv(exports[0] / "all_apps_wide.csv", dtype=str, keep_default_na=False)
    arms = frame["info_source_experiment.1.player.arm"]
    arms[arms[arms != ""].index[-1]] = "reward"
    (tmp_path / "wrong").mkdir()
    frame.assign(**{arms.name: arms}).to_csv(tmp_path / "wrong/all_apps_wide.csv", index=False)
    write_report(tmp_path / "wrong", tmp_path / "report", include_bots=True, draws=99)
    text = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "No estimates for reward" in text
    for table in ("balance", "attrition", "heterogeneity", "lee_bounds"):
        assert list((tmp_path / "report" / "tables").glob(f"info_source_{table}.csv")), table
    estimates = pd.read_csv(tmp_path / "report" / "estimates.csv")
    estimated = estimates["estimate"].notna()
    assert estimated.any()
    assert (estimates["p_randomization"].notna() == estimated).all()


def test_without_answers_there_is_no_figure_of_effort_over_time_and_it_is_said(exports, tmp_path):
    folder = rewritten(exports[0], tmp_path / "wide only")
    path = write_report(folder, tmp_path / "report", include_bots=True, draws=99)
    assert "There is no figure of effort over time" in path.read_text(encoding="utf-8")
    assert not list(tmp_path.glob("report/figures/*over_time*"))


def test_sessions_whose_answers_are_missing_are_left_out_of_effort_over_time(exports, tmp_path):
    folder = tmp_path / "part"
    shutil.copytree(exports[0], folder)
    file = folder / "info_source_experiment_custom_export.csv"
    answers = pd.read_csv(file, dtype=str, keep_default_na=False)
    first, *others = answers["session_code"].unique()
    answers[answers["session_code"] == first].to_csv(file, index=False)
    path = write_report(folder, tmp_path / "report", include_bots=True, draws=99)
    text = path.read_text(encoding="utf-8")
    assert f"Effort over time leaves out {len(others)} session" in text
    assert (tmp_path / "report/figures/info_source_effort_over_time.svg").exists()


def test_only_bots_without_the_option_is_a_sentence(exports, tmp_path):
    with pytest.raises(AnalysisError, match="include-bots"):
        write_report(exports, tmp_path / "report")


def test_nobody_assigned_is_a_sentence_in_the_report(exports, tmp_path):
    nobody = {name: lambda *_: "" for name in ("arm", "willingness", "effort_correct")}
    folder = rewritten(exports[0], tmp_path / "nobody", **nobody)
    path = write_report(folder, tmp_path / "report", include_bots=True, draws=99)
    assert "nothing can be estimated" in path.read_text(encoding="utf-8")


# ------------------------------------------------------------------------------ before the size


def test_real_data_below_the_planned_size_show_no_outcome_by_arm(exports, tmp_path):
    folder = genuine(exports[0], tmp_path / "few")
    page = write_report(folder, tmp_path / "report", draws=99).read_text(encoding="utf-8")
    assert re.search(r"Not a result:</strong> Source of information: \d+ of 240 planned", page)
    assert "Outcomes by arm are shown when all are there." in page
    for section in ("answers", "outcomes", "secondary", "checks"):
        assert f'id="info_source-{section}"' not in page
    assert pd.read_csv(tmp_path / "report/estimates.csv").empty
    names = {path.stem for path in tmp_path.glob("report/tables/*.csv")}
    assert names == {"info_source_balance", "info_source_missing"}
    assert {path.stem for path in tmp_path.glob("report/figures/*.svg")} == {
        "info_source_flow",
        "info_source_balance",
    }
    assert "Analysed" not in page


def test_simulated_data_are_complete_unless_they_are_held_to_the_plan(exports, tmp_path, page):
    assert "planned participants" not in page
    path = write_report(exports, tmp_path, include_bots=True, draws=99, as_real=True)
    assert "planned participants" in path.read_text(encoding="utf-8")
    record = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert record["settings"]["command"][-1] == "--as-real"


def test_a_planned_look_is_shown_at_its_level(exports, tmp_path):
    folder = genuine(exports[0], tmp_path / "look")
    plan = tmp_path / "plan.toml"
    text = changed("size = 240\nlooks = []", "size = 240\nlooks = [60, 150]")
    plan.write_text(text, encoding="utf-8")
    path = write_report(folder, tmp_path / "report", plan=plan, draws=99)
    page = path.read_text(encoding="utf-8")
    frame = pd.read_csv(tmp_path / "report/estimates.csv")
    assert frame["level"].nunique() == 1
    assert 0 < frame["level"].iloc[0] < 0.001
    assert "This is planned look 1 of 240 participants" in page
    assert "(planned look 1)" in page
    assert "Lan, K. K. G." in page


# ------------------------------------------------------------------------------- what it claims


def test_who_refused_the_voluntary_round_did_no_cards_and_who_was_not_asked_is_unknown():
    data = pd.DataFrame(
        {"voluntary_accepted": [1, 0, None], "voluntary_correct": [7, None, None]}, dtype="Int64"
    )
    assert add_derived(data)["voluntary_cards"].tolist() == [7, 0, pd.NA]


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("reward", "main effect of reward"),
        ("reward:beneficiary", "interaction, reward × beneficiary"),
        ("reward | beneficiary=0", "reward, without beneficiary"),
        ("beneficiary | reward=1", "beneficiary, with reward"),
        ("reward + beneficiary", "reward + beneficiary together, against neither"),
    ],
)
def test_the_terms_of_the_factorial_design_are_told_in_words(term, name):
    assert effect_name(term) == name


def test_the_factorial_table_agrees_with_the_hypotheses(report):
    table = pd.read_csv(report / "tables/incentive_factorial.csv").set_index("term")["estimate"]
    estimates = pd.read_csv(report / "tables/incentive_effects_primary.csv")
    by_id = estimates.set_index("hypothesis")["estimate"]
    assert table["reward | beneficiary=0"] == pytest.approx(by_id["H4"], rel=1e-9)
    assert table["reward + beneficiary"] == pytest.approx(by_id["H6"], rel=1e-9)
    assert table["reward | beneficiary=1"] == pytest.approx(by_id["H7"], rel=1e-9)
    assert table["reward:beneficiary"] == pytest.approx(by_id["H7"] - by_id["H4"], rel=1e-9)


def test_blocks_are_told_apart_by_session_and_stratum(exports):
    data = add_derived(load(exports[0], include_bots=True))
    assigned = data[data["arm"].notna()]
    known = assigned.groupby(["session_code", "stratum", "block"]).ngroups
    assert assigned[BLOCK].nunique() == known


ROW = {
    "family": "primary",
    "hypothesis": "H1",
    "claim": "increase",
    "outcome": "willingness",
    "estimate": 0.4,
    "std_error": 0.1,
    "df": 200.0,
    "conf_low": 0.2,
    "conf_high": 0.6,
    "n": 206,
    "p_value": 0.001,
    "p_claim": 0.001,
    "p_adjusted": 0.003,
    "level": 0.05,
    "p_randomization": 0.002,
    "verdict": "won",
    "size": "",
    "difference": "open",
    "smallest_effect": 0.35,
    "simultaneous_low": 0.15,
    "simultaneous_high": 0.65,
    "equivalence_low": 0.23,
    "equivalence_high": 0.57,
    "minimum_detectable_effect": 0.28,
    "term": "",
}


def said(plan=None, experiment="info_source", **changes):
    frame = pd.DataFrame([ROW | changes])
    plan = plan or PLANS[experiment]
    [found] = findings(frame, plan, plan.first)
    return found


def test_evidence_is_told_with_direction_size_unit_interval_and_adjusted_p():
    found = said()
    assert found.label == "Evidence for it"
    assert "estimated to be 0.40 points higher" in found.sentence
    assert "95% confidence interval 0.20 to 0.60" in found.sentence
    assert "adjusted p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.003" in found.sentence
    assert "holds" not in found.sentence
    assert "0.15 to 0.65, leaves open whether the effect is as large as 0.35" in found.detail


def test_what_the_interval_adds_is_said():
    beyond = said(size="larger", simultaneous_low=0.4, simultaneous_high=0.7)
    assert "lies wholly beyond the smallest effect of interest (0.35 points)" in beyond.detail
    within = said(size="smaller", simultaneous_low=0.01, simultaneous_high=0.3)
    assert "lies wholly within the smallest effect of interest (0.35 points)" in within.detail


def test_a_null_is_no_evidence_and_never_no_effect():
    null = {"estimate": 0.1, "conf_low": -0.1, "conf_high": 0.3, "verdict": "open"}
    null |= {"p_value": 0.3, "p_claim": 0.3, "p_adjusted": 0.6}
    unsettled = said(**null)
    assert unsettled.label == "Not settled"
    assert unsettled.sentence.startswith("There is no evidence that")
    assert "does not exclude effects of 0.35 points" in unsettled.detail
    assert "0.28 points would have been detected with 80% power" in unsettled.detail
    small = said(**null, size="smaller")
    assert small.label == "No evidence; larger effects unlikely"
    for found in (unsettled, small):
        assert "no effect" not in (found.sentence + found.detail).lower()


def test_significance_before_adjustment_alone_is_no_evidence_and_it_is_said_why():
    found = said(p_value=0.03, p_claim=0.03, p_adjusted=0.09, verdict="open")
    assert found.sentence.startswith(
        "After adjustment for the number of tests, there is no evidence that"
    )


def test_an_effect_against_the_claim_is_called_that():
    found = said(estimate=-0.4, conf_low=-0.6, conf_high=-0.2, verdict="opposite")
    assert found.label == "Evidence of the opposite"
    assert "0.40 points lower" in found.sentence


MONEY = {"experiment": "incentive", "hypothesis": "H4", "outcome": "effort_correct"}
NULL = MONEY | {"claim": "none", "smallest_effect": 2.0, "p_value": 0.7, "p_claim": 0.01}


def test_a_claim_of_no_difference_that_matters_is_told_as_such():
    won = said(**NULL)
    assert won.sentence.startswith("There is evidence that the difference in the mean number of")
    assert "is smaller than 2.00 cards in either direction" in won.sentence
    assert "equivalence test, adjusted p" in won.sentence
    lost = said(**NULL, verdict="open")
    assert lost.label == "Not shown"
    assert lost.sentence.startswith("It is not shown that the difference")
    assert "smallest bound that could have been claimed is 0.57 cards" in lost.detail
    against = said(**NULL, verdict="opposite", size="larger")
    assert "There is evidence of the opposite: the difference" in against.sentence
    assert "is larger than 2.00 cards" in against.sentence


def test_an_interaction_is_told_as_a_difference_of_effects():
    found = said(**MONEY | {"hypothesis": "H8"}, smallest_effect=3.0)
    assert found.sentence.startswith("The effect of a piece rate on the mean number of correct")
    assert "with a beneficiary's message than with no beneficiary's message" in found.sentence
    assert "randomization test" in found.detail


def test_what_is_described_claims_nothing():
    found = said(**MONEY | {"hypothesis": "H6"}, claim="", verdict="described", p_adjusted=np.nan)
    assert found.label == "Described, not tested"
    assert "adjusted" not in found.sentence
    assert "evidence" not in found.sentence


def test_what_could_not_be_estimated_claims_nothing():
    assert said(estimate=np.nan, p_adjusted=np.nan, verdict="missing").kind == "missing"


def test_a_conjunction_names_its_parts_and_the_one_that_decides():
    whole = MONEY | {"hypothesis": "H9", "claim": "all", "term": "decided by H4"}
    won = said(**whole, p_adjusted=0.04)
    assert won.sentence.startswith(
        "All parts hold: H4 (no difference that matters), H7 (increase)"
    )
    assert "that of H4, decides" in won.sentence
    lost = said(**whole, p_adjusted=0.2, verdict="open")
    assert lost.sentence.startswith("It is not shown that all parts hold")


def test_a_part_that_the_conjunction_carries_says_so():
    found = said(verdict="carried", p_adjusted=0.08)
    assert found.label == "Evidence for it, as part of a conjunction"
    assert "the conjunction does" in found.detail


def test_every_form_of_hypothesis_is_told_in_true_words():
    plan = parse_plan(extended())
    survey = {"experiment": "incentive", "plan": plan}
    association = said(**survey, hypothesis="M1", claim="exceeds", smallest_effect=0.1)
    assert "goes with" not in association.sentence
    assert "0.40 standard deviations higher, an association between two things" in (
        association.sentence
    )
    assert "is more than 0.10 standard deviations" in association.sentence
    lost = said(**survey, hypothesis="M1", claim="exceeds", smallest_effect=0.1, verdict="open")
    assert lost.sentence.startswith("It is not shown that the association of psm with")
    several = said(**survey, hypothesis="M2", claim="differs", verdict="open", p_claim=0.3)
    assert "differs between the levels of reward kind" in several.sentence
    assert "confidence interval" not in several.sentence
    level = said(**survey, hypothesis="M5", claim="differs", verdict="difference")
    assert "Averaged over the other factors, with a piece rate" in level.sentence
    slope = said(**survey, hypothesis="M12", claim="decrease", smallest_effect=np.nan)
    assert slope.sentence.startswith("For each standard deviation more of psm, the difference in")


# ------------------------------------------------------------------------------- tables, numbers


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(-1234.5, 1), "\N{MINUS SIGN}1,234.5"),
        (number(-0.001, 2), "0.00"),
        (number(float("nan")), "\N{EN DASH}"),
        (number(float("inf")), "∞"),
        (interval(-1, 2, 1), "\N{MINUS SIGN}1.0 to 2.0"),
        (p_value(0.0004), "<\N{NO-BREAK SPACE}0.001"),
        (p_value(0.0456), "0.046"),
        (shortest(3.0, 2), "3"),
        (shortest(4.5, 2), "4.5"),
        (shortest(4.625, 2), "4.62"),
        (shortest(208.66, 1), "208.7"),
        (decimals(0.13), 2),
        (decimals(1.1), 1),
        (decimals(25.0), 0),
        (decimals(float("nan")), 2),
    ],
)
def test_numbers_are_as_precise_as_they_are(shown, expected):
    assert shown == expected


def columns_of(line: str) -> int:
    spanned = sum(int(n) - 1 for n in re.findall(r"\\multicolumn\{(\d+)\}", line))
    return len(re.findall(r"(?<!\\)&", line)) + 1 + spanned


def test_latex_tables_are_well_formed(report):
    for path in report.glob("tables/*.tex"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "all_tables":
            continue
        bare = re.sub(r"\\[{}]", "", text)
        assert bare.count("{") == bare.count("}"), path
        assert len(re.findall(r"(?<!\\)\$", text)) % 2 == 0, path
        [spec] = re.findall(r"\\begin\{(?:tabular|longtable)\}\{@\{\}([lr]+)@\{\}\}", text)
        lines = [line for line in text.splitlines() if not line.startswith(r"\caption")]
        rows = [line for line in lines if line.endswith(r"\\")]
        assert {columns_of(row) for row in rows} == {len(spec)}, path
        content = [line for line in text.splitlines() if not line.startswith("%")]
        assert not re.search(r"(?<!\\)[%#]", "\n".join(content)), path
        for rule in ("toprule", "midrule", "bottomrule"):
            assert text.count(f"\\{rule}") == 1
        assert all(ord(sign) < 0x180 for sign in text), path


def test_latex_tables_compile(report):
    if shutil.which("pdflatex") is None:
        missing(
            "pdflatex is not installed, so the tables are not compiled. "
            "On Debian: apt-get install texlive-latex-recommended"
        )
    result = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all_tables.tex"],
        cwd=report / "tables",
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:]
    # Nothing sticks out of the page by more than a hair, and every table fits on pages.
    too_wide = [float(size) for size in re.findall(r"Overfull \\hbox \(([\d.]+)pt", result.stdout)]
    assert max(too_wide, default=0) < 2
    assert "Float too large" not in result.stdout


def test_words_that_latex_would_read_as_commands_are_escaped():
    text = latex("50% of a_b & {c} \\ $x$ #1 ~ ^ < 0.001 − × [note] “q” 日")
    assert r"50\% of a\_b \& \{c\} \textbackslash{} \$x\$ \#1" in text
    assert "$-$" in text
    assert "日" not in text
    assert latex("[a]").startswith("{}")


def test_what_participants_wrote_cannot_become_html():
    table = Table("x", "<b>", ["a"], [["<script>alert(1)</script>"]], pd.DataFrame({"a": [1]}))
    assert "<script" not in table.html()
    assert "&lt;script" in table.html()


def test_csv_tables_hold_all_digits(report):
    estimates = pd.read_csv(report / "estimates.csv")
    table = pd.read_csv(report / "tables/info_source_effects_primary.csv")
    merged = table.merge(estimates, on=["experiment", "hypothesis", "outcome"])
    assert (merged["estimate_x"] == merged["estimate_y"]).all()


def test_figures_are_well_formed_and_carry_no_date(report):
    for path in report.glob("figures/*.svg"):
        text = path.read_text(encoding="utf-8")
        ElementTree.fromstring(text)
        assert "<dc:date>" not in text
    for path in report.glob("figures/*.png"):
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert b"Software" not in content
        width = int.from_bytes(content[16:20], "big")
        assert width >= 1200


def test_effort_over_time_counts_correct_cards_per_minute():
    data = pd.DataFrame(
        {
            "session_code": ["s", "s", "t"],
            "participant_code": ["a", "b", "c"],
            "arm": ["control", "control", "control"],
            "effort_started_at": [100.0, 200.0, 100.0],
            "effort_deadline": [400.0, 500.0, 400.0],
            "effort_correct": [3, 0, 5],
        }
    )
    answers = pd.DataFrame(
        {
            "session_code": "s",
            "participant_code": ["a", "a", "a", "a", "b"],
            "phase": ["main", "main", "main", "main", "baseline"],
            "correct": [1, 1, 0, 1, 1],
            "answered_at": [105.0, 129.0, 128.0, 399.0, 205.0],
        }
    )
    found = pace(data, answers, main_round(PLAN.study), 0.05).set_index("middle")["mean"]
    # Ten parts of half a minute: a has 2 correct cards in the first, b none anywhere; the answers
    # of c's session were not exported.
    assert found[15.0] == pytest.approx((2 * 2 + 0) / 2)
    assert found[285.0] == pytest.approx((2 * 1 + 0) / 2)
    assert found.sum() == pytest.approx(3)
