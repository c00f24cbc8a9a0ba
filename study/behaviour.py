"""How simulated participants behave.

They test the platform and the analysis: bots play them through the real pages, and
`analysis simulate` writes their exports. They differ as people do (in pace, errors, answer
styles, staying power) and respond to the arms by `Effects`. Every number here is an assumption
for testing, none is a finding.

A `Person` is a pure function of ``(seed, number)``: whatever one asks of them, in whatever order
and however often, they answer the same.

    person = Person.draw("7f3a", 12)
    if person.consents():
        for card in person.work("baseline", seconds=120):
            ...
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from study.experiments import EXPERIMENTS, Experiment

STEPS = (
    "welcome",
    "practice",
    "comprehension",
    "psm",
    "baseline",
    "information",
    "willingness",
    "main",
    "voluntary",
    "checks",
    "questionnaire",
)
"""Where a participant can be, in order. Someone who leaves at a step does not finish it."""

OUTCOMES = ("willingness", "effort")

SECONDS_PER_CARD = {"encryption": 9.0, "counting_zeros": 18.0, "transcription": 12.0}

# Standard deviations of the latent scales, from which the spread of the outcomes follows.
PACE_SPREAD = 0.22  # of log seconds per card, between people
ROUND_SPREAD = 0.10  # of log seconds per card, between rounds of one person
CARD_SPREAD = 0.25  # of log seconds per card, between cards of one round
LEARNING = 0.02  # the main round is this much faster than the baseline round
FATIGUE = 0.03  # the last card of a round is this much slower than the first
CORRECTION_RATE = 0.12  # so many answers have a sign that was typed and deleted again

# What one standard deviation of an outcome is on the scale on which the arm acts. Measured on
# 20,000 simulated controls; a test holds that an effect of d moves the outcome by d.
WILLINGNESS_UNIT = 0.96
EFFORT_UNIT = 0.268

SOURCES = {"facts": "nobody", "organisation": "organisation", "beneficiary": "beneficiary"}

COMMENTS = (
    "Interesting, thank you.",
    "The codes got easier after a while.",
    "I would have liked to know more about the library.",
    "=) fun",
    "- none -",
    "Tutto chiaro, è stato piacevole.",
    'The word "catalogue" was new to me; otherwise fine, no problems.',
)


@dataclass(frozen=True)
class Effects:
    """How arms move the outcomes, in standard deviations of the outcome in the control arm.

    ``willingness`` and ``effort`` map arms to effects; an arm that is not named has none. In the
    2×2 experiment, ``reward_beneficiary`` is the sum of its two factors unless it is named.
    """

    willingness: Mapping[str, float] = field(default_factory=dict)
    effort: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, experiment: Experiment, effects: Mapping[str, float]) -> Effects:
        """Effects by arm (``beneficiary``: on both outcomes) or ``willingness.beneficiary``.

        Raises ``ValueError`` for an arm or outcome that the experiment does not have, or an
        effect that is not a finite number.
        """
        found: dict[str, dict[str, float]] = {outcome: {} for outcome in OUTCOMES}
        for name, size in effects.items():
            outcome, _, arm = name.rpartition(".")
            if outcome and outcome not in OUTCOMES:
                raise ValueError(
                    f"There is no outcome {outcome!r}. There is: {', '.join(OUTCOMES)}."
                )
            treatments = [each for each in experiment.arms if each != experiment.control]
            if arm not in treatments:
                raise ValueError(
                    f"{experiment.name} has no treatment arm {arm!r}. "
                    f"There is: {', '.join(treatments)}."
                )
            if not math.isfinite(size):
                raise ValueError(f"The effect of {name} is {size}, but must be a finite number.")
            # What is said of one outcome wins over what is said of both.
            for each in [outcome] if outcome else OUTCOMES:
                if outcome or f"{each}.{arm}" not in effects:
                    found[each][arm] = float(size)
        return cls(**found)

    def on(self, outcome: str, arm: str | None) -> float:
        """The effect of ``arm`` on ``outcome``, in standard deviations; 0 before assignment."""
        effects: Mapping[str, float] = getattr(self, outcome)
        if arm is None:
            return 0.0
        if arm in effects:
            return effects[arm]
        return sum(effects.get(factor, 0.0) for factor in _factors(arm))


def _factors(arm: str) -> list[str]:
    factors = [e.factors for e in EXPERIMENTS.values() if arm in e.arms]
    return [name for each in factors for name, arms in each.items() if arm in arms]


def _message(arm: str) -> str:
    return next(e.arms[arm].message for e in EXPERIMENTS.values() if arm in e.arms)


ASSUMED = Effects(
    willingness={"beneficiary": 0.4, "organisation": 0.1, "reward_beneficiary": 0.4},
    effort={"beneficiary": 0.1, "reward": 0.0, "reward_beneficiary": 0.4},
)
"""The effects that simulated participants have unless told otherwise: assumptions, no findings."""

NO_EFFECTS = Effects()


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
class Reading:
    """The treatment page: seconds in view, and seconds open but out of view."""

    seconds: float
    hidden_seconds: float


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


@dataclass(frozen=True)
class Person:
    """One simulated participant. Made by `Person.draw`."""

    seed: str
    number: int
    effects: Effects
    no_show: float
    refusal: float
    attrition: float
    pace: float
    error_rate: float
    stamina: float
    service: float
    style: Style

    @classmethod
    def draw(
        cls,
        seed: str | int,
        number: int,
        *,
        effects: Effects = ASSUMED,
        no_show: float = 0.03,
        refusal: float = 0.02,
        attrition: float = 0.04,
    ) -> Person:
        """The ``number``-th participant of ``seed``.

        ``no_show``, ``refusal`` and ``attrition`` are the chances that someone never comes,
        declines consent, or leaves on the way. For bots that must finish, set them to 0.
        """
        dice = random.Random(f"{seed}/{number}/traits")
        return cls(
            seed=str(seed),
            number=number,
            effects=effects,
            no_show=no_show,
            refusal=refusal,
            attrition=attrition,
            pace=math.exp(dice.gauss(0, PACE_SPREAD)),
            error_rate=min(0.5, 0.06 * math.exp(dice.gauss(0, 0.5))),
            stamina=dice.gauss(0, 1),
            service=dice.gauss(0, 1),
            style=Style(
                shift=dice.gauss(0, 0.25),
                stretch=math.exp(dice.gauss(0, 0.2)),
                straight=dice.random() < 0.02,
                reversed=dice.random() < 0.02,
            ),
        )

    def _dice(self, *what: object) -> random.Random:
        return random.Random("/".join(map(str, (self.seed, self.number, *what))))

    # ------------------------------------------------------------------ coming and going

    def shows_up(self) -> bool:
        return self._dice("shows_up").random() >= self.no_show

    def consents(self) -> bool:
        return self._dice("consents").random() >= self.refusal

    def leaves_at(self) -> str | None:
        """The step of `STEPS` at which they close the browser; None: they stay to the end."""
        dice = self._dice("leaves_at")
        if dice.random() >= self.attrition:
            return None
        return dice.choice(STEPS[1:])

    def reaches(self, step: str) -> bool:
        """Whether they come to ``step`` and finish it."""
        if not self.shows_up() or (step != "welcome" and not self.consents()):
            return False
        leaves_at = self.leaves_at()
        return leaves_at is None or STEPS.index(step) < STEPS.index(leaves_at)

    # ------------------------------------------------------------------ before treatment

    def comprehension(
        self, solutions: Sequence[str], options: Sequence[str] = ("a", "b", "c")
    ) -> list[list[str]]:
        """Their attempts at the comprehension questions, the last one all correct."""
        dice = self._dice("comprehension")
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

    def psm(self, items: int = 8) -> list[int]:
        """Public service motivation, 1 to 5."""
        return self._scale("psm", items, 1, 5, mean=0.6, trait=self.service, loading=0.75)

    def motivation(self, items: int = 4) -> list[int]:
        """Motivation before treatment, 1 to 7: the first half for the task, then for others."""
        half = items // 2
        task = self._scale("motivation_task", half, 1, 7, 0.3, self.stamina, 0.6)
        return task + self._scale("motivation_others", items - half, 1, 7, 0.6, self.service, 0.7)

    # ------------------------------------------------------------------ treatment, willingness

    def reads(self, arm: str) -> Reading:
        """How long they look at the information of ``arm``."""
        dice = self._dice("reads")
        seconds = 45 * self.pace * math.exp(dice.gauss(0, 0.35))
        hidden = dice.expovariate(1 / 20) if dice.random() < 0.05 else 0.0
        return Reading(round(seconds, 1), round(hidden, 1))

    def _goodwill(self, arm: str | None) -> float:
        """Latent willingness to co-produce: partly public service motivation, partly the arm."""
        own = self._dice("goodwill").gauss(0, 1)
        effect = WILLINGNESS_UNIT * self.effects.on("willingness", arm)
        return 0.45 * self.service + math.sqrt(1 - 0.45**2) * own + effect / 0.8

    def willingness(self, arm: str, items: int = 4) -> list[int]:
        """Willingness to co-produce, 1 to 7."""
        return self._scale("willingness", items, 1, 7, 0.15, self._goodwill(arm), 0.8)

    def hours_pledged(self, arm: str) -> int:
        """Hours a month, 0 to 40: many pledge none, a few pledge a lot."""
        dice = self._dice("hours")
        goodwill = self._goodwill(arm)
        if dice.random() < _chance(-0.6 - 0.8 * goodwill):
            return 0
        return min(40, max(1, round(math.exp(dice.gauss(1.2 + 0.2 * goodwill, 0.7)))))

    def accepts_voluntary(self, arm: str) -> bool:
        """Whether they agree to the unpaid round."""
        chance = _chance(-0.2 + 0.7 * self._goodwill(arm) + 0.3 * self.stamina)
        return self._dice("voluntary").random() < chance

    # ------------------------------------------------------------------ cards

    def stops_early(self, phase: str, seconds: float, arm: str | None = None) -> float | None:
        """How many seconds into the round they choose to stop; None: they work to the deadline.

        Only the main and the voluntary round can be stopped.
        """
        inclination = {"main": -3.2, "voluntary": -0.8}.get(phase)
        if inclination is None:
            return None
        dice = self._dice("stops", phase)
        if dice.random() >= _chance(inclination - 0.6 * self.stamina):
            return None
        return seconds * dice.triangular(0.35, 0.98, 0.8)

    def work(
        self,
        phase: str,
        seconds: float | None = None,
        arm: str | None = None,
        *,
        items: int | None = None,
        task: str = "encryption",
    ) -> list[CardTry]:
        """The cards they answer in a round of ``seconds`` (or the first ``items`` of them).

        Cards follow each other without a gap; the last one is answered before the deadline, or
        before they stop. ``phase`` is practice (which has no time limit, so needs ``items``),
        baseline, main or voluntary.
        """
        if seconds is None and items is None:
            raise ValueError("A round needs a length in seconds or a number of items.")
        end = math.inf if seconds is None else seconds
        if seconds is not None and (stop := self.stops_early(phase, seconds, arm)) is not None:
            end = stop
        dice, fingers = self._dice("work", phase), self._dice("keys", phase)
        pace = SECONDS_PER_CARD[task] * self._round_pace(phase, arm, dice)
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

    def _round_pace(self, phase: str, arm: str | None, dice: random.Random) -> float:
        """Seconds per card in this round, relative to an average person's baseline round."""
        learned = {"practice": 1.3, "baseline": 1.0}.get(phase, 1 - LEARNING)
        day = math.exp(dice.gauss(0, ROUND_SPREAD))
        effect = self.effects.on("effort", arm) if phase == "main" else 0.0
        return self.pace * learned * day / max(0.1, 1 + EFFORT_UNIT * effect)

    def response(self, phase: str, number: int, solution: str, correct: bool) -> str:
        """What they enter for card ``number`` of ``phase``: the solution, or a typo."""
        return solution if correct else mistype(solution, self._dice("typo", phase, number))

    # ------------------------------------------------------------------ closing

    def source_recalled(self, arm: str) -> str:
        """Who they think the information came from; most remember right."""
        dice = self._dice("recall")
        if dice.random() < 0.85:
            return SOURCES[_message(arm)]
        return dice.choice(["unsure", "unsure", *SOURCES.values()])

    def impact_perceived(self, arm: str, items: int = 3) -> list[int]:
        """Perceived impact of one's work, 1 to 7; higher after a beneficiary's message."""
        met = 0.3 if _message(arm) == "beneficiary" else 0.0
        return self._scale("impact", items, 1, 7, 0.4 + met, self.service, 0.6)

    def intrinsic(self, items: int = 4) -> list[int]:
        """Intrinsic motivation for the task, 1 to 7."""
        return self._scale("intrinsic", items, 1, 7, 0.0, self.stamina, 0.7)

    def prosocial(self, items: int = 4) -> list[int]:
        """Prosocial motivation for the task, 1 to 7."""
        return self._scale("prosocial", items, 1, 7, 0.5, self.service, 0.7)

    def age(self) -> int | None:
        """Years; None: does not say. Mostly students, as in a university laboratory."""
        dice = self._dice("age")
        if dice.random() < 0.02:
            return None
        return min(90, 18 + int(dice.expovariate(1 / 6)))

    def gender(self) -> str:
        return self._pick(
            "gender", {"woman": 0.53, "man": 0.43, "other": 0.02, "undisclosed": 0.02}
        )

    def education(self) -> str:
        return self._pick(
            "education",
            {
                "below_secondary": 0.02,
                "secondary": 0.48,
                "bachelor": 0.32,
                "master": 0.16,
                "undisclosed": 0.02,
            },
        )

    def income(self) -> str:
        return self._pick(
            "income",
            {
                "very_difficult": 0.06,
                "difficult": 0.17,
                "coping": 0.42,
                "comfortable": 0.30,
                "undisclosed": 0.05,
            },
        )

    def volunteered_before(self) -> bool:
        return self._dice("volunteered").random() < _chance(-0.7 + 0.5 * self.service)

    def comment(self) -> str:
        """A free comment, mostly empty; some begin like a spreadsheet formula."""
        dice = self._dice("comment")
        return dice.choice(COMMENTS) if dice.random() < 0.2 else ""

    # ------------------------------------------------------------------ tools

    def _pick(self, what: str, chances: Mapping[str, float]) -> str:
        return self._dice(what).choices(list(chances), list(chances.values()))[0]

    def _scale(
        self, what: str, items: int, low: int, high: int, mean: float, trait: float, loading: float
    ) -> list[int]:
        """Answers to the items of one scale, correlated through ``trait`` by ``loading``."""
        dice = self._dice(what)
        noise = math.sqrt(1 - loading**2)
        if self.style.straight:
            return [self.style.answer(mean + loading * trait, low, high)] * items
        return [
            self.style.answer(mean + loading * trait + noise * dice.gauss(0, 1), low, high)
            for _ in range(items)
        ]


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


def _chance(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
