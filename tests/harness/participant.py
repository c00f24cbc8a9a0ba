"""Somebody who goes through the pages over HTTP, and through a round over the live socket."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from typing import Any

import requests

from tests.harness.answers import fitting, study_at
from tests.harness.database import Database


class Form(HTMLParser):
    """What one can fill in on a page: names, and the values that radio buttons offer."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        if tag in ("input", "textarea", "select") and name:
            values = self.fields.setdefault(name, [])
            if given.get("type") == "radio":
                values.append(given.get("value") or "")


class HttpParticipant:
    """A participant with a browser that runs no scripts.

    database: that of the server, if rounds are not to be sat out but moved into the past.
    """

    def __init__(self, join_url: str, database: Database | None = None) -> None:
        self.http = requests.Session()
        # The server closes a quiet connection after five seconds, perhaps while we write to it.
        self.http.headers["Connection"] = "close"
        self.database = database
        self.page = self._take(self.http.get(join_url, timeout=60))

    def _take(self, response: requests.Response) -> requests.Response:
        response.raise_for_status()
        self.page = response
        return response

    @property
    def name(self) -> str:
        """The name of the page one is on."""
        return self.page.url.split("/")[-2]

    @property
    def html(self) -> str:
        return self.page.text

    @property
    def code(self) -> str:
        return re.search(r"/p/(\w+)/", self.page.url)[1]  # type: ignore[index]

    @property
    def form(self) -> Form:
        return Form(self.html)

    def reload(self) -> None:
        self._take(self.http.get(self.page.url, timeout=60))

    def post(self, data: dict[str, Any] | None = None) -> requests.Response:
        """Send the page with exactly these fields."""
        return self._take(self.http.post(self.page.url, data=data or {}, timeout=60))

    def answers(self, **chosen: Any) -> dict[str, str]:
        """A valid answer to every field of the page, and what is ``chosen`` instead."""
        study = study_at(self.page.url)
        found = {name: fitting(study, name) for name in self.form.fields}
        return found | {name: str(value) for name, value in chosen.items()}

    def next(self, **chosen: Any) -> None:
        """Fill in the page and send it."""
        self.post(self.answers(**chosen))

    # ------------------------------------------------------------------------------ rounds

    @property
    def round(self) -> dict[str, Any]:
        """What the page was told about its round."""
        found = re.search(
            r'<script type="application/json" id="round-start"[^>]*>(.*?)</script>', self.html
        )
        assert found, f"{self.name} is not a round"
        return json.loads(found[1])

    @property
    def live_path(self) -> str:
        found = re.search(r'id="round-start" data-socket="([^"]+)"', self.html)
        assert found
        return found[1].replace("&amp;", "&")

    def solve(self, card: dict[str, Any]) -> str:
        """The solution of a card, worked out as a person does; a picture cannot be read here."""
        if "rows" in card:
            return str("".join(card["rows"]).count("0"))
        if "image" in card:
            return "UNREAD"
        key = {entry[0]: entry[1:] for entry in re.findall("...", card["key"])}
        return "".join(key[letter] for letter in card["word"])

    def journal(self, count: int, **changes: Any) -> dict[str, Any]:
        """A message with right answers to the next ``count`` cards of the page."""
        start = self.round
        cards = [card for card in start["items"] if card["item"] > start["applied"]][:count]
        answers = [
            {
                "item": card["item"],
                "response": self.solve(card),
                "shown_ms": 0,
                "answered_ms": 1,
                "focus_lost": 0,
                "pasted": False,
                "keys": len(self.solve(card)),
            }
            | changes
            for card in cards
        ]
        return {"round": start["round"], "have": 0, "answers": answers}

    def play_to(self, name: str, **chosen: Any) -> None:
        """Go on until the page ``name``, answering everything on the way."""
        for _ in range(60):
            if self.name == name:
                return
            if "round-start" in self.html:
                self.sit_out_round()
            else:
                fitting = {k: v for k, v in chosen.items() if k in self.form.fields}
                self.next(**fitting)
        raise AssertionError(f"{name} was not reached; the last page was {self.name}")

    def sit_out_round(self, correct: int = 1, *, stop: bool = True) -> None:
        """Answer ``correct`` cards (all, in the practice), then stop, or wait for the end."""
        start, page = self.round, self.name
        message = json.dumps(self.journal(start["last_item"] or correct))
        while self.name == page:
            self.post({"journal": message, "stop": "1" if stop else ""})
            if self.name == page:
                self._wait(start)

    def _wait(self, start: dict[str, Any]) -> None:
        if self.database is None:
            time.sleep(0.25)
        else:
            self.database.move_clock(self.code, start["round"], start["duration_ms"] / 1000)

    def close(self) -> None:
        self.http.close()
