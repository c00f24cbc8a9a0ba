"""What the experimenter asks for over a socket holds up nobody, and is done whole or not at all.

Gap: the first rows of the Monitor, whole exports and deleting all chosen sessions in one statement
are worked out on the event loop, with the lock: everybody waits, and for the browser's reading
too. A session is created in a thread beside the lock, on the one connection that everybody uses,
in four commits: rows of others get lost, and sessions are cut off in the middle. The form's answer
goes to every browser that creates a session at the moment.

Now the helper process reads and creates; sessions are deleted one by one, between the pages of
those who are at work.

oTree 6.0.15: session.py:304, 318, 361, 439; channels/consumers.py:388 (create_session_in_thread),
560 (WSCreateSession.send_response_to_browser), 573 (WSSessionMonitor), 707 (WSDeleteSessions), 718
(WSExportData).
Test: tests/server/test_hard_times.py, tests/server/test_helper.py.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from otree.channels import consumers
from otree.database import session_scope
from otree.models import Participant, Session
from starlette.concurrency import run_in_threadpool

from lab.helper import HELPER, process
from lab.lock import LOCK, OPENING
from lab.mending import put_around
from lab.rounds import socket


def install() -> None:
    monitor, data = consumers.WSSessionMonitor, consumers.WSExportData
    monitor.lock = data.lock = nullcontext()
    monitor.post_connect = _first_rows
    data.on_receive = _export
    put_around(consumers.BaseCreateSession, "create_session_then_send_start_link", _create)
    form, demo = consumers.WSCreateSession, consumers.WSCreateDemoSession
    # To whoever asked, as on the demo page; not to a group.
    form.group_name = demo.group_name
    form.send_response_to_browser = demo.send_response_to_browser
    form.send_progress_message = demo.send_progress_message
    consumers.WSDeleteSessions.on_receive = _delete


async def _first_rows(self: Any, code: str) -> None:
    rows = await HELPER.ask(process.monitor_rows, code)
    await self.send_json({"rows": rows})


async def _export(self: Any, _: Any, content: Any) -> None:
    if not isinstance(content, dict):
        raise ValueError("an export is asked for by an object")
    for data in await HELPER.ask(process.export, content):
        await self.send_json(data)


async def _create(in_this_process: Any, self: Any, use_browser_bots: bool, **options: Any) -> None:
    if not HELPER.works:
        await in_this_process(self, use_browser_bots, **options)
        return
    from otree.asgi import reverse

    await self.send_progress_message("Creating the session")
    made = await HELPER.create(options)
    if made.error:
        said = f"Failed to create session: {made.error}"
        await self.send_response_to_browser({"error": said, "traceback": made.trace})
        return
    view = "MTurkCreateHIT" if made.is_mturk else "SessionStartLinks"
    await self.send_response_to_browser({"session_url": reverse(view, code=made.code)})


async def _delete(self: Any, _: Any, codes: Any) -> None:
    if not (isinstance(codes, list) and all(isinstance(code, str) for code in codes)):
        raise ValueError("sessions are deleted by a list of their codes")
    for code in codes:
        async with LOCK.at(OPENING):
            await run_in_threadpool(_delete_one, code)
    await self.send_json("ok")


def _delete_one(code: str) -> None:
    with session_scope():
        people = Participant.objects_filter(_session_code=code).with_entities(Participant.code)
        codes = [each for (each,) in people]
        Session.objects_filter(code=code).delete(synchronize_session=False)
    socket.gone(codes)
