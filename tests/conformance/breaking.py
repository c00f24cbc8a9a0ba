"""Breaks each promise once, in each study, and looks whether the suite fails in that promise.

``python -m tests.conformance.breaking [STUDY …] [PROMISE …]``, some minutes for each study.
Everything happens in a copy of the project. Prints a table; its exit status is 1 if something
broken was not seen.
"""

from __future__ import annotations

# ruff: noqa: E501
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from study.finding import studies
from study.study import Study
from tests.conformance.conftest import LEFT_OUT
from tests.harness.server import ROOT


def always(study: Study) -> bool:
    return True


@dataclass(frozen=True)
class Break:
    """One promise broken: ``new`` in place of ``old`` in a file; ``{app}`` is the study's folder.

    test : the file of the suite that must see it. applies : whether the study promises it.
    """

    promise: int
    what: str
    file: str
    old: str
    new: str
    test: str
    applies: Callable[[Study], bool] = always


BREAKS = (
    Break(
        1,
        "the design computes",
        "{app}/design.py",
        "STUDY = ",
        "if True:\n    pass\nSTUDY = ",
        "test_design",
    ),
    Break(
        2,
        "mistakes have no place",
        "study/problems.py",
        'f"{shown(path)}, line {line}"',
        '"There"',
        "test_mistakes",
    ),
    Break(3, "a text is missing", "{app}/content/en.toml", "title = ", "titel = ", "test_words"),
    Break(
        4, "the README is of an older design", "{app}/README.md", "# ", "# Old: ", "test_design"
    ),
    Break(
        5,
        "nobody comes to the last page",
        "lab/page.py",
        "return cls.study.reaches(cls.step, cls.seat_of(player))",
        "return cls.step is not cls.study.path[-1] and cls.study.reaches(cls.step, cls.seat_of(player))",
        "test_sessions",
    ),
    Break(
        6,
        "a column is not exported",
        "lab/app.py",
        "fields.of(study.columns))",
        "fields.of({n: c for n, c in study.columns.items() if n != 'advanced_from'}))",
        "test_sessions",
    ),
    Break(
        7,
        "whoever left has a 0",
        "lab/page.py",
        "        player.language = player.participant.language = language_of(player)\n",
        "        player.language = player.participant.language = language_of(player)\n"
        "        player.completed = False\n",
        "test_sessions",
    ),
    Break(
        8,
        "what was known is lost when one comes back",
        "lab/page.py",
        "        if is_displayed:\n            self.prepare()\n",
        "        if is_displayed:\n            self.prepare()\n"
        "            seen = f'seen {type(self).__name__}'\n"
        "            if self.participant.vars.get(seen):\n"
        "                self.player.language = None\n"
        "            self.participant.vars[seen] = True\n",
        "test_sessions",
    ),
    Break(
        9,
        "everybody is a control",
        "lab/assignment.py",
        "_store_arm(study, player, drawn.arm)",
        "_store_arm(study, player, study.control)",
        "test_sessions",
    ),
    Break(
        10,
        "the source of a page names the arm",
        "lab/page.py",
        '"dir": wording.direction(language),',
        '"dir": player.field_maybe_none("arm") or "ltr",',
        "test_sessions",
    ),
    Break(
        11,
        "any value of a parameter is taken",
        "study/parameters.py",
        "raise ParameterError(self.name, value, self.allowed) from None",
        "return value",
        "test_parameters",
    ),
    Break(
        12,
        "everybody gets a cent more",
        "study/pay.py",
        "return exact(amount).quantize(CENT, ROUND_HALF_UP)",
        "return exact(amount).quantize(CENT, ROUND_HALF_UP) + CENT",
        "test_sessions",
        lambda study: study.pay is not None,
    ),
    Break(
        13,
        "the exporter forgets an answer of each page",
        "people/session.py",
        "for name, value in (*act.answers.items(), *act.also.items()):",
        "for name, value in list(act.answers.items())[1:]:",
        "test_bots",
    ),
    Break(
        14,
        "nobody responds to the arms",
        "people/assumptions.py",
        "if seat.arm is None or not effects:",
        "if True:",
        "test_plan",
    ),
    Break(
        15,
        "pages say a language that is none",
        "_templates/global/Shell.html",
        '<html lang="{{ language }}"',
        '<html lang="zz"',
        "test_pages",
    ),
)


def copy(folder: Path) -> Path:
    """A copy of the project in which things may be broken."""
    project = folder / "project"
    shutil.copytree(ROOT, project, ignore=LEFT_OUT)
    return project


def failed(project: Path, study: Study, broken: Break) -> tuple[list[str], str]:
    """The tests of the promise that fail when it is broken, and all that was said."""
    path = project / broken.file.format(app=study.app)
    text = path.read_text("utf-8")
    assert broken.old in text, f"{broken.file} does not hold {broken.old!r}"
    path.write_text(text.replace(broken.old, broken.new, 1), "utf-8")
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:xdist", "-x", "-q", "-rfE"),
                f"tests/conformance/{broken.test}.py",
                *("--study", str(project / study.app), "--promise", str(broken.promise)),
            ],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.write_text(text, "utf-8")
    return re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", done.stdout, re.MULTILINE), done.stdout


def rows(project: Path, names: list[str]) -> Iterator[tuple[Break, Study, list[str]]]:
    for study in studies().values():
        for broken in BREAKS:
            if broken.applies(study) and study.name in names and str(broken.promise) in names:
                yield broken, study, failed(project, study, broken)[0]


def main(names: list[str]) -> int:
    promises = [str(each.promise) for each in BREAKS]
    for known in (list(studies()), promises):
        names += known if not set(known) & set(names) else []
    unseen = 0
    print("| promise | study | broken | seen by |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for broken, study, tests in rows(copy(Path(folder)), names):
            unseen += not tests
            seen = ", ".join(f"`{test}`" for test in tests) or "**nothing**"
            print(f"| {broken.promise} | {study.name} | {broken.what} | {seen} |", flush=True)
    return int(unseen > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
