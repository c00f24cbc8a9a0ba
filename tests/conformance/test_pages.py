"""Every page in the real browser: by keyboard alone, in each language, magnified to 400%."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from babel import Locale
from playwright.sync_api import expect

from effort_task.tasks import TASKS
from steps.practice import Practice
from steps.round import Round
from study import words
from tests.conformance.sessions import parameters
from tests.conformance.test_sessions import gives_away
from tests.harness.keyboard import KeyboardParticipant
from tests.pages.conftest import SHIFTS, Stop, stop_at, violations

MAGNIFIED = {"width": 320, "height": 256}
"""A window of 1280 × 1024 pixels at 400%, and the width of a small phone."""
SECONDS = 300
SEED = "keyboard"

STORED = """() => JSON.stringify([
    document.cookie, Object.entries(localStorage), Object.entries(sessionStorage),
])"""


@dataclass
class Walked:
    """A way through a study in a browser: what was found at each page, and how it ended."""

    study: object
    language: str
    arm: str
    stops: dict[str, Stop] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    entered: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, list[dict]] = field(default_factory=dict)
    player: dict = field(default_factory=dict)


@pytest.fixture(scope="session")
def walked(server, browser, study, language):
    """Somebody who uses the keyboard alone. Arms and tasks take turns with the languages."""
    turn = study.languages.index(language)
    chosen = parameters(study) | {"language": language, "seed": SEED}
    chosen |= {step.parameter: SECONDS for step in study.of_type(Round) if step.timed}
    chosen |= {step.number_of_items: 2 for step in study.of_type(Practice)}
    if study.arms:
        chosen["force_arm"] = study.names[-1 - turn]
    if "task" in study.parameters:
        chosen["task"] = list(TASKS)[turn % len(TASKS)]
    session = server.create_session(study.name, 1, **chosen)
    context = browser.new_context(viewport=MAGNIFIED, locale=language, reduced_motion="reduce")
    context.add_init_script(SHIFTS)
    page = context.new_page()
    found = Walked(study, language, chosen.get("force_arm", ""))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("console", lambda said: found.complaints.extend(violations(said)))
    me = KeyboardParticipant(page, SEED)
    page.goto(session.join_url)
    for step in study.path:
        if step.page != me.name:
            continue  # it takes place for others
        if isinstance(step, Round):
            me.open_round()
        found.stops[step.name] = stop_at(page, step.name)
        found.stored.append(page.evaluate(STORED))
        if isinstance(step, Practice):
            practise(me)
        elif isinstance(step, Round):
            work(me, step, server.database)
        elif step is not study.path[-1]:
            me.fill_in()
    found.entered, found.player = me.entered, server.database.player(me.code)
    found.answers = {phase: server.database.answers(me.code, phase) for phase in me.entered}
    context.close()
    return found


def practise(me):
    """A wrong answer, which is explained, and a right one."""
    name = me.name
    me.enter("99")
    expect(me.page.locator("#feedback")).to_have_class("feedback wrong")
    second = me.enter()
    assert second not in me.page.locator("#feedback").inner_text()
    me.tab_to("go-on")
    me.press("Enter")
    me.wait_until_left(name)


def work(me, step, database):
    """Three cards, one of them wrong; then one stops, or the time passes."""
    me.work(3, wrong=2)
    expect(me.page.locator("#solved")).to_have_text("2")
    if step.may_stop:
        me.stop_early()
    else:
        # A page that is opened when the time is over ends by itself.
        database.move_clock(me.code, step.phase, SECONDS)
        me.page.reload()
    me.wait_until_left(step.page)


def test_a_study_is_played_by_keyboard_alone(walked):
    """Promises 5 and 15."""
    study, player = walked.study, walked.player
    last = [step for step in study.path if step.page][-1]
    assert last.name in walked.stops
    assert bool(player["completed"])
    assert player.get("arm", "") == walked.arm
    assert set(walked.entered) == {step.phase for step in study.of_type(Round)}
    for phase, entered in walked.entered.items():
        rows = walked.answers[phase]
        assert [row["response"] for row in rows] == entered, phase
        assert [row["response"] for row in rows if not row["correct"]] == ["99"], phase


def found(walked, what):
    """By name of the stop, what is there but should not."""
    return {name: what(stop) for name, stop in walked.stops.items() if what(stop)}


def test_axe_finds_nothing(walked):
    """Promise 15."""
    assert found(walked, lambda stop: stop.faults) == {}


def test_pages_say_their_language_and_direction(walked):
    """Promise 15."""
    expected = walked.language, Locale.parse(walked.language).text_direction
    assert {(stop.lang, stop.dir) for stop in walked.stops.values()} == {expected}


def test_every_page_has_one_heading_and_every_group_of_answers_a_name(walked):
    """Promise 15."""
    assert found(walked, lambda stop: stop.headings != 1 or stop.unnamed) == {}


def test_nothing_is_small_cut_off_or_moves_by_itself(walked):
    """Promise 15."""
    assert found(walked, lambda stop: stop.small) == {}
    assert found(walked, lambda stop: stop.too_wide) == {}
    assert found(walked, lambda stop: stop.shift if stop.shift > 0.05 else None) == {}


def test_nothing_is_left_open_or_comes_from_elsewhere(walked):
    """Promise 15."""
    assert walked.complaints == []
    assert found(walked, lambda stop: stop.hosts or stop.defaults) == {}
    for name, stop in walked.stops.items():
        texts = words.of_step(walked.study, walked.study.step(name), walked.language)
        may_be_said = {"None"} if "None" in str(texts) else set()  # of ten neighbours
        marks = {"{", "}", "None", "undefined", "NaN"} - may_be_said
        assert not [mark for mark in marks if mark in stop.text], name


def test_the_browser_stores_nothing_that_tells_the_arm(walked):
    """Promise 10."""
    for stored in walked.stored:
        assert not gives_away(stored, walked.study), stored
