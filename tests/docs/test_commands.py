"""The commands and links in README.md and `docs/` work as they are printed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_to_files_lead_somewhere(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_make_target_that_is_named_exists(page):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for named in re.findall(r"`(?:PORT=\d+ )?make ([\w-]+)`|\$ make ([\w-]+)", page.read_text()):
        assert set(named) - {""} <= targets, named


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_that_is_named_exists(page):
    text = page.read_text("utf-8")
    written = re.findall(r"Write\s`([^`]+)`:", text)  # by whoever follows a recipe
    for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|toml|md|txt|html|js))`", text):
        generated = name.startswith(("report/", "screenshots/", "_rooms/"))
        assert generated or name in written or (ROOT / name).exists(), name


def test_the_researchers_commands_run_one_after_the_other(tmp_path):
    for command in commands(ROOT / "docs" / "researcher.md"):
        words, _, output = command.partition(" > ")
        assert words.startswith("python -m analysis "), words
        run = subprocess.run(
            [sys.executable, *shlex.split(words)[1:]],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "", "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert run.returncode == 0, f"{command}\n{run.stderr}"
        if output:
            (tmp_path / output).write_text(run.stdout)
    assert (tmp_path / "report" / "report.html").exists()


def test_the_notebook_in_the_docs_runs(tmp_path):
    page = (ROOT / "docs" / "researcher.md").read_text("utf-8")
    [notebook] = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    program = (
        "from analysis.simulation.simulate import simulate\n"
        "from pathlib import Path\n"
        "simulate('info_source', 60, Path('exports'))\n" + notebook
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_plain_commands_in_the_readme_are_those_of_the_makefile():
    readme, makefile = ((ROOT / name).read_text("utf-8") for name in ("README.md", "Makefile"))
    assert "`python start.py`" in readme
    assert "python start.py" in makefile
    assert "otree prodserver 127.0.0.1:" in " ".join(commands(ROOT / "README.md"))
