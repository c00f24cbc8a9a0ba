"""What a browser may do with our pages, and that all of them still work with it."""

from __future__ import annotations

import re

import pytest
import requests

from tests.door.conftest import CLOSED, PASSWORD
from tests.harness.server import running
from tests.pages.conftest import violations

PARTICIPANTS = ("/room/open", "/nowhere", "/p/unknown/x/y/1", "/join/unknown", "/")
EXPERIMENTERS = ("/demo", "/sessions", "/login", "/rooms", "/server", "/ExportIndex")
PROGRAMS = ("/api/sessions", "/api/otree_version", "/api/export_wide")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("headers") / "project") as server:
        yield server


def directives(answer):
    parts = answer.headers["content-security-policy"].split(";")
    return {name: values for name, *values in (part.split() for part in parts)}


def get(server, path, **options):
    return requests.get(server.url + path, allow_redirects=False, timeout=30, **options)


@pytest.mark.parametrize("path", [*PARTICIPANTS, *EXPERIMENTERS, *PROGRAMS])
def test_every_answer_is_kept_nowhere_framed_nowhere_and_tells_no_address(server, path):
    headers = get(server, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", PARTICIPANTS)
def test_participants_pages_run_no_script_of_strangers(server, path):
    policy = directives(get(server, path))
    host = f"127.0.0.1:{server.port}"
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", f"ws://{host}", f"wss://{host}"]
    assert policy["form-action"] == ["'self'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["object-src"] == ["'none'"]


def test_a_page_of_the_study_and_its_post_have_them_too(server):
    page = requests.get(server.create_session("info_source", 1).join_url, timeout=30)
    for answer in (page, requests.post(page.url, timeout=30)):
        assert answer.status_code == 200
        assert directives(answer)["script-src"] == ["'self'"]


def test_a_host_that_nobody_has_does_not_get_into_them(server):
    answer = get(server, "/room/open", headers={"Host": "x; script-src *"})
    assert directives(answer)["script-src"] == ["'self'"]
    assert directives(answer)["connect-src"] == ["'self'"]


def test_files_are_kept_for_minutes_and_compared_after_that(server):
    answer = get(server, "/static/lab/page.js")
    assert answer.headers["cache-control"] == "max-age=300"
    again = get(server, "/static/lab/page.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_an_error_has_them_too(server):
    page = requests.get(server.create_session("info_source", 1).join_url, timeout=30)
    broken = {"Content-Type": "multipart/form-data"}
    answer = requests.post(page.url, data=b"-", headers=broken, timeout=30)
    assert answer.status_code >= 400
    assert directives(answer)["script-src"] == ["'self'"]


# ------------------------------------------------------------------------------ in the browser


def test_a_script_that_somebody_wrote_into_a_page_does_not_run_and_is_complained_about(
    server, browser
):
    context = browser.new_context()
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.extend(violations(said)))
    page.goto(server.create_session("info_source", 1).join_url)
    assert complaints == []
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
    }""")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert len(complaints) == 1
    context.close()


def test_the_experimenters_pages_work_in_the_browser_without_a_complaint(folder, browser):
    """Participants' pages: tests/pages/test_every_page.py."""
    with running(folder, environment=CLOSED) as server:
        context = browser.new_context()
        page = context.new_page()
        complaints = []
        context.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.url}/demo")
        page.fill("#id_username", "admin")
        page.fill("#id_password", PASSWORD)
        page.click("#btn-login")
        page.wait_for_url("**/demo")
        # A demo session, in its split screen: frames of participants' pages.
        page.goto(f"{server.url}/demo/info_source")
        page.wait_for_url("**/SessionStartLinks/**", timeout=30_000)
        code = page.url.rstrip("?").rsplit("/", 1)[1].split("?")[0]
        page.goto(f"{server.url}/SessionSplitScreen/{code}")
        frames = page.frames[1:]
        assert len(frames) == 4
        for frame in frames[1:]:
            frame.wait_for_selector("h1")
        assert "/p/" in frames[1].url
        # A session over the form.
        page.goto(f"{server.url}/create_session")
        page.select_option("select[name=session_config]", "incentive")
        page.fill("input[name=num_participants]", "3")
        page.click("#btn-create-session")
        page.wait_for_url("**/SessionStartLinks/**", timeout=30_000)
        code = page.url.rstrip("?").rsplit("/", 1)[1].split("?")[0]
        for tab in (
            *("SessionMonitor", "SessionData", "SessionPayments", "AdminReport"),
            *("SessionDescription", "SessionEditProperties", "SessionStartLinks"),
        ):
            page.goto(f"{server.url}/{tab}/{code}")
            page.wait_for_load_state("networkidle")
        for path in ("/sessions", "/rooms", "/room_without_session/open", "/ExportIndex"):
            page.goto(server.url + path)
            page.wait_for_load_state("networkidle")
        # From any of them one gets to the page about the server.
        page.click("nav >> text=Server")
        page.wait_for_url("**/server")
        assert page.inner_text("h2") == "Server"
        page.wait_for_load_state("networkidle")
        context.close()
    found = [text for text in complaints if re.search("Content Security Policy|Error", text)]
    assert found == []
