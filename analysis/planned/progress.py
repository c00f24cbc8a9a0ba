"""How far a planned experiment is, and what may be said of its outcomes by then."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.inference.looks import levels
from analysis.planned.plan import Plan

OVERRUN = 0.1
"""A look holds for up to this share of the planned size more: the rest of a last session."""


@dataclass(frozen=True)
class Progress:
    """``analysed`` of the planned ``size`` are there: those whose primary outcomes are known.

    ``look`` counts planned looks, the complete data being the last; 0: no look is planned here.
    ``level`` is what p-values are held against: alpha, or the share of it that this look spends.
    """

    analysed: int
    size: int
    look: int
    last: int
    level: float

    @property
    def complete(self) -> bool:
        return self.look == self.last

    @property
    def shown(self) -> bool:
        """Whether outcomes may be shown by arm."""
        return self.look > 0


def progress(assigned: pd.DataFrame, plan: Plan, *, as_real: bool = False) -> Progress:
    """The progress of an experiment, from those of its participants who were assigned.

    Simulated participants alone are complete data, and beside real ones do not count, unless
    ``as_real``.
    """
    known = assigned.reindex(columns=list(plan.primary.outcomes)).notna().all(axis=1)
    analysed = assigned[known]
    count, last = len(analysed), len(plan.looks) + 1
    simulated = False
    if "simulated" in analysed and not as_real:
        real = int((analysed["simulated"] != 1).fillna(True).sum())
        simulated, count = real == 0, real or count
    complete = count >= plan.size or simulated
    look = last if complete else _look(count, plan)
    before = [size / plan.size for size in plan.looks]
    if complete:
        level = levels([*before, 1.0], plan.alpha)[-1] if before else plan.alpha
    elif look:
        level = levels([*before[: look - 1], count / plan.size], plan.alpha)[-1]
    else:
        level = plan.alpha
    return Progress(count, plan.size, look, last, level)


def _look(count: int, plan: Plan) -> int:
    """The number of the planned look that ``count`` participants have just reached, or 0."""
    reached = [at for at, size in enumerate(plan.looks, start=1) if size <= count]
    if not reached:
        return 0
    within = count <= plan.looks[reached[-1] - 1] + OVERRUN * plan.size
    return reached[-1] if within else 0
