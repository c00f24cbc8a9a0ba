"""Starts the laboratory: what `make run` does, on any system.

``python start.py``, or ``HOST=0.0.0.0 PORT=8010 python start.py``. Makes the environment `.venv`
first, if this Python has no oTree.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).absolute().parent
ENVIRONMENT = HERE / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
INSTALLED = ENVIRONMENT / ".installed"
REQUIREMENTS = HERE / "requirements.txt"
# Relative, because pip takes what stands behind a space for another file.
BUILD = dict.fromkeys(("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"), "requirements-build.txt")


def main() -> int:
    os.chdir(HERE)
    if importlib.util.find_spec("otree") is None:
        if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
            INSTALLED.unlink(missing_ok=True)  # an installation that was broken off
        install()
        return again()
    from lab import supervisor

    port = os.environ.get("PORT") or "8000"
    if not (port.isdecimal() and 0 < int(port) < 65536):
        print(f"PORT is {port!r}, but must be a number from 1 to 65535.", file=sys.stderr)
        return 2
    return supervisor.run(os.environ.get("HOST") or "127.0.0.1", int(port))


def install() -> None:
    """Make the environment, as the Makefile does, unless it is there."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= REQUIREMENTS.stat().st_mtime:
        return
    print("Installing what the server needs into .venv; once, for some minutes.", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)]
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    subprocess.run(pip, check=True, env={**os.environ, **BUILD})
    INSTALLED.touch()


def again() -> int:
    """The same in the environment."""
    command = [str(PYTHON), str(HERE / "start.py")]
    if os.name == "posix":
        os.execv(command[0], command)
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
