"""A walk through everything that participants can meet, one state of one page after the other.

The order of the pages is that of the study's design; each kind of step adds the states that its
page can be in. A stop is named after its step. Whoever takes the walk decides what to do at each
stop: look for accessibility faults, measure, take a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from effort_task.tasks import TASKS
from steps.comprehension import Comprehension
from steps.consent import Consent
from steps.information import Information, version
from steps.instructions import Instructions
from steps.practice import Practice
from steps.round import Ready, Round
from study import messages
from study.columns import Column
from study.finding import studies
from study.step import Step, questions
from study.study import Study
from tests.harness.answers import fitting
from tests.harness.proxy import Proxy
from tests.harness.server import Server

LABELS = ("seat01", "seat02", "seat03")
LAST_SECONDS = 12
LONG_ROUND = 300
DEFAULT = "info_source"


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
    """One person's way through a study in a browser."""

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

    @property
    def study(self) -> Study:
        """The study that one takes part in."""
        return self.server.database.study_of(self.code)

    def join(self, config: str = DEFAULT, page: str = "", **parameters: Any) -> None:
        """Start in a session of one's own, on ``page``, without what lies before it."""
        session = self.server.create_session(config, 1, **parameters)
        self.goto(session.join_url)
        if page in ("", self.name):
            return
        code, database = self.code, self.server.database
        # A page that is left behind would follow by itself.
        self.page.goto("about:blank")
        database.answer_before(code, page)
        database.put_on_page(code, page)
        self.goto(f"/InitializeParticipant/{code}")

    def read_version(self, config: str, arm: str, number: int, **parameters: Any) -> None:
        """Be on the page with a version of the message of an arm: a seed that draws it."""
        study = studies()[config]
        seed = next(f"s{n}" for n in count() if version(study, f"s{n}", arm, 1) == number)
        [information] = study.of_type(Information)
        self.join(config, information.page, force_arm=arm, seed=seed, **parameters)

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
        page, study = self.page, self.study
        for name in page.eval_on_selector_all(
            "#form input[type=radio]", "all => [...new Set(all.map((each) => each.name))]"
        ):
            value = chosen.get(name) or fitting(study, name)
            page.check(f"#form input[name={name}][value='{value}']")
        for box in page.locator("#form input.number").all():
            name = box.get_attribute("name") or ""
            box.fill(chosen.get(name) or fitting(study, name))

    def go_on(self, **chosen: str) -> None:
        self.fill(**chosen)
        self.press()

    def break_page(self) -> None:
        """Let the page fail from now on: what the server knows of one is incomplete."""
        database = self.server.database
        group = database.player(self.code)["group_id"]
        table = f"{self.study.app}_group"
        assert database.execute(f"DELETE FROM {table} WHERE id = :id", id=group) == 1

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


