"""The page of a round: when the server forgot, when it gave time back, when answers came late."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing

import pytest
from playwright.sync_api import expect

from study import words
from tests.harness.server import running

SIZES = [(1366, 600), (375, 667)]
SOON = 30_000
WORDS = words.shared("en", words.TASK)
# Everything that is said in the line below the card, in order.
RECORD = """
    window.said = [];
    if (location.protocol === "http:") {
        window.said = JSON.parse(sessionStorage.getItem("said") ?? "[]");
    }
    document.addEventListener("DOMContentLoaded", () => {
        const line = document.getElementById("connection");
        if (!line) return;
        new MutationObserver(() => {
            if (!line.textContent) return;
            window.said.push(line.textContent);
            sessionStorage.setItem("said", JSON.stringify(window.said));
        }).observe(line, { childList: true, characterData: true, subtree: true });
    });
"""


@pytest.fixture(scope="module")
def web_server(tmp_path_factory):
    """A server of one's own: its database is put back to older copies."""
    with running(tmp_path_factory.mktemp("kept") / "project") as server:
        yield server


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def context(browser, request):
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_init_script(RECORD)
    yield context
    context.close()


@pytest.fixture(autouse=True)
def quiet(context):
    """What the browser complains about, beside a network that is not there."""
    complaints = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if _is_ours(said) else None)
    yield
    assert complaints == []


def _is_ours(said):
    return said.type in ("error", "warning") and not re.search(
        "Failed to load resource|WebSocket connection|net::ERR", said.text
    )


def copy(server, path):
    """A copy of the server's database while it runs."""
    database = server.folder / "db.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def put_back(server, path, *, meanwhile=lambda: None):
    """Stop the server, put the copy in the place of its database, and start it again."""
    server.kill()
    meanwhile()
    for file in server.folder.glob("db.sqlite3*"):
        file.unlink()
    (server.folder / "db.sqlite3").write_bytes(path.read_bytes())
    server.start()


def wait_for_rows(server, me, count):
    deadline = time.monotonic() + 30
    while len(server.database.answers(me.code, me.phase)) < count:
        assert time.monotonic() < deadline, "The answers did not arrive"
        me.page.wait_for_timeout(50)


def assert_stored(server, me, code):
    entered = me.entered["main"]
    rows = server.database.answers(code, "main")
    assert [row["item"] for row in rows] == list(range(1, len(entered) + 1))
    assert [row["response"] for row in rows] == entered
    found = server.database.round_columns(code, "main")
    assert (found["attempts"], found["stored"]) == (len(entered), len(entered))


def said(me):
    return me.page.evaluate("window.said")


def journals(me):
    return me.page.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('journal/'))"
    )


# ----------------------------------------------------------------- the server forgot answers


def test_answers_that_the_server_forgot_are_sent_again_by_themselves(
    web_server, sit_down, tmp_path
):
    me = sit_down("EffortRound")
    me.work(3)
    wait_for_rows(web_server, me, 3)
    copy(web_server, tmp_path / "copy")
    me.work(35)  # more than one message holds
    wait_for_rows(web_server, me, 38)
    expect(me.page.locator("#solved")).to_have_text("38")
    put_back(web_server, tmp_path / "copy", meanwhile=lambda: me.work(2))
    wait_for_rows(web_server, me, 40)
    expect(me.page.locator("#solved")).to_have_text("40")
    heard = said(me)
    assert heard.index(WORDS["sending_again"]) < heard.index(WORDS["sent_again"])
    me.work(1)
    code = me.code
    assert len(journals(me)) == 1
    me.stop_early()
    me.wait_until_left("EffortRound")
    assert_stored(web_server, me, code)
    assert journals(me) == []  # nothing of a round stays behind that is submitted


def test_a_page_that_is_loaded_again_still_has_what_the_server_forgot(
    web_server, sit_down, tmp_path
):
    me = sit_down("EffortRound")
    me.work(2)
    wait_for_rows(web_server, me, 2)
    copy(web_server, tmp_path / "copy")
    me.work(4)
    wait_for_rows(web_server, me, 6)
    address = me.page.url
    me.page.goto("about:blank")
    put_back(web_server, tmp_path / "copy")
    me.page.goto(address)
    me.open_round()
    wait_for_rows(web_server, me, 6)
    assert WORDS["sending_again"] in said(me)
    me.work(1)
    code = me.code
    me.stop_early()
    me.wait_until_left("EffortRound")
    assert_stored(web_server, me, code)


