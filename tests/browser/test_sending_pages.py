"""A page keeps what was typed until the server has it, whatever network and server do."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from study import words
from study.finding import studies
from tests.harness.participant import HttpParticipant

SIZES = [(1366, 600), (375, 667)]
SOON = 30_000
WORDS = {each: words.shared(each, words.COMMON)["sending"] for each in ("en", "it")}
PSM = {f"psm_{number}": str(number % 5 + 1) for number in range(1, 9)}


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def context(browser, request):
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    yield context
    context.close()


@pytest.fixture
def quiet(context):
    """What the browser complains about, beside a network that is not there."""
    complaints = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if _is_ours(said) else None)
    yield complaints
    assert complaints == []


def _is_ours(said):
    return said.type in ("error", "warning") and not re.search(
        "Failed to load resource|WebSocket connection|net::ERR", said.text
    )


def choose(page, answers):
    for name, value in answers.items():
        page.check(f"[name={name}][value='{value}']", force=True)


def press(page):
    page.locator("#form .button").click()


def stored(web_server, me, names):
    player = web_server.database.player(me.code)
    return {name: player[name] for name in names}


def in_view(page, selector):
    box = page.locator(selector).bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_a_page_sent_without_connection_is_sent_when_it_is_back(
    web_server, sit_down, proxy, quiet
):
    me = sit_down("Psm")
    page, name = me.page, me.name
    choose(page, PSM)
    proxy.cut()
    press(page)
    line = page.locator("#sending")
    expect(line).to_have_text(WORDS["en"]["lost"])
    assert in_view(page, "#sending")
    assert page.locator("#form .button").get_attribute("aria-disabled") == "true"
    # Whoever changes their mind meanwhile has changed it.
    choose(page, {"psm_8": "5"})
    page.wait_for_timeout(2000)
    assert me.name == name
    proxy.mend()
    me.wait_until_left(name)
    wanted = PSM | {"psm_8": "5"}
    assert stored(web_server, me, PSM) == {name: int(value) for name, value in wanted.items()}
    expect(me.page.locator("#sending")).to_have_text("")


def test_a_network_that_says_nothing_is_noticed_too(web_server, sit_down, proxy, quiet):
    me = sit_down("Psm")
    name = me.name
    choose(me.page, PSM)
    proxy.hang()
    press(me.page)
    expect(me.page.locator("#sending")).to_have_text(WORDS["en"]["lost"], timeout=SOON)
    proxy.mend()
    me.wait_until_left(name)
    assert stored(web_server, me, ["psm_1"]) == {"psm_1": 2}


def test_a_server_that_is_killed_and_started_again_gets_the_questionnaire(
    web_server, sit_down, quiet
):
    me = sit_down("Psm")
    name = me.name
    choose(me.page, PSM)
    web_server.kill()
    try:
        press(me.page)
        expect(me.page.locator("#sending")).to_have_text(WORDS["en"]["lost"])
    finally:
        web_server.start()
    me.wait_until_left(name)
    assert me.name == "Income"
    assert stored(web_server, me, ["psm_2", "psm_8"]) == {"psm_2": 3, "psm_8": 4}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_is_starting_says_so_and_gets_the_page(sit_down, quiet, status):
    me = sit_down("HoursPledged")
    me.page.fill("#id_hours_pledged", "7")
    answers = [status, status]

    def starting(route):
        if route.request.method == "POST" and answers:
            route.fulfill(status=answers.pop(), body="starting", content_type="text/plain")
        else:
            route.continue_()

    me.page.route("**/HoursPledged/*", starting)
    press(me.page)
    expect(me.page.locator("#sending")).to_have_text(WORDS["en"]["starting"])
    assert me.page.input_value("#id_hours_pledged") == "7"
    me.wait_until_left("HoursPledged")
    assert answers == []


def test_a_page_whose_answer_was_lost_is_sent_again_and_counts_once(
    web_server, sit_down, context, quiet
):
    me = sit_down("Comprehension")
    posts = []

    def lose_first(route):
        if route.request.method != "POST":
            return route.continue_()
        posts.append(route.request.post_data)
        if len(posts) == 1:
            route.fetch(max_redirects=0)  # the server has it, and the browser never hears of it
            return route.abort()
        return route.continue_()

    me.page.route("**/Comprehension/*", lose_first)
    wrong = {"comprehension_1": "a", "comprehension_2": "a"}
    choose(me.page, wrong | {"comprehension_3": "c", "comprehension_4": "b"})
    press(me.page)
    expect(me.page.locator("#error-summary")).to_be_focused(timeout=SOON)
    assert len(posts) == 2
    assert stored(web_server, me, ["comprehension_errors"]) == {"comprehension_errors": 1}
    posts.clear()
    choose(me.page, {"comprehension_1": "b"})
    press(me.page)
    me.wait_until_left("Comprehension")
    assert me.name == "Psm"  # one page further, not two
    assert len(posts) == 2


def test_errors_are_shown_with_focus_on_their_list_and_nothing_typed_is_lost(
    web_server, sit_down, quiet
):
    me = sit_down("AboutYou")
    page = me.page
    page.fill("#id_age", "7")
    page.fill("#id_comment", 'Grazie, "thanks" & <b>so on</b>\nsecond line')
    choose(page, {"gender": "woman", "volunteered_before": "True"})
    history = page.evaluate("history.length")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    press(page)
    expect(page.locator("#error-summary")).to_be_focused()
    assert page.title().startswith("Error:")
    assert page.input_value("#id_age") == "7"
    assert page.input_value("#id_comment") == 'Grazie, "thanks" & <b>so on</b>\nsecond line'
    assert page.is_checked("[name=gender][value=woman]")
    assert page.evaluate("history.length") == history
    page.locator("#error-summary a").first.click()
    assert page.evaluate("document.activeElement.name") == "age"
    page.fill("#id_age", "33")
    choose(page, {"education": "master"})
    press(page)
    me.wait_until_left("AboutYou")
    assert stored(web_server, me, ["age", "education"]) == {
        "age": 33,
        "education": "master",
    }


def test_back_leads_to_where_one_is_and_its_button_works(sit_down, quiet):
    me = sit_down("Instructions")
    press(me.page)
    me.wait_until_left("Instructions")
    assert me.name == "Practice"
    me.page.go_back()
    me.page.wait_for_load_state()
    assert me.name in ("Practice", "Instructions")  # kept by the browser, or opened anew
    if me.name == "Instructions":
        assert me.page.locator("#form .button").get_attribute("aria-disabled") is None
        press(me.page)
        me.wait_until_left("Instructions")
    assert me.name == "Practice"


def test_pressing_again_and_again_sends_a_page_once(sit_down, proxy, quiet):
    me = sit_down("EffortReady")
    posts = []
    me.page.on("request", lambda each: posts.append(each.url) if each.method == "POST" else None)
    proxy.delay = 0.3
    for _ in range(6):
        me.page.evaluate("document.querySelector('#form .button').click()")
        me.page.wait_for_timeout(20)
    me.wait_until_left("EffortReady")
    assert me.name == "EffortRound"
    assert len(posts) == 1


def test_another_language_comes_also_after_a_while_without_connection(sit_down, proxy, quiet):
    me = sit_down()
    page = me.page
    choose(page, {"consent": "True"})
    proxy.cut()
    page.get_by_role("button", name="Italiano").click()
    expect(page.locator("#sending")).to_have_text(WORDS["en"]["lost"])
    proxy.mend()
    expect(page.locator("html")).to_have_attribute("lang", "it", timeout=SOON)
    assert page.is_checked("[name=consent][value=True]")
    assert page.locator("#error-summary").count() == 0
    proxy.cut()
    press(page)
    expect(page.locator("#sending")).to_have_text(WORDS["it"]["lost"])
    proxy.mend()
    me.wait_until_left("Consent")
    assert page.locator("html").get_attribute("lang") == "it"


def test_a_page_that_cannot_be_saved_says_so_and_may_be_sent_again(sit_down, quiet):
    me = sit_down("HoursPledged")
    me.page.fill("#id_hours_pledged", "3")
    me.page.route(
        "**/HoursPledged/*",
        lambda route: route.fulfill(status=500, body="no")
        if route.request.method == "POST"
        else route.continue_(),
    )
    press(me.page)
    expect(me.page.locator("#sending")).to_have_text(WORDS["en"]["failed"])
    assert me.page.locator("#form .button").get_attribute("aria-disabled") is None
    me.page.unroute("**/HoursPledged/*")
    press(me.page)
    me.wait_until_left("HoursPledged")


def test_how_long_a_message_was_read_does_not_include_the_time_without_connection(
    web_server, sit_down, proxy, quiet
):
    me = sit_down("Information")
    code = me.code
    me.page.wait_for_timeout(1000)
    proxy.cut()
    press(me.page)
    expect(me.page.locator("#sending")).to_have_text(WORDS["en"]["lost"])
    me.page.wait_for_timeout(4000)
    proxy.mend()
    me.wait_until_left("Information")
    player = web_server.database.player(code)
    assert 0.5 < player["information_seconds"] < 4


def test_without_scripts_the_plain_form_still_works(web_server, browser):
    session = web_server.create_session("info_source", 1, practice_items=0)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(session.join_url)
    page.check("[name=consent][value=True]")
    page.click("#form > .button")
    page.wait_for_url("**/Instructions/*")
    page.click("#form > .button")
    page.wait_for_url("**/Comprehension/*")
    page.click("#form > .button")
    assert page.locator("#error-summary").count() == 1
    context.close()


def test_a_page_sent_by_hand_is_answered_as_ever(web_server):
    """Only the page's own script is told the next address; everybody else is led there."""
    session = web_server.create_session("info_source", 1, practice_items=0)
    reader = HttpParticipant(session.join_url, web_server.database)
    address = reader.page.url
    plain = reader.http.post(address, data={"consent": "True"}, allow_redirects=False, timeout=60)
    assert plain.status_code == 302
    again = reader.http.post(
        address,
        data={"consent": "True"},
        headers={"X-Page": "stays"},
        allow_redirects=False,
        timeout=60,
    )
    assert again.status_code == 302  # sent already
    reader.reload()
    told = reader.http.post(
        reader.page.url, headers={"X-Page": "stays"}, allow_redirects=False, timeout=60
    )
    assert (told.status_code, told.text) == (204, "")
    address = studies()["info_source"].address
    assert re.fullmatch(rf"/p/\w+/{address}/\w+/\d+", told.headers["X-Next"])
    assert parse_qs(told.headers["X-Next"]) == {}
    reader.close()
