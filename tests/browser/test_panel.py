"""In a browser: the way out of a panel's study, the way back, and what the experimenter reads."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from study import words
from tests.harness.load.panel import with_a_panel

STUDY = with_a_panel()
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
