"""The page that every page of a study is made from.

A page belongs to a step (`study.step`), whose texts its template gets as ``words``. Form fields
reach the template as ``fields`` (see `lab.fields`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from otree.api import Page
from otree.constants import admin_secret_code, back_button, timeout_happened
from starlette.datastructures import FormData
from starlette.responses import Response

from lab import fields, wording
from lab.assignment import assign
from lab.sessions import PlayerSeat, config_of, kept
from steps.ending import STATUS
from steps.panel import Withdrawn
from study import words
from study.columns import Column
from study.spreadsheets import guard
from study.step import Step
from study.study import Study

MAX_FORM_TEXT = 20_000

LARGER_LETTERS = "larger_letters"
WITHDRAW = "withdraw"
STOP = "/stop/"
"""Where somebody says that they stop, whichever page they are on; their code stands behind it."""


def language_of(player: Any) -> str:
    """The language in which this participant reads the pages."""
    chosen = kept(player.participant).get("language")
    return str(chosen if chosen in words.languages() else config_of(player)["language"])


def letters_are_larger(player: Any) -> bool:
    """Whether this participant asked for larger letters."""
    return bool(kept(player.participant).get(LARGER_LETTERS))


class StudyPage(Page):  # type: ignore[misc]
    """The page of a step, with its texts, a step counter, and fields with our own components.

    needs_arm: it stands behind the assignment, so whoever comes here has an arm.
    may_be_advanced: whether the experimenter may move somebody on from it.
    may_withdraw: whether participants may stop here for good.
    arrivals: the steps up to it that store something when somebody arrives.
    folds: pages before it whose text can be opened here again.
    """

    study: ClassVar[Study]
    step: ClassVar[Step]
    needs_arm: ClassVar[bool] = False
    arrivals: ClassVar[Sequence[Step]] = ()
    folds: ClassVar[Sequence[Any]] = ()
    may_be_advanced: ClassVar[bool] = True
    may_withdraw: ClassVar[bool] = False
    template_name = "global/Questions.html"

    @classmethod
    def seat_of(cls, player: Any) -> PlayerSeat:
        """The player as steps know one."""
        return PlayerSeat(cls.study, player)

    @classmethod
    def is_displayed(cls, player: Any) -> bool:
        return cls.study.reaches(cls.step, cls.seat_of(player))

    @classmethod
    def before_next_page(cls, player: Any, timeout_happened: bool) -> None:
        """Store what follows from the answers, and the language in which they were given."""
        player.language = player.participant.language = language_of(player)
        for name, value in cls.step.derived(cls.seat_of(player)).items():
            setattr(player, name, value)

    @classmethod
    def values(cls, player: Any) -> dict[str, Any]:
        """What the texts of this page may quote, beside what `wording.session_values` offers."""
        return {}

    @classmethod
    def context(cls, player: Any) -> dict[str, Any]:
        """What the template of this page needs beside its texts."""
        return {}

    @classmethod
    def words(cls, language: str) -> dict[str, Any]:
        """The texts of this page as they stand in the files."""
        return words.of_step(cls.study, cls.step, language)

    @classmethod
    def vars_for_template(cls, player: Any) -> dict[str, Any]:
        language = language_of(player)
        # Before the values: what a page prepares, they may quote.
        context = cls.context(player)
        values = wording.session_values(cls.study, player.session.config, language)
        told = cls.words(language)
        values |= {name: words.fill(told[name][player.arm], values) for name in cls.step.by_arm}
        values |= cls.values(player)
        common = words.to_html(words.shared(language, words.COMMON))
        return {
            "language": language,
            "dir": wording.direction(language),
            "larger_letters": letters_are_larger(player),
            "words": words.to_html(words.fill(told, values)),
            "values": words.to_html(values),
            "common": common,
            "progress": cls._progress(player, common),
            "may_withdraw": cls.may_withdraw,
            "stop_address": f"{STOP}{player.participant.code}",
            "panel_code": "",
            "return_address": "",
            "folded": [page.folded(player) for page in cls.folds],
            "page_step": cls.step.name,
            **context,
        }

    @classmethod
    def _progress(cls, player: Any, common: dict[str, Any]) -> dict[str, Any] | None:
        """The step of the study that the page belongs to: in words, and one mark per step."""
        if not cls.step.counted:
            return None
        config = config_of(player)
        listed = [
            parts
            for step in cls.study.steps
            for parts in step.marks()
            if any(part.page and part.counted and part.is_offered(config) for part in parts)
        ]
        number = next(n for n, parts in enumerate(listed, start=1) if _is_in(cls.step, parts))
        return {
            "text": words.fill(common["step"], {"step": number, "steps": len(listed)}),
            "marks": ["done" if n < number else "" for n in range(len(listed))],
        }

    def prepare(self) -> None:
        """Before somebody sees the page, and before what they sent is taken."""
        if self.needs_arm:
            assign(self.study, self.player)
        seat = self.seat_of(self.player)
        for step in self.arrivals:
            for name, value in step.on_arrival(seat).items():
                if seat.get(name) is None:
                    setattr(self.player, name, value)

    def set_attributes(self, participant: Any) -> None:
        super().set_attributes(participant)
        # If this page fails, the page that says so speaks the same language.
        self.scope["language"] = language_of(self.player)

    @property
    def group(self) -> Any:
        """As oTree's, without writing to the database first what the page changed so far."""
        return self.GroupClass.objects_get(id=self.player.group_id)

    def get_object(self) -> Any:
        return self.player

    def get(self) -> Any:
        # After the experimenter moved somebody on, oTree opens the next page itself. Nobody sees
        # it, so nothing may begin: no clock, no treatment, no arm.
        is_displayed = self._is_displayed()
        if self.receive is None and is_displayed:
            self._update_monitor_table()
            return Response()
        if is_displayed:
            self.prepare()
            if self.step is self.study.path[-1]:
                self.player.completed = True
        return super().get()

    def inner_dispatch(self, request: Any) -> Any:
        if self.may_withdraw and self.posted is not None and self.posted.get(WITHDRAW):
            return self.withdraw()
        return super().inner_dispatch(request)

    def withdraw(self) -> Any:
        """Let the participant stop: what was sent earlier is kept, and nothing of this page."""
        player = self.player
        setattr(player, STATUS, Withdrawn.status)
        player.language = player.participant.language = language_of(player)
        self._record_page_completion_time()
        self._increment_index_in_pages()
        return self._told(self._redirect_to_page_the_user_should_be_on())

    def post(self) -> Any:
        if self.posted.get(back_button):
            return self.get()  # no page of ours has that button
        # Later pages need an arm; whether the treatment was seen is another matter.
        self.prepare()
        if self.advanced:
            earlier = self.player.field_maybe_none("advanced_from")
            self.player.advanced_from = ",".join(filter(None, (earlier, type(self).__name__)))
        else:
            self.store_beside()
        return self._told(super().post())

    def store_beside(self) -> None:
        """Store what the page sent beside the answers to its questions."""
        for page in self.folds:
            page.store_unfolded(self.player, self.posted)

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
        values = wording.session_values(self.study, self.session.config, language)
        order = self.step.shown(self.seat_of(self.player))
        asked = [form[name] for name in order] if order else form
        described = [self.describe(field, language, values) for field in asked]
        context["fields"] = described
        context["errors"] = [field for field in described if field["error"]]
        return context

    def describe(
        self, form_field: Any, language: str, values: Mapping[str, str]
    ) -> dict[str, Any]:
        """One form field for its component."""
        column = self.study.columns[form_field.name]
        texts = words.fill(self.texts(column, language), values)
        return fields.question(form_field, column, texts, language, self._typed(form_field.name))

    def _typed(self, name: str) -> str | None:
        """What was sent as ``name``, as it was; None if the page was not sent."""
        if self.posted is None:
            return None
        value = self.posted.get(name, "")
        return value[:MAX_FORM_TEXT] if isinstance(value, str) else ""

    def texts(self, column: Column, language: str) -> dict[str, Any]:
        """The texts of the question that fills ``column``."""
        return words.of_question(self.study, self.step, column, language)

    def get_form(self, instance: Any, formdata: Any = None) -> Any:
        if formdata is not None:
            formdata = self._checked(formdata)
        return super().get_form(instance, formdata=formdata)

    def _checked(self, formdata: Any) -> FormData:
        """The posted form without what oTree would misread or a database would refuse."""
        declared = self.study.columns
        kept: list[tuple[str, Any]] = []
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
    def advanced(self) -> bool:
        """Whether the experimenter pushed the participant on from the admin."""
        return self.posted is not None and bool(
            self.posted.get(timeout_happened)
            and self.posted.get(admin_secret_code) == _admin_secret()
        )


def _is_in(step: Step, parts: Sequence[Step]) -> bool:
    """Whether ``step`` is one of ``parts``; those before and behind a round are made anew."""
    return step.page in [part.page for part in parts]


def _is_short_integer(text: str) -> bool:
    digits = text.strip().lstrip("+-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 9


def _admin_secret() -> str:
    from otree.views.abstract import ADMIN_SECRET_CODE

    return str(ADMIN_SECRET_CODE)
