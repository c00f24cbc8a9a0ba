"""What every study has because it runs on this platform: its columns and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from study.columns import Column
from study.parameters import Parameter, one_of, some_of, switch, word

if TYPE_CHECKING:
    from study.study import Study

SEED_LENGTH = 64
MAX_FEE = 1000

RESERVED = (
    *("id", "session", "session_id", "participant", "participant_id", "subsession", "group"),
    *("subsession_id", "group_id", "role", "payoff", "round_number", "id_in_group"),
)
"""Columns of a player that are oTree's own."""


def before(study: Study) -> Iterator[Column]:
    yield Column("language", "string", "Language in which the participant read the pages.")


def after(study: Study) -> Iterator[Column]:
    yield Column(
        "advanced_from",
        "string",
        "Pages from which the experimenter moved the participant on, separated by commas. What "
        "they ask may be empty. Empty: none.",
        optional=True,
    )
    yield Column(
        "completed", "boolean", "1: reached the last page. Empty: did not.", optional=True
    )


def of_session(study: Study) -> Iterator[Column]:
    yield Column(
        "seed",
        "string",
        "Seed of the session, from which assignment list and task items can be recomputed.",
    )
    yield Column(
        "pilot",
        "boolean",
        "1: a pilot session; left out of the analysis.",
        since="2.0",
    )
    yield Column(
        "words",
        "string",
        "Fingerprint of all words that participants of the session may read, in every language. "
        "Sessions with different ones were not worded alike.",
        since="2.0",
    )
    yield Column(
        "removed_places",
        "string",
        "Places in the lists of arms whose participants were removed for good, as stratum:number, "
        "separated by commas. Empty: none.",
        since="2.0",
    )


def parameters(study: Study) -> Iterator[Parameter]:
    yield one_of(
        "language", study.languages[0], "language that participants read first", study.languages
    )


def last_parameters(study: Study) -> Iterator[Parameter]:
    if study.arms:
        yield some_of("arms", "arms in use; empty: all", study.names)
        yield one_of(
            "force_arm",
            "",
            "everyone gets this arm (previews); such data are marked and not analysed",
            ("", *study.names),
        )
    yield word(
        "seed",
        "seed of assignment and task; empty: drawn and stored when the session is created",
        SEED_LENGTH,
    )
    yield switch("pilot", "a pilot: the data are marked and not analysed")
