"""Secret key, level and password: made or set once, kept, and used at every later start."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys

import pytest
import requests

from lab import door
from tests.door.conftest import (
    PASSWORD,
    environment,
    is_in,
    login,
    refusal,
    run,
    set_password,
)
from tests.harness.server import Server, running

KEY = 'secret_key = "' + "k" * 64 + '"\n'


class OpenToOthers(Server):
    def command(self):
        return ["otree", "prodserver", f"0.0.0.0:{self.port}"]


def secrets(folder):
    return folder / ".secrets.toml"


def test_the_same_command_gives_the_same_closed_server(folder):
    set_password(folder)
    with running(folder, OpenToOthers) as server:
        assert not is_in(requests.Session(), server)
        browser = login(server, PASSWORD)
        assert is_in(browser, server)
        kept = secrets(folder).read_text()
        server.kill()
        server.start()
        assert is_in(browser, server), "logged out by a restart"
        assert not is_in(requests.Session(), server)
        assert secrets(folder).read_text() == kept
        assert stat.S_IMODE(secrets(folder).stat().st_mode) == 0o600
        assert PASSWORD not in server.output()


def test_what_the_environment_gives_once_is_kept(folder):
    given = {
        "OTREE_ADMIN_PASSWORD": PASSWORD,
        "OTREE_REST_KEY": "key",
        "OTREE_AUTH_LEVEL": "STUDY",
    }
    with running(folder, environment=given) as server:
        server.kill()
    with running(folder) as server:
        assert is_in(login(server, PASSWORD), server)
        address = f"{server.url}/api/sessions"
        assert requests.get(address, timeout=30).status_code == 403
        assert requests.get(address, headers={"otree-rest-key": "key"}, timeout=30).ok
    # What it gives later wins, and is kept too.
    with running(folder, environment={"OTREE_ADMIN_PASSWORD": "another one"}) as server:
        server.kill()
    assert 'admin_password = "another one"' in secrets(folder).read_text()
    assert 'rest_key = "key"' in secrets(folder).read_text()


def test_a_password_alone_closes_the_server(folder):
    with running(folder, environment={"OTREE_ADMIN_PASSWORD": PASSWORD}) as server:
        assert not is_in(requests.Session(), server)


def test_a_new_password_sends_experimenters_out_and_leaves_participants_where_they_are(folder):
    set_password(folder)
    key = {"OTREE_REST_KEY": "key"}
    with running(folder, environment=key) as server:
        session = server.create_session("info_source", 2)
        participant = requests.Session()
        first = participant.get(session.join_url, timeout=30).url
        browser = login(server, PASSWORD)
        server.kill()
        set_password(folder, "a wholly new one")
        server.start()
        assert not is_in(browser, server)
        assert is_in(login(server, "a wholly new one"), server)
        assert participant.get(session.join_url, timeout=30).url == first


# ----------------------------------------------------------------------- only a server makes it


@pytest.mark.parametrize(
    "command",
    [
        "import settings",
        "import analysis, settings",
        "from lab import demo; demo.start_otree()",
        "import sys; sys.argv = ['otree', 'test']; from otree.main import setup; setup()",
    ],
)
def test_who_only_imports_the_settings_makes_no_file(folder, command):
    ended = run(folder, sys.executable, "-c", command)
    assert ended.returncode == 0, ended.stderr
    assert not secrets(folder).exists()


def test_bots_and_demo_do_not_stumble_over_a_closed_door(folder):
    set_password(folder)
    asked = "import otree.settings as s; print(s.AUTH_LEVEL, repr(s.ADMIN_PASSWORD))"
    ended = run(folder, sys.executable, "-c", asked)
    assert ended.stdout.split() == ["None", "''"]


def test_a_first_start_makes_a_key_and_no_two_servers_have_the_same(tmp_path):
    keys = set()
    for name in "ab":
        with running(tmp_path / name):
            keys.add(secrets(tmp_path / name).read_text())
    assert len(keys) == 2
    assert all("secret_key" in key and "password =" not in key for key in keys)


# ----------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("address", ["0.0.0.0:{}", "{}", "192.0.2.7:{}", "my-host:{}", ":{}"])
def test_beyond_this_computer_nothing_starts_without_a_password(folder, port, address):
    said = refusal(folder, address.format(port))
    assert "python -m lab.door" in said
    assert "no password" in said
    assert not (folder / "db.sqlite3").exists()
    assert not secrets(folder).exists()


def test_without_an_address_it_is_every_address(folder):
    assert "0.0.0.0" in refusal(folder)


def test_a_level_without_a_password_is_not_enough(folder, port):
    assert "no password" in refusal(folder, f"0.0.0.0:{port}", OTREE_AUTH_LEVEL="STUDY")


def test_a_level_that_does_not_exist_is_refused(folder, port):
    said = refusal(folder, f"127.0.0.1:{port}", OTREE_AUTH_LEVEL="closed")
    assert said == "OTREE_AUTH_LEVEL is 'closed', but must be STUDY or DEMO."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "secret_key is missing"),
        (KEY + 'admin_password = "hunter2-hun', "broken"),
        (KEY + "admin_password = 7\n", "admin_password is not a text"),
        (KEY + 'admin_password = ""\n', "admin_password is not a text"),
        (KEY + 'auth_level = "open"\n', "auth_level is 'open'"),
        (KEY + 'pasword = "hunter2"\n', "it names 'pasword'"),
        (KEY + "\0", "broken"),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_broken_file_is_refused_and_not_overwritten(folder, port, text, why):
    raw = text.encode("utf-8", "surrogateescape")
    secrets(folder).write_bytes(raw)
    secrets(folder).chmod(0o600)
    said = refusal(folder, f"127.0.0.1:{port}")
    assert why in said
    assert ".secrets.toml" in said
    assert "hunter2" not in said
    assert secrets(folder).read_bytes() == raw


def test_a_file_that_others_can_read_is_refused(folder, port):
    set_password(folder)
    secrets(folder).chmod(0o644)
    said = refusal(folder, f"127.0.0.1:{port}")
    assert "chmod 600 .secrets.toml" in said


# -------------------------------------------------------------------------------- the command


def test_the_command_asks_twice_and_shows_nothing(folder):
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.door"],
        cwd=folder,
        env=environment(),
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
        preexec_fn=lambda: os.close(parent),
    )
    os.close(child)
    said = b""
    for prompt in (b"New password", b"again"):
        while prompt not in said:
            said += os.read(parent, 1024)
        os.write(parent, b"typed by hand\n")
    assert process.wait(30) == 0
    with_rest = said + os.read(parent, 4096)
    os.close(parent)
    assert b"typed by hand" not in with_rest
    assert 'admin_password = "typed by hand"' in secrets(folder).read_text()
    assert 'auth_level = "STUDY"' in secrets(folder).read_text()


@pytest.mark.parametrize("password", ["", "short", "with a\x07bell"])
def test_the_command_takes_no_bad_password(folder, password):
    ended = run(folder, sys.executable, "-m", "lab.door", said=password + "\n")
    assert ended.returncode == 2
    assert "nothing was changed" in ended.stderr
    assert not secrets(folder).exists()


def test_the_command_keeps_key_and_level(folder):
    secrets(folder).write_text(KEY + 'auth_level = "DEMO"\n')
    secrets(folder).chmod(0o600)
    set_password(folder, 'odd "quotes" \\ and ünïcode')
    text = secrets(folder).read_text("utf-8")
    assert KEY in text
    assert 'auth_level = "DEMO"' in text
    with running(folder) as server:
        assert is_in(login(server, 'odd "quotes" \\ and ünïcode'), server)


def test_addresses_that_only_this_computer_reaches():
    for address in ("127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"):
        assert door.is_loopback(address), address
    for address in ("0.0.0.0", "::", "", "10.0.0.1", "127.0.0.1.example.org", "lab-server"):
        assert not door.is_loopback(address), address
