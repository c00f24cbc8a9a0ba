"""How candidly somebody answers: statements to which hardly anybody can agree in full.

Source of the construct: Crowne & Marlowe (1960), 10.1037/h0047358. The wording is ours. For
sensitivity analyses only.
"""

from __future__ import annotations

from dataclasses import dataclass

from steps.questions import Scale


@dataclass(frozen=True, eq=False)
class Candour(Scale):
    """Four statements, 1 strongly disagree to 5 strongly agree; low is candid."""

    about: str = "Wish to make a good impression: 1 strongly disagree to 5 strongly agree."
    items: int = 4
    points: int = 5
