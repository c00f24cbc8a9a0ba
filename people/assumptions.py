"""How the simulated people of a study respond to its arms: assumptions, no findings.

Each study's `people.py` declares one, as ``PEOPLE``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from study.finding import line_of, said
from study.problems import DesignError, did_you_mean, shown, unknown
from study.step import Seat
from study.study import Study

Effects = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Latent:
    """The attitude behind a question: its mean, by how much its spread is stretched, and how far
    the answers hang together (``loading``; None: as the question has it).
    """

    mean: float = 0.0
    spread: float = 1.0
    loading: float | None = None


@dataclass(frozen=True)
class People:
    """Effects of the arms by outcome, in standard deviations of the outcome in the control arm.

    An outcome is the name of a question or a round. An arm that is not named has no effect, unless
    it combines factors that have an arm of their own, or parts: then the sum of theirs. ``main``
    are the outcomes that move when an effect is given for an arm alone. ``stops`` says by round
    how many leave it early (a logit; -3.2 is 4 in 100). ``latents`` are the attitudes behind
    scales, where they are not those of the step. ``service`` is the correlation of the attitude
    behind willingness with that behind public service motivation; ``log_hours`` are mean, spread
    and pull of that attitude in log hours pledged. Unless told otherwise, ``seats`` is how many
    take part in a session, and ``session`` what its parameters are where they differ from the
    defaults.
    """

    effects: Effects = field(default_factory=dict)
    main: tuple[str, ...] = ()
    stops: Mapping[str, float] = field(default_factory=dict)
    latents: Mapping[str, Latent] = field(default_factory=dict)
    service: float = 0.45
    seats: int = 24
    session: Mapping[str, Any] = field(default_factory=dict)
    log_hours: tuple[float, float, float] = (1.2, 0.7, 0.2)

    def effect(self, outcome: str, seat: Seat) -> float:
        """The effect of somebody's arm on ``outcome``; 0 before assignment."""
        effects = self.effects.get(outcome, {})
        if seat.arm is None or not effects:
            return 0.0
        name = seat.arm.name
        if name in effects:
            return effects[name]
        made_of = [f.name for f in seat.study.factors if name in f.arms]
        return sum(effects.get(each, 0.0) for each in (*made_of, *seat.arm.parts.values()))

    def but(self, study: Study, effects: Mapping[str, float]) -> People:
        """These people with other effects on the main outcomes.

        ``effects`` by arm (``beneficiary``: on all of `main`) or by outcome and arm
        (``effort.reward``). Raises ``ValueError`` for an arm or outcome that the study does not
        have, or an effect that is not a finite number.
        """
        found: dict[str, dict[str, float]] = {outcome: {} for outcome in self.main}
        for name, size in effects.items():
            outcome, _, arm = name.rpartition(".")
            if outcome and outcome not in self.main:
                raise ValueError(unknown("outcome", outcome, self.main))
            treatments = treatments_of(study)
            if arm not in treatments:
                raise ValueError(
                    f"{study.name} has no treatment arm {arm!r}.{did_you_mean(arm, treatments)} "
                    f"There is: {', '.join(treatments)}."
                )
            if not math.isfinite(size):
                raise ValueError(f"The effect of {name} is {size}, but must be a finite number.")
            # What is said of one outcome wins over what is said of both.
            for each in [outcome] if outcome else self.main:
                if outcome or f"{each}.{arm}" not in effects:
                    found[each][arm] = float(size)
        return replace(self, effects={**self.effects, **found})


def treatments_of(study: Study) -> list[str]:
    """What an effect may be given for: all arms but the control, and all parts but the first."""
    parts = [part for factor in study.factors for part in list(factor.parts)[1:]]
    return [*study.names[1:], *parts]


def people_of(study: Study) -> People:
    """The people of a study. Raises `DesignError` for one that names what does not exist."""
    path = study.folder / "people.py"
    if not path.is_file():
        return People()
    try:
        people = getattr(import_module(f"{study.app}.people"), "PEOPLE", None)
    except Exception as error:
        raise DesignError(f"{line_of(error, path)}: {said(error)}") from None
    if not isinstance(people, People):
        raise DesignError(f"{shown(path)}: it must declare PEOPLE = People(...).")
    for problem in _problems(people, study):
        raise DesignError(f"{shown(path)}: {problem}")
    return people


def _problems(people: People, study: Study) -> Iterator[str]:
    """What the people of a study name that does not exist, or that responds to nothing."""
    behind = [step for step in study.path if step not in study.before_assignment()]
    asked = [part for step in behind for part in (step, *step.asks())]
    outcomes = [step.name for step in asked if step.responds]
    rounds = [step.name for step in study.path if getattr(step, "may_stop", False)]
    for name in (*people.effects, *people.main):
        if name not in outcomes and name in [step.name for step in asked]:
            yield f"{name} does not respond to the arm: its step needs responds = True."
        elif name not in outcomes:
            yield f"nothing responds as {name!r}. {unknown('outcome', name, outcomes)}"
    scales = [part.name for step in study.path for part in (step, *step.asks())]
    for name in people.latents:
        if name not in scales:
            yield unknown("question", name, scales)
    if not -1 <= people.service <= 1:
        yield f"service is {people.service}, but must be a correlation."
    for name in people.session:
        if name not in study.parameters:
            yield unknown("parameter", name, study.parameters)
    for name in people.stops:
        if name not in rounds:
            yield unknown("round that may be stopped", name, rounds)
    for outcome, effects in people.effects.items():
        if not isinstance(effects, Mapping):
            yield f"the effects on {outcome!r} must be given by arm, as {{arm: size}}."
            return
        for arm in effects:
            if arm not in (known := [*study.names, *treatments_of(study)]):
                yield unknown("arm", arm, known)
