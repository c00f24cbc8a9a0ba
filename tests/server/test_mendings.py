"""Every mending of oTree names the gap, the lines it stands on, and the test that holds it."""

import ast
import re
from pathlib import Path

import otree
import pytest
import starlette
import uvicorn
import websockets

from lab.mending import MENDINGS
from tests.harness.server import ROOT

FOLDER = ROOT / "lab" / "mending"
FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "layers"))
PACKAGES = {
    "otree": otree,
    "starlette": starlette,
    "uvicorn": uvicorn,
    "websockets": websockets,
}
NEAR = 4
"""Lines that a place may have moved by."""


def docstring(path):
    return ast.get_docstring(ast.parse(path.read_text("utf-8")))


def places(text):
    """Every ``file.py:line (name)`` of a docstring: package, file, line, name (or None)."""
    package, file = "", ""
    token = re.compile(
        r"(?P<package>oTree|starlette|uvicorn|websockets) \d+(?:\.\d+)+:\s"
        r"|(?P<file>[\w/]+\.py)(?P<colon>:(?=\d))?"
        r"|(?P<line>\b\d{2,4}\b)(?:\s\((?P<name>[\w.]+)\))?"
    )
    for found in token.finditer(text):
        if found["package"]:
            package = found["package"].lower()
        elif found["file"]:
            file = found["file"] if found["colon"] else ""
        elif package and file:
            yield package, file, int(found["line"]), found["name"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mending_is_installed_and_names_gap_lines_and_test(path):
    text = docstring(path)
    assert path.stem in MENDINGS
    assert "\n\nGap: " in text
    assert list(places(text))
    tests = re.findall(r"[\w/]+\.py", text.partition("\nTest: ")[2])
    assert tests
    for test in tests:
        assert (ROOT / test).exists(), test


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_lines_that_a_mending_stands_on_are_where_it_says(path):
    for package, file, line, name in places(docstring(path)):
        source = Path(PACKAGES[package].__file__).parent / file
        lines = source.read_text("utf-8").splitlines()
        assert line <= len(lines), f"{file} has no line {line}"
        if name:
            near = "\n".join(lines[max(0, line - 1 - NEAR) : line + NEAR])
            assert name.rpartition(".")[2] in near, f"{name} is not near {file}:{line}"


def test_every_mending_that_is_listed_exists_once():
    assert sorted(MENDINGS) == [path.stem for path in FILES]
