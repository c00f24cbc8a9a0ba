"""The command line: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from analysis import contrast, difference_in_means, estimate, load
from analysis.commands import cli
from analysis.commands import estimate as estimate_command
from analysis.commands.cli import main, parser
from analysis.exports.derived import add_derived
from analysis.inference.fit import SE_TYPES
from analysis.simulation.simulate import simulate

ROOT = Path(__file__).parents[2]
COMMANDS = ("check", "report", "estimate", "power", "simulate", "preregister", "codebook")


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """A folder with a space in its name."""
    folder = tmp_path_factory.mktemp("cli") / "my exports"
    simulate("info_source", 60, folder, effects={}, seed="c")
    return folder


def run(capsys, *words):
    """Exit status, what was printed, and what was complained about."""
    try:
        status = main([str(word) for word in words])
    except SystemExit as ended:
        status = int(ended.code or 0)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return status, printed.out, printed.err


ESTIMATE = ("--experiment", "info_source", "--outcome", "willingness", "--include-bots")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_that_parses(capsys, command):
    status, out, _ = run(capsys, command, "--help")
    assert status == 0
    examples = re.findall(r"python -m analysis (.+?)\s+# ", out)
    assert examples
    for example in examples:
        assert example.startswith(command)
        parser().parse_args([word.strip('"') for word in example.split()])


def test_the_top_help_names_every_command(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    assert all(f"    {command}" in out for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "COMMAND"),
        (["reports"], "invalid choice: 'reports'"),
        (["report", "x"], "-o/--output"),
        (["power", "--experiment", "info_source", "-n", "many"], "not a whole number"),
        (
            ["power", "--experiment", "info_source", "--effect", "big", "-n", "60"],
            "such as ARM=0.4",
        ),
        (["power", "--experiment", "both", "-n", "60"], "'incentive', 'info_source'"),
        (["power", "--experiment", "info_source", "-n", "2"], "at least 12"),
        (
            ["power", "--experiment", "info_source", "-n", "60", "--effect", "reward=1"],
            "organisation, beneficiary",
        ),
        (["preregister", "--plan", "none.toml"], "none.toml: the plan cannot be read"),
        (["check", "nowhere"], "'nowhere'"),
        (["check", ""], "an empty name"),
        (["estimate", "x", *ESTIMATE, "--se-type", "HC9"], "HC2"),
        (["power", "--experiment", "info_source", "-n", "60", "--figure", "x.pdf"], ".svg"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_possible(capsys, words, message):
    status, out, err = run(capsys, *words)
    assert status == 2
    assert out == ""
    assert message in err


def test_check_of_whole_exports_finds_nothing(capsys, exports):
    status, out, _ = run(capsys, "check", exports)
    assert status == 0
    assert out.startswith("No problems found")


def test_check_lists_problems_with_file_row_and_column(capsys, exports, tmp_path):
    frame = pd.read_csv(exports / "all_apps_wide.csv", dtype=str, keep_default_na=False)
    column = "info_source_experiment.1.player.psm_1"
    frame.loc[3, column] = "nine"
    path = tmp_path / "all_apps_wide.csv"
    frame.to_csv(path, index=False)
    status, out, err = run(capsys, "check", path)
    assert status == 1
    assert f"{path}, row 5, column {column}" in out
    assert "problem" in err


@pytest.mark.parametrize("command", [("report", "-o", "out"), ("estimate", *ESTIMATE)])
def test_bad_data_are_status_1_and_one_sentence(capsys, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text("a;b\n1;2\n", encoding="utf-8")
    name, *options = command
    status, out, err = run(capsys, name, bad, *options)
    assert (status, out) == (1, "")
    assert "bad.csv" in err
    assert len(err.strip().splitlines()) == 1


def test_estimate_uses_the_plan_and_prints_the_tidy_frame(capsys, exports):
    status, out, _ = run(capsys, "estimate", exports, *ESTIMATE, "--format", "csv")
    assert status == 0
    printed = pd.read_csv(io.StringIO(out))
    data = add_derived(load(exports, include_bots=True))
    for row in printed.to_dict("records"):
        expected = contrast(
            data,
            "willingness",
            "arm",
            {row["term"]: 1, "control": -1},
            covariates=["baseline_correct", "psm"],
            sessions="session_code",
            draws=0,
        ).iloc[0]
        for name in ("estimate", "std_error", "df", "p_value", "n"):
            assert row[name] == pytest.approx(expected[name], rel=1e-12)


def test_estimate_without_an_outcome_prints_the_planned_table(capsys, exports):
    status, out, _ = run(capsys, "estimate", exports, "--include-bots", "--format", "csv")
    assert status == 0
    printed = pd.read_csv(io.StringIO(out))
    expected = estimate(load(exports, include_bots=True))
    assert list(printed.columns) == list(expected.columns)
    adjusted = expected["p_adjusted"].tolist()
    assert printed["p_adjusted"].tolist() == pytest.approx(adjusted, nan_ok=True)
    status, out, _ = run(capsys, "estimate", exports, "--include-bots")
    assert status == 0
    assert "verdict" in out
    status, _, err = run(capsys, "estimate", exports, "--include-bots", "--control", "control")
    assert (status, err) == (2, "--control goes with --outcome.\n")
    status, _, err = run(capsys, "estimate", exports, "--outcome", "willingness")
    assert (status, err) == (2, "--outcome goes with --experiment.\n")


def test_estimate_of_real_people_waits_for_the_planned_size(capsys, exports, tmp_path):
    frame = pd.read_csv(exports / "all_apps_wide.csv", dtype=str, keep_default_na=False)
    frame["participant._is_bot"] = "0"
    frame.to_csv(tmp_path / "all_apps_wide.csv", index=False)
    for words in ([], ESTIMATE[:4]):
        status, out, err = run(capsys, "estimate", tmp_path, *words)
        assert (status, out) == (1, "")
        assert "of 240 planned participants" in err
        assert run(capsys, "estimate", tmp_path, *words, "--interim")[0] == 0


def test_estimate_takes_another_estimator_control_and_covariates(capsys, exports):
    words = ("--estimator", "difference_in_means", "--control", "organisation", "--format", "json")
    status, out, _ = run(capsys, "estimate", exports, *ESTIMATE, *words)
    assert status == 0
    data = load(exports, include_bots=True)
    expected = difference_in_means(data, "willingness", "arm", "organisation")
    rows = json.loads(out)
    assert [row["term"] for row in rows] == list(expected["term"])
    assert rows[0]["estimate"] == pytest.approx(expected["estimate"].iloc[0], rel=1e-12)
    adjusted = ("--estimator", "lin", "--covariates", "baseline_correct, psm")
    assert run(capsys, "estimate", exports, *ESTIMATE, *adjusted)[0] == 0


def test_the_choices_of_the_command_line_are_those_that_exist():
    """They are written out there, so that help needs no statistics."""
    assert set(cli.ESTIMATORS) == set(estimate_command.ESTIMATORS)
    assert set(cli.SE_TYPES) == set(SE_TYPES)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--outcome", "wilingness"], "Did you mean 'willingness'?"),
        (["--covariates", "psn"], "Did you mean 'psm'?"),
        (["--control", "reward"], "control, organisation, beneficiary"),
        (["--estimator", "welch", "--covariates", "psm"], "takes no covariates"),
        (["--estimator", "welch", "--se-type", "HC3"], "has no se_type"),
    ],
)
def test_estimate_refuses_names_that_do_not_exist(capsys, exports, words, message):
    status, _, err = run(capsys, "estimate", exports, *ESTIMATE, *words)
    assert status == 2
    assert message in err


def test_simulated_participants_are_not_taken_for_people(capsys, exports):
    status, _, err = run(capsys, "estimate", exports, *ESTIMATE[:4])
    assert status == 1
    assert "--include-bots" in err


def test_a_report_into_the_folder_of_the_exports_is_wrong_usage(capsys, exports):
    status, _, err = run(capsys, "report", exports, "-o", exports, "--include-bots")
    assert status == 2
    assert "another folder" in err


def test_report_says_where_it_is(capsys, exports, tmp_path):
    target = tmp_path / "a new folder" / "report"
    words = ("-o", target, "--include-bots", "--draws", "99")
    status, out, _ = run(capsys, "report", exports, *words)
    assert status == 0
    assert str(target / "report.html") in out
    assert (target / "report.html").exists()


def test_an_output_that_cannot_be_written_is_a_sentence(capsys, exports, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("")
    status, _, err = run(capsys, "report", exports, "-o", taken, "--include-bots")
    assert status == 2
    assert "a folder is needed" in err


def test_a_windows_path_finds_its_folder(capsys, exports, monkeypatch):
    monkeypatch.chdir(exports.parent.parent)
    words = f"{exports.parent.name}\\{exports.name}"
    assert run(capsys, "check", words)[0] == 0


def test_power_prints_a_table_csv_and_a_figure(capsys, tmp_path):
    words = [
        "power",
        "--experiment",
        "info_source",
        "--effect",
        "beneficiary=0.4",
        "-n",
        "60",
        "120",
    ]
    words += ["--simulations", "200", "--jobs", "1"]
    status, out, err = run(capsys, *words, "--figure", tmp_path / "curve.svg")
    assert (status, err) == (0, "")
    assert "±" in out
    assert "<svg" in (tmp_path / "curve.svg").read_text(encoding="utf-8")
    status, out, _ = run(capsys, *words, "--format", "csv")
    frame = pd.read_csv(io.StringIO(out))
    assert list(frame["n"]) == [60] * 3 + [120] * 3
    assert run(capsys, *words, "--figure", tmp_path / "curve.pdf")[0] == 2


def test_simulate_preregister_and_codebook_write_their_files(capsys, tmp_path):
    words = ["--experiment", "incentive", "-n", "12", "--effect", "effort.reward=0.2"]
    assert run(capsys, "simulate", *words, "-o", tmp_path / "simulated")[0] == 0
    assert (tmp_path / "simulated" / "all_apps_wide.csv").exists()
    assert run(capsys, "codebook", "-o", tmp_path / "codebook")[0] == 0
    assert (tmp_path / "codebook" / "codebook.md").exists()
    status, printed, _ = run(capsys, "preregister")
    assert status == 0
    assert run(capsys, "preregister", "-o", tmp_path / "plan.md")[0] == 0
    assert (tmp_path / "plan.md").read_text(encoding="utf-8") == printed


def test_power_says_what_no_difference_can_be_claimed_at_the_planned_size(capsys):
    words = ["power", "--experiment", "incentive", "--simulations", "100", "--jobs", "1"]
    sentence = (
        "At the planned size of 720, the smallest bound within which H4 can claim no difference"
    )
    for more in (["-n", "60"], []):
        status, out, _ = run(capsys, *words, *more)
        assert status == 0
        assert out.count(sentence) == 1
        assert re.search(r"with 80% power is 0\.\d\d \(\d\.\d cards\)\.", out)


def test_a_broken_design_is_status_2_and_one_sentence(tmp_path):
    """Whatever in a study's files is wrong, wherever a command finds it."""
    names = (
        "analysis",
        "study",
        "steps",
        "people",
        "lab",
        "effort_task",
        "content",
        "settings.py",
    )
    for name in (*names, "info_source_experiment"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "incentive_experiment", tmp_path / "incentive_experiment")
    design = tmp_path / "incentive_experiment" / "design.py"
    text = design.read_text(encoding="utf-8")
    design.write_text(
        text.replace("Baseline(seconds=120)", "Baseline(second=120)"), encoding="utf-8"
    )
    line = 1 + text[: text.index("Baseline(seconds=120)")].count("\n")
    for words in (["preregister"], ["check", "x"], ["power", "--help"], ["codebook", "-o", "x"]):
        result = subprocess.run(
            [sys.executable, "-m", "analysis", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 2
        assert (
            f"incentive_experiment/design.py, line {line}: Baseline has no 'second'"
            in result.stderr
        )
        assert "Traceback" not in result.stderr


def test_a_reader_who_stops_reading_is_no_error():
    command = f'"{sys.executable}" -m analysis preregister | head -1; echo ${{PIPESTATUS[0]}}'
    result = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.stdout.splitlines()[-1] == "0"
    assert result.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals.")
def test_interrupting_ends_with_130_and_one_word():
    words = ["power", "--experiment", "incentive", "-n", "4000", "--simulations", "200000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis", *words, "--jobs", "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background ignores this signal, and so would the command.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert err.strip().endswith("Interrupted.")


def test_a_console_that_cannot_show_a_character_does_not_stop_the_command(exports):
    words = [
        "power",
        "--experiment",
        "incentive",
        "-n",
        "60",
        "--simulations",
        "100",
        "--jobs",
        "1",
    ]
    result = subprocess.run(
        [sys.executable, "-m", "analysis", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
