"""What the REST API is sent is checked, and refused in a sentence.

Gap: a body that is no JSON, or no object, raises. A number of participants or a room that does not
exist breaks the creation of a session in the middle.

oTree 6.0.15: views/cbv.py:222 (BaseRESTView.dispatch), views/rest.py:115 (RESTSessions.post);
views/export.py:100 (ExportApp without an app), 113 (ExportAppCustom).
Test: tests/server/test_parameters.py, tests/server/test_hostile_requests.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from otree import settings
from otree.room import ROOM_DICT
from otree.session import CreateSessionInvalidArgs
from otree.views import cbv, export, rest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from lab.mending import put_around

MOST_PARTICIPANTS = 10_000


def install() -> None:
    cbv.BaseRESTView.dispatch = _dispatch
    put_around(rest, "create_session", _checking)
    for view in (export.ExportApp, export.ExportAppCustom):
        put_around(view, "get", _of_an_app)


async def _dispatch(self: Any) -> None:
    request = self.request = Request(self.scope, receive=self.receive)
    try:
        payload = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        payload = None
    if isinstance(payload, dict):
        self._payload = payload
        response = self.inner_dispatch(request)
    else:
        response = PlainTextResponse("The body must be a JSON object.", status_code=400)
    await response(self.scope, self.receive, self.send)


def _checking(create_session: Callable[..., Any], **options: Any) -> Any:
    checked(**options)
    return create_session(**options)


def checked(*, num_participants: Any = None, room_name: Any = None, **_: Any) -> None:
    """Refuse what would break the creation of a session in the middle."""
    is_count = isinstance(num_participants, int) and not isinstance(num_participants, bool)
    if not is_count or not 1 <= num_participants <= MOST_PARTICIPANTS:
        raise CreateSessionInvalidArgs(
            f"num_participants is {num_participants!r}, but must be a whole number from 1 to "
            f"{MOST_PARTICIPANTS}."
        )
    if room_name is not None and room_name not in ROOM_DICT:
        raise CreateSessionInvalidArgs(
            f"room_name is {room_name!r}, but must be one of {', '.join(ROOM_DICT)}."
        )


def _of_an_app(get: Callable[..., Any], view: Any, request: Any) -> Any:
    refused = cbv.validate_rest_key(request)
    if refused is not None:
        return refused
    app = request.query_params.get("app")
    if app not in settings.OTREE_APPS:
        names = ", ".join(settings.OTREE_APPS)
        return PlainTextResponse(f"app must be one of {names}.", status_code=400)
    function = request.query_params.get("function_name", "custom_export")
    if isinstance(view, export.ExportAppCustom):
        functions = sorted(export.export.get_custom_export_functions(app))
        if function not in functions:
            known = ", ".join(functions) or "nothing: this app has no custom export"
            return PlainTextResponse(f"function_name must be one of {known}.", status_code=400)
    return get(view, request)
