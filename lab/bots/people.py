"""The named cases: simulated people who are fixed in what their case is about.

Where a case says nothing, they are as different from one another as `study.behaviour` makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from study.behaviour import CardTry, Person

GARBAGE = ("0", "=1+1", "x" * 200, "½", "<b>1</b>", "\u202e\U0001f600", "'; --", "null")


class Diligent(Person):
    """Does everything that is asked for, to the end, without a mistake."""

    tries_to_cheat = False
    # The connection fails at the end of this round: the last answers come after the deadline.
    late_in = "voluntary"

    def consents(self) -> bool:
        return True

    def leaves_at(self) -> str | None:
        return None

    def shows_up(self) -> bool:
        return True

    def comprehension(
        self, solutions: Sequence[str], options: Sequence[str] = ("a", "b", "c")
    ) -> list[list[str]]:
        return [list(solutions)]

    def stops_early(self, phase: str, seconds: float, arm: str | None = None) -> float | None:
        return None

    def accepts_voluntary(self, arm: str) -> bool:
        return True

    def work(self, *args: Any, **options: Any) -> list[CardTry]:
        return [replace(card, correct=True) for card in super().work(*args, **options)]


class Idle(Diligent):
    """Sits through the timed rounds without an answer, and never stops."""

    def work(self, phase: str, *args: Any, **options: Any) -> list[CardTry]:
        return super().work(phase, *args, **options) if phase == "practice" else []


class StopsEarly(Diligent):
    """Leaves the main and the voluntary round before their end."""

    def stops_early(self, phase: str, seconds: float, arm: str | None = None) -> float | None:
        return 0.4 * seconds if phase in ("main", "voluntary") else None


class RefusesConsent(Diligent):
    """Declines to take part."""

    def consents(self) -> bool:
        return False


class RefusesVoluntary(Diligent):
    """Does not want to work without pay."""

    def accepts_voluntary(self, arm: str) -> bool:
        return False


class FailsComprehension(Diligent):
    """Chooses every wrong answer once before the right one."""

    def comprehension(
        self, solutions: Sequence[str], options: Sequence[str] = ("a", "b", "c")
    ) -> list[list[str]]:
        wrong = [[option for option in options if option != right] for right in solutions]
        attempts = [list(attempt) for attempt in zip(*wrong, strict=True)]
        # In the end only the last question is still wrong.
        return [*attempts, [*solutions[:-1], wrong[-1][0]], list(solutions)]


class Nonsense(Diligent):
    """Enters garbage, and tries on every page what no page may accept."""

    tries_to_cheat = True

    def work(self, *args: Any, **options: Any) -> list[CardTry]:
        return [replace(card, correct=False) for card in super().work(*args, **options)]

    def response(self, phase: str, number: int, solution: str, correct: bool) -> str:
        return GARBAGE[number % len(GARBAGE)]


class Simulated(Person):
    """Somebody of `study.behaviour`: may refuse, leave, stop, mistype, respond to the arm."""

    tries_to_cheat = False
    late_in = None


CASES: dict[str, type[Person]] = {
    "diligent": Diligent,
    "idle": Idle,
    "stops_early": StopsEarly,
    "refuses_consent": RefusesConsent,
    "refuses_voluntary": RefusesVoluntary,
    "fails_comprehension": FailsComprehension,
    "nonsense": Nonsense,
    "simulated": Simulated,
}
