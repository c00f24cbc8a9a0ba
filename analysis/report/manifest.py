"""What a report was made from. No dates: the same inputs give the same manifest."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from analysis.planned.plan import Plan

REQUIREMENTS = Path(__file__).parents[1] / "requirements.in"
"""What the analysis asks for."""


def manifest(
    inputs: Mapping[Path, str],
    plans: Sequence[Plan],
    settings: dict[str, Any],
    outputs: dict[str, bytes],
) -> dict[str, Any]:
    """Inputs and outputs with their SHA-256, versions, and the settings used.

    ``inputs`` are files and their SHA-256. They are named without their folders, so that a copy
    elsewhere gives the same manifest.
    """
    files = [{"name": path.name, "sha256": hashed} for path, hashed in inputs.items()]
    return {
        "inputs": sorted(files, key=lambda file: (file["name"], file["sha256"])),
        "plans": {
            plan.name: digest(plan.file.read_bytes()) for plan in plans if plan.file is not None
        },
        "settings": settings,
        "versions": {"python": platform.python_version(), **installed(declared(REQUIREMENTS))},
        "outputs": {name: digest(content) for name, content in sorted(outputs.items())},
    }


def declared(path: Path) -> list[str]:
    """What a file of requirements asks for, with what the files that it names ask for."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            found += declared(path.parent / text[3:])
        elif text:
            found.append(text)
    return found


def installed(requirements: Iterable[str]) -> dict[str, str]:
    """The versions here of all that is asked for and of everything that this brings along."""
    found: dict[str, str] = {}
    waiting = list(requirements)
    while waiting:
        wanted = Requirement(waiting.pop())
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # not needed for this report, or it would have failed
        found[name] = package.version
        waiting += package.requires or []
    return dict(sorted(found.items()))


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def as_json(content: dict[str, Any]) -> str:
    """Readable JSON."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def written(path: Path) -> set[str]:
    """The outputs that an earlier manifest lists; none if there is no such file."""
    try:
        names = [str(name) for name in json.loads(path.read_text(encoding="utf-8"))["outputs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {
        name for name in names if re.fullmatch(r"(tables|figures)/\w+\.(csv|tex|svg|png)", name)
    }
