"""The page of the instructions: in the words of the session's task."""

from __future__ import annotations

from typing import Any

from lab.page import StudyPage, language_of
from lab.sessions import config_of
from steps.practice import Practice
from study import words


class Instructions(StudyPage):
    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        config = config_of(player)
        how = words.shared(language_of(player), words.TASK)[config["task"]]["how"]
        practices = cls.study.of_type(Practice)
        return {
            "how": words.to_html(how),
            "practises": any(each.is_offered(config) for each in practices),
        }
