"""What a simulated person does at a step, for whoever plays it: bots, browsers, the simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Act:
    """Something takes ``seconds``."""

    seconds: float = 0.0


@dataclass(frozen=True)
class Form(Act):
    """Answer the questions of the page (none: press its button).

    also : what the page sends beside its questions; counts : what is added up over pages.
    wrong : attempts that the page will not take, each with the names of the answers that are
        wrong; they come first.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    also: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    wrong: Sequence[tuple[Mapping[str, Any], tuple[str, ...]]] = ()


@dataclass(frozen=True)
class Look(Act):
    """Look at the page for ``seconds`` and have it open for ``hidden`` more, unseen."""

    hidden: float = 0.0


@dataclass(frozen=True)
class Cards(Act):
    """Work on cards: each a `people.CardTry`. ``stop``: leave the round after so many seconds."""

    tries: Sequence[Any] = ()
    stop: float | None = None

    @property
    def breaks_off(self) -> bool:
        """Whether the person leaves in the middle of it, so that it takes no time that counts."""
        return self.seconds == 0


@dataclass(frozen=True)
class Leave(Act):
    """Close the browser, for good."""
