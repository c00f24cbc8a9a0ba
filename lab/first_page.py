"""The first page: language and size of letters, changeable without losing anything."""

from __future__ import annotations

from typing import Any

from lab import fields
from lab.page import LARGER_LETTERS, StudyPage, language_of, letters_are_larger
from study import content

CHANGE_LANGUAGE = "change_language"


class FirstPage(StudyPage):
    """A page on which one may choose the language and larger letters for all that follows."""

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        language = language_of(player)
        words = content.words(language, "common")
        return {
            "languages": [
                {
                    "code": code,
                    "label": content.to_html(content.words(code, "common")["language_name"]),
                    "current": code == language,
                }
                for code in content.languages()
            ],
            "letters": fields.checkbox(
                LARGER_LETTERS,
                label=words["larger_letters"],
                checked=letters_are_larger(player),
            ),
        }

    def post(self) -> Any:
        participant, posted = self.player.participant, self.posted
        participant.vars[LARGER_LETTERS] = posted.get(LARGER_LETTERS) == "on"
        wanted = posted.get(CHANGE_LANGUAGE)
        if wanted is None:
            return super().post()
        if wanted in content.languages():
            participant.vars["language"] = wanted
        # The same page again, with the answers that were given but not yet checked.
        form = self.get_form(instance=self.get_object(), formdata=posted)
        return self.render_page(self.get_context_data(form=form))
