"""A real PostgreSQL server of one's own, in a temporary folder and on a free port."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from tests.harness.database import Database
from tests.harness.server import free_port

DEBIAN = Path("/usr/lib/postgresql")
HOW_TO_GET_IT = (
    "PostgreSQL is not installed, so nothing is tested on it. "
    "On Debian: apt-get install postgresql"
)
START_SECONDS = 60


def programs() -> Path | None:
    """The folder that holds initdb and pg_ctl, of the newest version; None: not installed."""
    found = shutil.which("pg_ctl")
    if found and Path(found).with_name("initdb").exists():
        return Path(found).parent
    folders = [path.parent for path in DEBIAN.glob("*/bin/initdb")]
    return max(folders, key=lambda path: float(path.parent.name), default=None)


class Postgres:
    """One PostgreSQL server. Its data are thrown away when it stops.

    durable: whether it waits until the disk has what was committed, as a real one does.
    environment: what is added to its environment.
    """

    def __init__(
        self,
        programs: Path,
        durable: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.programs = programs
        self.durable = durable
        self.environment = {**os.environ, **(environment or {})}
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._numbers = count(1)

    def start(self) -> None:
        # PostgreSQL refuses to run as root.
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 "
            f"-c unix_socket_directories={self.folder} "
            f"-c fsync={'on' if self.durable else 'off'}"
        )
        log = self.folder / "log"
        self._run(
            "pg_ctl", "start", "-w", "-t", START_SECONDS, "-D", data, "-l", log, "-o", options
        )

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", self.folder / "data")
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"study{next(self._numbers)}"
        Database(self._url("postgres")).create(name)
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self.programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            as_postgres = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
            command = ["setpriv", *as_postgres, *command]
        output = self.folder.with_suffix(".output")
        with output.open("w+") as file:
            # Not a pipe: the server that pg_ctl starts would keep it open.
            done = subprocess.run(
                command,
                cwd="/",
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=120,
                check=False,
            )
            file.seek(0)
            said = file.read()
        output.unlink()
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}:\n{said}")


@contextlib.contextmanager
def running(**options: Any) -> Iterator[Postgres]:
    """A PostgreSQL server for the length of a block."""
    found = programs()
    assert found is not None, HOW_TO_GET_IT
    server = Postgres(found, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
