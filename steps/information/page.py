"""The page of the message: which version, since when, and for how long it was in view."""

from __future__ import annotations

import logging
import math
from typing import Any

from lab import clock
from lab.assignment import place_within_arm
from lab.page import StudyPage, language_of
from lab.sessions import config_of
from steps.information import version
from study import words
from study.messages import Message, message

logger = logging.getLogger("otree.experiment")

CLOCK_SLACK_SECONDS = 5.0


class Information(StudyPage):
    """The treatment. The arm is drawn when this page, or one behind it, is first shown."""

    @classmethod
    def message(cls, player: Any) -> Message:
        return message(
            language_of(player), cls.study.arm(player.arm).message, player.message_version
        )

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        return {"message": words.to_html(_view(cls.message(player)))}

    def prepare(self) -> None:
        """Note what they are shown, and since when; once."""
        super().prepare()
        player = self.player
        if self.advanced or player.field_maybe_none(self._column("started_at")) is not None:
            return
        seed = config_of(player)["seed"]
        player.message_version = version(self.study, seed, player.arm, place_within_arm(player))
        shown = self.message(player)
        player.sample_message, player.message_medium = shown.sample, shown.medium
        setattr(player, self._column("started_at"), clock.now())

    def _column(self, name: str) -> str:
        return f"{self.step.name}_{name}"

    def post(self) -> Any:
        self.prepare()
        if not self.advanced:
            self._store_exposure()
        return super().post()

    def _store_exposure(self) -> None:
        """Times that the page measured; what is not believable is not stored."""
        player = self.player
        started = getattr(player, self._column("started_at"))
        elapsed = clock.now() - started + CLOCK_SLACK_SECONDS
        seen = _seconds(self.posted.get("information_seconds"), elapsed)
        hidden = _seconds(self.posted.get("information_hidden_seconds"), elapsed)
        if seen is not None and hidden is not None and seen + hidden <= elapsed:
            setattr(player, self._column("seconds"), seen)
            setattr(player, self._column("hidden_seconds"), hidden)
        if self.message(player).medium != "text":
            player.media_seconds = _seconds(self.posted.get("media_seconds"), elapsed)


def _view(message: Message) -> dict[str, Any]:
    media = message.media
    return {
        "heading": message.heading,
        "sender": message.sender,
        "paragraphs": list(message.paragraphs),
        "kind": media.kind if media else "",
        "file": media.file if media else "",
        "alt": media.alt if media else "",
        "captions": media.captions if media else "",
        "transcript": list(media.transcript) if media else [],
    }


def _seconds(text: Any, most: float) -> float | None:
    """A time that a page sent, if it is a number from 0 to ``most``."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(value) or not 0 <= value <= most:
        logger.warning("A page sent %r as a time; it is not stored", text)
        return None
    return round(value, 3)
