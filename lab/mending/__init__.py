"""Gaps in oTree that would lose or spoil data, closed when the server starts; one file for each.

A file names the gap, the lines of oTree 6.0.15 it stands on, and the test that fails without it.
"""

from __future__ import annotations

from importlib import import_module

MENDINGS = (
    # The process and its database.
    "access_log",
    "database_version",
    "prodserver",
    "connection",
    "page_times",
    "lookups",
    # Requests and sockets.
    "cookie",
    "channel_layer",
    "threads",
    "unfit_requests",
    "rest",
    "sockets",
    "round_socket",
    # Who comes in, and what the experimenter does.
    "places",
    "formulas",
    "fees",
    "advance",
    "creation",
    "deletion",
    "slow_sockets",
    # Layers around oTree's application, from the inside out.
    "lock",
    "origin",
    "login",
    "headers",
)


def install() -> None:
    """Close every gap; once."""
    for name in MENDINGS:
        import_module(f"lab.mending.{name}").install()
