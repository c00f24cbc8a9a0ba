"""Who guesses the password, and who is held up by it."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from tests.door.conftest import CLOSED, PASSWORD, is_in, login
from tests.harness.server import running


@pytest.fixture
def closed(folder):
    with running(folder, environment=CLOSED) as server:
        yield server


def test_an_empty_password_never_logs_anybody_in(folder):
    with running(folder, environment={"OTREE_AUTH_LEVEL": "STUDY"}) as server:
        for password in ("", " "):
            assert not is_in(login(server, password), server)
        assert "nobody can log in" in server.output()


def test_the_password_logs_in_and_a_wrong_one_does_not(closed):
    assert is_in(login(closed, PASSWORD), closed)
    wrong = login(closed, PASSWORD + "x")
    assert wrong.answer.status_code == 200
    assert "Login failed" in wrong.answer.text
    assert not is_in(wrong, closed)
    assert not is_in(login(closed, PASSWORD, username="Admin"), closed)


def test_each_wrong_password_makes_the_next_try_of_that_address_slower(closed):
    seconds = []
    for _ in range(4):
        began = time.monotonic()
        login(closed, "wrong", **{"X-Forwarded-For": "198.51.100.9"})
        seconds.append(time.monotonic() - began)
    assert seconds[0] < 0.4
    assert seconds[1] > 0.5
    assert seconds[2] > 1.0
    assert seconds[3] > 2.0
    assert "Wrong password of admin from 198.51.100.9, 4 times" in closed.output()
    # Somebody else does not wait, and who knows the password is in after one wait more.
    began = time.monotonic()
    assert is_in(login(closed, PASSWORD, **{"X-Forwarded-For": "198.51.100.10"}), closed)
    assert time.monotonic() - began < 0.5
    assert is_in(login(closed, PASSWORD, **{"X-Forwarded-For": "198.51.100.9"}), closed)


def test_many_tries_at_once_are_no_way_round(closed):
    answers = []

    def guess():
        found = login(closed, "wrong", **{"X-Forwarded-For": "198.51.100.20"})
        answers.append(found.answer.status_code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    began = time.monotonic()
    for each in threads:
        each.start()
    # Meanwhile participants are served as ever.
    slowest = 0.0
    while any(each.is_alive() for each in threads):
        asked = time.monotonic()
        requests.get(f"{closed.url}/room/open", timeout=10)
        slowest = max(slowest, time.monotonic() - asked)
    took = time.monotonic() - began
    assert len(answers) == 12
    assert answers.count(429) >= 5  # no more than five wait at once
    assert took > 0.5 + 1 + 2 + 4
    assert slowest < 1.0


def test_the_rest_key_is_guessed_slowly_and_used_fast(closed):
    address = f"{closed.url}/api/sessions"

    def ask(key):
        began = time.monotonic()
        headers = {"otree-rest-key": key, "X-Forwarded-For": "198.51.100.30"}
        answer = requests.get(address, headers=headers, timeout=30)
        return answer.status_code, time.monotonic() - began

    assert [ask("wrong")[0] for _ in range(3)] == [403] * 3
    status, seconds = ask("wrong")
    assert status == 403
    assert seconds > 2.0
    status, seconds = ask(CLOSED["OTREE_REST_KEY"])
    assert status == 200
    assert seconds < 0.5
    assert "Wrong REST key from 198.51.100.30" in closed.output()
    assert requests.get(address, timeout=30).status_code == 403


def test_a_stranger_cannot_write_into_the_log(closed):
    before = len(closed.output())
    name = "x" * 100_000 + "\nINFO: all is well"
    login(closed, "y" * 100_000, username=name, **{"X-Forwarded-For": "z" * 5_000 + "%0a"})
    written = closed.output()[before:]
    assert len(written) < 3_000
    assert "all is well" not in written
    assert "yyyy" not in written
