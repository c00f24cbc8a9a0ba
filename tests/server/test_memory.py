"""The server keeps nothing of what is over, although Python looks for garbage rarely."""

import subprocess
import sys

from tests.harness.server import free_port, link_project

PAGES = """
import gc, weakref
from lab import memory

class Thing:
    pass

def cycle():
    thing = Thing()
    thing.itself = thing
    return weakref.ref(thing)

memory.take_charge()
older = cycle()
with memory.of_a_page():
    made = cycle()
print("page", made() is None)
print("older", older() is not None)
memory.at_work()
memory.clear_if_quiet()
print("busy", older() is not None)
memory._worked_at -= 10
memory._cleared_at -= 20
memory.clear_if_quiet()
print("quiet", older() is None)
"""

CONNECTIONS = """
import asyncio, gc, weakref
from otree import main
main.setup()
import requests, websockets
from lab.mending import prodserver

made = []
for kind in (prodserver.LeanSocket, prodserver.PatientHttp):
    def init(self, *args, _init=kind.__init__, **options):
        made.append(weakref.ref(self))
        _init(self, *args, **options)
    kind.__init__ = init

async def app(scope, receive, send):
    await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"well"})

async def serve():
    config = prodserver.QuietConfig(
        app, port=PORT, lifespan="off", log_config=None,
        ws=prodserver.LeanSocket, http=prodserver.PatientHttp,
    )
    config.load()
    server = prodserver.Server(config)
    server.install_signal_handlers = lambda: None
    running = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    gc.collect()
    gc.disable()
    for _ in range(5):
        async with websockets.connect(f"ws://127.0.0.1:{PORT}/") as socket:
            await socket.send("x")
        get = lambda: requests.get(f"http://127.0.0.1:{PORT}/", headers={"Connection": "close"})
        print((await asyncio.get_running_loop().run_in_executor(None, get)).text)
    # A socket's connection is let go when the time for a request over it would be up.
    await asyncio.sleep(prodserver.HEAD_SECONDS + 2)
    print("made", len(made), "left", sum(each() is not None for each in made))
    server.should_exit = True
    await running

prodserver.HEAD_SECONDS = 3
asyncio.run(serve())
"""


def run(tmp_path, script):
    link_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


def test_what_a_page_leaves_behind_is_cleared_and_the_rest_when_it_is_quiet(tmp_path):
    lines = run(tmp_path, PAGES)
    assert {"page True", "older True", "busy True", "quiet True"} <= set(lines)


def test_a_connection_that_is_over_goes_by_itself(tmp_path):
    lines = run(tmp_path, CONNECTIONS.replace("PORT", str(free_port())))
    assert lines.count("well") == 5
    made = next(line for line in lines if line.startswith("made"))
    assert made.split()[1] == "15"  # a socket comes over a connection for pages
    assert made.split()[3] == "0"
