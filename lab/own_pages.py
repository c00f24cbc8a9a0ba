"""Our page wherever oTree would show participants one that nobody designed.

Entrance and waiting page of a room and the page after the last one have templates, which
`_templates/otree/` replaces. A full session, an unknown address and an error have none: oTree
answers with bare text, which is exchanged on its way out. What experimenters see stays oTree's.

Nobody is known to be reading these pages, so the language is that of the session that the address
belongs to, else the browser's, else the one in `settings.py`.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qsl, urlencode

from otree import settings
from otree.database import db
from otree.models import Participant, Session
from otree.room import ROOM_DICT
from otree.templating import render
from otree.views import participant as otree_pages
from starlette.responses import RedirectResponse, Response

from lab import fields, wording
from lab.mending.layers import Layer
from lab.sessions import kept
from study import negotiation, words

logger = logging.getLogger("otree.own_pages")

LABEL = "participant_label"
ASKED_AGAIN = "label_unknown"

TEMPLATES = {
    "otree/RoomWelcomePage.html": "room",
    "otree/WaitPageGeneric.html": "wait",
    "otree/OutOfRangeNotification.html": "finished",
}

request_scope: ContextVar[Any] = ContextVar("request_scope")


def install() -> None:
    """Let oTree use our pages, in every process that serves participants."""
    otree_pages.render = _render
    otree_pages.no_participants_left_http_response = _full


# ------------------------------------------------------------------------------ language


def browser_language(scope: Any) -> str:
    """The language of ours that the browser likes best, else the laboratory's."""
    header = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    return negotiation.preferred(header, settings.LANGUAGE_CODE)


def session_language(scope: Any) -> str | None:
    """The language of the session (or of the participant) that the address belongs to."""
    asked = scope.get("path_params", {})
    session = None
    if "code" in asked:
        participant = db.query(Participant).filter_by(code=asked["code"]).one_or_none()
        if participant is not None:
            session = participant.session
            chosen = kept(participant).get("language")
            if chosen in words.languages():
                return str(chosen)
    elif "anonymous_code" in asked:
        query = db.query(Session).filter_by(_anonymous_code=asked["anonymous_code"])
        session = query.one_or_none()
    elif asked.get("room_name") in ROOM_DICT:
        session = ROOM_DICT[asked["room_name"]].get_session()
    language = session.config.get("language") if session is not None else None
    return language if language in words.languages() else None


# --------------------------------------------------------------------------------- pages


def page_context(page: str, language: str) -> dict[str, Any]:
    """What the shell of every page needs, for a page whose words are in `common.toml`."""
    common = words.to_html(words.shared(language, words.COMMON))
    return {
        "language": language,
        "dir": wording.direction(language),
        "larger_letters": False,
        "common": common,
        "words": common[page],
        "progress": None,
        "errors": [],
    }


def page(page: str, scope: Any, status: int) -> Response:
    """A page of `common.toml`, in the language of the session that the address belongs to."""
    scope["language"] = session_language(scope) or scope["language"]
    scope["own_page"] = True
    return _page(page, scope, status)


def _page(page: str, scope: Any, status: int) -> Response:
    response: Response = render("global/Notice.html", page_context(page, scope["language"]))
    response.status_code = status
    return response


def _render(template: str, context: dict[str, Any], **options: Any) -> Response:
    """In place of oTree's ``render``, for the templates of ours that need words."""
    if template in TEMPLATES:
        scope = request_scope.get()
        scope["language"] = session_language(scope) or scope["language"]
        context = context | page_context(TEMPLATES[template], scope["language"])
        if TEMPLATES[template] == "room":
            context |= _room(scope, context["language"])
    response: Response = render(template, context, **options)
    return response


def _full() -> Response:
    """In place of oTree's bare "Session is full."."""
    return page("full", request_scope.get(), 404)


def _room(scope: Any, language: str) -> dict[str, Any]:
    """The label that a room asks for, and what else stood in the address of the room."""
    given = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    label, again = given.pop(LABEL, ""), given.pop(ASKED_AGAIN, None)
    said = words.shared(language, words.COMMON)["room"]
    error = ""
    if again is not None:
        error = said["label_unknown"] if label else said["label_missing"]
    field = fields.line(
        LABEL, label=said["label"], hint=said["label_hint"], value=label, error=error
    )
    return {
        "field": field,
        "hidden": list(words.to_html(given).items()),
        "errors": [field] if error else [],
    }


# ------------------------------------------------------------------------------ answers


class OwnPages(Layer):
    """The layer around oTree, which exchanges bare answers to participants."""

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        scope["language"] = browser_language(scope)
        request_scope.set(scope)
        exchanged = False

        async def send_own(message: Any) -> None:
            nonlocal exchanged
            if message["type"] == "http.response.start":
                own = own_answer(scope, message["status"])
                if own is not None:
                    exchanged = True
                    await own(scope, receive, send)
            if not exchanged:
                await send(message)

        await self.app(scope, receive, send_own)


def own_answer(scope: Any, status: int) -> Response | None:
    """What to answer instead of a bare text, or None to leave the answer as it is."""
    if status not in (404, 500) or "own_page" in scope or not _is_for_participants(scope):
        return None
    try:
        if status == 500:
            return None if settings.DEBUG else _page("error", scope, status)
        if scope["method"] == "GET" and scope.get("path_params", {}).get("room_name") in ROOM_DICT:
            # The label is not one of the room's: ask again.
            given = parse_qsl(scope["query_string"].decode("latin-1"))
            kept = [(name, value) for name, value in given if name != "welcome_page_ok"]
            return RedirectResponse(f"?{urlencode([*kept, (ASKED_AGAIN, '1')])}", status_code=303)
        return _page("no_answers" if _names_nobody(scope) else "not_found", scope, status)
    except Exception:
        # A page about an error must not become one; oTree's bare answer remains.
        logger.exception("Our own page for status %s failed", status)
        return None


def _names_nobody(scope: Any) -> bool:
    """Whether the address is of a participant who does not exist, perhaps not any more."""
    asked = scope.get("path_params", {})
    code = asked.get("participant_code", asked.get("code"))
    return code is not None and db.query(Participant.id).filter_by(code=code).first() is None


def _is_for_participants(scope: Any) -> bool:
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return not scope["path"].startswith(("/api/", "/static/"))
    module = getattr(endpoint, "__module__", "")
    return module == otree_pages.__name__ or not module.startswith(("otree.", "starlette."))
