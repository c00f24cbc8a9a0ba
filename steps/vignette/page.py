"""The page of the vignette, and its text on later pages, where it can be opened again."""

from __future__ import annotations

from typing import Any, ClassVar

from lab import wording
from lab.exposure import ExposurePage
from lab.page import language_of
from steps.vignette import Vignette as Step
from study import words


class Vignette(ExposurePage):
    """The treatment. The arm is drawn when this page, or one behind it, is first shown."""

    step: ClassVar[Step]

    @classmethod
    def values(cls, player: Any) -> dict[str, Any]:
        """The sentences of one's arm, with what they quote of the session."""
        language = language_of(player)
        session = wording.session_values(cls.study, player.session.config, language)
        told = cls.step.sentences(cls.seat_of(player), cls.words(language))
        return {name: words.fill(text, session) for name, text in told.items()}

    @classmethod
    def folded(cls, player: Any) -> dict[str, Any]:
        """Its text for a later page."""
        language = language_of(player)
        session = wording.session_values(cls.study, player.session.config, language)
        texts = words.fill(cls.words(language), session | cls.values(player))
        return {"name": cls.step.reopened, **words.to_html(texts)}

    @classmethod
    def store_unfolded(cls, player: Any, posted: Any) -> None:
        """How often it was opened on the page that sent ``posted``."""
        count = str(posted.get(cls.step.reopened, ""))
        if count.isascii() and count.isdigit() and len(count) <= 2:
            earlier = player.field_maybe_none(cls.step.reopened) or 0
            setattr(player, cls.step.reopened, earlier + int(count))
