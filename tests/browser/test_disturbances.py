"""Whatever happens to tab, network or server: the rows are what was entered, once, in order.

The network is cut in the harness' proxy, because the browser's own switch leaves open sockets be.
"""

import time

import pytest
from playwright.sync_api import expect

from tests.harness.keyboard import KeyboardParticipant

OUTAGE_SECONDS = 10
SOON = 20_000  # ms until a page has noticed that the network is back


@pytest.fixture
def me(sit_down):
    return sit_down("EffortRound")


@pytest.fixture
def database(web_server):
    return web_server.database


def wait_for_rows(database, me, count):
    """Until the server has stored so many answers."""
    deadline = time.monotonic() + 30
    while len(database.answers(me.code, me.phase)) < count:
        assert time.monotonic() < deadline, "The answers did not arrive"
        me.page.wait_for_timeout(50)


def assert_stored(database, me, code=None, *, wrong=0):
    """The rows and the score of the main round are exactly what was entered."""
    code, entered = code or me.code, me.entered["main"]
    rows = database.answers(code, "main")
    assert [row["item"] for row in rows] == list(range(1, len(entered) + 1))
    assert [row["response"] for row in rows] == entered
    found = database.round_columns(code, "main")
    assert (found["attempts"], found["correct"]) == (len(entered), len(entered) - wrong)


def finish(database, me, *, wrong=0):
    """Stop the round, and compare what is stored with what was entered."""
    code = me.code
    me.stop_early()
    me.wait_until_left("EffortRound")
    assert me.name == "VoluntaryOffer"
    assert_stored(database, me, code, wrong=wrong)


def works_offline(me):
    expect(me.page.locator("#connection")).to_contain_text("No connection", timeout=SOON)


def test_a_reload_goes_on_with_the_same_card(database, me):
    me.work(3, wrong=2)
    wait_for_rows(database, me, 3)
    card = me.card()
    me.page.keyboard.type("12")
    me.page.reload()
    me.open_round()
    assert me.card() == card
    assert me.page.locator("#answer").input_value() == ""
    expect(me.page.locator("#solved")).to_have_text("2")
    me.work(2)
    finish(database, me, wrong=1)


def test_a_reload_before_the_answers_arrived_loses_none(database, me, proxy):
    me.work(1)
    wait_for_rows(database, me, 1)
    proxy.delay = 1.5
    me.work(3)
    proxy.delay = 0
    me.page.reload()
    me.open_round()
    me.work(1)
    finish(database, me)


def test_two_tabs_used_in_turn_are_one_round(database, me, context):
    me.work(1)
    wait_for_rows(database, me, 1)
    tabs = [me.page, context.new_page()]
    tabs[1].goto(me.page.url)
    for turn in range(1, 7):
        me.page = tabs[turn % 2]
        me.page.bring_to_front()
        me.open_round()
        me.work(2 if turn == 3 else 1)
        wait_for_rows(database, me, len(me.entered["main"]))
        for tab in tabs:
            expect(tab.locator("#solved")).to_have_text(str(len(me.entered["main"])))
    me.page = tabs[1]
    assert tabs[0].locator("#word").inner_text() == tabs[1].locator("#word").inner_text()
    finish(database, me)


def test_a_tab_in_which_one_works_after_the_round_was_left_in_another_follows(
    database, me, context
):
    other = context.new_page()
    other.goto(me.page.url)
    me.work(1)
    code = me.code
    me.stop_early()
    me.wait_until_left("EffortRound")
    other.bring_to_front()
    other.keyboard.type("471288", delay=80)
    other.keyboard.press("Enter")
    other.wait_for_url("**/VoluntaryOffer/*", timeout=SOON)
    assert_stored(database, me, code)


def test_ten_seconds_without_network_lose_and_double_nothing(database, me, proxy):
    me.work(2)
    wait_for_rows(database, me, 2)
    end = time.monotonic() + OUTAGE_SECONDS
    proxy.cut()
    me.work(3, wrong=3)
    works_offline(me)
    while time.monotonic() < end:
        me.work(1)
        me.page.wait_for_timeout(700)
    assert len(database.answers(me.code, "main")) == 2
    proxy.mend()
    wait_for_rows(database, me, len(me.entered["main"]))
    expect(me.page.locator("#connection")).not_to_contain_text("No connection", timeout=SOON)
    me.work(1)
    finish(database, me, wrong=1)


