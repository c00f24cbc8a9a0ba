"""The recipes work: a copy of the project to which one was applied plays, exports and reports."""

import re
import shutil
import subprocess
import sys

import pytest

from study.documents import steps_page
from tests.harness.server import ROOT

RECIPES = ROOT / "docs" / "recipes.md"
STEP = re.compile(
    r"(?P<what>In\s`(?P<file>[^`]+)`, (?P<how>after|in place of)|Write\s`(?P<new>[^`]+)`:|"
    r"At the end of `(?P<end>[^`]+)` write)\s*```\w+\n(?P<first>.*?)```"
    r"(?:\s*write\s*```\w+\n(?P<second>.*?)```)?",
    re.DOTALL,
)
LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "db.sqlite3*", "tests", "benchmarks", "demo", "screenshots", "copies"
)


def recipes():
    """The text of each recipe by its title."""
    parts = re.split(r"^## (.+)$", RECIPES.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def follow(text, project):
    """Do what a recipe says; how many steps it had."""
    steps = list(STEP.finditer(text))
    blocks = sum(1 if step["second"] is None else 2 for step in steps)
    assert blocks == text.count("```") / 2, "a step was not understood"
    for step in steps:
        path = project / (step["file"] or step["new"] or step["end"])
        if step["new"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step["first"], "utf-8")
            continue
        before = path.read_text("utf-8")
        if step["end"]:
            path.write_text(before + step["first"], "utf-8")
            continue
        assert before.count(step["first"]) == 1, f"{path}: {step['first']}"
        after = step["second"]
        if step["how"] == "after":
            after = step["first"] + after
        path.write_text(before.replace(step["first"], after), "utf-8")
    return len(steps)


def run(project, *command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


PLAY = """
import sys
from pathlib import Path
from lab import demo

demo.start_otree()
demo.play("info_source", 8, "recipe", case="diligent", **{parameters})
folder = Path("demo/exports")
folder.mkdir(parents=True)
print(*demo.export(folder), sep="\\n")
"""

WHAT_IS_NEW = {
    "Add an arm": ({}, "neighbour"),
    "Add a question": ({}, "neighbours_expected"),
    "Add a task": ({"task": "reversing"}, "reversing"),
}


def test_every_recipe_is_tried():
    assert set(recipes()) == set(WHAT_IS_NEW)


@pytest.mark.parametrize("title", WHAT_IS_NEW)
def test_a_recipe_works_word_for_word(title, tmp_path):
    parameters, new = WHAT_IS_NEW[title]
    project = tmp_path / "project"
    shutil.copytree(ROOT, project, ignore=LEFT_OUT)
    assert follow(recipes()[title], project) >= 4
    run(project, "study.documents")
    assert new in (project / "info_source_experiment" / "README.md").read_text("utf-8")
    (project / "play.py").write_text(PLAY.replace("{parameters}", repr(parameters)), "utf-8")
    run(project, "play")
    texts = [path.read_text("utf-8") for path in (project / "demo" / "exports").glob("*.csv")]
    assert any(new in text for text in texts)
    assert "no problems" in run(project, "analysis", "check", "demo/exports").lower()
    simulated = run(
        project,
        *("analysis", "simulate", "--experiment", "info_source", "-n", "60", "-o", "simulated"),
    )
    assert "simulated" in simulated
    run(project, "analysis", "check", "simulated")
    run(project, "analysis", "report", "simulated", "-o", "report", "--include-bots")
    report = (project / "report" / "report.html").read_text("utf-8")
    if title == "Add an arm":
        assert new in report


def test_the_page_of_steps_is_up_to_date():
    """`python -m study.documents` writes it, and the studies' own pages."""
    assert (ROOT / "docs" / "steps.md").read_text("utf-8") == steps_page()
