"""The project installed by pip: the analysis in any folder, with the studies, without oTree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from study.finding import studies

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "demo", "screenshots", "copies")
FIRST = next(iter(studies().values()))


def run(*command, folder):
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The project with one study more: a new folder that no file names."""
    source = tmp_path_factory.mktemp("source") / "project"
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    new = shutil.copytree(source / FIRST.app, source / "a_new_study")
    for path in (each for each in new.rglob("*") if each.suffix in (".py", ".toml")):
        text = path.read_text("utf-8").replace(FIRST.app, "a_new_study")
        path.write_text(text.replace(f'"{FIRST.name}"', '"new"'), "utf-8")
    return source


@pytest.fixture(scope="module", params=[[], ["--editable"]], ids=["wheel", "editable"])
def programs(request, source, tmp_path_factory):
    """The folder of programs of an environment that has the project beside our packages."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(programs / "python", "-c", where, folder=folder).strip())
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    pip = [sys.executable, "-m", "pip", "--python", programs / "python", "install"]
    run(*pip, "--no-deps", "--no-build-isolation", *request.param, source, folder=folder)
    return programs


def test_the_analysis_runs_in_any_folder(programs, tmp_path):
    command = programs / "coproduction-analysis"
    run(command, "simulate", "--experiment", "new", "-n", "40", "-o", "exports", folder=tmp_path)
    assert "No problems" in run(command, "check", "exports", folder=tmp_path)
    module = [programs / "python", "-m", "analysis"]
    report = ["report", "exports", "-o", "report", "--include-bots", "--draws", "99"]
    run(*module, *report, folder=tmp_path)
    assert (tmp_path / "report" / "report.html").is_file()


def test_the_studies_are_those_of_the_project(programs, tmp_path):
    # What another distribution has beside ours is no study.
    program = (
        "import analysis, pathlib, study.finding as finding; from importlib.util import find_spec;"
        "other = finding.ROOT / 'of_another' / 'design.py'; other.parent.mkdir(exist_ok=True);"
        "installed = not (finding.ROOT / 'settings.py').exists();"
        "installed and other.write_text('raise SystemExit');"
        "print(find_spec('otree'), find_spec('tests'), *finding.checked())"
    )
    found = run(programs / "python", "-I", "-c", program, folder=tmp_path).split()
    assert found[:2] == ["None", "None"]
    assert sorted(found[2:]) == sorted([*studies(), "new"])
