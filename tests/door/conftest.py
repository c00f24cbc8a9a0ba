"""Servers that are closed, and what happens when one must not be started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.harness.server import free_port, link_project

PASSWORD = "correct horse battery"
CLOSED = {"OTREE_ADMIN_PASSWORD": PASSWORD, "OTREE_REST_KEY": "a key for programs"}
SECONDS = 60


def environment(**given):
    """The environment of a process that starts from nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTREE_", "DATABASE_URL"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path} | given


def run(folder, *command, said="", **given):
    """Run a command in a project's folder until it ends."""
    link_project(folder)
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**given),
        input=said,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def refusal(folder, *arguments, **given):
    """What `otree prodserver` says when it refuses to start: one sentence."""
    ended = run(folder, "otree", "prodserver", *arguments, **given)
    assert ended.returncode == 78, ended
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr.strip()


def set_password(folder, password=PASSWORD):
    ended = run(folder, sys.executable, "-m", "lab.door", said=password + "\n")
    assert ended.returncode == 0, ended
    return ended.stdout


def login(server, password, username="admin", **headers):
    """A browser that tried to log in; its answer says whether it worked."""
    browser = requests.Session()
    browser.headers.update(headers)
    page = browser.get(f"{server.url}/login", timeout=30)
    token = re.search(r'name="csrftoken" value="(\d+)"', page.text)[1]
    form = {"csrftoken": token, "username": username, "password": password}
    browser.answer = browser.post(f"{server.url}/login", form, allow_redirects=False, timeout=60)
    return browser


def is_in(browser, server):
    """Whether a browser sees the experimenter's pages."""
    answer = browser.get(f"{server.url}/sessions", allow_redirects=False, timeout=30)
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


@pytest.fixture
def folder(tmp_path):
    """The folder of a project of one's own."""
    link_project(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def port():
    return free_port()
