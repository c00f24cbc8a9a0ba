"""The rhythm of a round: what tells a person at a keyboard from a machine.

Nobody is dropped or held up for a rhythm. It is measured, stored, and shown to those who judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean, median, quantiles
from typing import Protocol

from effort_task.tasks import Limits

SPREAD_FROM = 4
"""Quartiles of fewer answers say nothing."""

FEW = 5
"""In rounds of fewer answers neither median nor key strokes are remarked on."""

LEAST_SPREAD = 0.08
"""People need now more, now less time: the middle half of their times spans a quarter of the
median or more (`study.behaviour` gives 0.34). A program that always waits as long has 0."""

STEADY_FROM = 10
"""So many answers it takes: four that are alike by chance are nothing special."""

LOST_SHARE = 0.1
"""Without connection for more than this share of a round: worth a look at the cable."""


class Answered(Protocol):
    """What is needed of a stored answer: `effort_task.protocol.Row` has it."""

    @property
    def shown_at(self) -> float: ...
    @property
    def received_at(self) -> float: ...
    @property
    def response_ms(self) -> float: ...
    @property
    def keys(self) -> int: ...


def summary(rows: Iterable[Answered]) -> dict[str, float | int | None]:
    """The rhythm of the stored answers of a round, in their order; all None without answers.

    median_ms, shortest_ms: time per answer, from the card that appears to its answer. Cards follow
        each other at once, so this is also the time between answers.
    spread: interquartile range of these times divided by their median; None below `SPREAD_FROM`
        answers.
    keys: key strokes per answer, on average.
    """
    answers = list(rows)
    if not answers:
        return {"median_ms": None, "shortest_ms": None, "spread": None, "keys": None}
    times = _times(answers)
    middle = median(times)
    spread = None
    if len(times) >= SPREAD_FROM and middle > 0:
        low, _, high = quantiles(times, n=4, method="inclusive")
        spread = round((high - low) / middle, 3)
    return {
        "median_ms": round(middle),
        "shortest_ms": round(min(times)),
        "spread": spread,
        "keys": round(fmean(each.keys for each in answers), 2),
    }


def remarks(
    limits: Limits,
    *,
    stored: int,
    median_ms: float | None,
    shortest_ms: float | None,
    spread: float | None,
    keys: float | None,
    offline_seconds: float | None,
    seconds: float | None,
) -> list[str]:
    """What is unusual about a round: ``median``, ``shortest``, ``spread``, ``keys``, ``offline``.

    ``seconds`` is how long the round took. What was not measured is not remarked on.
    """
    found = {
        "median": stored >= FEW and _below(median_ms, 1000 * limits.median_seconds),
        "shortest": _below(shortest_ms, 1000 * limits.shortest_seconds),
        "spread": stored >= STEADY_FROM and _below(spread, LEAST_SPREAD),
        "keys": stored >= FEW and _below(keys, limits.keys),
        "offline": bool(seconds) and _below(LOST_SHARE * (seconds or 0), offline_seconds),
    }
    return [name for name, unusual in found.items() if unusual]


def _below(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and value < limit


def _times(answers: Sequence[Answered]) -> list[float]:
    """Milliseconds per answer: the page's word for it, within what the server's clock allows.

    A page may say what it likes about single answers, but together they cannot have taken longer
    than from the first card to the arrival of the last answer. If they claim to, all are shortened
    in proportion: who claims 3 seconds for each of 134 cards within 40 seconds took 0.3.
    """
    times = [float(each.response_ms) for each in answers]
    passed = 1000 * (max(each.received_at for each in answers) - answers[0].shown_at)
    claimed = sum(times)
    if claimed <= passed:
        return times
    return [each * max(0.0, passed) / claimed for each in times]
