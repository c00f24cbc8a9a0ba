"""A walk through everything that participants can meet, one state of one page after the other.

Whoever takes the walk decides what to do at each stop: look for accessibility faults, measure,
take a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from tests.harness.proxy import Proxy
from tests.harness.server import Server

LABELS = ("seat01", "seat02", "seat03")
RIGHT = {
    "comprehension_1": "b",
    "comprehension_2": "a",
    "comprehension_3": "c",
    "comprehension_4": "b",
}
PAGES = (
    *("Welcome", "Instructions", "Practice", "Comprehension", "AboutYou", "Motivation"),
    *("BaselineReady", "BaselineRound"),
    *("Information", "Willingness", "Hours", "MainReady", "MainRound"),
    *("VoluntaryOffer", "VoluntaryRound"),
    *("Declined", "Checks", "Task", "Person", "Debrief", "Earnings"),
)
MINUTES = {"baseline_seconds": 300, "task_seconds": 300, "voluntary_seconds": 300}

LAST_SECONDS = 12


def add_labels(project: Path) -> None:
    """Give a project's laboratory a list of seats, before its server starts."""
    (project / "_rooms").mkdir(parents=True)
    (project / "_rooms" / "laboratory.txt").write_text("\n".join(LABELS), "utf-8")


def open_room(server: Server, room: str, config: str, **parameters: Any) -> dict[str, str]:
    """Create a session with one place for those who wait in ``room``."""
    response = requests.post(
        f"{server.url}/api/sessions",
        json={
            "session_config_name": config,
            "num_participants": 1,
            "room_name": room,
            "modified_session_config_fields": parameters,
        },
        timeout=60,
    )
    response.raise_for_status()
    return dict(response.json())


def close_room(server: Server, room: str) -> None:
    """Send nobody on from ``room`` any more."""
    server.database.execute("DELETE FROM otree_roomtosession WHERE room_name = :room", room=room)


@dataclass
class Walk:
    """One person's way through the study in a browser."""

    page: Page
    server: Server
    network: Proxy

    def __post_init__(self) -> None:
        self.page.set_default_timeout(20_000)

    def goto(self, address: str) -> None:
        """Open an address of the server by way of the network that can be cut."""
        self.page.goto(self.network.url + address.removeprefix(self.server.url))

    @property
    def name(self) -> str:
        """The class of the page one is on."""
        return self.page.url.split("/")[-2]

    @property
    def code(self) -> str:
        """The participant's code."""
        return self.page.url.split("/p/")[1].split("/")[0]

    def join(self, config: str = "info_source", page: str = "Welcome", **parameters: Any) -> None:
        """Start in a session of one's own, on ``page``, without what lies before it."""
        session = self.server.create_session(config, 1, **parameters)
        self.goto(session.join_url)
        if page == "Welcome":
            return
        code = self.code
        # A page that is left behind would follow by itself.
        self.page.goto("about:blank")
        player = self.server.database.player("intake", code)["id"]
        execute = self.server.database.execute
        execute("UPDATE intake_player SET consent = :yes WHERE id = :id", yes=True, id=player)
        execute(
            "UPDATE otree_participant SET _index_in_pages = :page WHERE code = :code",
            page=PAGES.index(page) + 1,
            code=code,
        )
        self.goto(f"/InitializeParticipant/{code}")

    def press(self, selector: str = "#form > .button") -> None:
        """Press a button that leads to another page, or to the same with errors."""
        with self.another_page():
            self.page.locator(selector).first.click()

    @contextmanager
    def another_page(self) -> Iterator[None]:
        """What is done in the block leads to another page, or to the same one, shown anew."""
        self.page.evaluate("document.getElementById('main').dataset.left = ''")
        yield
        self.page.wait_for_function(
            """() => document.readyState === "complete"
               && document.getElementById("main")?.dataset.left === undefined"""
        )

    def fill(self, **chosen: str) -> None:
        """Answer every question of the page."""
        page = self.page
        for name in page.eval_on_selector_all(
            "#form input[type=radio]", "all => [...new Set(all.map((each) => each.name))]"
        ):
            values = page.eval_on_selector_all(
                f"#form input[name={name}]", "all => all.map((each) => each.value)"
            )
            value = chosen.get(name) or RIGHT.get(name)
            value = value or values[0 if name in ("consent", "voluntary_accepted") else -1]
            page.check(f"#form input[name={name}][value='{value}']")
        for number in page.locator("#form input.number").all():
            name = number.get_attribute("name") or ""
            number.fill(chosen.get(name, "20"))

    def go_on(self, **chosen: str) -> None:
        self.fill(**chosen)
        self.press()

    def break_page(self) -> None:
        """Let the page fail from now on: what the server knows of one is incomplete."""
        database = self.server.database
        group = database.player("intake", self.code)["group_id"]
        assert database.execute("DELETE FROM intake_group WHERE id = :id", id=group) == 1

    # ------------------------------------------------------------------------------ rounds

    def wait_for_card(self) -> None:
        self.page.wait_for_selector("#card:not(.closed)")
        self.page.wait_for_function("() => document.getElementById('word').innerText !== ''")

    def solution(self) -> str:
        """The solution of an encryption card, read off the page as a person does."""
        word = self.page.inner_text("#word")
        key = dict(
            self.page.eval_on_selector_all(
                "#key > div",
                "all => all.map((each) => [...each.children].map((x) => x.innerText))",
            )
        )
        return "".join(key[letter] for letter in word)

    def answer_card(self, text: str | None = None) -> None:
        """Answer the card on screen, not faster than a person can."""
        shown = self.page.inner_text("#key")
        self.page.fill("#answer", text or self.solution())
        self.page.wait_for_timeout(1100)
        self.page.press("#answer", "Enter")
        self.page.wait_for_function(
            """shown => document.getElementById("key").innerText !== shown
               || document.getElementById("card").classList.contains("closed")""",
            arg=shown,
        )

    def seconds_left(self) -> int:
        """The time left that the page shows."""
        minutes, seconds = self.page.inner_text("#time-text").split(":")
        return 60 * int(minutes) + int(seconds)

    def let_time_pass(self, phase: str, seconds: float) -> None:
        """Let the round on screen have begun earlier."""
        self.server.database.move_clock(self.code, phase, seconds)
        self.page.reload()


