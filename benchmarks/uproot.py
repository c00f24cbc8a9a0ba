"""uproot-science 0.10 and its encryption example, to compare with; none of it is in here.

It is installed into an environment of its own in a cache folder. The example is fetched with
uproot's own command (``uproot examples``), unless a folder that holds it is named.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.harness.load.wire import Browser
from tests.harness.server import free_port

VERSION = "uproot-science==0.10.*"
EXAMPLE = "encryption_task"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "coproduction-benchmarks"
INSTALL_SECONDS, FETCH_SECONDS, START_SECONDS = 600, 60, 30

PROJECT = """
import uproot.deployment as upd
from uproot.cli import cli
from uproot.rooms import room
from uproot.server import load_config, uproot_server

load_config(uproot_server, config="encryption", apps=["encryption_task"])
upd.ADMINS["admin"] = "only for this benchmark"
upd.DEFAULT_ROOMS.append(room("lab", config="encryption", open=True))

if __name__ == "__main__":
    cli()
"""


@dataclass(frozen=True)
class Uproot:
    port: int
    pid: int


@contextlib.contextmanager
def serving(folder: Path, example: Path | None = None) -> Iterator[Uproot | None]:
    """A server of the example, with its own default database; None: it cannot be had."""
    program = _installed()
    example = example or _example(program)
    if program is None or example is None:
        yield None
        return
    folder.mkdir()
    (folder / "main.py").write_text(PROJECT)
    shutil.copytree(example, folder / EXAMPLE)
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, "run", "--port", str(port)], cwd=folder, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + START_SECONDS
        while "Application startup complete" not in (folder / "log").read_text():
            if process.poll() is not None or time.monotonic() > until:
                yield None
                return
            time.sleep(0.1)
        yield Uproot(port, process.pid)
    finally:
        process.kill()
        process.wait()


def _installed() -> Path | None:
    home = CACHE / "uproot"
    program = home / "bin" / "uproot"
    if program.exists():
        return program
    pip = [home / "bin" / "python", "-m", "pip", "install", "--quiet", VERSION]
    try:
        subprocess.run([sys.executable, "-m", "venv", home], check=True, timeout=INSTALL_SECONDS)
        subprocess.run(pip, check=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"uproot cannot be installed: {error}", file=sys.stderr)
    return program if program.exists() else None


def _example(program: Path | None) -> Path | None:
    """The example, fetched once into the cache by uproot's own command."""
    kept = CACHE / EXAMPLE
    if program and not kept.exists():
        work = CACHE / "fetching"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        (work / "main.py").write_text(PROJECT.replace('apps=["encryption_task"]', "apps=[]"))
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                [program, "examples"], cwd=work, timeout=FETCH_SECONDS, capture_output=True
            )
        for archive in work.rglob("*.zip"):
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(work)
        for found in work.rglob(EXAMPLE):
            if found.is_dir():
                shutil.copytree(found, kept, dirs_exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
    return kept if kept.exists() else None


async def tasks(port: int, size: int) -> list[Callable[[], Awaitable[None]]]:
    """Turns of people at the example: each answers a puzzle and gets the next one."""
    return [await _task(port) for _ in range(size)]


async def _task(port: int) -> Callable[[], Awaitable[None]]:
    browser = Browser(port)
    page = await browser.post("/room/lab/", {})
    _, _, session, player, _ = page.path.split("/")
    found = re.search(r'"key":"([^"]+)"', page.text)
    assert found
    form = {"_uproot_csrf": f"{session}+{player}+{found[1]}", "_uproot_from": "-1"}
    page = await browser.post(page.path, form)
    assert "encrypt" in page.text
    socket = await browser.socket(f"/ws/{session}/{player}/")
    browser.close()
    number = 0

    async def invoke(name: str, *arguments: str) -> dict[str, str]:
        nonlocal number
        number += 1
        payload = {"mname": name, "args": list(arguments), "kwargs": {}}
        socket.send_json({"endpoint": "invoke", "payload": payload, "future": number})
        while True:
            reply = await socket.receive_json()
            if reply.get("kind") == "invoke" and reply["payload"].get("future") == number:
                assert not reply["payload"].get("error"), reply
                return reply["payload"]["data"]

    puzzle = await invoke("get_puzzle")

    async def turn() -> None:
        nonlocal puzzle
        letters = puzzle["table_letters_1"] + puzzle["table_letters_2"]
        digits = puzzle["table_digits_1"] + puzzle["table_digits_2"]
        key = dict(zip(letters, digits, strict=True))
        answer = "".join(key[letter] for letter in puzzle["puzzle"])
        assert (await invoke("submit_answer", answer))["correct"]
        puzzle = await invoke("get_puzzle")

    return turn
