"""Public service motivation, a short scale of eight items in four pairs.

Source of the construct: Perry (1996), 10.1093/oxfordjournals.jpart.a024303; of its four
dimensions: Kim et al. (2013), 10.1093/jopart/mus027. The wording is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steps.questions import Scale
from study.measures import Measure
from study.step import Seat
from study.study import Study

DIMENSIONS = ("attraction", "values", "compassion", "sacrifice")
"""Attraction to public service, public values, compassion and self-sacrifice: two items each."""


@dataclass(frozen=True, eq=False)
class PublicServiceMotivation(Scale):
    """Eight statements, 1 strongly disagree to 5 strongly agree."""

    name: str = "psm"
    about: str = "Public service motivation, short scale: 1 strongly disagree to 5 strongly agree."
    items: int = 8
    points: int = 5

    def measures(self, study: Study) -> Iterator[Measure]:
        yield from super().measures(study)
        for number, dimension in enumerate(DIMENSIONS):
            pair = (f"{self.name}_{2 * number + 1}", f"{self.name}_{2 * number + 2}")
            about = f"{dimension.replace('_', ' ')} (mean of 2 items, 1 to {self.points})"
            yield Measure(f"{self.name}_{dimension}", "mean", pair, about)

    def latent(self, person: Any, seat: Seat) -> list[float]:
        latent: list[float] = person.attitudes(self.name, self.items, 0.6, person.service, 0.75)
        return latent
