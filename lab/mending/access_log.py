"""Participants' codes and labels do not stand in the log of requests.

Gap: uvicorn writes the whole address of every request and socket, and with it participants' codes,
their labels and whatever a stranger writes into it, at any length. With a code one is that
participant.

oTree 6.0.15 with uvicorn 0.13.4: protocols/http/h11_impl.py:460 (five values a line),
protocols/websockets/websockets_impl.py:205 (two values a line).
Test: tests/door/test_access_log.py.
"""

from __future__ import annotations

import logging
import re

LONGEST = 200
MASK = "***"
# /p/CODE/…, /InitializeParticipant/CODE, /panel/CODE, /api/participant_vars/CODE, and the like.
CODES = re.compile(
    r"(/+(?:p|InitializeParticipant|OutOfRangeNotification|join|panel|stop|api/+participant\w*)/+)"
    r"[^/]+",
    re.IGNORECASE,
)


def install() -> None:
    masked = Masked()
    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).addFilter(masked)


def shown(path: str) -> str:
    """What of an address may stand in the log."""
    path = CODES.sub(rf"\g<1>{MASK}", path.partition("?")[0])
    path = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path[: LONGEST + 1])
    return path if len(path) <= LONGEST else path[:LONGEST] + "..."


class Masked(logging.Filter):
    """Shortens the addresses in the lines of requests and sockets."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            if record.name == "uvicorn.access" and len(record.args) == 5:
                client, method, path, version, status = record.args
                # Behind a proxy the address is what the browser said it is.
                record.args = (shown(str(client)), method, shown(str(path)), version, status)
            elif "WebSocket" in str(record.msg) and len(record.args) == 2:
                record.args = (record.args[0], shown(str(record.args[1])))
        return True
