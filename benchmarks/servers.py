"""The server as benchmarks need it: on SQLite or PostgreSQL, as durable as in a laboratory."""

from __future__ import annotations

import contextlib
import resource
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.harness import postgres
from tests.harness.load.scene import SECRETS
from tests.harness.server import Server, running

DATABASES = ("sqlite", "postgresql")
OPEN_FILES = 20_000


@contextlib.contextmanager
def serving(database: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server with a new database; ``environment`` also for PostgreSQL itself."""
    more = dict(environment or {})
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "project"
        url = None
        if database == "postgresql":
            part = stack.enter_context(postgres.running(durable=True, environment=more))
            url = part.new_database()
        yield stack.enter_context(
            running(folder, database_url=url, environment={**SECRETS, **more})
        )


def allow_many_files() -> None:
    """Let this process and those that it starts have thousands of sockets open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def verdict(failures: list[str]) -> int:
    """Say which targets were missed; the exit status."""
    for failure in failures:
        print("MISSED:", failure)
    if not failures:
        print("all targets met")
    return int(bool(failures))
