"""What all tasks share."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Item:
    """One card: what it shows (as text, for the data), its solution, and what its task needs."""

    number: int
    prompt: str
    solution: str
    details: Any = None


def item_random(task: str, seed: str, number: int) -> random.Random:
    """The random numbers of one item. String seeds give the same numbers on every platform."""
    return random.Random(f"{task}/{seed}/{number}")


def squeezed(response: str) -> str:
    """``response`` without white space and in upper case."""
    return "".join(response.split()).upper()
