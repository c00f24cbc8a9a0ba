"""What is installed is what is pinned, and oTree and the analysis resolve together."""

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = ("requirements.txt", "analysis/requirements.txt", "tests/requirements.txt")


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    found = (re.match(r"([\w.-]+)==([\w.]+)", line) for line in lines)
    return {match[1].lower(): match[2] for match in found if match}


def test_every_requirement_is_pinned_to_one_version():
    for name in FILES:
        for line in (ROOT / name).read_text("utf-8").splitlines():
            text = line.split("#")[0].strip()
            assert not text or text.startswith("-r ") or "==" in text, f"{name}: {text}"


def test_oTrees_own_pins_are_among_ours():
    ours = pins("requirements.txt")
    for requirement in requires("otree") or []:
        match = re.match(r"([\w.-]+)[ (]*==([\w.]+)", requirement)
        if match and "extra ==" not in requirement:
            assert ours.get(match[1].lower()) == match[2], requirement


def test_the_same_package_has_the_same_version_everywhere():
    together: dict[str, str] = {}
    for name in FILES:
        for package, version in pins(name).items():
            assert together.setdefault(package, version) == version, f"{name}: {package}"


def test_the_installed_packages_fit_together():
    check = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout
