"""Permuted-block randomization that anyone can recompute from its seed.

Each stratum has its own list of arms. The list is a chain of blocks; a block holds every arm
`COPIES` times, in random order. A participant takes the next place of the list of their stratum
at the moment the treatment would be shown, so nobody who leaves earlier uses up a place.

Source: Rosenberger & Lachin, *Randomization in Clinical Trials*, 2nd ed. 2015, section 3.5
(10.1002/9781118742112).
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

COPIES = 2
"""How often each arm appears in a block: within a stratum no two arms ever differ by more."""

UNSTRATIFIED = "all"


@dataclass(frozen=True)
class Draw:
    """One place in the list of a stratum: numbered from 1, in a block numbered from 1."""

    stratum: str
    number: int
    block: int
    arm: str


def new_seed() -> str:
    """A seed to store with the session: 64 random bits, never mistaken for a number."""
    return "s" + secrets.token_hex(8)


def draw(seed: str, stratum: str, arms: Sequence[str], number: int) -> Draw:
    """The ``number``-th place (from 1) in the list of ``stratum``.

    A pure function of its arguments: the same seed, stratum and arms (in the same order) always
    give the same list.
    """
    if number < 1:
        raise ValueError(f"Places are numbered from 1, not {number}.")
    if not arms or len(set(arms)) != len(arms):
        raise ValueError(f"Arms must be given, each once, not {list(arms)}.")
    block, place = divmod(number - 1, COPIES * len(arms))
    order = list(arms) * COPIES
    # A string seed is hashed with SHA-512, the same on every platform and Python version.
    random.Random(f"{seed}/{stratum}/{block + 1}").shuffle(order)
    return Draw(stratum, number, block + 1, order[place])


def assignment_list(seed: str, stratum: str, arms: Sequence[str], length: int) -> Iterator[Draw]:
    """The first ``length`` places of the list of ``stratum``."""
    return (draw(seed, stratum, arms, number) for number in range(1, length + 1))


def removed_places(text: str, stratum: str) -> set[int]:
    """The places of a stratum whose people were removed, from the column ``removed_places``."""
    places = (place.rpartition(":") for place in text.split(",") if place)
    return {int(number) for name, _, number in places if name == stratum and number.isdecimal()}


def shuffled(seed: str, what: str, count: int, number: int) -> list[int]:
    """The numbers from 1 to ``count`` in the order drawn for the ``number``-th participant."""
    return random.Random(f"{seed}/{what}/{number}").sample(range(1, count + 1), count)


def score_stratum(score: int, earlier_scores: Sequence[int]) -> str:
    """``high`` or ``low``: a score against the median of those who came earlier.

    It uses only what was known before this participant is assigned, so that within each stratum
    the blocks are randomized as they would be without strata. The first one counts as ``high``.
    """
    return "low" if earlier_scores and score < median(earlier_scores) else "high"
