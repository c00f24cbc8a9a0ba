"""The page on reliability speaks of installed libraries and of commands that exist."""

import re

import pytest

from tests.harness.locks import ROOT, locked

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
PINS = locked(ROOT / "requirements.txt")
WATCHED = ("python-multipart", "starlette", "Jinja2", "MarkupSafe", "uvicorn", "websockets")


@pytest.mark.parametrize("name", WATCHED)
def test_what_is_said_of_a_library_is_said_of_the_pinned_version(name):
    said = set(re.findall(rf"\b{re.escape(name)} (\d+(?:\.\d+)+)", PAGE))
    assert said == {PINS[name.lower()]}


def test_every_command_of_the_page_leads_to_a_file():
    modules = re.findall(r"python -m ([\w.]+)", PAGE)
    files = re.findall(r"pytest ([\w/]+\.py)", PAGE)
    assert modules
    assert files
    for path in [*(module.replace(".", "/") + ".py" for module in modules), *files]:
        assert (ROOT / path).exists(), path


def test_no_folder_beside_the_static_files_begins_with_their_name():
    assert [path.name for path in ROOT.glob("_static*")] == ["_static"]
