"""Participants of the server's tests."""

from __future__ import annotations

import csv
import io
import re
from contextlib import ExitStack

import pytest
import requests

from study.finding import study_of
from tests.harness.participant import HttpParticipant

# Rounds that nobody has to sit out: tests move their clocks.
SHORT = dict(practice_items=1, baseline_seconds=30, task_seconds=600, voluntary_seconds=60)


def short(config):
    """The same for any study: what it has of them."""
    return {name: value for name, value in SHORT.items() if name in study_of(config).parameters}


def every_page(config):
    """The pages of whoever takes part, in order: all but those that end the study before."""
    study = study_of(config)
    return [step.page for step in study.path if step.page and step.counted]


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
    return study_of(config).app


def cells(row, app):
    """The columns of an app's player, by bare name."""
    prefix = f"{app}.1.player."
    return {k.removeprefix(prefix): v for k, v in row.items() if k.startswith(prefix)}


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
