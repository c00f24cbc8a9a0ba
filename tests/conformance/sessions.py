"""Somebody who goes through a study over HTTP, and what is then known of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from steps.round import Round
from study.step import questions
from study.study import Arm, Study
from tests.harness.answers import fitting
from tests.harness.participant import HttpParticipant
from tests.harness.server import Server, Session
from tests.server.conftest import cells, wide

SECONDS = 60
RATES = (0.145, 0.005)
"""What a card pays: with them, pay that is rounded anywhere but at the end is another."""
CARDS = 3
OVER = "OutOfRangeNotification"


def parameters(study: Study) -> dict[str, Any]:
    """Rounds that are over soon, one card of practice, and rates that tell how one rounds."""
    found: dict[str, Any] = {}
    for step in study.of_type(Round):
        found[step.parameter if step.timed else step.number_of_items] = (
            SECONDS if step.timed else 1
        )
    rates = [name for name in study.parameters if name.endswith("_rate")]
    return found | dict(zip(rates, RATES, strict=False))


@dataclass
class Person:
    """A participant as steps know one: by what is stored of them."""

    study: Study
    config: Mapping[str, Any]
    stored: Mapping[str, Any]
    number: int = 1

    @property
    def arm(self) -> Arm | None:
        name = self.stored.get("arm")
        return None if name is None else self.study.arm(name)

    def get(self, column: str) -> Any:
        return self.stored.get(column)


@dataclass
class Seen:
    """One page as it was shown: its address, its source, and what was known when it was."""

    address: str
    html: str
    stored: dict[str, Any]
    again: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Where one was, and with what stored, each time that one came back to it."""


@dataclass
class Played:
    """Somebody who went through a study, to the page where it ended for them."""

    study: Study
    session: Session
    code: str
    pages: dict[str, Seen]
    cookies: str

    @cached_property
    def exported(self) -> dict[str, str]:
        """Their row of the wide export."""
        return wide(self.session)[self.code]

    @cached_property
    def row(self) -> dict[str, str]:
        """The same, the study's own columns alone, by bare name."""
        return cells(self.exported, self.study.app)

    @cached_property
    def seat(self) -> Person:
        """They as steps know them."""
        server, code = self.session.server, self.session.code
        config = requests.get(f"{server.url}/api/sessions/{code}", timeout=60).json()["config"]
        return Person(self.study, config, server.database.player(self.code))

    def export(self, folder: Path) -> None:
        """All exports of the session, as files."""
        server, code = self.session.server, self.session.code
        found = {name: custom(self.session, self.study, name) for name in self.study.tables}
        found["all_apps_wide"] = server.export("wide", session_code=code)
        found[self.study.app] = server.export("app", app=self.study.app, session_code=code)
        for name, text in found.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")


def custom(session: Session, study: Study, table: str) -> str:
    """A custom export of a session."""
    function = study.custom_exports[table]
    query = {"app": study.app, "function_name": function, "session_code": session.code}
    return session.server.export("app_custom", **query)


def play(
    server: Server, study: Study, *, returning: bool = False, answers: Any = (), **chosen: Any
) -> Played:
    """Go through a session of one's own; ``returning``: come back to every page on the way.

    ``answers`` are given in place of those that fit, ``chosen`` are session parameters.
    """
    session = server.create_session(study.name, 1, **parameters(study) | chosen)
    me = HttpParticipant(session.join_url, server.database)
    code, pages = me.code, {}
    while me.name != OVER:
        assert me.name not in pages, f"{me.name} is there a second time"
        address = me.page.url.split("/p/")[1].replace(code, "CODE")
        html = me.html.replace(code, "CODE").replace(session.code, "SESSION")
        seen = pages[me.name] = Seen(address, html, server.database.player(code))
        if returning:
            seen.again = list(_return(session, me, next(iter(pages))))
        if "<form" not in me.html and "round-start" not in me.html:
            break
        if "round-start" in me.html:
            me.sit_out_round(correct=CARDS, stop=False)
        else:
            me.next(**{k: v for k, v in dict(answers).items() if k in me.form.fields})
    me.close()
    cookies = " ".join(f"{cookie.name}={cookie.value}" for cookie in me.http.cookies)
    return Played(study, session, code, pages, cookies)


def _return(
    session: Session, me: HttpParticipant, first: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Come back with another device, by the address of the ``first`` page, and by reloading."""
    other = HttpParticipant(session.start_url(me.code), me.database)
    yield other.name, session.server.database.player(me.code)
    old = re.sub(r"\w+/\d+$", f"{first}/1", other.page.url)
    other.page = other.http.get(old, timeout=60)
    yield other.name, session.server.database.player(me.code)
    other.close()
    me.reload()
    yield me.name, session.server.database.player(me.code)


def ways_out(study: Study) -> dict[str, dict[str, Any]]:
    """By the page of each early end that one answer leads to: that answer."""
    config = {name: each.default for name, each in study.parameters.items()}
    found: dict[str, dict[str, Any]] = {}
    for step in study.path:
        for column in questions(step, study):
            values = {"boolean": [True, False], "integer": [column.min, column.max]}
            for value in values.get(column.type, list(column.values)):
                seat = _imagined(study, config, {column.name: value})
                for end in study.path[:-1]:
                    if end.page and end.ends(seat) and study.reaches(end, seat):
                        found.setdefault(end.page, {column.name: value})
    return found


def _imagined(study: Study, config: Mapping[str, Any], chosen: dict[str, Any]) -> Person:
    """Somebody who gave every answer that fits but the ``chosen`` ones."""
    stored: dict[str, Any] = {}
    kinds: dict[str, Any] = {"boolean": lambda text: text == "True", "integer": int}
    for step in study.path:
        for column in questions(step, study):
            kind = kinds.get(column.type, str)
            stored[column.name] = chosen.get(column.name, kind(fitting(study, column.name)))
        stored |= step.derived(Person(study, config, stored))
    return Person(study, config, stored)
