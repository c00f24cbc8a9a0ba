"""Steps in an order that is drawn anew for each participant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from study.columns import Column
from study.randomization import draw
from study.step import Pageless, Seat, Step, camel
from study.study import Study


@dataclass(frozen=True, eq=False)
class InRandomOrder(Pageless):
    """``parts`` in random order, which is the column ``name``; it has no page of its own.

    The order is drawn from the session's seed in permuted blocks over the participants' numbers.
    """

    parts: Sequence[Step] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for part in self.parts:
            if not isinstance(part, Step) or len(part.unfolded()) != 1 or not part.page:
                raise self.error(f"{part!r} in {self.name} is no step with one page.")
        if not 2 <= len(self.parts) <= 4:
            raise self.error(f"{self.name} needs parts: two to four steps.")
        places = range(len(self.parts))
        turns = [[_turn(part, place, self) for part in self.parts] for place in places]
        object.__setattr__(self, "_turns", turns)

    @property
    def orders(self) -> list[str]:
        """Every order, as it is stored."""
        return [",".join(each) for each in permutations(part.name for part in self.parts)]

    def order(self, seat: Seat) -> list[str]:
        """The names of the parts in somebody's order."""
        stored = seat.get(self.name)
        if stored is None:
            seed = seat.config.get("seed", "")
            stored = draw(seed, self.name, self.orders, seat.number).arm
        return str(stored).split(",")

    def unfolded(self) -> Sequence[Step]:
        return (self, *(turn for place in self.marks() for turn in place))

    def marks(self) -> Sequence[Sequence[Step]]:
        turns: Sequence[Sequence[Step]] = self._turns  # type: ignore[attr-defined]
        return turns

    def columns(self, study: Study) -> Iterator[Column]:
        values = {order: f"{order.replace(',', ', then ')}" for order in self.orders}
        about = "Order of these pages, drawn from the seed of the session."
        yield Column(self.name, "choice", about, values=values, always=True)

    def on_arrival(self, seat: Seat) -> Mapping[str, Any]:
        return {self.name: ",".join(self.order(seat))}


def _turn(part: Step, place: int, order: InRandomOrder) -> Step:
    """``part`` at a place (from 0) of the order: a step with a page of its own."""
    kind = type(part)

    def takes_place(self: Step, seat: Seat) -> bool:
        return order.order(seat)[place] == part.name and kind.takes_place(part, seat)

    members = {
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
        "page": f"{camel(part.name)}{place + 1}",
        "again": place > 0,
        "takes_place": takes_place,
    }
    turn = copy(part)
    object.__setattr__(turn, "__class__", type(kind.__name__, (kind,), members))
    return turn
