"""What a report was made from. No dates: the same inputs give the same manifest."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis.planned.plan import Plan

PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "Jinja2")


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
        "versions": {"python": platform.python_version(), **versions()},
        "outputs": {name: digest(content) for name, content in sorted(outputs.items())},
    }


def versions() -> dict[str, str]:
    """The versions of the packages that compute or draw."""
    return {name: metadata.version(name) for name in PACKAGES}


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
