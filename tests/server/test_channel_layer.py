"""Whoever tells browsers something goes on at once, however slow a browser is."""

import subprocess
import sys

from tests.harness.server import link_project

TALK = """
import asyncio, threading
from otree.channels import utils
from lab.mending import channel_layer

channel_layer.install()

class Browser:
    async def send(self, message):
        if message["type"] == "websocket.send":
            await asyncio.Event().wait()
    async def send_text(self, text):
        await self.send({"type": "websocket.send", "text": text})

async def main():
    channel_layer.server_loop(asyncio.get_running_loop())
    slow = Browser()
    slow.send = utils.wrap_websocket_send(slow.send)
    utils.channel_layer.add("monitor", slow)
    page = threading.Thread(target=utils.sync_group_send, kwargs=dict(group="monitor", data={}))
    page.daemon = True
    page.start()
    await asyncio.sleep(0.5)
    print("page", page.is_alive())
    await asyncio.wait_for(utils.group_send(group="monitor", data={}), 1)
    print("loop")

asyncio.run(main())
"""


def test_a_page_that_tells_a_monitor_which_does_not_read_goes_on_at_once(tmp_path):
    link_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", TALK],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["page", "False", "loop"]
