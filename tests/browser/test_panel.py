"""In a browser: the way out of a panel's study, the way back, and what the experimenter reads."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from study import words
from tests.harness.load.panel import with_a_panel
from tests.harness.participant import HttpParticipant

STUDY = with_a_panel()
HTTPS = "https://volunteer.example"
SAID = words.shared("en", words.COMMON)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_one_can_stop_and_finds_the_way_back_to_the_panel(browser, web_server, scripts):
    address = "https://panel.example/back?a=1&id={id}"
    session = web_server.create_session(STUDY.name, 1, return_declined=address)
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, java_script_enabled=scripts
    )
    page = context.new_page()
    page.goto(session.join_url.replace("/join/", "/panel/") + f"?id=ana-{session.code}")
    page.check("[name=consent][value=True]", force=True)
    page.locator("#form .button").click()
    page.wait_for_url("**/Eligibility/**")
    stop = page.get_by_role("button", name=SAID["withdrawal"]["button"])
    expect(stop).to_be_hidden()
    # By the keyboard alone, and what was typed is not in the way.
    page.fill("[name=age]", "7")
    page.locator("summary", has_text=SAID["withdrawal"]["link"]).focus()
    page.keyboard.press("Enter")
    expect(stop).to_be_visible()
    stop.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/Withdrawn/**")
    back = page.get_by_role("link", name=SAID["panel"]["back"])
    assert back.get_attribute("href") == address.format(id=f"ana-{session.code}")
    # Nobody is sent away unasked.
    page.wait_for_timeout(3000)
    assert "/Withdrawn/" in page.url
    assert web_server.database.player(page.url.split("/")[4])["age"] is None
    context.close()


@pytest.fixture
def telephone(browser):
    """A page on a telephone."""
    context = browser.new_context(viewport={"width": 375, "height": 667})
    yield context.new_page()
    context.close()


def come(page, server, to, **parameters):
    """Open the survey on ``page`` where somebody stands who came so far without a browser."""
    session = server.create_session(STUDY.name, 1, **parameters)
    guide = HttpParticipant(
        session.join_url.replace("/join/", "/panel/") + f"?id=a-{session.code}"
    )
    guide.play_to(to, lives_here="True", neighbours_expected="3")
    guide.close()
    page.goto(guide.page.url)
    return guide.code


def test_what_stopping_means_opens_in_view_and_one_can_stop_offline(telephone, web_server):
    page = telephone
    code = come(page, web_server, "Vignette")
    page.locator("summary", has_text=SAID["withdrawal"]["link"]).click()
    stop = page.get_by_role("button", name=SAID["withdrawal"]["button"])
    expect(stop).to_be_in_viewport(ratio=1)
    page.context.set_offline(True)
    stop.click()
    expect(page.locator("#sending")).to_have_text(SAID["sending"]["lost"])
    assert web_server.database.player(code)["panel_status"] is None
    page.context.set_offline(False)
    page.wait_for_url("**/Withdrawn/**")
    assert web_server.database.player(code)["panel_status"] == "withdrew"


def test_opening_the_vignette_again_is_counted_over_a_reload(telephone, web_server):
    page = telephone
    code = come(page, web_server, "HoursPledged")
    text = page.locator("details.folded summary")
    for _ in range(3):
        text.click()  # open, shut, open
    page.reload()
    page.fill("[name=hours_pledged]", "3")
    page.locator("#form .button").click()
    page.wait_for_url("**/NeighboursExpected/**")
    assert web_server.database.player(code)["vignette_reopened"] == 2


def test_an_offer_that_was_opened_stays_opened_over_a_reload(telephone, web_server):
    page = telephone
    code = come(page, web_server, "Offer", offer_address=f"{HTTPS}/offer")
    page.context.route(f"{HTTPS}/**", lambda route: route.fulfill(body="an offer"))
    with page.context.expect_page() as offered:
        page.locator("main a[target=_blank]").click()
    offered.value.close()
    page.reload()
    page.locator("#form .button").click()
    page.wait_for_url("**/LastWords/**")
    assert web_server.database.player(code)["offer_opened"]


def test_the_preview_shows_pages_as_they_look(browser, web_server):
    session = web_server.create_session(STUDY.name, 1)
    context = browser.new_context()
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(f"{web_server.url}/Preview/{session.code}")
    frames = page.frames[1:]
    assert len(frames) >= len(STUDY.arms) * len(STUDY.languages)
    for frame in frames:
        heading = frame.locator("h1")
        expect(heading).to_be_visible()
        style = heading.evaluate("element => getComputedStyle(element).letterSpacing")
        assert style != "normal", "the style sheet is not there"
    assert complaints == []
    context.close()