# ---------------------------------------------------------------------------------- the stops


def study(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    """From the entrance of a room to the earnings: the name of each state that is on screen."""
    page = walk.page
    walk.goto("/room/laboratory")
    yield "room"
    walk.press()
    yield "room, no label"
    page.fill("#id_participant_label", "seat99")
    walk.press()
    yield "room, label unknown"
    page.fill("#id_participant_label", LABELS[0])
    walk.press()
    yield "waiting"
    with page.expect_navigation():
        session = open_room(walk.server, "laboratory", config, **MINUTES, **parameters)
    page.wait_for_url("**/Welcome/**")
    close_room(walk.server, "laboratory")

    yield "welcome"
    walk.press()
    yield "welcome, errors"
    walk.go_on()
    yield "instructions"
    walk.press()
    yield from _practice(walk)
    walk.press("#go-on")
    yield "comprehension"
    walk.go_on(comprehension_1="a", comprehension_4="c")
    yield "comprehension, wrong"
    walk.go_on()
    yield "about you"
    walk.press()
    yield "about you, errors"
    walk.go_on()
    yield "motivation"
    walk.fill()
    walk.network.cut()
    page.click("#form > .button")
    page.wait_for_selector("#sending:not(:empty)")
    yield "motivation, no connection"
    walk.network.mend()
    page.wait_for_url("**/BaselineReady/**")
    yield "first round, before"
    walk.press()
    yield from _baseline(walk)

    page.wait_for_url("**/Information/**")
    yield "information"
    walk.press()
    yield "willingness"
    walk.press()
    yield "willingness, errors"
    walk.go_on()
    yield "hours"
    walk.go_on(hours_pledged="many")
    yield "hours, not a number"
    walk.go_on(hours_pledged="99")
    yield "hours, too many"
    walk.go_on()
    yield "main round, before"
    walk.press()
    walk.wait_for_card()
    yield "main round"
    walk.answer_card()
    page.click("#stop")
    yield "main round, stop?"
    walk.press("#stop-yes")
    yield "voluntary round, offer"
    walk.press()
    yield "voluntary round, errors"
    walk.go_on()
    walk.wait_for_card()
    yield "voluntary round"
    page.click("#stop")
    walk.press("#stop-yes")

    yield "checks"
    walk.press()
    yield "checks, errors"
    walk.go_on()
    yield "your work"
    walk.press()
    yield "your work, errors"
    walk.go_on()
    yield "person"
    walk.go_on(age="7")
    yield "person, errors"
    walk.go_on()
    yield "debrief"
    walk.press()
    yield "earnings"

    code = walk.code
    walk.goto(f"/OutOfRangeNotification/{code}")
    yield "finished"
    page.goto("about:blank")  # no late answer of the server may bring the cookies back
    page.context.clear_cookies()
    walk.goto(session["session_wide_url"])
    yield "full"


def _practice(walk: Walk) -> Iterator[str]:
    walk.wait_for_card()
    yield "practice"
    walk.answer_card("000000")
    walk.page.wait_for_selector(".feedback.wrong")
    yield "practice, wrong"
    walk.answer_card()
    walk.page.wait_for_selector("#go-on:not([hidden])")
    yield "practice, done"


def _baseline(walk: Walk) -> Iterator[str]:
    page = walk.page
    walk.wait_for_card()
    yield "first round"
    walk.network.cut()
    page.wait_for_selector(".connection.lost")
    yield "first round, offline"
    walk.network.mend()
    page.wait_for_selector(".connection:not(.lost):not(:empty)")
    yield "first round, back"
    walk.let_time_pass("baseline", walk.seconds_left() - LAST_SECONDS)
    walk.wait_for_card()
    walk.network.cut()
    page.wait_for_selector("#ended:not([hidden])")
    page.wait_for_selector(".connection:not(:empty)")
    yield "first round, time is up"
    walk.network.mend()


def elsewhere(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    """The pages of those who do not take part, are lost, or meet an error."""
    session = walk.server.create_session(config, 1, **parameters)
    walk.goto(session.join_url)
    walk.go_on(consent="False")
    yield "declined"
    walk.goto("/room/open")
    yield "open room"
    walk.goto("/study")
    yield "not found"
    yield from _error(walk, config, **parameters)


def _error(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    walk.goto(walk.server.create_session(config, 1, **parameters).join_url)
    walk.break_page()
    walk.page.reload()
    yield "error"


TASKS = ("counting_zeros", "transcription")


def other_tasks(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    """The practice of the tasks that are not the default."""
    for task in TASKS:
        session = walk.server.create_session(config, 1, task=task, **parameters)
        walk.goto(session.join_url)
        walk.go_on()
        yield f"instructions, {task}"
        walk.press()
        walk.page.wait_for_selector("#card:not(.closed)")
        walk.page.wait_for_timeout(200)
        yield f"practice, {task}"
