"""Reading the files that name every version: `requirements.txt` and its kind."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def pythons() -> list[str]:
    """The versions of Python that the project says it runs on."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)


def locked(path: Path, python: str | None = None) -> dict[str, str]:
    """The version of each package on this computer, with this Python or with ``python``."""
    on = {"python_version": python, "python_full_version": f"{python}.0"} if python else {}
    found = {}
    for line in path.read_text("utf-8").splitlines():
        if text := line.partition("#")[0].strip():
            pin = Requirement(text)
            if pin.marker is None or pin.marker.evaluate(on):
                [version] = pin.specifier
                found[canonicalize_name(pin.name)] = version.version
    return found
