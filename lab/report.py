"""What the experimenter sees in the admin report of a session: progress, balance, samples."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lab.assignment import arms_in_use
from lab.experiment import sample_messages


def vars_for_admin_report(subsession: Any) -> dict[str, Any]:
    """Rows of the report, by arm; and which messages are still samples."""
    config = subsession.session.config
    players = subsession.get_players()
    arms = Counter(player.field_maybe_none("arm") for player in players)
    ended = Counter(
        player.field_maybe_none("arm")
        for player in players
        if player.field_maybe_none("effort_ended_at") is not None
    )
    started = sum(player.participant.visited for player in players)
    return {
        "rows": [
            {"arm": arm, "assigned": arms[arm], "worked": ended[arm]}
            for arm in arms_in_use(config)
        ],
        "places": len(players),
        "started": started,
        "assigned": sum(count for arm, count in arms.items() if arm is not None),
        "seed": config["seed"],
        "forced": config["force_arm"],
        "samples": sample_messages(subsession.session),
    }
