"""The pages for those who are not, or no longer, in the study; and what they hang on in oTree."""

from __future__ import annotations

import re
import time
from pathlib import Path

import otree
import pytest
import requests

from study import words as texts
from study.finding import studies
from tests.harness.server import ROOT
from tests.pages.walk import close_room, open_room

OTREE = Path(otree.__file__).parent
HTML = "text/html; charset=utf-8"


def title_of(answer):
    return re.search("<h1>(.*?)</h1>", answer.text)[1]


def words(page, language="en"):
    return texts.shared(language, texts.COMMON)[page]


@pytest.mark.parametrize(
    "address",
    [
        "/study",
        "/%F0%9F%98%80",
        "/p/unknown",
        "/p/unknown/start/Consent/1",
        "/join/unknown",
        "/room/unknown",
    ],
)
def test_an_unknown_address_is_explained(pages_server, address):
    answer = requests.get(pages_server.url + address, timeout=30)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == HTML
    assert title_of(answer) == words("not_found")["title"]


@pytest.mark.parametrize("language", ["en", "it", "ko"])
@pytest.mark.parametrize(
    "address",
    [
        f"/p/unknown/{studies()['info_source'].address}/Consent/1",
        "/InitializeParticipant/unknown",
        "/OutOfRangeNotification/unknown",
    ],
)
def test_an_address_of_nobody_says_that_answers_may_have_been_deleted(
    pages_server, address, language
):
    said = {"Accept-Language": language}
    answer = requests.get(pages_server.url + address, headers=said, timeout=30)
    assert answer.status_code == 404
    assert title_of(answer) == words("no_answers", language)["title"]


@pytest.mark.parametrize(
    "address", ["/api/sessions/unknown", "/api/unknown", "/static/unknown.js"]
)
def test_programs_still_get_plain_answers(pages_server, address):
    answer = requests.get(pages_server.url + address, timeout=30)
    assert answer.status_code == 404
    assert "<html" not in answer.text


def test_experimenters_still_get_the_answers_of_otree(pages_server):
    answer = requests.get(f"{pages_server.url}/SessionData/unknown", timeout=30)
    assert answer.status_code == 404
    assert "<html" not in answer.text


def test_an_error_is_explained_in_the_language_of_the_participant_and_still_logged(pages_server):
    session = pages_server.create_session("info_source", 1, language="it")
    page = requests.get(session.join_url, timeout=30)
    # What the server knows of the participant is incomplete: the group that everybody is in.
    database = pages_server.database
    table = f"{studies()['info_source'].app}_group"
    group = database.player(page.url.split("/p/")[1].split("/")[0])["group_id"]
    [row] = database.query(f"SELECT * FROM {table} WHERE id = :id", id=group)
    database.execute(f"DELETE FROM {table} WHERE id = :id", id=group)
    answer = requests.get(page.url, timeout=30)
    assert answer.status_code == 500
    assert title_of(answer) == words("error", "it")["title"]
    assert "Traceback" not in answer.text
    deadline = time.monotonic() + 10
    while "Traceback" not in pages_server.output() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "Traceback" in pages_server.output()
    # The participant goes on where they were.
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", **row)
    assert requests.get(page.url, timeout=30).status_code == 200


def test_a_label_in_the_address_is_checked_too(pages_server):
    answer = requests.get(
        f"{pages_server.url}/room/laboratory?participant_label=%3Cb%3E&welcome_page_ok=1",
        timeout=30,
    )
    assert answer.status_code == 200
    assert words("room")["label_unknown"] in answer.text
    assert 'value="&lt;b&gt;"' in answer.text
    assert "<pre>" not in answer.text


def test_a_room_keeps_what_else_stands_in_its_address(pages_server):
    answer = requests.get(
        f"{pages_server.url}/room/open?participant_label=ann&a=%22%3E%3Cscript%3E", timeout=30
    )
    assert 'name="participant_label" value="ann"' in answer.text
    assert 'name="a" value="&quot;&gt;&lt;script&gt;"' in answer.text


def test_whoever_waits_goes_on_when_the_session_begins_and_keeps_the_label(walk):
    walk.goto("/room/laboratory?participant_label=seat02")
    assert walk.page.input_value("#id_participant_label") == "seat02"
    walk.press()
    assert walk.page.inner_text("h1") == words("wait")["title"]
    with walk.another_page():
        open_room(walk.server, "laboratory", "info_source")
    walk.page.wait_for_url("**/Consent/**")
    close_room(walk.server, "laboratory")
    [row] = walk.server.database.query(
        "SELECT label FROM otree_participant WHERE code = :code", code=walk.code
    )
    assert row["label"] == "seat02"


# --------------------------------------------------------------- what we hang on in oTree


def source(name):
    return (OTREE / name).read_text("utf-8")


def test_otree_still_has_the_places_that_our_pages_take():
    """If this fails after an update of oTree, compare `lab/own_pages.py` with the new oTree."""
    asgi, participant = source("asgi.py"), source("views/participant.py")
    assert "Middleware(middleware.CommitTransactionMiddleware)," in asgi
    assert asgi.index("CommitTransactionMiddleware") < asgi.index("OTreeServerErrorMiddleware, ")
    assert "from otree.templating import render" in participant
    assert participant.count("return no_participants_left_http_response()") >= 3
    assert (
        participant.count("\n        return render(\n") + participant.count("return render(") >= 4
    )
    for name in ("RoomWelcomePage", "WaitPageGeneric", "OutOfRangeNotification"):
        assert f"otree/{name}.html" in participant
    assert "dict(has_participant_label_file=" in participant
    assert "query_params.get('welcome_page_ok')" in participant


def test_otree_has_no_other_bare_page_for_participants():
    """The answers without a template are those that `lab/own_pages.py` knows."""
    participant = source("views/participant.py")
    bare = re.findall(r"return ((?:HTML)?Response\(.*)", participant)
    assert len(bare) == 7, bare
    templates = set(re.findall(r"otree/(\w+)\.html", participant))
    ours = {path.stem for path in (ROOT / "_templates" / "otree").glob("*.html")}
    # Only group_by_arrival_time leads to GBATInactive; no page of the study waits for others.
    assert templates - ours == {"GBATInactive"}


def test_no_page_of_the_study_waits_for_others_or_has_a_deadline_of_otree():
    for path in (*ROOT.glob("*/*.py"), *(ROOT / "steps").rglob("*.py")):
        text = path.read_text("utf-8")
        assert "WaitPage)" not in text, path
        assert "timeout_seconds" not in text, path


def test_our_templates_for_participants_do_not_use_those_of_otree():
    templates = ROOT / "_templates"
    for path in {*templates.rglob("*.html")} - {*templates.glob("lab/*.html")}:
        text = path.read_text("utf-8")
        assert "otree/" not in text, path
        for tag in ("formfield", "next_button", "gettext"):
            assert tag not in text, path
