"""The first page: consent, language and size of letters, changeable without losing anything."""

from __future__ import annotations

from typing import Any

from lab import earnings, fields
from lab.ending import EndPage
from lab.page import LARGER_LETTERS, StudyPage, language_of, letters_are_larger
from study import words

CHANGE_LANGUAGE = "change_language"


class Consent(StudyPage):
    """On it one may choose the language and larger letters for all that follows."""

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        language = language_of(player)
        return {
            "languages": [
                {
                    "code": code,
                    "label": words.to_html(words.shared(code, words.COMMON)["language_name"]),
                    "current": code == language,
                }
                for code in cls.study.languages
            ],
            "letters": fields.checkbox(
                LARGER_LETTERS,
                label=words.shared(language, words.COMMON)["larger_letters"],
                checked=letters_are_larger(player),
            ),
        }

    def post(self) -> Any:
        participant, posted = self.player.participant, self.posted
        participant.vars[LARGER_LETTERS] = posted.get(LARGER_LETTERS) == "on"
        wanted = posted.get(CHANGE_LANGUAGE)
        if wanted is None:
            return super().post()
        if wanted in self.study.languages:
            participant.vars["language"] = wanted
        # The same page again, with the answers that were given but not yet checked.
        form = self.get_form(instance=self.get_object(), formdata=posted)
        return self.render_page(self.get_context_data(form=form))


class Declined(EndPage):
    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        earnings.store(cls.study, player)
        return {}
