"""The page of the message: which version, since when, and for how long it was in view."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lab.assignment import place_within_arm
from lab.exposure import ExposurePage, seconds
from lab.page import language_of
from lab.sessions import config_of
from steps.information import version
from study import words
from study.messages import Message, message


class Information(ExposurePage):
    """The treatment. The arm is drawn when this page, or one behind it, is first shown."""

    @classmethod
    def message(cls, player: Any) -> Message:
        return message(
            language_of(player), cls.study.arm(player.arm).message, player.message_version
        )

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        return {"message": words.to_html(asdict(cls.message(player)))}

    def begin(self) -> None:
        player, study = self.player, self.study
        seed = config_of(player)["seed"]
        player.message_version = version(study, seed, player.arm, place_within_arm(player))
        shown = self.message(player)
        player.sample_message, player.message_medium = shown.sample, shown.medium

    def store_exposure(self, most: float) -> None:
        super().store_exposure(most)
        if self.message(self.player).medium != "text":
            self.player.media_seconds = seconds(self.posted.get("media_seconds"), most)