def test_another_computer_says_what_is_lost_and_goes_on(web_server, sit_down, browser, tmp_path):
    """The page that had the answers is gone: the server's number stands."""
    me = sit_down("EffortRound")
    me.work(1)
    wait_for_rows(web_server, me, 1)
    copy(web_server, tmp_path / "copy")
    me.work(3)
    wait_for_rows(web_server, me, 4)
    # This page still remembers how far the server was, but not the answers.
    me.page.evaluate(
        """() => {
            const [key] = Object.keys(localStorage).filter((each) => each.startsWith("journal/"));
            const kept = JSON.parse(localStorage.getItem(key));
            localStorage.setItem(key, JSON.stringify({ ...kept, answers: [] }));
        }"""
    )
    address = me.page.url
    me.page.goto("about:blank")
    put_back(web_server, tmp_path / "copy")
    me.page.goto(address)
    me.open_round()
    expect(me.page.locator("#connection")).to_have_text(WORDS["answers_missing"])
    del me.entered["main"][1:]
    me.work(2)
    wait_for_rows(web_server, me, 3)
    code = me.code
    me.stop_early()
    me.wait_until_left("EffortRound")
    assert_stored(web_server, me, code)


def test_tabs_bring_back_what_the_server_forgot_together(web_server, sit_down, context, tmp_path):
    me = sit_down("EffortRound")
    me.work(1)
    wait_for_rows(web_server, me, 1)
    copy(web_server, tmp_path / "copy")
    me.work(3)
    wait_for_rows(web_server, me, 4)
    first, second = me.page, context.new_page()
    second.goto(first.url)
    me.page = second
    me.open_round()
    me.work(2)
    wait_for_rows(web_server, me, 6)
    put_back(web_server, tmp_path / "copy")
    wait_for_rows(web_server, me, 6)
    code = me.code
    me.stop_early()
    me.wait_until_left("EffortRound")
    assert_stored(web_server, me, code)
    first.wait_for_url("**/VoluntaryOffer/*", timeout=SOON)


# ------------------------------------------------------------------------------------- time


def test_time_that_stood_still_is_given_back_also_after_time_was_up(web_server, sit_down):
    me = sit_down("EffortRound", task_seconds=12)
    me.work(2)
    wait_for_rows(web_server, me, 2)
    web_server.kill()
    expect(me.page.locator("#ended-text")).to_have_text(WORDS["time_up"], timeout=SOON)
    expect(me.page.locator("#connection")).to_have_text(WORDS["saving"], timeout=SOON)
    web_server.start()
    code = me.code
    expect(me.page.locator("#connection")).to_have_text(WORDS["time_back"], timeout=SOON)
    expect(me.page.locator("#card")).to_be_visible()
    me.work(1)
    me.wait_until_left("EffortRound")
    assert_stored(web_server, me, code)
    rows = web_server.database.answers(code, "main")
    assert [bool(row["late"]) for row in rows] == [False] * 3


def test_an_interruption_in_the_middle_is_told_of(web_server, sit_down):
    me = sit_down("EffortRound", task_seconds=300)
    me.work(1)
    web_server.kill()
    me.work(1)
    expect(me.page.locator("#connection")).to_have_text(WORDS["offline"], timeout=SOON)
    me.page.wait_for_timeout(2500)
    web_server.start()
    expect(me.page.locator("#connection")).to_have_text(WORDS["time_back"], timeout=SOON)
    wait_for_rows(web_server, me, 2)


# -------------------------------------------------------------------------- too late to count


@pytest.fixture
def slow_then_fast(sit_down, web_server):
    """Two slow cards, then many quick ones without connection: more than the gap explains."""

    def work(proxy, cards, **parameters):
        me = sit_down("EffortRound", task_seconds=17, **parameters)
        for _ in range(2):
            me.page.wait_for_timeout(4000)
            me.work(1)
        wait_for_rows(web_server, me, 2)
        proxy.cut()
        me.work(cards)
        expect(me.page.locator("#ended-text")).to_have_text(WORDS["time_up"], timeout=SOON)
        proxy.mend()
        return me

    return work


