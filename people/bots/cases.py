"""The named cases: simulated people who are fixed in what their case is about.

Where a case says nothing, they are as different from one another as `people.person` makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from people.person import CardTry, Person
from study.step import snake

GARBAGE = ("0", "=1+1", "x" * 200, "½", "<b>1</b>", "\u202e\U0001f600", "'; --", "null")


class Diligent(Person):
    """Does everything that is asked for, to the end, without a mistake."""

    tries_to_cheat = False
    # The connection fails at the end of the last round: the last answers come after the deadline.
    is_late = True

    no_show = refusal = attrition = outside = 0.0

    def agrees(self, what: str, share: float) -> bool:
        return True

    def comprehension(self, solutions: Sequence[str], options: Sequence[str]) -> list[list[str]]:
        return [list(solutions)]

    def stops_early(self, name: str, seconds: float) -> float | None:
        return None

    def work(self, *args: Any, **options: Any) -> list[CardTry]:
        return [replace(card, correct=True) for card in super().work(*args, **options)]


class Idle(Diligent):
    """Sits through the timed rounds without an answer, and never stops."""

    def work(self, name: str, seconds: float | None, *args: Any, **options: Any) -> list[CardTry]:
        return super().work(name, seconds, *args, **options) if seconds is None else []


class StopsEarly(Diligent):
    """Leaves every round that may be left before its end."""

    def stops_early(self, name: str, seconds: float) -> float | None:
        return 0.4 * seconds


class RefusesConsent(Diligent):
    """Declines to take part."""

    refusal = 1.0


class DoesNotBelong(Diligent):
    """Is none of those whom the study is about."""

    outside = 1.0


class RefusesVoluntary(Diligent):
    """Does not want what is offered."""

    def agrees(self, what: str, share: float) -> bool:
        return False


class FailsComprehension(Diligent):
    """Chooses every wrong answer once before the right one."""

    def comprehension(self, solutions: Sequence[str], options: Sequence[str]) -> list[list[str]]:
        wrong = [[option for option in options if option != right] for right in solutions]
        attempts = [list(attempt) for attempt in zip(*wrong, strict=True)]
        # In the end only the last question is still wrong.
        return [*attempts, [*solutions[:-1], wrong[-1][0]], list(solutions)]


class Nonsense(Diligent):
    """Enters garbage, and tries on every page what no page may accept."""

    tries_to_cheat = True

    def work(self, *args: Any, **options: Any) -> list[CardTry]:
        return [replace(card, correct=False) for card in super().work(*args, **options)]

    def response(self, name: str, number: int, solution: str, correct: bool) -> str:
        return GARBAGE[number % len(GARBAGE)]


class Simulated(Person):
    """Somebody who may refuse, leave, stop, mistype, and responds to the arm."""

    tries_to_cheat = False
    is_late = False


KINDS = (
    *(Diligent, Idle, StopsEarly, RefusesConsent, DoesNotBelong),
    *(RefusesVoluntary, FailsComprehension, Nonsense, Simulated),
)
CASES: dict[str, type[Person]] = {snake(kind.__name__): kind for kind in KINDS}
