"""Simulated people: how they differ, whatever they are asked.

They test the platform and the analysis: bots play them through the real pages, and
`analysis simulate` writes their exports. They differ as people do (in pace, errors, answer styles,
staying power) and respond to arms by the assumptions of their study (`<study>/people.py`). What
they do at a step is said by the step. Every number is an assumption for testing, no finding.

A `Person` is a pure function of ``(seed, number)``: whatever one asks of them, in whatever order
and however often, they answer the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from effort_task.tasks import TASKS
from people.assumptions import Latent, People
from study.step import Seat, Step
from study.study import Study

# Standard deviations of the latent scales, from which the spread of the outcomes follows.
PACE_SPREAD = 0.22  # of log seconds per card, between people
ROUND_SPREAD = 0.10  # of log seconds per card, between rounds of one person
CARD_SPREAD = 0.25  # of log seconds per card, between cards of one round
LEARNING = 0.02  # rounds after the first are this much faster
FATIGUE = 0.03  # the last card of a round is this much slower than the first
CORRECTION_RATE = 0.12  # so many answers have a sign that was typed and deleted again

# What one standard deviation of cards in a round is on the scale on which the arm acts. Measured
# on 20,000 simulated controls; a test holds that an effect of d moves the outcome by d.
CARDS_UNIT = 0.268

REMARKS = (
    "Interesting, thank you.",
    "The codes got easier after a while.",
    "I would have liked to know more about the library.",
    "=) fun",
    "- none -",
    "Tutto chiaro, è stato piacevole.",
    'The word "catalogue" was new to me; otherwise fine, no problems.',
)


@dataclass(frozen=True)
class CardTry:
    """One card: how long it took, whether the answer was right, how often focus was lost.

    ``corrections`` are signs that were typed and deleted again.
    """

    seconds: float
    correct: bool
    focus_lost: int = 0
    corrections: int = 0

    def keys(self, response: str) -> int:
        """The key strokes that it took to enter ``response``."""
        return len(response) + 2 * self.corrections


@dataclass(frozen=True)
class Style:
    """How someone uses answer scales, whatever they are asked.

    ``shift`` moves every answer up or down, ``stretch`` away from the middle; ``straight`` gives
    one answer throughout, ``reversed`` reads the scale the wrong way round.
    """

    shift: float
    stretch: float
    straight: bool
    reversed: bool

    def answer(self, latent: float, low: int, high: int) -> int:
        """The point on the scale for a ``latent`` attitude (0: the middle; 1: a standard step)."""
        middle = (low + high) / 2
        unit = (high - low) / 5
        point = middle + unit * (self.shift + self.stretch * latent)
        if self.reversed:
            point = low + high - point
        return min(high, max(low, math.floor(point + 0.5)))


class Person:
    """The ``number``-th participant of ``seed``, who responds to arms as ``people`` do.

    ``no_show``, ``refusal``, ``attrition`` and ``outside`` are the chances that someone never
    comes, declines consent, leaves on the way, or is none of those whom the study is about.
    """

    no_show: ClassVar[float] = 0.03
    refusal: ClassVar[float] = 0.02
    attrition: ClassVar[float] = 0.04
    outside: ClassVar[float] = 0.045

    def __init__(self, seed: str | int, number: int, *, people: People | None = None) -> None:
        dice = random.Random(f"{seed}/{number}/traits")
        self.seed = str(seed)
        self.number = number
        self.people = people or People()
        self.pace = math.exp(dice.gauss(0, PACE_SPREAD))
        self.error_rate = min(0.5, 0.06 * math.exp(dice.gauss(0, 0.5)))
        self.stamina = dice.gauss(0, 1)
        self.service = dice.gauss(0, 1)
        self.style = Style(
            shift=dice.gauss(0, 0.25),
            stretch=math.exp(dice.gauss(0, 0.2)),
            straight=dice.random() < 0.02,
            reversed=dice.random() < 0.02,
        )

    def dice(self, *what: object) -> random.Random:
        """Chance, the same whenever one asks for the same."""
        return random.Random("/".join(map(str, (self.seed, self.number, *what))))

    # ------------------------------------------------------------------ coming and going

    def shows_up(self) -> bool:
        return self.dice("shows_up").random() >= self.no_show

    def consents(self) -> bool:
        return self.dice("consents").random() >= self.refusal

    def belongs(self) -> bool:
        """Whether they are one of those whom a study is about, as all but a few are."""
        return self.dice("belongs").random() >= self.outside

    def leaves_at(self, study: Study) -> str | None:
        """The step at which they close the browser; None: they stay to the end."""
        dice = self.dice("leaves_at")
        if dice.random() >= self.attrition:
            return None
        return str(dice.choice([s.name for s in study.path[1:] if s.page and s.counted]))

    def leaves(self, step: Step, seat: Seat) -> bool:
        """Whether they leave on the page of a step without a word, or in the middle of a round."""
        return step.name == self.leaves_at(seat.study)

    # -------------------------------------------------------------------------- answering

    def chance(self, what: str, share: float) -> bool:
        """Whether something happens that happens to ``share`` of people."""
        return self.dice(what).random() < share

    def agrees(self, what: str, share: float) -> bool:
        """Whether they accept what ``share`` of people like them accept."""
        return self.chance(what, share)

    def picks(self, what: str, shares: Mapping[str, float]) -> str:
        """One of several answers, each as likely as its share says."""
        return self.dice(what).choices(list(shares), list(shares.values()))[0]

    def attitudes(
        self,
        what: str,
        items: int,
        mean: float = 0.0,
        trait: float = 0.0,
        loading: float = 0.6,
        *,
        effect: float = 0.0,
        scale: str = "",
    ) -> list[float]:
        """Latent answers to the items of a scale, correlated through ``trait`` by ``loading``.

        What the study's people assume of ``scale`` (empty: ``what``) takes the place of
        ``mean`` and ``loading``; the ``effect`` of the arm is added to it.
        """
        dice = self.dice(what)
        assumed = self.people.latents.get(scale or what, Latent(mean))
        loading = loading if assumed.loading is None else assumed.loading
        noise = math.sqrt(1 - loading**2)
        shared = assumed.mean + assumed.spread * (loading * trait + effect)
        if self.style.straight:
            return [shared] * items
        return [shared + assumed.spread * noise * dice.gauss(0, 1) for _ in range(items)]

    def on_scale(self, latent: Sequence[float], low: int, high: int) -> list[int]:
        """Latent answers as points of a scale, in the person's own style."""
        return [self.style.answer(each, low, high) for each in latent]

    def effect(self, outcome: str, seat: Seat) -> float:
        """What the arm does to ``outcome``, in standard deviations; 0 before assignment."""
        return self.people.effect(outcome, seat)

    def reopens(self, step: str) -> int:
        """How often they open a text again on the page of ``step`` that they read before."""
        return self.dice("reopens", step).choices((0, 1, 2), (0.88, 0.1, 0.02))[0]

    def remark(self, what: str) -> str:
        """A free comment; most leave none."""
        dice = self.dice(what)
        return dice.choice(REMARKS) if dice.random() < 0.15 else ""

    def comprehension(self, solutions: Sequence[str], options: Sequence[str]) -> list[list[str]]:
        """Their attempts at questions that must all be right, the last one all correct."""
        dice = self.dice("comprehension")
        wrong = {i for i in range(len(solutions)) if dice.random() < 0.12}
        attempts: list[list[str]] = []
        while wrong:
            attempt = [
                dice.choice([o for o in options if o != solution]) if i in wrong else solution
                for i, solution in enumerate(solutions)
            ]
            # Nobody sends again what was just explained to be wrong.
            attempts += [attempt] if attempt not in attempts[-1:] else []
            wrong = {i for i in wrong if dice.random() < 0.25}
        return [*attempts, list(solutions)]

    def reads(self) -> tuple[float, float]:
        """Seconds for which a message is in view, and open but out of view."""
        dice = self.dice("reads")
        seconds = 45 * self.pace * math.exp(dice.gauss(0, 0.35))
        hidden = dice.expovariate(1 / 20) if dice.random() < 0.05 else 0.0
        return round(seconds, 1), round(hidden, 1)

    # ------------------------------------------------------------------------------ cards

    def stops_early(self, name: str, seconds: float) -> float | None:
        """How many seconds into the round they choose to stop; None: they work to the end."""
        dice = self.dice("stops", name)
        inclination = self.people.stops.get(name, -3.2) - 0.6 * self.stamina
        if dice.random() >= 1 / (1 + math.exp(-inclination)):
            return None
        return seconds * dice.triangular(0.35, 0.98, 0.8)

    def work(
        self,
        name: str,
        seconds: float | None,
        seat: Seat,
        *,
        items: int | None = None,
        stop: float | None = None,
    ) -> list[CardTry]:
        """The cards they answer in a round of ``seconds`` (or the first ``items`` of them).

        Cards follow each other without a gap; the last one is answered before the deadline, or
        before they ``stop``.
        """
        end = math.inf if seconds is None else seconds if stop is None else stop
        dice, fingers = self.dice("work", name), self.dice("keys", name)
        task = TASKS[seat.config["task"]]
        pace = task.usual_seconds * self._pace_in(name, seconds is None, seat, dice)
        cards: list[CardTry] = []
        clock = 0.0
        while items is None or len(cards) < items:
            tired = 1 + FATIGUE * (clock / seconds if seconds else 0)
            took = max(0.4, pace * tired * math.exp(dice.gauss(0, CARD_SPREAD)))
            correct = dice.random() >= self.error_rate
            focus_lost = int(dice.random() < 0.01)
            if clock + took >= end:
                break
            clock += took
            corrections = int(fingers.random() < CORRECTION_RATE) + int(fingers.random() < 0.02)
            cards.append(CardTry(round(took, 3), correct, focus_lost, corrections))
        return cards

    def _pace_in(self, name: str, untimed: bool, seat: Seat, dice: random.Random) -> float:
        """Seconds per card in this round, relative to an average person's first timed round."""
        learned = 1.3 if untimed else 1.0 if seat.arm is None else 1 - LEARNING
        day = math.exp(dice.gauss(0, ROUND_SPREAD))
        return self.pace * learned * day / max(0.1, 1 + CARDS_UNIT * self.effect(name, seat))

    def response(self, name: str, number: int, solution: str, correct: bool) -> str:
        """What they enter for card ``number`` of a round: the solution, or a typo."""
        return solution if correct else mistype(solution, self.dice("typo", name, number))


def mistype(solution: str, dice: random.Random) -> str:
    """``solution`` with a plausible typing error; never the same, also when case is ignored."""
    if solution.isdecimal() and len(solution) <= 3 and int(solution) > 0:
        return str(int(solution) + dice.choice([-1, 1]))
    swaps = [
        i
        for i in range(len(solution) - 1)
        if solution[i : i + 2].isalnum() and solution[i].lower() != solution[i + 1].lower()
    ]
    if swaps and dice.random() < 0.5:
        i = dice.choice(swaps)
        return solution[:i] + solution[i + 1] + solution[i] + solution[i + 2 :]
    places = [i for i, sign in enumerate(solution) if sign.isalnum()]
    if not places:
        return solution + "x"
    i = dice.choice(places)
    return solution[:i] + _neighbour(solution[i]) + solution[i + 1 :]


def _neighbour(sign: str) -> str:
    for row in ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"):
        if (at := row.find(sign.lower())) >= 0:
            other = row[at - 1] if at else row[1]
            return other.upper() if sign.isupper() else other
    return "x"
