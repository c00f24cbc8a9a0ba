"""A row of the data as the steps of its study know a participant (`study.step.Seat`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from study.step import Step
from study.study import Arm, Study


class RowSeat:
    """A participant of ``study``; ``row`` as in the frame of `load`."""

    def __init__(self, study: Study, row: Mapping[Any, Any]) -> None:
        self.study, self.row = study, row
        self.config = self._config()

    def _config(self) -> Mapping[str, Any]:
        """The parameters of the session; nothing if the export does not hold them."""
        if pd.isna(self.row["config_name"]):
            return {}
        declared = self.study.parameters.values()
        stored = {each.name: self.get(f"config_{each.name}") for each in declared}
        stored["participation_fee"] = self.get("config_participation_fee")
        defaults = {each.name: each.default for each in declared}
        return defaults | {name: value for name, value in stored.items() if value is not None}

    @cached_property
    def arm(self) -> Arm | None:
        name = self.get("arm")
        return self.study.arm(name) if name in self.study.names else None

    @property
    def number(self) -> int:
        return int(self.row["id_in_session"])

    def get(self, column: str) -> Any:
        value = self.row.get(column)
        return None if pd.isna(value) else value

    def way(self) -> Iterator[tuple[Step, str | None]]:
        """Each step of the study, and why the participant cannot have come to it; None: may have.

        Steps that depend on a parameter that the export does not hold are left out.
        """
        over = ""
        left = any(step.is_way_out(self) for step in self.study.ways_out)
        for step in self.study.once:
            try:
                takes_place = any(turn.takes_place(self) for turn in self.study.turns(step))
            except KeyError:
                continue
            if left:  # from wherever they were
                yield step, None
            elif over:
                yield step, f"the study was over for the participant at the step {over!r}"
            elif not takes_place:
                yield step, "the participant refused this step or did not have it"
            else:
                yield step, None
                over = step.name if step.ends(self) else ""
