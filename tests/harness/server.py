"""The real server process, started as `make run` does, in a folder and database of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from tests.harness.database import Database
from tests.harness.live import LiveSocket

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerError(RuntimeError):
    """The server did not start or did not take a request."""


class Server:
    """One server process.

    folder: holds the project (links to it), the log and, with SQLite, the database.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "server.log"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("OTREE_")},
            "OTREE_PRODUCTION": "1",
            "DATABASE_URL": database_url or f"sqlite:///{folder / 'db.sqlite3'}",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **(environment or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return self.environment["DATABASE_URL"]

    @property
    def key(self) -> dict[str, str]:
        """The header that a server asks of programs, if it was given a key."""
        key = self.environment.get("OTREE_REST_KEY")
        return {"otree-rest-key": key} if key else {}

    @cached_property
    def database(self) -> Database:
        """What the server has stored, read behind its back."""
        return Database(self.database_url)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def command(self) -> list[str]:
        """What is typed to start it."""
        return ["otree", "prodserver", f"127.0.0.1:{self.port}"]

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.launch()
        self.wait_until_ready()

    def prepare(self) -> None:
        """Make the folder the project that is served."""
        link_project(self.folder)

    def launch(self) -> None:
        """Start the process."""
        self.prepare()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise ServerError(f"The server ended:\n{self.output()}")
            with contextlib.suppress(requests.ConnectionError):
                answer = requests.get(f"{self.url}/api/otree_version", timeout=5)
                if answer.status_code != 503:  # the supervisor's, while it starts the server
                    return
            time.sleep(0.1)
        raise ServerError(f"The server did not answer:\n{self.output()}")

    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """`kill -9` of the server and of whatever it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    stop = kill

    def create_session(self, config: str, participants: int = 6, **parameters: Any) -> Session:
        """A session as an experimenter creates it over the REST API."""
        response = self.try_session(config, participants, **parameters)
        if response.status_code != 200:
            raise ServerError(f"{response.status_code}: {response.text}")
        return Session(self, response.json())

    def try_session(
        self, config: str, participants: int = 6, **parameters: Any
    ) -> requests.Response:
        asked = {
            "session_config_name": config,
            "num_participants": participants,
            "modified_session_config_fields": parameters,
        }
        # Written by hand, because requests refuses to send NaN.
        return requests.post(
            f"{self.url}/api/sessions", data=json.dumps(asked), headers=self.key, timeout=120
        )

    def live_socket(self, path: str) -> LiveSocket:
        """A live socket at a path that a page names."""
        return LiveSocket(f"ws://127.0.0.1:{self.port}{path}")

    def export(self, kind: str = "wide", **query: str) -> str:
        """An export as the experimenter downloads it: wide, app or app_custom."""
        response = requests.get(
            f"{self.url}/api/export_{kind}", params=query, headers=self.key, timeout=120
        )
        response.raise_for_status()
        return response.content.decode("utf-8")


class Supervised(Server):
    """A server with the supervisor that `make run` starts."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.environment["PORT"] = str(self.port)

    def command(self) -> list[str]:
        return [sys.executable, "start.py"]

    def kill(self) -> None:
        """`kill -9` of the supervisor, and of what did not end with it."""
        left = self.processes()
        super().kill()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    stop = kill

    def processes(self) -> list[int]:
        """The supervisor and all processes that come from it."""
        return [self.pid, *children(self.pid)] if self.process is not None else []


class Session:
    """A session that exists on a server."""

    def __init__(self, server: Server, created: dict[str, str]) -> None:
        self.server = server
        self.code = created["code"]
        self.join_url = created["session_wide_url"]

    def start_url(self, participant: str) -> str:
        """The link with which one participant starts or comes back."""
        return f"{self.server.url}/InitializeParticipant/{participant}"

    @property
    def participants(self) -> list[str]:
        """The codes of its participants."""
        response = requests.get(
            f"{self.server.url}/api/sessions/{self.code}", headers=self.server.key, timeout=60
        )
        response.raise_for_status()
        return [each["code"] for each in response.json()["participants"]]


def children(pid: int) -> list[int]:
    """All processes that come from a process, as far as their parents live."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    found = [pid]
    for each in found:
        found += [int(p) for p, parent, state in rows if int(parent) == each and state[0] != "Z"]
    return found[1:]


def is_alive(pid: int) -> bool:
    """Whether a process still runs. One that ended and that nobody asked for does not."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()[:1] not in ("", "Z")


def link_project(folder: Path) -> None:
    """Make ``folder`` a project of its own that shares all files with this one."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in ROOT.iterdir():
        link = folder / path.name
        if path.name.startswith((".", "db.sqlite3")) or link.exists():
            continue
        link.symlink_to(path)


@contextlib.contextmanager
def running(folder: Path, kind: type[Server] = Server, **options: Any) -> Iterator[Any]:
    """A server for the length of a block."""
    server = kind(folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
