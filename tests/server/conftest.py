"""Participants of the server's tests."""

from __future__ import annotations

import csv
import io
import re
from contextlib import ExitStack

import pytest
import requests

from study.experiments import EXPERIMENTS
from tests.harness.participant import HttpParticipant

# Rounds that nobody has to sit out: tests move their clocks.
SHORT = dict(practice_items=1, baseline_seconds=30, task_seconds=600, voluntary_seconds=60)


@pytest.fixture
def join():
    """Somebody who joins a session; leaves at the end of the test."""
    with ExitStack() as leave:

        def join(session, code=None):
            url = session.start_url(code) if code else session.join_url
            participant = HttpParticipant(url, session.server.database)
            leave.callback(participant.close)
            return participant

        yield join


def press_in_admin(server, page, action=None, **fields):
    """Send the form of an admin page, some ``fields`` changed, as its button does."""
    with requests.Session() as admin:
        html = admin.get(f"{server.url}/{page}", timeout=60).text
        form = dict(re.findall(r'name="(\w+)"[^>]*?value="([^"]*)"', html)) | fields
        admin.post(f"{server.url}/{action or page}", form, timeout=60).raise_for_status()


def app_of(config):
    return EXPERIMENTS[config].app


def read_csv(text):
    """The rows of an export as dictionaries."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def wide(session):
    """The wide export of a session, by participant."""
    rows = read_csv(session.server.export("wide", session_code=session.code))
    rows = [row for row in rows if row["session.code"] == session.code]
    return {row["participant.code"]: row for row in rows}


def table(session, app, function="custom_export"):
    """A custom export of an app, of one session."""
    query = {"app": app, "function_name": function, "session_code": session.code}
    return read_csv(session.server.export("app_custom", **query))
