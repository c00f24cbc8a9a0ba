"""Every arm of every study, from the first page to the last, by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from effort_task.tasks import TASKS
from steps.earnings import Earnings
from steps.information import Information
from steps.practice import Practice
from steps.round import Round
from study.finding import studies
from tests.browser.conftest import ROUNDS

ARMS = [(study, arm) for study in studies().values() for arm in study.arms]
CASES = [
    pytest.param(*each, list(TASKS)[number % len(TASKS)], id=f"{each[0].name}-{each[1].name}")
    for number, each in enumerate(ARMS)
]
PIECE_RATE = 0.10


@pytest.mark.parametrize(("study", "arm", "task"), CASES)
def test_an_arm_is_played_from_the_first_page_to_the_last_by_keyboard(
    web_server, sit_down, study, arm, task
):
    database = web_server.database
    me = sit_down(config=study.name, force_arm=arm.name, task=task)
    for step in study.path:
        if step.page != me.name:
            continue  # it takes place for others
        if isinstance(step, Practice):
            practise(me)
        elif isinstance(step, Round):
            work(me, step, database)
        elif step is not study.path[-1]:
            me.fill_in()
    assert me.name == study.path[-1].page

    for phase, entered in me.entered.items():
        rows = database.answers(me.code, phase)
        assert [row["item"] for row in rows] == list(range(1, len(entered) + 1)), phase
        assert [row["response"] for row in rows] == entered, phase
        wrong = [row["response"] for row in rows if not row["correct"]]
        assert wrong == [response for response in entered if response == "99"], phase
    rounds = study.of_type(Round)
    assert set(me.entered) == {step.phase for step in rounds}
    player = database.player(me.code)
    assert (player["arm"], bool(player["completed"])) == (arm.name, True)
    for step in rounds:
        assert player[f"{step.name}_correct"] == (1 if step.feedback else 2)
        if step.stopped:
            assert player[step.stopped]
    for step in study.of_type(Information):
        assert player[f"{step.name}_seconds"] > 0
    for _ in study.of_type(Earnings):
        paid = 2 * PIECE_RATE if arm.piece_rate else 0
        assert me.page.locator("#total").inner_text() == f"€{5 + paid:.2f}"
    names = [each.name for each in (*study.arms, *study.factors)]
    assert not re.search(rf"\b({'|'.join(names)})\b", me.page.content())


def practise(me):
    """A wrong answer, which is explained, and a right one."""
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


def work(me, step, database):
    """Three cards, one of them wrong; then one stops, or the time passes."""
    me.open_round()
    me.work(3, wrong=2)
    expect(me.page.locator("#solved")).to_have_text("2")
    if step.may_stop:
        me.stop_early()
    else:
        # A page that is opened when the time is over ends by itself.
        database.move_clock(me.code, step.phase, ROUNDS[step.parameter])
        me.page.reload()
    me.wait_until_left(step.page)


def test_declining_by_keyboard_ends_at_a_page_of_its_own(sit_down):
    me = sit_down()
    me.fill_in(consent="False")
    assert me.name == "Declined"
    assert me.page.locator("button").count() == 0
