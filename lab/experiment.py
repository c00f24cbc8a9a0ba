"""The pages that both experiments have in common: what they differ in is the arms.

Both apps list these very classes in their ``page_sequence``. What belongs to an app, its tables of
answers and of draws, is found through the player.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any, ClassVar

from effort_task.rounds import MAIN, VOLUNTARY
from lab import clock
from lab.assignment import arm_of, assign
from lab.page import StudyPage, language_of
from lab.rounds.page import RoundPage
from lab.setup import experiment_of
from study import content
from study.columns import family

logger = logging.getLogger("otree.experiment")

CLOCK_SLACK_SECONDS = 5.0


class ExperimentPage(StudyPage):
    words_file = "experiment"


class Information(ExperimentPage):
    """The treatment. The arm is drawn when this page is first shown."""

    section = "information"
    template_name = "global/Information.html"

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        cls.prepare(player)
        message = cls.message(player)
        return {"message": content.to_html(_message_view(message))}

    @classmethod
    def prepare(cls, player: Any) -> None:
        """Assign the player and note that they see the page; once."""
        if player.field_maybe_none("information_started_at") is not None:
            return
        cls.assign(player)
        player.information_started_at = clock.now()
        player.sample_message = cls.message(player).sample

    @classmethod
    def assign(cls, player: Any) -> None:
        intake = player.participant.get_player("intake", 1)
        assign(player, intake.field_maybe_none("baseline_correct"))

    @classmethod
    def message(cls, player: Any) -> content.Message:
        return content.message(language_of(player), arm_of(player).message)

    def post(self) -> Any:
        if self.advanced_by_experimenter:
            # Later pages need an arm; whether the treatment was seen is another matter.
            self.assign(self.player)
        else:
            self.prepare(self.player)
            self._store_exposure()
        return super().post()

    def _store_exposure(self) -> None:
        """Times that the page measured; what is not believable is not stored."""
        player = self.player
        elapsed = clock.now() - player.information_started_at + CLOCK_SLACK_SECONDS
        seen = _seconds(self.posted.get("information_seconds"), elapsed)
        hidden = _seconds(self.posted.get("information_hidden_seconds"), elapsed)
        if seen is not None and hidden is not None and seen + hidden <= elapsed:
            player.information_seconds = seen
            player.information_hidden_seconds = hidden
        media = self.message(player).media
        if media is not None and media.kind != "image":
            player.media_seconds = _seconds(self.posted.get("media_seconds"), elapsed)


def _message_view(message: content.Message) -> dict[str, Any]:
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


class Willingness(ExperimentPage):
    section = "view"
    form_model = "player"

    @staticmethod
    def get_form_fields(player: Any) -> list[str]:
        return family(player.get_folder_name(), "willingness")

    @staticmethod
    def before_next_page(player: Any, timeout_happened: bool) -> None:
        names = family(player.get_folder_name(), "willingness")
        answers = [player.field_maybe_none(name) for name in names]
        if None not in answers:
            player.willingness = sum(answers) / len(answers)


class Hours(ExperimentPage):
    section = "view"
    form_model = "player"
    form_fields: ClassVar[list[str]] = ["hours_pledged"]


class MainReady(ExperimentPage):
    section = "main"
    template_name = "global/MainReady.html"

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        return {"pays": arm_of(player).reward}


class MainRound(RoundPage, ExperimentPage):
    section = "main"
    round = MAIN

    @classmethod
    def pays(cls, config: Mapping[str, Any], arm: str | None) -> bool:
        return arm is not None and experiment_of(config).arms[arm].reward


class VoluntaryOffer(ExperimentPage):
    section = "voluntary"
    form_model = "player"
    form_fields: ClassVar[list[str]] = ["voluntary_accepted"]

    @staticmethod
    def is_displayed(player: Any) -> bool:
        return player.session.config["voluntary_seconds"] > 0


class VoluntaryRound(RoundPage, ExperimentPage):
    section = "voluntary"
    round = VOLUNTARY

    @staticmethod
    def is_displayed(player: Any) -> bool:
        return bool(player.field_maybe_none("voluntary_accepted"))


def creating_session(subsession: Any) -> None:
    """Copy the seed to where the app's own export shows it."""
    subsession.seed = subsession.session.config["seed"]
