"""People, an experimenter and an oracle: what a server lives through, and what it lost.

wire.py          a browser over plain sockets: pages, cookies and WebSockets; lean, so that one
                 process can be thousands of people
figures.py       how long everybody waited
people.py        participants: they work on cards over the round's socket, or fill in pages, and
                 keep a record of all that the server said it had
experimenter.py  the experimenter: every button of the admin pages, pressed as the pages do
oracle.py        compares the record with the database behind the server's back, and with exports
scene.py         all of them at once on one server
panel.py         people whom a panel sends, everybody over one link
hostile.py       clients that would hold up everybody, if they could
trials.py        kills in the middle of things, and monitors that open all the time

They know what pages and admin pages send, and nothing of the project's functions: whatever is
wrong there cannot be wrong here in the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def play(scene: Coroutine[Any, Any, Any]) -> Any:
    """Play a scene in a thread of its own: the browser of other tests keeps a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scene).result()