def test_answers_that_do_not_count_are_told_of_before_one_goes_on(
    web_server, proxy, slow_then_fast
):
    me = slow_then_fast(proxy, 7)
    code = me.code
    button = me.page.locator("#go-on")
    expect(button).to_be_focused(timeout=SOON)
    rows = web_server.database.answers(code, "main")
    uncounted = [row["item"] for row in rows if row["correct"] is None]
    assert len(rows) == 9
    assert 4 <= len(uncounted) <= 7
    assert uncounted == list(range(10 - len(uncounted), 10))
    told = WORDS["uncounted_many"].replace("{n}", str(len(uncounted)))
    expect(me.page.locator("#ended-text")).to_have_text(told)
    expect(me.page.locator("#ended-why")).to_have_text(WORDS["uncounted_why"])
    assert web_server.database.round_columns(code, "main")["attempts"] == 9 - len(uncounted)
    me.page.wait_for_timeout(3000)
    assert me.name == "EffortRound"  # nobody is sent on before having read it
    me.press("Enter")
    me.wait_until_left("EffortRound")
    assert me.name == "VoluntaryOffer"


def test_a_page_that_hears_too_late_over_the_socket_says_so_too(web_server, sit_down):
    """The round is over for the server, and the page does not know it yet."""
    me = sit_down("EffortRound", task_seconds=300)
    me.work(2)
    wait_for_rows(web_server, me, 2)
    web_server.database.move_clock(me.code, "main", 299.5)
    me.page.wait_for_timeout(2500)
    code = me.code
    me.work(1)
    expect(me.page.locator("#go-on")).to_be_focused(timeout=SOON)
    expect(me.page.locator("#ended-text")).to_have_text(WORDS["uncounted_one"])
    me.press("Enter")
    me.wait_until_left("EffortRound")
    [*_, last] = web_server.database.answers(code, "main")
    assert (bool(last["late"]), last["correct"]) == (True, None)


# --------------------------------------------------------------------------------- key strokes


def test_key_strokes_are_counted_and_scripts_press_none(web_server, sit_down):
    me = sit_down("EffortRound")
    page, box = me.page, me.page.locator("#answer")
    solution = me.solution()
    page.keyboard.type(solution + "9", delay=60)
    me.press("Backspace", "Enter")
    me.entered["main"].append(solution)
    page.wait_for_timeout(500)
    # A script that fills the box, with events and all.
    page.evaluate(
        """() => {
            const box = document.getElementById("answer");
            box.value = "123456";
            for (const kind of ["keydown", "input", "keyup"]) box.dispatchEvent(new Event(kind));
        }"""
    )
    box.press("Enter")
    page.wait_for_timeout(500)
    # An input method composes a sign, then another.
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "1", "selectionStart": 1, "selectionEnd": 1})
    session.send("Input.imeSetComposition", {"text": "12", "selectionStart": 2, "selectionEnd": 2})
    session.send("Input.insertText", {"text": "12"})
    me.press("Enter")
    wait_for_rows(web_server, me, 3)
    rows = web_server.database.answers(me.code, "main")
    assert [row["keys"] for row in rows][:2] == [8, 0]
    assert rows[2]["response"] == "12"
    assert 2 <= rows[2]["keys"] <= 3


def test_pasting_is_no_key_stroke(web_server, sit_down, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    me = sit_down("EffortRound")
    me.page.wait_for_timeout(400)
    me.page.evaluate("navigator.clipboard.writeText('471288')")
    me.press("Control+v", "Enter")
    wait_for_rows(web_server, me, 1)
    [row] = web_server.database.answers(me.code, "main")
    assert (row["response"], row["keys"], bool(row["pasted"])) == ("471288", 0, True)


# ------------------------------------------------------------------------------------ presence


def test_a_page_on_which_nothing_happens_says_that_it_is_there(web_server, sit_down):
    frames = []
    me = sit_down("EffortRound")
    me.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame))
    )
    me.page.reload()
    me.open_round()
    me.page.wait_for_timeout(19_000)
    sent = [frame for frame in frames if '"answers":[]' in frame]
    assert len(sent) >= 3  # at once, and at the latest every ten seconds


def test_a_tab_that_is_left_behind_goes_along_at_once(sit_down, context):
    me = sit_down("EffortRound")
    other = context.new_page()
    other.goto(me.page.url)
    other.wait_for_selector("#card:not(.closed)")
    me.page.bring_to_front()
    me.work(1)
    me.stop_early()
    me.wait_until_left("EffortRound")
    other.wait_for_url("**/VoluntaryOffer/*", timeout=5000)
