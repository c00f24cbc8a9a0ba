"""What every bot can do: fill in a page, look at what was stored, leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from otree.api import Bot, Submission, SubmissionMustFail, expect
from otree.database import db

from lab.bots import forms
from lab.bots.people import CASES
from lab.page import language_of
from lab.setup import experiment_of
from study import content
from study.columns import columns
from study.spreadsheets import guard


class Left(Exception):
    """The participant has closed the browser."""


class StudyBot(Bot):
    """One participant in one app. Subclasses say in `visit` what they do there."""

    cases = list(CASES)

    def play_round(self) -> Iterator[Submission]:
        # Who left, or declined, never comes to the later apps.
        if self.participant._current_app_name == self.app:
            with suppress(Left):
                yield from self.visit()

    def visit(self) -> Iterator[Submission]:
        raise NotImplementedError

    # ----------------------------------------------------------------------- who and where

    @cached_property
    def who(self) -> Any:
        """The person whom this bot plays, drawn from the session's seed and their number."""
        return CASES[self.case].draw(self.config["seed"], self.participant.id_in_session)

    @cached_property
    def app(self) -> str:
        return self.PlayerClass.get_folder_name()

    @property
    def player(self) -> Any:
        # The page's request has its own view of the database; so forget what was read earlier.
        db.expire_all()
        return super().player

    @cached_property
    def config(self) -> Mapping[str, Any]:
        return dict(self.session.config)

    @cached_property
    def experiment(self) -> Any:
        return experiment_of(self.config)

    @cached_property
    def arm(self) -> str | None:
        """Their arm, asked for only when it cannot change any more."""
        player = self.participant.get_player(self.experiment.app, 1)
        return player.field_maybe_none("arm")

    @property
    def entered(self) -> dict[str, int]:
        """Right cards that this participant has entered so far, by phase."""
        return self.participant_bot.__dict__.setdefault("entered", {})

    # ------------------------------------------------------------------------------- pages

    def leave_unless_reaching(self, step: str) -> None:
        if not self.who.reaches(step):
            raise Left

    def fill(self, page: Any, **answers: Any) -> Iterator[Submission]:
        """Answer ``page``, and look whether this is what was stored."""
        form = {name: columns(self.app)[name] for name in answers}
        posted = {name: "" if value is None else value for name, value in answers.items()}
        if self.who.tries_to_cheat:
            for values, fields in forms.refused(form, posted):
                yield self.refused(page, values, fields)
                self.shows_error()
                self.nothing_stored(answers)
            forged = [name for name in forms.FORGED if name in columns(self.app)]
            before = self.stored(forged), self.participant.payoff
            yield Submission(page, forms.FORGED | posted, check_html=False)
            expect((self.stored(forged), self.participant.payoff), before)
        else:
            yield Submission(page, posted)
        entered = {n: guard(v.strip()) if isinstance(v, str) else v for n, v in answers.items()}
        expect(self.stored(answers), entered)

    def refused(self, page: Any, values: Mapping[str, Any], fields: list[str]) -> Submission:
        return SubmissionMustFail(page, dict(values), error_fields=fields)

    def shows_error(self) -> None:
        expect('id="error-summary"', "in", self.html)

    def shows(self, text: str) -> None:
        """The page says ``text``."""
        expect(" ".join(content.to_html(text).split()), "in", self.html)

    # ---------------------------------------------------------------------------- database

    def value(self, name: str) -> Any:
        return self.player.field_maybe_none(name)

    def stored(self, names: Iterable[str]) -> dict[str, Any]:
        player = self.player
        return {name: player.field_maybe_none(name) for name in names}

    def nothing_stored(self, names: Iterable[str]) -> None:
        """What was not measured is empty, never 0."""
        expect({name: v for name, v in self.stored(names).items() if v is not None}, {})

    def empty_app(self, app: str, but: Iterable[str] = ()) -> None:
        """Nothing is known of this participant in ``app`` beyond the columns ``but``."""
        player = self.participant.get_player(app, 1)
        found = {name: player.field_maybe_none(name) for name in columns(app) if name not in but}
        expect({name: value for name, value in found.items() if value is not None}, {})

    @property
    def language(self) -> str:
        return language_of(self.player)

    def words(self, file: str) -> Any:
        return content.words(self.language, file)
