"""The page of a round: still, readable, always ready to type, on a phone and on a computer."""

from __future__ import annotations

import pytest

from study import words

WORDS = words.shared("en", words.TASK)
LONG = {"baseline_seconds": 60, "task_seconds": 600}

RECORD = """() => {
    window.said = [];
    const line = document.getElementById("announcement");
    const hear = () => window.said.push(line.textContent);
    new MutationObserver(hear).observe(line, { childList: true, characterData: true });
}"""


@pytest.fixture
def page(walk):
    return walk.page


def in_view(page, selector):
    box = page.locator(selector).last.bounding_box()
    height = page.viewport_size["height"]
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= height


def places(page):
    """Where the parts of a round stand."""
    parts = ["#word", "#key", "#answer", "#feedback", "#solved", "#connection"]
    where = """(part) => {
        const { x, y } = document.querySelector(part).getBoundingClientRect();
        return [part, Math.round(x), Math.round(y)];
    }"""
    return [page.evaluate(where, part) for part in parts]


def start(walk, page="BaselineRound", **parameters):
    walk.join(page=page, **LONG | parameters)
    walk.wait_for_card()


def test_time_is_announced_at_60_30_and_10_seconds_only(walk, page):
    start(walk, baseline_seconds=120)
    said = []
    for left, seconds in ((121, 1), (62, 4), (45, 1), (32, 4), (20, 1), (12, 4), (6, 1)):
        row = walk.server.database.round_columns(walk.code, "baseline")
        now = page.evaluate("Date.now() / 1000")
        walk.let_time_pass("baseline", row["deadline"] - now - left)
        page.evaluate(RECORD)
        page.wait_for_timeout(seconds * 1000)
        said.append((left, page.evaluate("window.said")))
    assert said == [
        (121, []),
        (62, [WORDS["announce_60"]]),
        (45, []),
        (32, [WORDS["announce_30"]]),
        (20, []),
        (12, [WORDS["announce_10"]]),
        (6, []),
    ]
    # The clock that one sees is no live region, or it would be read out every second.
    live = "(each) => each.closest('[aria-live], [role]') !== null"
    assert not page.locator("#time-text").evaluate(live)


def test_the_time_bar_has_text_and_shrinks(walk, page):
    start(walk)
    assert WORDS["time_left"] in page.inner_text(".time")
    assert page.inner_text("#time-text").startswith(("0:5", "1:00"))
    width = "document.getElementById('time-bar').getBoundingClientRect().width"
    before = page.evaluate(width)
    walk.let_time_pass("baseline", 30)
    walk.wait_for_card()
    page.wait_for_timeout(300)
    assert page.evaluate(width) < 0.6 * before


def test_the_answer_box_has_the_cursor_wherever_one_clicks(walk, page):
    start(walk)
    focused = "document.activeElement.id"
    assert page.evaluate(focused) == "answer"
    for place in ("h1", "#key", "#word", ".round-status"):
        page.click(place)
        assert page.evaluate(focused) == "answer", place
    page.keyboard.type("123456")
    page.wait_for_timeout(1100)
    page.keyboard.press("Enter")
    page.wait_for_selector(".feedback:not(:empty)")
    assert page.evaluate(focused) == "answer"
    assert page.input_value("#answer") == ""


def test_feedback_has_text_and_icon_and_cards_are_counted_in_fixed_places(walk, page):
    start(walk)
    before = places(page)
    walk.answer_card()
    page.wait_for_selector(".feedback.right")
    assert page.inner_text("#feedback").startswith("✓ ")
    assert WORDS["correct"].format(item=1) in page.inner_text("#feedback")
    assert page.inner_text("#solved") == "1"
    assert places(page) == before
    walk.answer_card("000000")
    page.wait_for_selector(".feedback.wrong")
    assert page.inner_text("#feedback").startswith("✗ ")
    assert places(page) == before
    assert page.inner_text("#solved") == "1"


@pytest.mark.parametrize("size", [(360, 640), (1280, 800)])
def test_nothing_moves_when_the_connection_goes_and_comes_or_time_is_up(walk, page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    start(walk)
    before = places(page)
    walk.network.cut()
    page.wait_for_selector(".connection.lost")
    assert page.inner_text("#connection") == WORDS["offline"]
    assert places(page) == before
    walk.network.mend()
    page.wait_for_selector(".connection:not(.lost):not(:empty)")
    assert page.inner_text("#connection") == WORDS["online"]
    assert places(page) == before
    page.wait_for_selector(".connection:empty", state="attached")
    assert places(page) == before


def test_work_goes_on_without_a_connection(walk, page):
    start(walk)
    walk.network.cut()
    for _ in range(2):
        walk.answer_card()
    assert page.inner_text("#solved") == "0"
    walk.network.mend()
    page.wait_for_function("() => document.getElementById('solved').innerText === '2'")


@pytest.mark.parametrize(
    ("task", "mode"),
    [("encryption", "numeric"), ("counting_zeros", "numeric"), ("transcription", "text")],
)
def test_a_phone_shows_the_right_keyboard(walk, page, task, mode):
    walk.join(page="BaselineRound", task=task, **LONG)
    assert page.get_attribute("#answer", "inputmode") == mode
    assert page.get_attribute("#answer", "enterkeyhint") == "next"


def test_a_phone_shows_the_whole_round(walk, page):
    page.set_viewport_size({"width": 360, "height": 640})
    start(walk)
    for part in ("h1", "#time-text", "#word", "#key > div", "#answer", "#submit-card"):
        assert in_view(page, part), part


@pytest.mark.parametrize("task", ["encryption", "transcription"])
def test_a_phone_shows_the_card_above_the_open_keyboard(walk, page, task):
    page.set_viewport_size({"width": 360, "height": 640})
    walk.join(page="BaselineRound", task=task, **LONG)
    page.wait_for_selector("#card:not(.closed)")
    # The keyboard takes the lower half; the page is asked to make do with the rest.
    assert "interactive-widget=resizes-content" in page.get_attribute("[name=viewport]", "content")
    page.set_viewport_size({"width": 360, "height": 360})
    shown = {"encryption": ["#word", "#key > div"], "transcription": ["#line"]}[task]
    for part in ("#time-text", "#solved", *shown, "#answer", "#submit-card"):
        assert in_view(page, part), part


def test_the_key_table_is_full_and_readable_at_every_size(walk, page):
    start(walk)
    for width, size in ((320, 15), (360, 16), (768, 20), (1440, 20)):
        page.set_viewport_size({"width": width, "height": 800})
        cells = page.locator("#key > div")
        assert cells.count() == 26
        for cell in cells.all():
            font, overflows = cell.evaluate(
                """(each) => [
                    parseFloat(getComputedStyle(each).fontSize),
                    each.scrollWidth > each.clientWidth,
                ]"""
            )
            assert font >= size, width
            assert not overflows, width


def test_stopping_is_asked_for_and_can_be_taken_back(walk, page):
    walk.join(page="BaselineRound", **LONG)
    walk.wait_for_card()
    assert page.locator("#stop").count() == 0
    walk.join("incentive", page="EffortRound", force_arm="control", **LONG)
    walk.wait_for_card()
    page.click("#stop")
    assert page.evaluate("document.getElementById('stop-dialog').open")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.id === 'answer'")
    assert not page.evaluate("document.getElementById('stop-dialog').open")
    page.click("#stop")
    page.click("#stop-no")
    page.wait_for_function("() => document.activeElement.id === 'answer'")
    page.click("#stop")
    walk.press("#stop-yes")
    assert walk.name == "VoluntaryOffer"
    assert walk.server.database.player(walk.code)["stopped_early"] == 1
