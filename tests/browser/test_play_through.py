"""Every arm of both experiments, from consent to earnings, by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from study.experiments import EXPERIMENTS

TASKS = ("encryption", "counting_zeros", "transcription")
ARMS = [(e.name, arm) for e in EXPERIMENTS.values() for arm in e.arms]
CASES = [(*each, TASKS[number % 3]) for number, each in enumerate(ARMS)]


@pytest.mark.parametrize(("config", "arm", "task"), CASES)
def test_an_arm_is_played_from_consent_to_earnings_by_keyboard(
    web_server, sit_down, config, arm, task
):
    database = web_server.database
    me = sit_down(config=config, force_arm=arm, task=task)
    me.fill_in()  # consent
    me.fill_in()  # instructions

    me.open_round()
    me.enter("99")
    feedback = me.page.locator("#feedback")
    expect(feedback).to_contain_text("not correct. The answer was")
    second = me.enter()
    expect(feedback).to_contain_text("Card 2: correct")
    assert second not in feedback.inner_text()
    me.tab_to("go-on")
    me.press("Enter")
    me.wait_until_left("Practice")

    while me.name != "BaselineRound":
        me.fill_in()
    me.open_round()
    me.work(2)
    expect(me.page.locator("#solved")).to_have_text("2")
    # The time passes. A page that is opened then ends by itself.
    database.move_clock(me.code, "baseline", 60)
    me.page.reload()
    me.wait_until_left("BaselineRound")

    while me.name != "MainRound":
        me.fill_in()
    me.open_round()
    me.work(3, wrong=2)
    expect(me.page.locator("#solved")).to_have_text("2")
    me.stop_early()
    me.wait_until_left("MainRound")

    me.fill_in()  # the offer of a voluntary round
    me.open_round()
    me.work(1)
    me.stop_early()
    me.wait_until_left("VoluntaryRound")
    while me.name != "Earnings":
        me.fill_in()

    for phase, entered in me.entered.items():
        rows = database.answers(me.code, phase)
        assert [row["item"] for row in rows] == list(range(1, len(entered) + 1)), phase
        assert [row["response"] for row in rows] == entered, phase
        wrong = [row["response"] for row in rows if not row["correct"]]
        assert wrong == [response for response in entered if response == "99"], phase
    assert set(me.entered) == {"practice", "baseline", "main", "voluntary"}
    player = database.player(EXPERIMENTS[config].app, me.code)
    assert (player["arm"], player["effort_correct"], player["stopped_early"]) == (arm, 2, True)
    assert player["information_seconds"] > 0
    total = me.page.locator("#total").inner_text()
    paid = 0.20 if EXPERIMENTS[config].arms[arm].reward else 0
    assert total == f"€{5 + paid:.2f}"
    assert not re.search(r"\b(beneficiary|reward|control)\b", me.page.content())


def test_declining_by_keyboard_ends_at_a_page_of_its_own(sit_down):
    me = sit_down()
    me.fill_in(consent="False")
    assert me.name == "Declined"
    assert me.page.locator("button").count() == 0
