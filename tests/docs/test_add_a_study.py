"""A fourth study, added word for word as the guide says, keeps what every study promises."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.docs.test_recipes import follow
from tests.harness.server import ROOT

PAGE = ROOT / "docs" / "add-a-study.md"
FOLDER = "reminder_survey"
CONSOLE = re.compile(r"```console\n(.*?)```\n", re.DOTALL)
LEFT_OUT = shutil.ignore_patterns(
    *(".*", "__pycache__", "db.sqlite3*", "benchmarks", "demo", "screenshots", "copies")
)
GENERATED = "docs/steps.md"
"""Says which studies use a step."""


def commands():
    """What is typed, each with what it prints."""
    for block in CONSOLE.findall(PAGE.read_text("utf-8")):
        for typed in block.split("$ ")[1:]:
            command, *printed = typed.strip().splitlines()
            yield command, printed


def run(project, command):
    words = shlex.split(command)
    if words[0] == "make":  # what it runs, in the environment that is there
        [_, target, study] = words
        words = ["python", "-m", "pytest", "-p", "no:xdist", f"tests/{target}"]
        words += ["--study", study.removeprefix("STUDY=")]
    done = subprocess.run(
        [sys.executable, *words[1:]],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}{done.stderr[-3000:]}"
    return done.stdout


def files(project):
    return {
        path.relative_to(project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in project.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project in which the page was followed."""
    project = tmp_path_factory.mktemp("fourth") / "project"
    shutil.copytree(ROOT, project, ignore=LEFT_OUT)
    before = files(project)
    follow(CONSOLE.sub("", PAGE.read_text("utf-8")), project)
    after = files(project)
    assert {name for name in after if name not in before} == {
        name for name in after if name.startswith(f"{FOLDER}/")
    }
    assert {name: after[name] for name in before} == before
    return project


def test_the_page_works_word_for_word(project):
    before = files(project)
    for command, printed in commands():
        said = run(project, command)
        for line in printed:
            assert line.lower() in said.lower(), command
    after = files(project)
    changed = {name for name in before if after[name] != before[name]}
    assert changed <= {GENERATED, f"{FOLDER}/README.md"}
    report = (project / "report" / "report.html").read_text("utf-8")
    assert "R1" in report
    assert "punctuality" in report.lower()


WORDS = f"{FOLDER}/punctuality/words/en.toml"
STEP = f"{FOLDER}/punctuality/__init__.py"
PAGE_OF_STEP = f"{FOLDER}/punctuality/page.py"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            WORDS,
            "reminded = ",
            "remindd = ",
            "the text 'reminder' of the arm 'reminded' is missing",
        ),
        (WORDS, "reminded = ", 'both = "…"\nreminded = ', "no arm 'both'"),
        (WORDS, '"{reminder}",', "", "nothing quotes {reminder}"),
        (STEP, "by_arm: ClassVar", "quotes: ClassVar", "must say what its texts quote: reminder"),
        (PAGE_OF_STEP, "", "class Letter: ...", "there is no class Punctuality(StudyPage)"),
        (f"{FOLDER}/design.py", '["en"]', '["en", "it"]', "content/it.toml: the file is missing"),
        (
            f"{FOLDER}/__init__.py",
            "reminder_survey.design",
            "other.design",
            "__init__.py, line 4: No mod",
        ),
        (STEP, "(frozen=True, eq=False)", "", "punctuality/__init__.py, line 1"),
    ],
)
def test_what_a_stranger_forgets_is_named_before_anybody_comes(project, file, old, new, said):
    """What would leave a page without its treatment is a sentence at the start of the server."""
    path = project / file
    before = path.read_text("utf-8") if path.is_file() else None
    assert old in (before or "")
    path.write_text((before or "").replace(old, new) or new, "utf-8")
    try:
        done = subprocess.run(
            ["otree", "prodserver", "127.0.0.1:1"],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        path.unlink() if before is None else path.write_text(before, "utf-8")
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_study_may_do_without_consent(project):
    design, content = (project / FOLDER / name for name in ("design.py", "content/en.toml"))
    for path, left_out in (
        (design, r" +Consent\(\),\n|Consent, "),
        (content, r"\[(consent|declined)\]\n(.+\n)+\n"),
    ):
        text, count = re.subn(left_out, "", path.read_text("utf-8"))
        assert count == 2
        path.write_text(text, "utf-8")
    suite = " ".join(f"tests/conformance/test_{n}.py" for n in ("words", "bots", "sessions"))
    for command in (
        "python -m study.documents",
        f"python -m pytest -p no:xdist {suite} --study {FOLDER}",
        "python -m analysis simulate --experiment reminders -n 260 -o simulated",
        "python -m analysis report simulated -o report --include-bots",
    ):
        run(project, command)
    assert "Consented" not in (project / "report" / "report.html").read_text("utf-8")
