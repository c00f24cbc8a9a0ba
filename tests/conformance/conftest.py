"""Which studies are tried, and the parts that their tests share.

A test that asks for ``study``, ``arm`` or ``language`` is run for each.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from study.finding import studies
from tests.harness.server import ROOT, running

LEFT_OUT = shutil.ignore_patterns(
    *(".*", "__pycache__", "db.sqlite3*", "demo", "screenshots", "copies", "benchmarks")
)


def pytest_addoption(parser):
    parser.addoption("--study", metavar="PATH", help="the folder of one study; default: all")
    parser.addoption("--every-line", action="store_true", help="spoil each line, not one in five")
    parser.addoption("--promise", metavar="N", help="tests of one promise; default: of all")


def pytest_cmdline_main(config):
    """A study that lies elsewhere is tried in a copy of the project, beside the others."""
    folder = _asked(config)
    if folder is None:
        return None
    if not (folder / "design.py").is_file():
        here = ", ".join(sorted(study.folder.name for study in studies().values()))
        raise pytest.UsageError(
            f"{folder} holds no design.py, so it is no study. The folders of this project: {here}."
        )
    if folder.parent == ROOT:
        return None
    with tempfile.TemporaryDirectory() as elsewhere:
        project = Path(elsewhere) / "project"
        shutil.copytree(ROOT, project, ignore=LEFT_OUT)
        shutil.copytree(folder, project / folder.name, ignore=LEFT_OUT)
        command = [sys.executable, "-m", "pytest", *config.invocation_params.args]
        command += ["--study", str(project / folder.name)]
        return subprocess.run(command, cwd=project, check=False).returncode


@pytest.fixture(scope="session")
def one_line_in(pytestconfig):
    """Of how many lines one is spoilt: of five, so that all tests together stay short."""
    return 1 if pytestconfig.getoption("every_line", False) else 5


def _asked(config):
    asked = config.getoption("study", None)
    return Path(asked).expanduser().resolve() if asked else None


def pytest_generate_tests(metafunc):
    asked = _asked(metafunc.config)
    chosen = [s for s in studies().values() if asked is None or s.folder.resolve() == asked]
    assert chosen, f"{asked} is no study of this project."
    wanted = [name for name in ("study", "arm", "language") if name in metafunc.fixturenames]
    if not wanted:
        return
    cases = [
        {"study": study, "arm": arm, "language": language}
        for study in chosen
        for arm in (study.arms if "arm" in wanted else [None])
        for language in (study.languages if "language" in wanted else [None])
    ]
    named = [
        "-".join(case[name] if name == "language" else case[name].name for name in wanted)
        for case in cases
    ]
    values = [tuple(case[name] for name in wanted) for case in cases]
    metafunc.parametrize(wanted, values, indirect=True, ids=named, scope="session")


def pytest_collection_modifyitems(config, items):
    """Each test says in its first line which promises it holds."""
    if (promise := config.getoption("promise", None)) is not None:
        named = re.compile(rf"Promises? [^.:]*\b{promise}\b")
        holding = [item for item in items if named.match(item.function.__doc__ or "")]
        config.hook.pytest_deselected(items=[item for item in items if item not in holding])
        items[:] = holding


@pytest.fixture(scope="session")
def study(request):
    return request.param


@pytest.fixture(scope="session")
def arm(request):
    return request.param


@pytest.fixture(scope="session")
def language(request):
    return request.param


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The real server, once."""
    with running(tmp_path_factory.mktemp("conformance") / "project") as server:
        yield server
