"""People whom an online panel sends: one link for all, and one try for each identifier.

A panel knows each of its people by an identifier, puts it into the address with which they come,
and wants it back in the address to which they return. It stands in a table of its own, apart from
the answers, and in no export, label or log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from otree.common import get_models_module
from otree.database import AnyModel, db
from otree.models import Participant, Session
from otree.views import participant as entrance
from sqlalchemy import Column, Float, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lab import clock, own_pages
from lab.sessions import config_of, study_in, study_of
from steps.ending import STATUS, has_panel
from study.parameters import IDENTIFIER
from study.study import Study

IDENTIFIER_NAME = "panel_identifier"
IDENTIFIERS = re.compile(r"[A-Za-z0-9._~-]{1,64}", re.ASCII)
"""What an identifier may be: it means itself in every address."""

RETURNS = {
    "completed": ("return_completed",),
    "declined": ("return_declined",),
    "withdrew": ("return_declined",),
    "screened_out": ("return_screened_out",),
    "quota_full": ("return_quota_full", "return_screened_out"),
}
"""The parameters that say where people return, by their status: the first that is not empty."""

LOOKING_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""Headers by which a browser says that nobody has opened the page yet."""


class Panelist(AnyModel):  # type: ignore[misc]
    """Somebody who came by a panel, in `lab_panelist`; goes with the participant.

    study: the name of its session config. identifier: empty once it was deleted. seen_at: when
    they first came, in Unix seconds.
    """

    __table_args__ = (UniqueConstraint("study", "identifier"),)

    study = Column(String(50), nullable=False)
    identifier = Column(String(64))
    participant_id = Column(
        Integer,
        ForeignKey("otree_participant.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    )
    seen_at = Column(Float, nullable=False)


class PanelRefusal(AnyModel):  # type: ignore[misc]
    """How often the link of a session was opened without one good identifier."""

    session_id = Column(
        Integer, ForeignKey("otree_session.id", ondelete="CASCADE"), nullable=False, unique=True
    )
    number = Column(Integer, nullable=False)


# ------------------------------------------------------------------------------------ coming


class PanelEntrance(HTTPEndpoint):  # type: ignore[misc]
    """The link that a panel gives to all of its people, each with their identifier behind it."""

    url_pattern = "/panel/{anonymous_code}"

    async def get(self, request: Request) -> Response:
        session = db.get_or_404(Session, _anonymous_code=request.path_params["anonymous_code"])
        study = study_in(session.config)
        if study is None or not has_panel(study):
            raise HTTPException(404)
        if request.method == "HEAD":
            return Response()
        if any(request.headers.get(name) for name in LOOKING_AHEAD):
            # Not a page: the browser asks again when somebody really comes.
            return Response(status_code=503)
        given = request.query_params.getlist(session.config[IDENTIFIER_NAME])
        if len(given) != 1 or not IDENTIFIERS.fullmatch(given[0]):
            _count_refusal(session)
            return own_pages.page("panel_incomplete", request.scope, 400)
        try:
            participant = _participant(study, session, given[0])
        except DBAPIError as error:
            # What the database says may quote the identifier, which is for no log.
            raise RuntimeError(f"{type(error.orig).__name__} in the panel's table") from None
        if participant is None:
            address = _filled(session.config, "quota_full", given[0])
            if address is not None:
                return RedirectResponse(address, status_code=303)
            return own_pages.page("panel_full", request.scope, 404)
        participant.initialize(None)
        return RedirectResponse(participant._url_i_should_be_on(), status_code=303)


class PanelStop(HTTPEndpoint):  # type: ignore[misc]
    """Leads whoever stops to the page on which they are, which lets them (`StudyPage.withdraw`).

    The page on which they pressed the button may be an older one, in another window.
    """

    url_pattern = "/stop/{participant_code}"

    async def post(self, request: Request) -> Response:
        participant = db.get_or_404(Participant, code=request.path_params["participant_code"])
        return RedirectResponse(participant._url_i_should_be_on(), status_code=307)


def _participant(study: Study, session: Any, identifier: str) -> Any:
    """The participant with this identifier, on the next free place if new; None: it is full."""
    if (known := _known(study, identifier)) is not None:
        return known
    participant = entrance.participant_or_none_if_exceeded(session, label=None)
    if participant is None:
        # Perhaps another server gave them the last place just now.
        return _known(study, identifier)
    panelist = Panelist(
        study=study.name,
        identifier=identifier,
        participant_id=participant.id,
        seen_at=clock.now(),
    )
    db.add(panelist)
    try:
        db._db.flush()
    except IntegrityError:
        # Another server was quicker with the same identifier.
        db.rollback()
        return _known(study, identifier)
    return participant


def _count_refusal(session: Any) -> None:
    # One after the other, also where two servers share a database.
    db.query(Session.id).filter_by(id=session.id).with_for_update().one()
    counted = db.query(PanelRefusal).filter_by(session_id=session.id)
    if not counted.update({"number": PanelRefusal.number + 1}):
        db.add(PanelRefusal(session_id=session.id, number=1))


def _known(study: Study, identifier: str) -> Any:
    query = db.query(Participant).join(Panelist, Panelist.participant_id == Participant.id)
    return query.filter(
        Panelist.study == study.name, Panelist.identifier == identifier
    ).one_or_none()


# --------------------------------------------------------------------------------- returning


def return_address(player: Any) -> str | None:
    """Where ``player`` returns to the panel; None: they did not come by one, or stay with us."""
    status = player.field_maybe_none(STATUS)
    query = db.query(Panelist.identifier).filter_by(participant_id=player.participant_id)
    identifier = query.scalar()
    if status is None or identifier is None:
        return None
    return _filled(config_of(player), status, identifier)


def _filled(config: Mapping[str, Any], status: str, identifier: str) -> str | None:
    """The return address for a status, with the identifier in its place; None: there is none."""
    address = next((config[name] for name in RETURNS[status] if config[name]), None)
    return address and address.replace(IDENTIFIER, quote(identifier, safe=""))


# ------------------------------------------------------------------- what the experimenter sees


def link(session: Any) -> str:
    """The address for the panel, as seen from the browser that asks; its end is the panel's."""
    scope = own_pages.request_scope.get(None)
    base = str(Request(scope).base_url) if scope else "/"
    path = PanelEntrance.url_pattern.format(anonymous_code=session._anonymous_code)
    return f"{base.rstrip('/')}{path}?{session.config[IDENTIFIER_NAME]}="


def link_is_here(session: Any) -> bool:
    """Whether the address is one that only this computer knows."""
    return urlsplit(link(session)).hostname in ("localhost", "127.0.0.1", "::1")


def quota_is_reached(session: Any) -> bool:
    """Whether as many as the session's parameter ``quota`` asks for have completed it by now."""
    quota = session.config.get("quota")
    if not quota:
        return False
    Player = get_models_module(study_of(session.config).app).Player
    completed = db.query(Player).filter_by(session_id=session.id, completed=True)
    return bool(completed.count() >= quota)


def statuses(session: Any, study: Study) -> dict[str | None, int]:
    """How many of those who came by the panel have which status; None: they have none (yet)."""
    Player = get_models_module(study.app).Player
    query = db.query(getattr(Player, STATUS)).filter_by(session_id=session.id)
    query = query.join(Panelist, Panelist.participant_id == Player.participant_id)
    found: dict[str | None, int] = {}
    for (status,) in query:
        found[status] = found.get(status, 0) + 1
    return found


def refusals(session: Any) -> int:
    """How often the link of ``session`` was opened without one good identifier."""
    query = db.query(PanelRefusal.number).filter_by(session_id=session.id)
    return query.scalar() or 0