def test_ten_seconds_of_silence_lose_and_double_nothing(database, me, proxy):
    """Nothing says that the network is gone; what was sent arrives when it is back."""
    me.work(1)
    end = time.monotonic() + OUTAGE_SECONDS
    proxy.hang()
    me.work(3)
    works_offline(me)
    while time.monotonic() < end:
        me.work(1)
        me.page.wait_for_timeout(700)
    proxy.mend()
    wait_for_rows(database, me, len(me.entered["main"]))
    me.work(1)
    finish(database, me)


def test_a_server_that_is_killed_and_comes_back_is_hardly_noticed(database, me, web_server):
    me.work(2)
    web_server.kill()
    me.work(3, wrong=1)
    web_server.start()
    me.work(2)
    wait_for_rows(database, me, 7)
    assert_stored(database, me, wrong=1)
    me.work(1)
    web_server.kill()
    me.stop_early()
    web_server.start()
    code = me.code
    me.wait_until_left("EffortRound")
    assert_stored(database, me, code, wrong=1)


def test_a_tab_that_is_closed_and_opened_again_goes_on(database, me, proxy, context):
    me.work(2)
    wait_for_rows(database, me, 2)
    proxy.cut()
    me.work(3)
    address = me.page.url
    me.page.close()
    proxy.mend()
    assert len(database.answers(address.split("/")[4], "main")) == 2
    me.page = context.new_page()
    me.page.goto(address)
    me.open_round()
    wait_for_rows(database, me, 5)
    me.work(1)
    finish(database, me)


def test_two_tabs_without_network_do_not_overwrite_each_other(database, me, proxy, context):
    me.work(1)
    wait_for_rows(database, me, 1)
    tabs = [me.page, context.new_page()]
    tabs[1].goto(me.page.url)
    for me.page in tabs:
        me.open_round()
    proxy.cut()
    for turn in range(6):
        me.page = tabs[turn % 2]
        me.page.bring_to_front()
        seen = [tab.locator("#key").inner_text() for tab in tabs]
        me.work(1)
        for tab, key in zip(tabs, seen, strict=True):
            expect(tab.locator("#key")).not_to_have_text(key, use_inner_text=True)
    proxy.mend()
    wait_for_rows(database, me, 7)
    finish(database, me)


def test_stopping_without_network_saves_everything_however_much_was_entered(database, me, proxy):
    me.work(1)
    proxy.cut()
    me.work(33)
    code = me.code
    me.stop_early()
    expect(me.page.locator("body")).to_contain_text("Your answers stay on this page")
    me.page.wait_for_timeout(1500)
    assert me.name == "EffortRound"
    proxy.mend()
    me.wait_until_left("EffortRound")
    assert_stored(database, me, code)
    assert database.round_columns(code, "main")["ended_at"]


def test_a_deadline_that_passes_without_network_loses_nothing(database, sit_down, proxy):
    me = sit_down("EffortRound", task_seconds=20)
    code = me.code
    me.work(2)
    wait_for_rows(database, me, 2)
    proxy.cut()
    me.work(3)
    expect(me.page.locator("body")).to_contain_text("Time is up", timeout=30_000)
    assert me.name == "EffortRound"
    proxy.mend()
    me.wait_until_left("EffortRound")
    assert_stored(database, me, code)
    rows = database.answers(code, "main")
    assert [bool(row["late"]) for row in rows] == [False] * 2 + [True] * 3
    assert database.round_columns(code, "main")["seconds"] == 20


def test_the_browser_is_told_the_time_by_the_server_and_nobody_else(database, me):
    """Another computer, or a clock set back: the time left is that of the server."""
    me.work(1)
    database.move_clock(me.code, "main", 300)
    me.work(1)
    expect(me.page.locator("#time-text")).to_contain_text("4:", timeout=SOON)
    me.page.reload()
    me.open_round()
    expect(me.page.locator("#time-text")).to_contain_text("4:")
    finish(database, me)


@pytest.fixture
def elsewhere(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_another_computer_goes_on_with_the_same_card(database, me, elsewhere):
    me.work(2)
    wait_for_rows(database, me, 2)
    card, address = me.card(), me.page.url
    other = KeyboardParticipant(elsewhere, me.seed)
    elsewhere.goto(address)
    other.entered = me.entered
    other.open_round()
    assert other.card() == card
    other.work(2)
    finish(database, other)
