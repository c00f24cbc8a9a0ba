"""The page that every page of the study is made from.

A page names its texts by its class name and its file in `content/<language>/`; its template gets
them as ``words``. Form fields reach the template as ``fields`` (see `lab.fields`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from otree.api import Page
from otree.constants import admin_secret_code, back_button, timeout_happened
from starlette.datastructures import FormData
from starlette.responses import Response

from lab import fields, wording
from study import content
from study.columns import Column, columns
from study.spreadsheets import guard

MAX_FORM_TEXT = 20_000

SECTIONS = (
    "welcome",
    "instructions",
    "about_you",
    "baseline",
    "information",
    "view",
    "main",
    "voluntary",
    "closing",
)


LARGER_LETTERS = "larger_letters"


def language_of(player: Any) -> str:
    """The language in which this participant reads the pages."""
    chosen = player.participant.vars.get("language")
    return chosen if chosen in content.languages() else player.session.config["language"]


def letters_are_larger(player: Any) -> bool:
    """Whether this participant asked for larger letters."""
    return bool(player.participant.vars.get(LARGER_LETTERS))


class StudyPage(Page):
    """A page with texts from `content/`, a step counter, and fields with our own components.

    words_file: the file in `content/<language>/` that holds the texts of the page.
    section: the step of the study it belongs to; None: not counted (end pages).
    may_be_advanced: whether the experimenter may move somebody on from it.
    """

    words_file: ClassVar[str]
    section: ClassVar[str | None] = None
    may_be_advanced: ClassVar[bool] = True
    template_name = "global/Questions.html"

    @classmethod
    def values(cls, player: Any) -> dict[str, Any]:
        """What the texts of this page may quote, beside what `wording.session_values` offers."""
        return {}

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        """What the template of this page needs beside its texts."""
        return {}

    @classmethod
    def vars_for_template(cls, player: Any) -> dict[str, Any]:
        language = language_of(player)
        values = wording.session_values(player.session.config, language) | cls.values(player)
        words = wording.page_words(language, cls.words_file, cls.__name__, values)
        common = content.to_html(content.words(language, "common"))
        return {
            "language": language,
            "dir": wording.direction(language),
            "larger_letters": letters_are_larger(player),
            "words": words,
            "values": content.to_html(values),
            "common": common,
            "progress": cls._progress(player, common),
            **cls.context(player),
        }

    @classmethod
    def _progress(cls, player: Any, common: dict[str, Any]) -> dict[str, Any] | None:
        """The step of the study that the page belongs to: in words, and one mark per step."""
        if cls.section is None:
            return None
        sections = [
            name
            for name in SECTIONS
            if name != "voluntary" or player.session.config["voluntary_seconds"]
        ]
        step = sections.index(cls.section) + 1
        return {
            "text": content.fill(common["step"], {"step": step, "steps": len(sections)}),
            "marks": ["done" if n < step else "" for n in range(len(sections))],
        }

    def set_attributes(self, participant: Any) -> None:
        super().set_attributes(participant)
        # If this page fails, the page that says so speaks the same language.
        self.scope["language"] = language_of(self.player)

    def get(self) -> Any:
        # After the experimenter moved somebody on, oTree opens the next page itself. Nobody sees
        # it, so nothing may begin: no clock, no treatment, no arm.
        if self.receive is None and self._is_displayed():
            self._update_monitor_table()
            return Response()
        return super().get()

    def post(self) -> Any:
        if self.posted.get(back_button):
            return self.get()  # no page of ours has that button
        if self.advanced_by_experimenter:
            closing = self.participant.get_player("closing", 1)
            earlier = closing.field_maybe_none("advanced_from")
            closing.advanced_from = ",".join(filter(None, (earlier, type(self).__name__)))
        return self._told(super().post())

    def _told(self, response: Response) -> Response:
        """``response``, or the address of the next page for the script that sent this one.

        The script shows the page itself until it has been taken; a browser that followed a
        redirect by itself would open the next page twice.
        """
        if self.receive is None or self.request.headers.get("x-page") != "stays":
            return response
        if response.status_code != 302:
            return response
        return Response(status_code=204, headers={"X-Next": response.headers["location"]})

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        # oTree offers no public way to describe the form to a template beyond its widgets.
        context = super().get_context_data(**context)
        form = context["form"]
        language = context["language"]
        values = wording.session_values(self.session.config, language)
        described = [self.describe(field, language, values) for field in form]
        context["fields"] = described
        context["errors"] = [field for field in described if field["error"]]
        return context

    def describe(
        self, form_field: Any, language: str, values: Mapping[str, str]
    ) -> dict[str, Any]:
        """One form field for its component."""
        column = columns(self.player.get_folder_name())[form_field.name]
        texts = content.fill(self.texts(column, language), values)
        return fields.question(form_field, column, texts, language, self._typed(form_field.name))

    def _typed(self, name: str) -> str | None:
        """What was sent as ``name``, as it was; None if the page was not sent."""
        if self.posted is None:
            return None
        value = self.posted.get(name, "")
        return value[:MAX_FORM_TEXT] if isinstance(value, str) else ""

    def texts(self, column: Column, language: str) -> dict[str, Any]:
        """The texts of the question that fills ``column``."""
        return fields.question_texts(column, language)

    def get_form(self, instance: Any, formdata: Any = None) -> Any:
        if formdata is not None:
            formdata = self._checked(formdata)
        return super().get_form(instance, formdata=formdata)

    def _checked(self, formdata: Any) -> FormData:
        """The posted form without what oTree would misread or a database would refuse."""
        declared = columns(self.player.get_folder_name())
        kept = []
        for name, value in (
            formdata.multi_items() if hasattr(formdata, "multi_items") else (formdata.items())
        ):
            if not isinstance(value, str | int | float | bool):
                continue  # an uploaded file
            text = str(value)[:MAX_FORM_TEXT].replace("\x00", "").replace("\r\n", "\n")
            column = declared.get(name)
            # oTree reads every word but "False" and "0" as yes.
            if column and column.type == "boolean" and text not in ("True", "False"):
                continue
            if column and column.type == "integer" and not _is_short_integer(text):
                text = "" if not text.strip() else "not a number"
            if column and column.type == "text":
                text = guard(text.strip())
            kept.append((name, text))
        return FormData(kept)

    @property
    def posted(self) -> Any:
        """The form as it was sent, before oTree looks at it."""
        return self._form_data

    @property
    def advanced_by_experimenter(self) -> bool:
        """Whether the experimenter pushed the participant on from the admin."""
        return bool(
            self.posted.get(timeout_happened)
            and self.posted.get(admin_secret_code) == _admin_secret()
        )


def _is_short_integer(text: str) -> bool:
    digits = text.strip().lstrip("+-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 9


def _admin_secret() -> str:
    from otree.views.abstract import ADMIN_SECRET_CODE

    return ADMIN_SECRET_CODE
