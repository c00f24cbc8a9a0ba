"""A page is worked out by the thread that serves the sockets, and they wait for each other."""

import subprocess
import sys

import pytest

from tests.harness.server import link_project

WHERE = """
import asyncio, threading
from otree import main
main.setup()
from otree.views import abstract
from lab.mending import threads

threads.install()

async def page():
    return await abstract.run_in_threadpool(threading.current_thread)

print(asyncio.run(page()) is threading.main_thread())
"""

LOCKS = """
from otree import main
main.setup()
from otree.channels import consumers
from lab.lock import LOCK

print(consumers._OTreeAsyncJsonWebsocketConsumer.lock is consumers.lock2 is LOCK)
"""


@pytest.mark.parametrize("asked", [WHERE, LOCKS], ids=["thread", "lock"])
def test_sockets_are_served_in_the_thread_and_under_the_lock_of_pages(tmp_path, asked):
    link_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split()[-1] == "True"
