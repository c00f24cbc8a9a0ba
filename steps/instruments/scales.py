"""Scales: statements with wording of their own, and how simulated people differ on them.

The wording is ours. The words of each are in the folder of its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from steps.questions import Page, Question, Scale
from study.columns import Measure
from study.step import Seat
from study.study import Study

DIMENSIONS = ("attraction", "values", "compassion", "sacrifice")
"""Attraction to public service, public values, compassion and self-sacrifice: two items each."""


@dataclass(frozen=True, eq=False)
class PublicServiceMotivation(Scale):
    """Eight statements in four pairs, 1 strongly disagree to 5 strongly agree.

    Source of the construct: Perry (1996), 10.1093/oxfordjournals.jpart.a024303; of its four
    dimensions: Kim et al. (2013), 10.1093/jopart/mus027.
    """

    name: str = "psm"
    about: str = "Public service motivation, short scale: 1 strongly disagree to 5 strongly agree."
    items: int = 8
    points: int = 5

    trait: ClassVar[str] = "service"
    middle: ClassVar[float] = 0.6
    loading: ClassVar[float] = 0.75

    def measures(self, study: Study) -> Iterator[Measure]:
        yield from super().measures(study)
        for number, dimension in enumerate(DIMENSIONS):
            pair = (f"{self.name}_{2 * number + 1}", f"{self.name}_{2 * number + 2}")
            about = f"{dimension.replace('_', ' ')} (mean of 2 items, 1 to {self.points})"
            yield Measure(f"{self.name}_{dimension}", "mean", pair, about)


@dataclass(frozen=True, eq=False)
class Candour(Scale):
    """Four statements, 1 strongly disagree to 5 strongly agree; low is candid.

    Hardly anybody can agree to them in full. For sensitivity analyses only. Source of the
    construct: Crowne & Marlowe (1960), 10.1037/h0047358.
    """

    about: str = "Wish to make a good impression: 1 strongly disagree to 5 strongly agree."
    items: int = 4
    points: int = 5


@dataclass(frozen=True, eq=False)
class Motivation(Scale):
    """Four statements, 1 not at all to 7 very much: two on the task, two on others.

    They are asked before treatment.
    """

    about: str = (
        "Motivation before treatment, 1 not at all to 7 very much: items 1 and 2 interest in the "
        "task, items 3 and 4 wish to help others through it."
    )
    items: int = 4

    def latent(self, person: Any, seat: Seat) -> list[float]:
        task, others = f"{self.name}_task", f"{self.name}_others"
        latent: list[float] = person.attitudes(task, 2, 0.3, person.stamina, scale=self.name)
        latent += person.attitudes(others, 2, 0.6, person.service, 0.7, scale=self.name)
        return latent


@dataclass(frozen=True, eq=False)
class ImpactPerceived(Scale):
    """Three statements on one's own work, 1 not at all to 7 very much."""

    about: str = "Perceived impact of one's own work on others: 1 not at all to 7 very much."
    items: int = 3

    def latent(self, person: Any, seat: Seat) -> list[float]:
        effect, trait = person.effect(self.name, seat), person.service
        latent: list[float] = person.attitudes(
            "impact", self.items, 0.4, trait, effect=effect, scale=self.name
        )
        return latent


@dataclass(frozen=True, eq=False)
class Intrinsic(Scale):
    about: str = "Intrinsic motivation for the task: 1 not at all to 7 very much."
    items: int = 4

    trait: ClassVar[str] = "stamina"
    loading: ClassVar[float] = 0.7


@dataclass(frozen=True, eq=False)
class Prosocial(Scale):
    about: str = "Prosocial motivation for the task: 1 not at all to 7 very much."
    items: int = 4

    trait: ClassVar[str] = "service"
    middle: ClassVar[float] = 0.5
    loading: ClassVar[float] = 0.7


@dataclass(frozen=True, eq=False)
class TaskMotivation(Page):
    """Four statements on the joy of the task and four on others, 1 not at all to 7 very much.

    Source of the two constructs: Grant (2008), 10.1037/0021-9010.93.1.48.
    """

    parts: Sequence[Question] = field(default_factory=lambda: (Intrinsic(), Prosocial()))