def through(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    """From the entrance of a room to the last page: the name of each state that is on screen."""
    page, study = walk.page, studies()[config]
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
    lengths = {each.parameter: LONG_ROUND for each in study.of_type(Round) if not each.feedback}
    with page.expect_navigation():
        session = open_room(walk.server, "laboratory", config, **lengths, **parameters)
    page.wait_for_url("**/p/**")
    close_room(walk.server, "laboratory")

    yield from pages(walk, study)

    walk.goto(f"/OutOfRangeNotification/{walk.code}")
    yield "finished"
    page.goto("about:blank")  # no late answer of the server may bring the cookies back
    page.context.clear_cookies()
    walk.goto(session["session_wide_url"])
    yield "full"


def pages(walk: Walk, study: Study) -> Iterator[str]:
    """Every page of a study that one comes to, in the order of its design, in all its states."""
    steps = [step for step in study.path if step.page]
    interrupted = next((step.name for step in steps if len(questions(step, study)) > 1), "")
    for step in steps:
        if step.page != walk.name:
            continue  # it takes place for others
        if isinstance(step, Round):
            walk.wait_for_card()
        yield step.name
        if isinstance(step, Practice):
            yield from _practice(walk, step)
        elif isinstance(step, Round) and step.may_stop:
            yield from _stopped(walk, step)
        elif isinstance(step, Round):
            yield from _worked(walk, step)
        elif walk.page.locator("#form").count():
            yield from _answered(walk, step, study)
            if step.name == interrupted:
                yield from _sent_without_connection(walk, step)
            else:
                walk.press()


def _answered(walk: Walk, step: Step, study: Study) -> Iterator[str]:
    """What a page says of answers that are missing or wrong; in the end it is filled in."""
    asked = questions(step, study)
    if any(not column.optional for column in asked):
        walk.press()
        yield f"{step.name}, errors"
    numbers = [c for c in asked if c.type == "integer" and walk.page.locator(_box(c)).count()]
    if numbers:
        walk.go_on(**{column.name: "many" for column in numbers})
        yield f"{step.name}, not a number"
        walk.go_on(**{column.name: str(int(column.max or 0) + 1) for column in numbers})
        yield f"{step.name}, too many"
    if isinstance(step, Comprehension):
        walk.go_on(**{name: "a" if right != "a" else "c" for name, right in step.right.items()})
        yield f"{step.name}, explained"
    walk.fill()


def _box(column: Column) -> str:
    return f"#form input.number[name={column.name}]"


def _sent_without_connection(walk: Walk, step: Step) -> Iterator[str]:
    walk.page.reload()  # without the errors that were shown
    walk.fill()
    walk.network.cut()
    walk.page.click("#form > .button")
    walk.page.wait_for_selector("#sending:not(:empty)")
    yield f"{step.name}, no connection"
    with walk.another_page():
        walk.network.mend()


def _practice(walk: Walk, step: Practice) -> Iterator[str]:
    """A round that explains: a wrong answer first."""
    walk.answer_card("000000")
    walk.page.wait_for_selector(".feedback.wrong")
    yield f"{step.name}, wrong"
    while not walk.page.locator("#go-on").is_visible():
        walk.answer_card()
        walk.page.wait_for_timeout(100)
    yield f"{step.name}, done"
    walk.press("#go-on")


def _worked(walk: Walk, step: Round) -> Iterator[str]:
    """A round that ends with its time, while the connection comes and goes."""
    page = walk.page
    walk.network.cut()
    page.wait_for_selector(".connection.lost")
    yield f"{step.name}, offline"
    walk.network.mend()
    page.wait_for_selector(".connection:not(.lost):not(:empty)")
    yield f"{step.name}, back"
    walk.let_time_pass(step.phase, walk.seconds_left() - LAST_SECONDS)
    walk.wait_for_card()
    walk.network.cut()
    page.wait_for_selector("#ended:not([hidden])")
    page.wait_for_selector(".connection:not(:empty)")
    yield f"{step.name}, time is up"
    with walk.another_page():
        walk.network.mend()


def _stopped(walk: Walk, step: Round) -> Iterator[str]:
    """A round that one leaves before its end."""
    walk.answer_card()
    walk.page.click("#stop")
    yield f"{step.name}, stop?"
    walk.press("#stop-yes")


def elsewhere(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    """The pages of those who do not take part, are lost, or meet an error."""
    for consent in studies()[config].of_type(Consent):
        walk.join(config, consent.page, **parameters)
        walk.go_on(**{consent.name: "False"})
        yield "declined"
    walk.goto("/room/open")
    yield "open room"
    walk.goto("/study")
    yield "not found"
    walk.join(config, **parameters)
    walk.break_page()
    walk.page.reload()
    yield "error"


def other_tasks(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    """Instructions and practice of the tasks that are not the default."""
    study = studies()[config]
    for practice in study.of_type(Practice):
        for task in TASKS:
            if task == study.parameters["task"].default:
                continue
            for step in study.of_type(Instructions):
                walk.join(config, step.page, task=task, **parameters)
                yield f"{step.name}, {task}"
            walk.join(config, practice.page, task=task, **parameters)
            walk.page.wait_for_selector("#card:not(.closed)")
            walk.page.wait_for_timeout(200)
            yield f"{practice.name}, {task}"


def arms(walk: Walk, config: str, **parameters: Any) -> Iterator[str]:
    """What differs between the arms: every version of a message, and the pay of the round."""
    study = studies()[config]
    for arm in study.arms:
        for step in study.of_type(Information):
            for number in range(1, messages.versions(study, arm.message) + 1):
                walk.read_version(config, arm.name, number, **parameters)
                yield f"{step.name}, {arm.name} {number}"
        for step in _paid_differently(study):
            walk.join(config, step.page, force_arm=arm.name, **parameters)
            yield f"{step.name}, {arm.name}"


def _paid_differently(study: Study) -> list[Ready]:
    """What announces the round that pays in some arms only."""
    if study.pay is None or not any(arm.piece_rate for arm in study.arms):
        return []
    return [each for each in study.of_type(Ready) if each.round.name == study.pay.piece]
