"""The first round: how many cards somebody manages before the treatment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steps.round import Round


@dataclass(frozen=True, eq=False)
class Baseline(Round):
    """Two minutes, to the end."""

    name: str = "baseline"
    seconds: int = 120
    about: ClassVar[str] = "timed baseline round"
