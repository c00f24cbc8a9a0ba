"""The data of tests/reference, and its stored R output by case."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

FOLDER = Path(__file__).parents[1] / "reference"
SCRIPTS = ("regression", "nonparametric", "models", "diagnostics")


@cache
def read(name: str) -> pd.DataFrame:
    """One of the data sets."""
    return pd.read_csv(FOLDER / "data" / f"{name}.csv")


def stored(script: str, folder: Path = FOLDER) -> list[dict[str, Any]]:
    """What the R script wrote."""
    rows: list[dict[str, Any]] = json.loads((folder / f"{script}.json").read_text())
    return rows
