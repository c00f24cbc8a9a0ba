"""What the analysis computes from the columns of a step: declared by it, named like a column."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A number for each participant, from columns of theirs.

    kind : ``mean`` of all ``of`` (missing where one is); ``ratio`` of the first to the second,
        times ``times`` (missing where the second is 0); ``unless``: the first, and 0 for those who
        answered no to the second; ``right``: how many are what ``solutions`` say; or ``number``:
        that of a choice, missing where it is none.
    """

    name: str
    kind: str
    of: tuple[str, ...]
    about: str
    times: float = 1.0
    solutions: tuple[str | int, ...] = ()

    @property
    def is_scale(self) -> bool:
        return self.kind == "mean"
