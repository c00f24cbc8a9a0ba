"""Whatever is wrong in a design, in words, messages or people is one sentence with its place."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from study.finding import studies
from study.problems import DesignError
from tests.harness.server import ROOT, link_project

STUDY = "info_source_experiment"
DESIGN = f"{STUDY}/design.py"
PSM = "steps/instruments/psm/words"

# ruff: noqa: E501

# The file, what is replaced by what, and what the sentence must say after the file's name.
MISTAKES = {
    "an option that a step does not have": (
        DESIGN, "Practice(items=2)", "Practice(item=2)",
        "line 45: Practice has no 'item'. Did you mean items?",
    ),
    "a value of another type": (
        DESIGN, "Practice(items=2)", 'Practice(items="2")', "items is '2', but must be of type int",
    ),
    "a value out of range": (
        DESIGN, "Baseline(seconds=120)", "Baseline(seconds=2)", "seconds is 2, but must be from 5",
    ),
    "a step that is not imported": (
        DESIGN, "Willingness(),", "Wilingness(),", "Wilingness is not imported. Did you mean W",
    ),
    "a step that does not exist": (
        DESIGN, "    Willingness,\n", "    Willingnes,\n",
        "steps has no 'Willingnes'. Did you mean Willingness?",
    ),
    "a step that is not called": (
        DESIGN, "Motivation(),\n        Base", "Motivation,\n        Base", "Write Motivation().",
    ),
    "a step that is there twice": (
        DESIGN, "HoursPledged(),", "HoursPledged(), HoursPledged(),", "'hours_pledged' is there twice",
    ),
    "no draw": (DESIGN, "        Assignment(),\n", "", "no step Assignment()"),
    "a bad solution": (DESIGN, '"bacb"', '"bacx"', "must be letters out of a, b, c"),
    "a round that pays and does not exist": (
        DESIGN, 'piece="effort"', 'piece="efort"', "no timed round 'efort'. Did you mean effort?",
    ),
    "a message that does not exist": (
        DESIGN, 'message="organisation"', 'message="organization"', "Did you mean organisation?",
    ),
    "a language without words": (DESIGN, '["en", "it"]', '["en", "de"]', "no words in 'de'"),
    "no Python": (DESIGN, "STUDY = Study(", "STUDY = Study((", "line "),
    "a forgotten comma": (DESIGN, "Consent(),", "Consent()", "line "),
    "no study": (DESIGN, "STUDY = ", "STUDIE = ", "it must declare STUDY = Study(...)"),
    "a number whose lowest is above its highest": (
        DESIGN, "HoursPledged(),", "HoursPledged(low=30, high=20),",
        "low of hours_pledged is 30, but must be less than high, 20",
    ),
    "a scale whose end says nothing": (
        "steps/instruments/willingness/words/it.toml", "low = ", "hint = ",
        "the question 'willingness' does not say what its scale is at the end: low",
    ),
    "a text that is missing": (
        f"{PSM}/it.toml", 'title = "Come vedi i servizi pubblici"\n', "", "the text 'title' is missing",
    ),
    "a text that nobody shows": (
        f"{PSM}/en.toml", "title =", 'titel = "x"\ntitle =', "no text 'titel'. Did you mean title?",
    ),
    "an item too few": (
        f"{PSM}/en.toml",
        '    "It matters to me that public services are there for everyone.",\n', "",
        "has 7 items, but 8 columns",
    ),
    "another placeholder than in English": (
        "steps/instruments/effort/words/it.toml", "{task_minutes}", "{baseline_minutes}",
        "does not quote the same values",
    ),
    "broken words": (f"{PSM}/en.toml", 'title = "', "title = ", "en.toml: "),
    "words of a step that is not there": (
        f"{STUDY}/content/en.toml", "[checks]", "[cheks]", "Did you mean checks?",
    ),
    "a fact that does not exist": (
        "content/en/messages/organisation/2.toml", "{waiting}", "{wating}",
        "no fact 'wating'. Did you mean waiting?",
    ),
    "people who respond to no arm": (
        f"{STUDY}/people.py", '"organisation": 0.1', '"organization": 0.1',
        "no arm 'organization'. Did you mean organisation?",
    ),
    "people in sessions with a parameter that does not exist": (
        f"{STUDY}/people.py", "PEOPLE = People(", 'PEOPLE = People(session={"languge": "it"},',
        "Did you mean language?",
    ),
    "people with an outcome that nobody asks for": (
        f"{STUDY}/people.py", '"impact_perceived":', '"impact_percieved":',
        "Did you mean impact_perceived?",
    ),
    "two rounds of one phase": (
        DESIGN,
        "Baseline(seconds=120)",
        'Baseline(seconds=120, phase="main")',
        "the phase 'main' is there twice",
    ),
    "two rounds with one parameter": (
        DESIGN,
        "Baseline(seconds=120)",
        'Baseline(seconds=120, parameter="task_seconds")',
        "the parameter 'task_seconds' is there twice",
    ),
    "the practice is no timed round": (
        DESIGN,
        'donates=["baseline",',
        'donates=["practice", "baseline",',
        "no timed round 'practice'",
    ),
    "a message before the draw": (
        DESIGN,
        "        Assignment(),\n        Information(),\n",
        "        Information(),\n        Assignment(),\n",
        "information needs an arm, so it stands behind Assignment()",
    ),
    "a step that writes what the platform writes": (
        DESIGN,
        "HoursPledged(),",
        'HoursPledged(),\n        Practice("completed"),',
        "line ",
    ),
    "an arm that no session could name": (
        DESIGN,
        'Arm("organisation"',
        'Arm("org,an"',
        "the name is 'org,an', but must be small letters",
    ),
    "solutions that the words do not have": (
        DESIGN,
        '"bacb"',
        '"cacb"',
        "item 1 needs explanations of a and b: the design says that c is right",
    ),
    "an answer that is no option": (
        DESIGN,
        'Knowledge(solutions="bcab")',
        'Knowledge(solutions="zcab")',
        "must be letters out of a, b, c",
    ),
    "pay that is none": (
        DESIGN,
        'pay=Pay(donates=["baseline", "effort", "voluntary"], piece="effort")',
        'pay="much"',
        "pay is 'much', but must be Pay(...)",
    ),
    "a language in place of a list of them": (
        DESIGN,
        'languages=["en", "it"]',
        'languages="en"',
        "languages is 'en', but must be a list",
    ),
    "a text that is renamed in what all pages have": (
        "content/it/common.toml",
        "\nstep = ",
        "\nstepp = ",
        "the text 'step' is missing",
    ),
    "a value that nobody fills in": (
        "steps/earnings/words/en.toml",
        "{paid_cards}",
        "{payd_cards}",
        "no value to quote 'payd_cards'. Did you mean paid_cards?",
    ),
    "a text in place of a list": (
        f"{STUDY}/content/it.toml",
        "[debriefing]",
        '[debriefing]\nparagraphs = "Grazie {design}"',
        "'paragraphs' must be a list of texts",
    ),
    "a lonely brace": (f"{PSM}/en.toml", 'title = "', 'title = "{', "a brace that quotes nothing"),
    "media that is no table": (
        "content/en/messages/facts/1.toml",
        "\nheading = ",
        '\nmedia = "x.png"\nheading = ',
        "media must be a table",
    ),
    "words that are no table": (
        f"{STUDY}/content/it.toml",
        "[checks]",
        "consent = 3\n\n[checks]",
        "consent must be a table of texts",
    ),
    "an effect that is not given by arm": (
        f"{STUDY}/people.py",
        '"effort": {"beneficiary": 0.1}',
        '"effort": 0.1',
        "must be given by arm",
    ),
    "people who are none": (f"{STUDY}/people.py", "PEOPLE = People(", "PEOPLE = dict(", "it must declare PEOPLE"),
    "an effect on what does not respond": (
        f"{STUDY}/people.py",
        '"impact_perceived":',
        '"hours_pledged":',
        "hours_pledged does not respond to the arm: its step needs responds = True",
    ),
    "a main outcome that does not exist": (
        f"{STUDY}/people.py",
        'main=("willingness"',
        'main=("wilingness"',
        "Did you mean willingness?",
    ),
}  # fmt: skip

CHECK = "from study.finding import checked; checked()"


def spoilt(folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the project in which one thing is wrong."""
    project = folder / "project"
    top = Path(file).parts[0]
    link_project(project)
    (project / top).unlink()
    shutil.copytree(ROOT / top, project / top, ignore=shutil.ignore_patterns("__pycache__"))
    text = (project / file).read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
    (project / file).write_text(text.replace(old, new), "utf-8")
    return project


