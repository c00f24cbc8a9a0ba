"""A real offer at the end: an address where one can do what the study asks about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from study.acts import Act, Form
from study.columns import Column
from study.parameters import Parameter, web_address
from study.step import Seat, Step
from study.study import Study


@dataclass(frozen=True, eq=False)
class RealOffer(Step):
    """A link to a genuine offer; whether somebody opens it is behaviour, not intention.

    A session without an address does not have it.
    """

    name: str = "offer"

    texts: ClassVar[tuple[str, ...]] = ("title", "paragraphs", "link")

    @property
    def opened(self) -> str:
        return f"{self.name}_opened"

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            self.opened,
            "boolean",
            "1: opened the address that was offered. 0: went on without. Empty: not known.",
        )

    def parameters(self, study: Study) -> Iterator[Parameter]:
        yield web_address(
            f"{self.name}_address",
            "address of a genuine offer of volunteering, shown at the end; empty: none",
        )

    def is_offered(self, config: Mapping[str, Any]) -> bool:
        return bool(config[f"{self.name}_address"])

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Form(8.0 * person.pace, also={self.opened: person.chance(self.name, 0.15)})
