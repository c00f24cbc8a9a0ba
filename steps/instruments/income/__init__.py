"""How the household gets by on its income: asked before anybody is paid.

Source of the question: European Social Survey, household's feeling about its income. The wording
is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steps.questions import Choice

INCOME = {
    "very_difficult": "finds it very difficult to live on present income",
    "difficult": "finds it difficult",
    "coping": "copes",
    "comfortable": "lives comfortably",
    "undisclosed": "prefers not to say",
}


@dataclass(frozen=True, eq=False)
class Income(Choice):
    """One question on the household."""

    about: str = "How the household lives on its present income."
    options: Mapping[str, str] = field(default_factory=lambda: dict(INCOME))
    shares: Mapping[str, float] = field(
        default_factory=lambda: dict(zip(INCOME, (0.06, 0.17, 0.42, 0.30, 0.05), strict=True))
    )
