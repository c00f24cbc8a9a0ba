"""What every bot can do: fill in a page, look at what was stored, leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from otree.api import Bot, Submission, SubmissionMustFail, expect
from otree.database import db

from lab.page import language_of
from lab.sessions import study_of
from people.assumptions import people_of
from people.bots import forms
from people.bots.cases import CASES
from study import words
from study.spreadsheets import guard
from study.study import Arm, Study


class StudyBot(Bot):  # type: ignore[misc]
    """One participant of a study. It is also the seat that steps ask."""

    cases = list(CASES)

    # ----------------------------------------------------------------------- who and where

    @cached_property
    def who(self) -> Any:
        """The person whom this bot plays, drawn from the session's seed and their number."""
        return CASES[self.case](
            self.config["seed"], self.participant.id_in_session, people=people_of(self.study)
        )

    @property
    def player(self) -> Any:
        # The page's request has its own view of the database; so forget what was read earlier.
        db.expire_all()
        return super().player

    @cached_property
    def config(self) -> Mapping[str, Any]:
        return dict(self.session.config)

    @cached_property
    def study(self) -> Study:
        return study_of(self.config)

    @property
    def arm(self) -> Arm | None:
        name = self.get("arm") if self.study.arms else None
        return None if name is None else self.study.arm(name)

    @property
    def number(self) -> int:
        return int(self.participant.id_in_session)

    def get(self, column: str) -> Any:
        return self.player.field_maybe_none(column)

    # ------------------------------------------------------------------------------- pages

    def fill(
        self, page: Any, answers: Mapping[str, Any], beside: Mapping[str, Any]
    ) -> Iterator[Submission]:
        """Answer ``page``, and look whether this is what was stored; send what goes ``beside``."""
        form = {name: self.study.columns[name] for name in answers}
        posted = {name: "" if value is None else value for name, value in answers.items()}
        if self.who.tries_to_cheat:
            for values, fields in forms.refused(form, posted):
                yield self.refused(page, values, fields)
                self.shows_error()
                self.nothing_stored(answers)
            forged = forms.forged(self.study.columns, answers)
            others = [name for name in forged if name in self.study.columns]
            before = self.stored(others)
            yield Submission(page, {**forged, **posted, **beside}, check_html=False)
            # What the page itself stores may change, but not into what was forged.
            for name, value in self.stored(others).items():
                if value != before[name]:
                    expect(str(value), "!=", forged[name])
            expect(Decimal(self.participant.payoff), "<", Decimal(forged["payoff"]))
        else:
            # The field of what is counted on the page is added by its script.
            yield Submission(page, {**posted, **beside}, check_html=not beside)
        entered = {n: guard(v.strip()) if isinstance(v, str) else v for n, v in answers.items()}
        expect(self.stored(answers), entered)

    def refused(self, page: Any, values: Mapping[str, Any], fields: list[str]) -> Submission:
        return SubmissionMustFail(page, dict(values), error_fields=fields)

    def shows_error(self) -> None:
        expect('id="error-summary"', "in", self.html)

    def shows(self, text: str) -> None:
        """The page says ``text``."""
        expect(" ".join(words.to_html(text).split()), "in", self.html)

    # ---------------------------------------------------------------------------- database

    def stored(self, names: Iterable[str]) -> dict[str, Any]:
        player = self.player
        return {name: player.field_maybe_none(name) for name in names}

    def nothing_stored(self, names: Iterable[str]) -> None:
        """What was not measured is empty, never 0."""
        expect({name: v for name, v in self.stored(names).items() if v is not None}, {})

    def nothing_known(self, but: Iterable[str] = ()) -> None:
        """Nothing is known of this participant beyond the columns ``but``."""
        self.nothing_stored([name for name in self.study.columns if name not in but])

    @property
    def language(self) -> str:
        return language_of(self.player)
