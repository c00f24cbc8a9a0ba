"""Languages, chosen for a session and changed by a participant on the first page."""

from __future__ import annotations

import csv
import io

import pytest
import requests

from study import words
from study.finding import studies


@pytest.fixture
def page(walk):
    return walk.page


STUDY = studies()["info_source"]


def title(language, step):
    return words.of_step(STUDY, STUDY.step(step), language)["title"]


def test_a_session_speaks_its_language(walk, page):
    for study in studies().values():
        for language in study.languages:
            walk.join(study.name, language=language)
            said = words.of_step(study, study.step("consent"), language)["title"]
            assert page.inner_text("h1") == said
            assert page.get_attribute("html", "lang") == language
            offered = page.locator(".languages .language")
            assert offered.count() == len(study.languages)


def test_participants_change_the_language_by_keyboard_and_lose_nothing(walk, page):
    walk.join(language="en")
    page.check("[name=consent][value=True]")
    page.check("#id_larger_letters")
    button = page.get_by_role("button", name="Italiano")
    assert button.get_attribute("lang") == "it"
    button.focus()
    with walk.another_page():
        page.keyboard.press("Enter")
    assert page.inner_text("h1") == title("it", "consent")
    assert page.locator(".error-summary").count() == 0
    assert page.is_checked("[name=consent][value=True]")
    assert page.is_checked("#id_larger_letters")
    walk.press()
    assert page.inner_text("h1") == title("it", "instructions")
    assert "0,02" in page.inner_text("main")
    code = walk.code
    text = walk.server.export("app", app=STUDY.app)
    [row] = [
        row
        for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
        if row["participant.code"] == code
    ]
    assert row["player.language"] == "it"


def test_one_may_change_back(walk, page):
    walk.join(language="it")
    for name, language in (("English", "en"), ("Italiano", "it"), ("English", "en")):
        with walk.another_page():
            page.get_by_role("button", name=name).click()
        assert page.get_attribute("html", "lang") == language
    walk.go_on()
    assert page.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize("wanted", ["xx", "", "../en", "EN", "it\x00"])
def test_a_language_that_does_not_exist_changes_nothing(walk, page, wanted):
    walk.join(language="en")
    page.eval_on_selector(
        "[name=change_language]", "(button, value) => button.value = value", wanted
    )
    walk.press("[name=change_language]")
    assert page.get_attribute("html", "lang") == "en"
    assert walk.name == "Consent"


def test_enter_in_the_form_does_not_change_the_language(walk, page):
    walk.join(language="en")
    page.check("[name=consent][value=True]")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.get_attribute("html", "lang") == "en"
    assert page.is_checked("[name=consent][value=True]")


def test_money_and_numbers_are_written_as_in_the_language(walk, page):
    walk.join(language="en", participation_fee=99.5)
    assert "€99.50" in page.inner_text("main")
    walk.join(language="it", participation_fee=99.5)
    assert "99,50\xa0€" in page.inner_text("main")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("it-IT,it;q=0.9,en;q=0.8", "it"),
        ("it", "it"),
        ("ko-KR,ko;q=0.9", "ko"),
        ("de-CH,en;q=0.5,it;q=0.9", "it"),
        ("en-GB,it;q=0.3", "en"),
        ("de,fr", "en"),
        ("", "en"),
        ("*", "en"),
        (";;q=x,,-,_", "en"),
        ("it;q=abc", "en"),
    ],
)
def test_an_empty_room_speaks_the_language_of_the_browser(pages_server, header, language):
    answer = requests.get(
        f"{pages_server.url}/room/open", headers={"Accept-Language": header}, timeout=30
    )
    assert f'<html lang="{language}"' in answer.text


def test_a_full_session_speaks_its_own_language(walk, page):
    session = walk.server.create_session("info_source", 1, language="it")
    requests.get(session.join_url, timeout=30).raise_for_status()  # somebody else
    walk.goto(session.join_url)
    assert page.inner_text("h1") == words.shared("it", words.COMMON)["full"]["title"]


def test_a_third_language_is_a_folder(tmp_path, monkeypatch):
    """Whatever asks for the languages finds the folder; `docs/translating.md` says the rest."""
    (tmp_path / "en").mkdir()
    (tmp_path / "it").mkdir()
    (tmp_path / "ar").mkdir()
    (tmp_path / "README.md").touch()
    monkeypatch.setattr(words, "content", lambda: tmp_path)
    words.languages.cache_clear()
    try:
        assert words.languages() == ("en", "ar", "it")
    finally:
        words.languages.cache_clear()
