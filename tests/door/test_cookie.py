"""The cookie: ours, whole, or none."""

from __future__ import annotations

import base64

import pytest
import requests

from tests.harness.server import running

NAME = "study-"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cookie") / "project") as server:
        yield server


def cookie_of(server):
    """Name and value of the cookie of somebody who joined a session."""
    session = server.create_session("info_source", 1)
    with requests.Session() as browser:
        browser.get(session.join_url, timeout=30)
        [cookie] = browser.cookies
        return cookie.name, cookie.value


def test_a_cookie_of_another_program_counts_as_none(server):
    for value in ("abc", "a.b.c", '"', "=", "null", "\xe9"):
        headers = {"Cookie": f"session={value}".encode("latin-1")}
        for path in ("/demo", "/room/open", "/sessions"):
            answer = requests.get(server.url + path, headers=headers, timeout=30)
            assert answer.status_code == 200, (value, path)


def test_a_broken_cookie_of_ours_counts_as_none(server):
    name, value = cookie_of(server)
    assert name.startswith(NAME)
    payload, _, signature = value.partition(".")
    forged = base64.b64encode(b'{"otreeadminauth": "otreeadminauth"}').decode()
    for broken in ("", "abc", payload, value[:-1], f"{forged}.{signature}", value + "\xe9", "."):
        headers = {"Cookie": f"{name}={broken}".encode("latin-1")}
        answer = requests.get(f"{server.url}/demo", headers=headers, timeout=30)
        assert answer.status_code == 200, broken


def test_two_servers_on_one_computer_keep_their_cookies_apart(server, tmp_path):
    with running(tmp_path / "project") as other:
        assert cookie_of(server)[0] != cookie_of(other)[0]


def test_it_is_secure_over_https_and_never_readable_by_scripts(server):
    session = server.create_session("info_source", 1)
    for scheme, secure in (("https", True), ("http", False)):
        answer = requests.get(
            session.join_url,
            headers={"X-Forwarded-Proto": scheme},
            allow_redirects=False,
            timeout=30,
        )
        if "set-cookie" not in answer.headers:
            session = server.create_session("info_source", 1)
            continue
        said = answer.headers["set-cookie"].lower()
        assert ("; secure" in said) is secure
        assert "; httponly" in said
        assert "; samesite=lax" in said


def test_an_answer_that_changes_nothing_sets_no_cookie(server):
    session = server.create_session("info_source", 1)
    with requests.Session() as browser:
        browser.get(session.join_url, timeout=30)
        again = browser.get(session.join_url, allow_redirects=False, timeout=30)
        assert "set-cookie" not in again.headers
