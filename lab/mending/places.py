"""Two people who come at the same moment get two places.

Gap: a shared link gives everyone the first place that is still free. Servers that share one
PostgreSQL would give the same place to both, so the session's row is locked until the choice is
stored.

oTree 6.0.15: views/participant.py:173 (get_participant_by_label), 183
(get_participant_by_cookies).
Test: tests/server/test_assignment.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otree.database import db
from otree.models import Session
from otree.views import participant as entrance

from lab.mending import put_around


def install() -> None:
    for name in ("get_participant_by_label", "get_participant_by_cookies"):
        put_around(entrance, name, _one_at_a_time)


def _one_at_a_time(choose: Callable[..., Any], session: Any, *arguments: Any) -> Any:
    db.query(Session.id).filter_by(id=session.id).with_for_update().one()
    return choose(session, *arguments)
