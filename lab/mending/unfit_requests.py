"""A request that makes no sense to oTree gets a sentence and a line in the log, not a traceback.

Gap: oTree's own views trust what they are sent: a room that is unknown, a form without its fields,
a query with a word for a number, ``/logout`` without having logged in. Each raises somewhere else,
and fills the log with a traceback that a stranger may ask for as often as they like.

oTree 6.0.15: views/admin.py:680 (Logout), 441 (AdminReportForm), views/room.py:43, 63, 88,
views/participant.py:344 (AssignVisitorToRoom.post), views/mturk.py; middleware.py:55 is the place.
Test: tests/server/test_hostile_requests.py.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

from otree import middleware
from otree.common import AUTH_COOKIE_NAME
from otree.views import admin
from sqlalchemy.orm.exc import NoResultFound
from starlette.responses import PlainTextResponse, RedirectResponse

from lab.mending.access_log import shown
from lab.mending.layers import Layer

logger = logging.getLogger("otree.requests")

SENSELESS = (LookupError, ValueError, TypeError, AttributeError, AssertionError, NoResultFound)


def install() -> None:
    middleware.PerfMiddleware = Unfit
    admin.Logout.get = _logout


class Unfit(Layer):
    """Answers 400 where a view of oTree's own failed over what it was sent.

    Errors of the study's pages go on to where all errors go: they are ours, and need their lines.
    """

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        started = False

        async def sending(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except SENSELESS as error:
            module = getattr(scope.get("endpoint"), "__module__", "")
            if started or not module.startswith("otree.views"):
                raise
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.warning(
                "A request to %s does not fit: %s (%s:%s)",
                shown(scope["path"]),
                repr(error)[:120],
                place.filename.rpartition("site-packages/")[2],
                place.lineno,
            )
            status = 404 if isinstance(error, NoResultFound) else 400
            answer = PlainTextResponse("This request does not fit.", status_code=status)
            await answer(scope, receive, send)


def _logout(_: Any, request: Any) -> Any:
    request.session.pop(AUTH_COOKIE_NAME, None)
    return RedirectResponse(request.url_for("Login"), status_code=302)
