"""Somebody who goes through the pages in the real browser, by keyboard alone."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from effort_task.tasks import TASKS, item_seed
from tests.harness.answers import fitting, study_at

WAIT_MS = 30_000
# A person needs longer for a card than a key that bounces: the page ignores what comes faster.
BETWEEN_KEYS_MS = 60
MOST_TABS = 80

FOCUSED = """() => {
    const it = document.activeElement;
    const radios = it.name && it.form ? [...it.form.querySelectorAll(`[name="${it.name}"]`)] : [];
    return {
        tag: it.tagName.toLowerCase(), type: it.type ?? "", name: it.name ?? "", id: it.id,
        classes: it.className, scale: !!it.closest("[data-scale]"),
        values: radios.map((radio) => radio.value), place: radios.indexOf(it),
    };
}"""


class KeyboardParticipant:
    """A participant at a browser. ``seed`` is that of the session.

    entered: what was entered, by phase, in order; every response that was sent with Enter.
    """

    def __init__(self, page: Page, seed: str) -> None:
        self.page = page
        self.seed = seed
        self.entered: dict[str, list[str]] = {}
        self.visited: list[str] = []
        page.set_default_timeout(WAIT_MS)

    # ---------------------------------------------------------------------- where one is

    @property
    def name(self) -> str:
        return self.page.url.split("/")[-2]

    @property
    def code(self) -> str:
        return re.search(r"/p/(\w+)/", self.page.url)[1]  # type: ignore[index]

    def in_round(self) -> bool:
        return self.page.locator("#round-start").count() > 0

    def wait_until_left(self, name: str) -> None:
        """Wait until the page is another one than ``name``."""
        # Not `wait_for_url`: that one gives up if the page is asked for twice.
        left = re.compile(rf"/p/\w+/\w+/(?!{name}/)\w+/\d+$")
        expect(self.page).to_have_url(left, timeout=60_000)
        self.page.wait_for_load_state("load")

    # ------------------------------------------------------------------------- the keys

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> dict[str, Any]:
        return self.page.evaluate(FOCUSED)

    def tab_to(self, id: str) -> None:
        """Press Tab until the element is focused."""
        for _ in range(MOST_TABS):
            if self.focused()["id"] == id:
                return
            self.press("Tab")
        raise AssertionError(f"{id} cannot be reached with Tab on {self.name}")

    # ------------------------------------------------------------------------ questions

    def fill_in(self, **chosen: str) -> None:
        """Answer every question of the page as Tab reaches it, and press its button."""
        name, study = self.name, study_at(self.page.url)
        self.visited.append(name)
        for _ in range(MOST_TABS):
            self.press("Tab")
            at = self.focused()
            if at["tag"] == "button" and at["type"] == "submit" and not at["name"]:
                self.press("Enter")
                self.wait_until_left(name)
                return
            self._answer(at, chosen.get(at["name"]) or fitting(study, at["name"]))
        raise AssertionError(f"The button of {name} cannot be reached with Tab")

    def _answer(self, at: dict[str, Any], value: str) -> None:
        if at["type"] == "radio":
            if at["scale"] and len(value) == 1:
                self.press(value)
            else:
                steps = at["values"].index(value) - at["place"]
                self.press(*(["ArrowDown"] * steps if steps else ["Space"]))
        elif at["tag"] == "textarea" or at["type"] == "text":
            self.page.keyboard.type(value)

    # ---------------------------------------------------------------------------- rounds

    def open_round(self) -> None:
        """Wait until the first card is there."""
        self.page.wait_for_function("() => document.activeElement?.id === 'answer'")
        self.phase = self.page.evaluate(
            "JSON.parse(document.getElementById('round-start').textContent).round"
        )
        self.task = self.page.evaluate(
            "JSON.parse(document.getElementById('round-start').textContent).task"
        )
        self.entered.setdefault(self.phase, [])

    def solution(self) -> str:
        """The solution of the card on the screen."""
        if self.task == "encryption":
            word = self.page.locator("#word").inner_text()
            entries = self.page.locator("#key > *").all_inner_texts()
            key = {letter: code for letter, code in (entry.split() for entry in entries)}
            return "".join(key[letter] for letter in word)
        if self.task == "counting_zeros":
            return str(self.page.locator("#zeros").inner_text().count("0"))
        # A picture. Which card it is one knows by having entered all before it.
        number = len(self.entered[self.phase]) + 1
        cards = item_seed(self.seed, self.code, self.phase)
        return TASKS[self.task].item(cards, number).solution

    def card(self) -> str:
        """What the card on the screen shows, to tell it from the next.

        The key table too: now and then two cards in a row show the same word.
        """
        return self.page.evaluate(
            "['word', 'key', 'zeros', 'line'].map((id) => document.getElementById(id))"
            ".filter(Boolean).map((it) => it.textContent + (it.src ?? '')).join()"
        )

    def enter(self, response: str | None = None) -> str:
        """Type a response (by default the right one) and press Enter until the next card."""
        before = self.card()
        response = response or self.solution()
        assert self.focused()["id"] == "answer"
        delay = max(BETWEEN_KEYS_MS, 330 / len(response))
        self.page.keyboard.type(response, delay=delay)
        self.press("Enter")
        self.entered[self.phase].append(response)
        if self.card() == before and not self._was_last():
            raise AssertionError("The next card did not appear")
        return response

    def _was_last(self) -> bool:
        return self.page.locator("#ended").is_visible() or not self.in_round()

    def work(self, cards: int, wrong: int | None = None) -> None:
        """Enter the solutions of some cards; the ``wrong``-th (from 1) gets a wrong one."""
        for number in range(1, cards + 1):
            self.enter("99" if number == wrong else None)

    def stop_early(self) -> None:
        """Press the button that stops the round, and confirm it."""
        self.tab_to("stop")
        self.press("Enter")
        expect(self.page.locator("#stop-dialog")).to_be_visible()
        self.tab_to("stop-yes")
        self.press("Enter")
