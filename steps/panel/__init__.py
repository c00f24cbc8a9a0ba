"""An online panel: where its members come in, and how they go back to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from steps.ending import STATUS, STATUSES, End
from study.acts import Act
from study.columns import Column
from study.parameters import Parameter, address_name, return_address
from study.step import Pageless, Seat, Step
from study.study import Study


@dataclass(frozen=True, eq=False)
class PanelEntry(Pageless):
    """Members come by one link, with their identifier in the address. It has no page.

    Each has one try; who comes again goes on where they were. Identifiers are stored apart from
    the answers and stand in no export. Every page behind the consent has a way out.
    """

    def problems(self, study: Study) -> Iterator[str]:
        if not study.of_type(PanelReturn):
            yield "PanelEntry needs PanelReturn() as the last step, the way back to the panel."

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            STATUS,
            "choice",
            "How the study ended, as the panel is told. Empty: left on the way.",
            values=STATUSES,
            always=True,
            late=True,
        )

    def parameters(self, study: Study) -> Iterator[Parameter]:
        yield address_name(
            "panel_identifier",
            "id",
            "name under which the panel's address carries the identifier of a member",
        )
        for status, who in (
            ("completed", "those who completed the study"),
            ("declined", "those who declined or withdrew"),
            ("screened_out", "those who do not belong to the study's population"),
            ("quota_full", "those who came too late; empty: as screened out"),
        ):
            yield return_address(
                f"return_{status}",
                f"the panel's address for {who}; {{id}} stands for the identifier",
            )

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        """Nothing, and nothing is stored of it."""
        yield from ()


@dataclass(frozen=True, eq=False)
class PanelReturn(End):
    """The last page, and the way back to the panel; before it, the page of those who withdrew."""

    status: ClassVar[str] = "completed"

    def unfolded(self) -> Sequence[Step]:
        return (Withdrawn().in_place_of(self), self)


@dataclass(frozen=True, eq=False)
class Withdrawn(End):
    """The end for those who stop on the way. What they answered is kept."""

    status: ClassVar[str] = "withdrew"
    table: ClassVar[str] = "withdrawn"

    def is_way_out(self, seat: Seat) -> bool:
        return bool(seat.get(STATUS) == self.status)

    def takes_place(self, seat: Seat) -> bool:
        return self.is_way_out(seat)

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield from ()
