"""Encode a nonsense word with a key table that changes after every card.

Each of the 26 letters has its own two-digit code. After every card the codes are drawn anew and
the letters change their places in the table, so that practice helps little.

Source: Benndorf, Rau & Sölch 2019, 10.1016/j.jbef.2019.04.002 (word encryption with double
randomization, after Erkal, Gangadharan & Nikiforakis 2011, 10.1257/aer.101.7.3330).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from effort_task.tasks.base import Item, Limits, drawn, item_random, squeezed

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORD_LETTERS = "BCDGHJKLMNPQRSTVWXZ"
"""No vowels, F or Y: no card spells a word."""
WORD_LENGTH = 3
CODES = tuple(str(code) for code in range(10, 100))


class Encryption:
    name = "encryption"
    window = 60
    fastest_seconds = 0.3
    usual_seconds = 9.0
    inputmode = "numeric"
    maxlength = 20
    # Six digits and Enter at seven keys a second, the pace of trained typists, are one second; to
    # find three letters among 26 in new places takes at least half a second each. An answer has
    # six digits: with less than half of the key strokes it was not typed.
    limits = Limits(median_seconds=2.5, shortest_seconds=1.0, keys=3)

    def item(self, seed: str, number: int) -> Item:
        rng = item_random(self.name, seed, number)
        word = "".join(drawn(rng, WORD_LETTERS, WORD_LENGTH))
        places = drawn(rng, LETTERS, len(LETTERS))
        codes = drawn(rng, CODES, len(LETTERS))
        key = dict(zip(places, codes, strict=True))
        return Item(number, word, "".join(key[letter] for letter in word), key)

    def is_correct(self, item: Item, response: str) -> bool:
        return squeezed(response) == item.solution

    def view(self, item: Item) -> Mapping[str, Any]:
        return {"word": item.prompt, "key": "".join(f"{k}{v}" for k, v in item.details.items())}
