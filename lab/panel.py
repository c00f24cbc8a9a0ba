"""An online panel, as the server sees it."""

from __future__ import annotations

import sys
from typing import Any

from otree.database import db

from lab.sessions import study_of


def quota_is_reached(session: Any) -> bool:
    """Whether as many people have completed the session as its quota wants."""
    quota = session.config.get("quota") or 0
    if not quota:
        return False
    Player = sys.modules[study_of(session.config).app].Player
    completed = db.query(Player.id).filter_by(session_id=session.id, completed=True)
    return bool(completed.count() >= quota)
