"""What all tasks share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Item:
    """One card: what it shows (as text, for the data), its solution, and what its task needs."""

    number: int
    prompt: str
    solution: str
    details: Any = None


@dataclass(frozen=True)
class Limits:
    """What nobody is known to manage in a task; who goes beyond is looked at, never left out.

    ``median_seconds`` per card over a round, ``shortest_seconds`` for one card, ``keys`` strokes
    per answer. Each task says why.
    """

    median_seconds: float
    shortest_seconds: float
    keys: float


def item_random(task: str, seed: str, number: int) -> random.Random:
    """The random numbers of one item. String seeds give the same numbers on every platform."""
    return random.Random(f"{task}/{seed}/{number}")


def drawn(rng: random.Random, things: Sequence[str], number: int) -> list[str]:
    """``number`` different ones of ``things``: as ``rng.sample`` does for few things, but quicker.

    A card is most of what an answer costs the server, and this is most of a card.
    """
    pool, bits = list(things), rng.getrandbits
    found = []
    for left in range(len(pool), len(pool) - number, -1):
        size = left.bit_length()
        place = bits(size)
        while place >= left:
            place = bits(size)
        found.append(pool[place])
        pool[place] = pool[left - 1]
    return found


def squeezed(response: str) -> str:
    """``response`` without white space and in upper case."""
    return "".join(response.split()).upper()
