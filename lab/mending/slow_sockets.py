"""What the Monitor and the Data page ask over a socket is read by the helper process.

Gap: the first rows of the Monitor and whole exports are worked out on the event loop, with the
lock: everybody waits, and for the browser's reading too.

oTree 6.0.15: channels/consumers.py:573 (WSSessionMonitor), 718 (WSExportData).
Test: tests/server/test_helper.py.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from lab.helper import HELPER, process


def install() -> None:
    from otree.channels import consumers

    monitor, data = consumers.WSSessionMonitor, consumers.WSExportData
    monitor.lock = data.lock = nullcontext()
    monitor.post_connect = _first_rows
    data.on_receive = _export


async def _first_rows(self: Any, code: str) -> None:
    rows = await HELPER.ask(process.monitor_rows, code)
    await self.send_json({"rows": rows})


async def _export(self: Any, _: Any, content: Any) -> None:
    if not isinstance(content, dict):
        raise ValueError("an export is asked for by an object")
    for data in await HELPER.ask(process.export, content):
        await self.send_json(data)
