"""What is installed is what is written down, for every Python; and what checks it is the same."""

import re
import subprocess
import sys
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from analysis.report.manifest import declared, installed
from tests.harness.locks import ROOT, locked, pythons

FILES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix()
    for folder in (ROOT, ROOT / "analysis", ROOT / "tests", ROOT / "tests" / "analysis")
    for path in folder.glob("requirements*.in")
)
HERE = ("analysis/requirements", "requirements", "tests/requirements")
"""What this environment was made from; `tests/analysis/` looks at the other one."""
WITHIN = [
    ("analysis/requirements", "requirements"),
    ("requirements", "tests/requirements"),
    ("analysis/requirements", "analysis/requirements-cluster"),
    ("analysis/requirements-cluster", "tests/analysis/requirements"),
]


def asked(name: str) -> list[Requirement]:
    return [Requirement(text) for text in declared(ROOT / f"{name}.in")]


@pytest.mark.parametrize("name", FILES)
def test_what_is_asked_for_is_one_version(name):
    for requirement in asked(name):
        assert re.fullmatch(r"==[\d.]+", str(requirement.specifier)), requirement


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize("name", FILES)
def test_a_lock_has_all_that_is_asked_for_on_every_python(name, python):
    versions = locked(ROOT / f"{name}.txt", python)
    for requirement in asked(name):
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python}):
            found = versions.get(canonicalize_name(requirement.name))
            assert found in requirement.specifier, f"{name}.txt: {requirement}; run make lock"


@pytest.mark.parametrize("name", HERE)
def test_a_lock_has_all_that_is_brought_along_and_nothing_else(name):
    assert locked(ROOT / f"{name}.txt") == installed(declared(ROOT / f"{name}.in"))


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize(("part", "whole"), WITHIN)
def test_a_lock_agrees_with_the_one_that_contains_it(part, whole, python):
    parts, all_of_it = (locked(ROOT / f"{name}.txt", python) for name in (part, whole))
    assert parts.items() <= all_of_it.items()


@pytest.mark.parametrize("name", FILES)
def test_a_lock_says_nothing_of_the_computer_that_wrote_it(name):
    text = (ROOT / f"{name}.txt").read_text("utf-8")
    assert not re.search(r"://|^-|[ ]/|\\", text, re.MULTILINE)


def test_what_the_laboratory_stands_on_is_pinned_by_itself():
    """oTree names one version of each; otherwise its next release would change them here."""
    ours = locked(ROOT / "requirements.txt")
    for text in requires("otree") or []:
        requirement = Requirement(text)
        if "extra ==" not in text:
            assert ours[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_the_installed_packages_fit_together():
    check = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout


# ------------------------------------------------------------------------------------ Pythons


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_pythons_are_the_same_everywhere():
    first, last = pythons()[0], pythons()[-1]
    [asked] = re.findall(r'requires-python = "(.+)"', read("pyproject.toml"))
    minors = [f"3.{minor}" for minor in range(30)]
    assert [each for each in minors if f"{each}.0" in SpecifierSet(asked)] == pythons()
    assert f'python_version = "{first}"' in read("pyproject.toml")
    assert f"--python-version {first} " in read("Makefile")
    assert f"Python {first} to {last}" in read("README.md")
    [matrix] = re.findall(r"python: \[(.+)\]", read(".github/workflows/tests.yml"))
    assert re.findall(r"3\.\d+", matrix) == pythons()


def test_the_workflow_runs_what_the_readme_says():
    assert "run: bash .ci/run" in read(".github/workflows/tests.yml")
    assert read(".ci/run").splitlines()[-1] == "make test"
    assert "$ make test" in read("README.md")


def test_the_hooks_run_what_make_test_runs():
    hooks = re.findall(r"entry: \.venv/bin/(.+)", read(".pre-commit-config.yaml"))
    makefile = re.findall(r"^\t\$\(BIN\)/((?:ruff|mypy).*)", read("Makefile"), re.MULTILINE)
    assert hooks == makefile
    assert "rev:" not in read(".pre-commit-config.yaml")
