"""The page of a round: the keyboard is enough, the cursor waits in the box, nothing jumps."""

import re

import pytest
from playwright.sync_api import expect

SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""
MOST_SHIFT = 0.05
LONGER_THAN_A_BOUNCE = 400  # ms: the page ignores Enter in the first 300 of a card


@pytest.fixture
def me(sit_down):
    return sit_down("EffortRound")


def rows(web_server, me):
    return web_server.database.answers(me.code, me.phase)


def test_the_cursor_waits_in_the_box_after_every_card(me):
    for number in range(1, 5):
        me.enter("99" if number % 2 else None)
        assert me.focused()["id"] == "answer"
        assert me.page.locator("#answer").input_value() == ""
        expect(me.page.locator("#feedback")).to_contain_text(f"Card {number}: ")
        assert me.focused()["id"] == "answer"


def test_enter_sends_the_card_and_never_the_page(web_server, me):
    address = me.page.url
    me.press("Enter", "Enter", "Enter")
    me.page.keyboard.type("   ")
    me.page.wait_for_timeout(LONGER_THAN_A_BOUNCE)
    me.press("Enter")
    expect(me.page.locator("#feedback")).to_have_text(re.compile("Type your answer first"))
    me.press("Backspace", "Backspace", "Backspace")
    me.work(1)
    me.press(*["Enter"] * 10)
    assert me.page.url == address
    me.work(1)
    expect(me.page.locator("#solved")).to_have_text("2")
    assert len(rows(web_server, me)) == 2


def test_the_button_of_the_card_works_by_keyboard_too(web_server, me):
    key = me.page.locator("#key").inner_text()
    me.page.keyboard.type(me.solution(), delay=60)
    me.tab_to("submit-card")
    me.press("Space")
    expect(me.page.locator("#key")).not_to_have_text(key, use_inner_text=True)
    assert me.focused()["id"] == "answer"
    expect(me.page.locator("#solved")).to_have_text("1")
    me.page.wait_for_timeout(LONGER_THAN_A_BOUNCE)
    me.tab_to("submit-card")
    me.press("Space")  # with nothing in the box
    expect(me.page.locator("#feedback")).to_contain_text("Type your answer first")
    assert me.focused()["id"] == "answer"


def test_a_key_that_bounces_answers_nothing(web_server, me):
    me.work(1)
    me.page.keyboard.type("1")
    me.press("Enter")  # within a fraction of a second of the card
    assert me.page.locator("#answer").input_value() == "1"
    me.press("Backspace")
    me.work(1)
    expect(me.page.locator("#solved")).to_have_text("2")
    assert len(rows(web_server, me)) == 2


def test_spaces_count_as_nothing_and_pasting_is_noted(web_server, me):
    solution = me.solution()
    me.enter(" ".join(solution))
    me.page.evaluate(
        "document.getElementById('answer').dispatchEvent(new Event('paste', {bubbles: true}))"
    )
    me.work(1)
    expect(me.page.locator("#solved")).to_have_text("2")
    first, second = rows(web_server, me)
    assert (first["response"], bool(first["correct"])) == (" ".join(solution), True)
    assert [bool(row["pasted"]) for row in (first, second)] == [False, True]


def test_stopping_early_asks_first_and_no_leads_back_to_the_box(me):
    me.work(1)
    dialog = me.page.locator("#stop-dialog")
    for way_back in (("stop-no", "Enter"), (None, "Escape"), ("stop-no", "Space")):
        me.tab_to("stop")
        me.press("Enter")
        expect(dialog).to_be_visible()
        id, key = way_back
        if id:
            me.tab_to(id)
        me.press(key)
        expect(dialog).to_be_hidden()
        me.page.wait_for_function("() => document.activeElement.id === 'answer'")
        me.work(1)
    assert me.name == "EffortRound"
    me.stop_early()
    me.wait_until_left("EffortRound")
    assert me.name == "VoluntaryOffer"


def test_the_baseline_round_cannot_be_stopped_early(sit_down):
    me = sit_down("BaselineRound")
    assert me.page.locator("#stop").count() == 0


def test_practice_tells_the_solution_after_a_wrong_answer_only(sit_down):
    me = sit_down("Practice")
    feedback = me.page.locator("#feedback")
    solution = me.solution()
    me.enter("99")
    expect(feedback).to_contain_text(f"Card 1: not correct. The answer was {solution}.")
    second = me.enter()
    expect(feedback).to_contain_text("Card 2: correct")
    assert second not in feedback.inner_text()
    assert me.focused()["id"] == "go-on"


def test_a_timed_round_never_tells_a_solution(me):
    solution = me.solution()
    me.enter("99")
    expect(me.page.locator("#feedback")).to_contain_text("Card 1: not correct")
    assert solution not in me.page.locator("body").inner_text()


@pytest.mark.parametrize("task", ["encryption", "counting_zeros", "transcription"])
def test_nothing_on_the_page_moves_while_one_works(context, sit_down, proxy, task):
    context.add_init_script(SHIFTS)
    me = sit_down("EffortRound", task=task)
    me.work(3, wrong=2)
    me.press("Enter")  # the box is empty: a message
    proxy.cut()
    me.work(2)
    expect(me.page.locator("#connection")).to_contain_text("No connection", timeout=20_000)
    proxy.mend()
    expect(me.page.locator("#solved")).to_have_text("4", timeout=20_000)
    me.tab_to("stop")
    me.press("Enter")
    expect(me.page.locator("#stop-dialog")).to_be_visible()
    assert me.page.evaluate("window.shifted") < MOST_SHIFT


def test_time_that_is_up_ends_the_round_by_itself_also_in_the_dialog(web_server, sit_down):
    me = sit_down("EffortRound", task_seconds=8)
    code = me.code
    me.work(1)
    me.page.keyboard.type("12")
    me.tab_to("stop")
    me.press("Enter")
    expect(me.page.locator("#stop-dialog")).to_be_visible()
    me.wait_until_left("EffortRound")
    found = web_server.database.round_columns(code, "main")
    assert (found["attempts"], found["seconds"]) == (1, 8)
    player = web_server.database.player(code)
    assert not player["stopped_early"]


def test_declining_by_keyboard_ends_at_a_page_of_its_own(sit_down):
    me = sit_down()
    me.fill_in(consent="False")
    assert me.name == "Declined"
    assert me.page.locator("button").count() == 0
