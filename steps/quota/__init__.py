"""Quota: enough people have completed the study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from steps.ending import STATUS, End, has_panel
from study.parameters import Parameter, whole
from study.step import Pageless, Seat, Step
from study.study import Study


@dataclass(frozen=True, eq=False)
class Quota(Pageless):
    """Who comes here once as many have completed the session as it wants is thanked.

    Those who are on their way then may still finish, so a few more than wanted can complete it. It
    has no page.
    """

    def problems(self, study: Study) -> Iterator[str]:
        if not has_panel(study):
            yield "Quota needs PanelEntry(), which says where people go who came too late."
        if study.arms and self not in study.before_assignment():
            yield "Quota stands before Assignment(): who comes too late takes no place."

    def unfolded(self) -> Sequence[Step]:
        return (self, QuotaFull().in_place_of(self))

    def parameters(self, study: Study) -> Iterator[Parameter]:
        yield whole(
            "quota", 0, "completed answers wanted; 0: as many as come", 1, 1_000_000, zero=True
        )


@dataclass(frozen=True, eq=False)
class QuotaFull(End):
    """The end for those who came too late."""

    status: ClassVar[str] = "quota_full"
    table: ClassVar[str] = ""

    def takes_place(self, seat: Seat) -> bool:
        return bool(seat.get(STATUS) == self.status)
