"""A page that is a treatment: since when it is open, and for how long it was in view."""

from __future__ import annotations

import logging
import math
from typing import Any

from lab import clock
from lab.page import StudyPage

logger = logging.getLogger("otree.experiment")

CLOCK_SLACK_SECONDS = 5.0


class ExposurePage(StudyPage):
    """Its template includes `exposure.html` in its form."""

    def begin(self) -> None:
        """Note what is shown, when it is shown for the first time."""

    def prepare(self) -> None:
        super().prepare()
        started = f"{self.step.name}_started_at"
        if not self.advanced and self.player.field_maybe_none(started) is None:
            self.begin()
            setattr(self.player, started, clock.now())

    def store_beside(self) -> None:
        super().store_beside()
        started = getattr(self.player, f"{self.step.name}_started_at")
        self.store_exposure(clock.now() - started + CLOCK_SLACK_SECONDS)

    def store_exposure(self, most: float) -> None:
        """Times that the page measured; what is not believable is not stored.

        ``most`` : seconds since it was first shown.
        """
        names = f"{self.step.name}_seconds", f"{self.step.name}_hidden_seconds"
        seen, hidden = (seconds(self.posted.get(name), most) for name in names)
        if seen is not None and hidden is not None and seen + hidden <= most:
            for name, value in zip(names, (seen, hidden), strict=True):
                setattr(self.player, name, value)


def seconds(text: Any, most: float) -> float | None:
    """A time that a page sent, if it is a number from 0 to ``most``."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(value) or not 0 <= value <= most:
        logger.warning("A page sent %r as a time; it is not stored", text)
        return None
    return round(value, 3)
