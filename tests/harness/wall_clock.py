"""A wall clock that can be set for one server, while it runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HOW_TO_GET_IT = (
    "A C compiler is needed to set a server's clock, on Linux. On Debian: apt-get install gcc"
)


def available() -> bool:
    return sys.platform == "linux" and shutil.which("gcc") is not None


class WallClock:
    """``environment`` is for the server; `set` lets its clock differ from the computer's."""

    def __init__(self, folder: Path) -> None:
        library, self._file = folder / "clock.so", folder / "clock"
        source = Path(__file__).with_name("clock.c")
        command = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True)
        self.set(0)
        self.environment = {"LD_PRELOAD": str(library), "WALL_CLOCK_FILE": str(self._file)}

    def set(self, seconds: int) -> None:
        """Let the clock be so many seconds ahead (or behind) from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds), "ascii")
        new.replace(self._file)
