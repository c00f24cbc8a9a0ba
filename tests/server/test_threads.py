"""A page is worked out by the thread that serves the sockets."""

import subprocess
import sys

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


def test_a_page_is_worked_out_where_the_sockets_are_served(tmp_path):
    link_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", WHERE],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split()[-1] == "True"