def run(project, *command):
    bin = Path(sys.executable).parent
    return subprocess.run(
        command,
        cwd=project,
        env=os.environ | {"PATH": f"{bin}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_sentence_with_its_place(mistake, tmp_path):
    file, old, new, sentence = MISTAKES[mistake]
    project = spoilt(tmp_path, file, old, new)
    done = run(project, sys.executable, "-c", CHECK)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("study.problems.DesignError: "), done.stderr
    assert sentence in said
    assert ".py" in said or ".toml" in said


def test_a_server_says_it_and_does_not_start(tmp_path):
    file, old, new, sentence = MISTAKES["an option that a step does not have"]
    done = run(spoilt(tmp_path, file, old, new), "otree", "prodserver", "127.0.0.1:0")
    assert done.returncode != 0
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert done.stderr.startswith(f"{DESIGN}, {sentence}")


def test_the_command_line_says_it_and_has_no_traceback(tmp_path):
    file, old, new, sentence = MISTAKES["an option that a step does not have"]
    project = spoilt(tmp_path, file, old, new)
    done = run(project, sys.executable, "-m", "analysis", "codebook", "-o", "codebook")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"{DESIGN}, {sentence}" in done.stderr


def test_a_part_that_is_changed_by_replace_is_declared_where_that_is_done():
    changed = replace(studies()["info_source"].step("practice"), items=3)
    assert changed.items == 3
    assert changed.place.startswith("tests/docs/test_mistakes.py, line ")
    with pytest.raises(DesignError, match=r"tests/docs/test_mistakes\.py, line \d+: items is 'x'"):
        replace(changed, items="x")
