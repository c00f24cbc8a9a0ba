"""The columns that oTree itself writes, by their name without app and round."""

from __future__ import annotations

from study.columns import Column

_DECLARED = (
    ("participant.id_in_session", "integer", "Number of the participant in the session."),
    ("participant.code", "string", "Random name of the participant; the key of all tables."),
    ("participant.label", "string", "Label given by the laboratory, if any."),
    ("participant._is_bot", "boolean", "1: a simulated participant."),
    ("participant._index_in_pages", "integer", "Page the participant is on."),
    ("participant._max_page_index", "integer", "Number of pages."),
    ("participant._current_app_name", "string", "App the participant is in."),
    (
        "participant._current_page_name",
        "string",
        "Page the participant is on. The per-app and wide exports show where people left.",
    ),
    (
        "participant.time_started_utc",
        "string",
        "When the participant opened the first page (UTC).",
    ),
    (
        "participant.visited",
        "boolean",
        "1: opened the start link. 0: a place that nobody took.",
    ),
    ("participant.mturk_worker_id", "string", "Not used."),
    ("participant.mturk_assignment_id", "string", "Not used."),
    ("participant.payoff", "money", "oTree's payoff: earnings above the participation fee."),
    (
        "participant.language",
        "string",
        "Language in which the participant reads the pages (wide export only).",
    ),
    ("session.code", "string", "Random name of the session."),
    ("session.label", "string", "Label given by the laboratory, if any."),
    ("session.mturk_HITId", "string", "Not used."),
    ("session.mturk_HITGroupId", "string", "Not used."),
    ("session.comment", "text", "The experimenter's comment."),
    (
        "session.is_demo",
        "boolean",
        "1: created from the demo page; left out of the analysis.",
    ),
    ("session.config.name", "string", "Session config: the name of the study."),
    ("session.config.participation_fee", "money", "Fixed pay for taking part."),
    (
        "session.config.real_world_currency_per_point",
        "number",
        "Not used: amounts are money, not points.",
    ),
    ("player.id_in_group", "integer", "Not used: participants do not interact."),
    ("player.role", "string", "Not used."),
    ("group.id_in_subsession", "integer", "Not used: participants do not interact."),
    ("subsession.round_number", "integer", "Always 1."),
)

COLUMNS = {column.name: column for column in (Column(*each) for each in _DECLARED)}
