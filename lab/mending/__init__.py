"""Gaps in oTree that would lose or spoil data, closed when the server starts; one place a file.

A file names the gap, the lines of oTree 6.0.15 it stands on, and the test that fails without it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

MENDINGS = (
    # The process and its database.
    "access_log",
    "database_version",
    "prodserver",
    "connection",
    "page_times",
    "lookups",
    # Requests and sockets; the lock first, which oTree's sockets take over when they are imported.
    "lock",
    "cookie",
    "channel_layer",
    "threads",
    "unfit_requests",
    "rest",
    "sockets",
    # Who comes in, and what the experimenter does.
    "places",
    "formulas",
    "fees",
    "advance",
    "experimenters_sockets",
    # Layers around the gate that comes with the lock, from the inside out.
    "origin",
    "login",
    "headers",
)


def install() -> None:
    """Close every gap; once."""
    for name in MENDINGS:
        import_module(f"lab.mending.{name}").install()


def put_around(owner: Any, name: str, ours: Callable[..., Any]) -> None:
    """Call ``ours`` wherever oTree calls ``name`` of ``owner``, with that before its arguments."""
    theirs = getattr(owner, name)

    @wraps(theirs)
    def instead(*given: Any, **options: Any) -> Any:
        return ours(theirs, *given, **options)

    setattr(owner, name, instead)
