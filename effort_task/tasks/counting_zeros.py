"""Count the zeros in a table of zeros and ones.

Source: Abeler, Falk, Goette & Huffman 2011, 10.1257/aer.101.2.470 (tables of 150 digits).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from effort_task.tasks.base import Item, Limits, item_random, squeezed

ROWS, COLUMNS = 10, 15


class CountingZeros:
    name = "counting_zeros"
    window = 40
    fastest_seconds = 0.3
    usual_seconds = 18.0
    inputmode = "numeric"
    maxlength = 6
    # Nobody takes in 30 of 150 digits a second, one card after the other. A guess of two digits
    # and Enter takes two thirds of a second with a glance at the table. An answer has two digits.
    limits = Limits(median_seconds=5.0, shortest_seconds=0.7, keys=1)

    def item(self, seed: str, number: int) -> Item:
        bits = item_random(self.name, seed, number)
        rows = ["".join(bits.choices("01", k=COLUMNS)) for _ in range(ROWS)]
        return Item(number, " ".join(rows), str("".join(rows).count("0")))

    def is_correct(self, item: Item, response: str) -> bool:
        return squeezed(response) == item.solution

    def view(self, item: Item) -> Mapping[str, Any]:
        return {"rows": item.prompt.split()}
