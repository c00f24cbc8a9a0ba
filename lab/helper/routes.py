"""Which pages of oTree's admin go to the helper process, by the name of their route.

They are slow, or grow with the number of participants, and change nothing (creating a session over
REST does, in a transaction of its own). Whatever is not named here is answered by the server
itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

SLOW = {
    # exports
    "ExportWide",
    "ExportApp",
    "ExportAppCustom",
    "ExportPageTimes",
    "ExportChat",
    "ExportWideLogin",
    "ExportPageTimesLogin",
    "ExportChatLogin",
    "ExportIndex",
    # one session
    "SessionData",
    "SessionDataAjax",
    "SessionMonitor",
    "SessionPayments",
    "SessionStartLinks",
    "SessionDescription",
    "SessionSplitScreen",
    "SessionDemoGridView",
    "AdminReport",
    "Preview",
    # lists
    "DemoIndex",
    "CreateDemoSession",
    "CreateSession",
    "RoomWithSession",
    "RoomWithoutSession",
    "Rooms",
    "ServerCheck",
    "RESTSessions",
    "Sessions",
    "RESTGetSessionInfo",
    "RESTGetSessionInfoLegacy",
}
ON_THEIR_OWN = {"AdvanceSession"}


def name_of(scope: Any) -> str | None:
    """The name of the route that would answer, if it is one of those above."""
    path = scope["path"]
    if path.startswith(("/p/", "/InitializeParticipant/", "/join/")):
        return None
    for name, matches in _routes():
        if matches(path):
            return name
    return None


@cache
def _routes() -> list[tuple[str, Any]]:
    from otree.urls import routes

    named = SLOW | ON_THEIR_OWN
    return [
        (route.name, route.path_regex.match)
        for route in routes
        if getattr(route, "name", None) in named and hasattr(route, "path_regex")
    ]
