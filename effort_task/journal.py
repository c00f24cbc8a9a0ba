"""What a browser may say about a round, checked before anything else sees it.

A message is a JSON object::

    {"round": "main",      the phase whose page is open
     "have": 60,           the highest card the page holds
     "acknowledged": 6,    the highest card the server has ever acknowledged to this page
     "answers": [          the journal: what was answered and is not stored, in order
        {"item": 7, "response": "471288",
         "shown_ms": 50210, "answered_ms": 57933,     since the round started
         "focus_lost": 0, "pasted": false,
         "keys": 7}]}                                 key strokes for this card

What stands in a message is the page's word for it. Nothing that counts rests on it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MAX_ANSWERS = 1000
"""A page holds few cards ahead. But it keeps what was acknowledged, and if a server was put back
to an older copy, it brings all that is missing there; with its last post in one message."""

MAX_RESPONSE = 200
MAX_ITEM = 100_000
MAX_MS = 1e9
MAX_EVENTS = 1_000_000


class Refused(ValueError):
    """A message that breaks the protocol. ``reason`` is one of a few fixed words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """One answered card, as the page tells it. Times in milliseconds since the round started."""

    item: int
    response: str
    shown_ms: float
    answered_ms: float
    focus_lost: int
    pasted: bool
    keys: int = 0


@dataclass(frozen=True)
class Message:
    """A well-formed message."""

    have: int
    answers: tuple[Answer, ...]
    acknowledged: int = 0


def read(message: object, *, phase: str) -> Message:
    """Check the shape of ``message``. Raises `Refused`."""
    if not isinstance(message, dict):
        raise Refused("not an object")
    if message.get("round") != phase:
        raise Refused("another round")
    answers = message.get("answers", [])
    if not isinstance(answers, list):
        raise Refused("answers are not a list")
    if len(answers) > MAX_ANSWERS:
        raise Refused("too many answers")
    return Message(
        have=_count(message.get("have", 0), MAX_ITEM),
        answers=tuple(_answer(answer) for answer in answers),
        acknowledged=_count(message.get("acknowledged", 0), MAX_ITEM),
    )


def _answer(answer: Any) -> Answer:
    if not isinstance(answer, dict):
        raise Refused("an answer is not an object")
    response = answer.get("response")
    if not isinstance(response, str):
        raise Refused("a response is not text")
    if len(response) > MAX_RESPONSE:
        raise Refused("a response is too long")
    if not response.strip():
        raise Refused("a response is empty")
    shown = _milliseconds(answer.get("shown_ms"))
    answered = _milliseconds(answer.get("answered_ms"))
    if answered < shown:
        raise Refused("answered before it was shown")
    pasted = answer.get("pasted", False)
    if not isinstance(pasted, bool):
        raise Refused("pasted is not true or false")
    return Answer(
        item=_count(answer.get("item"), MAX_ITEM),
        response=_storable(response),
        shown_ms=shown,
        answered_ms=answered,
        focus_lost=_count(answer.get("focus_lost", 0), MAX_EVENTS),
        pasted=pasted,
        keys=_count(answer.get("keys", 0), MAX_EVENTS),
    )


def _count(value: object, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise Refused("not a count")
    return value


def _milliseconds(value: object) -> float:
    # The range check also refuses NaN and whole numbers too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_MS:
        raise Refused("not a time")
    return float(value)


def _storable(text: str) -> str:
    """Without what a database refuses: NUL characters and halves of surrogate pairs."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
