"""Power of the planned claims, by simulating the design that will be run.

Each simulated experiment draws its arms in permuted blocks session by session, as the apps do,
loses some participants, and is analysed as planned: same fit, same claims, same families.
Effects and bounds are in standard deviations of the outcome within an arm; slopes are per standard
deviation of what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from analysis.errors import AnalysisError, unknown
from analysis.inference import claims, families
from analysis.inference.adjust import adjust
from analysis.inference.fit import Floats, Ints, Model, contrasts, fit
from analysis.planned.plan import Hypothesis, Plan, plans
from people.assumptions import treatments_of
from study import randomization

Bools = npt.NDArray[np.bool_]

BACKENDS = ("loky", "threading", "dask")
CHUNK_VALUES = 40_000
"""Simulated values per task: starting one costs nothing beside it, and all cores have some."""

LAW_DRAWS = 4_000
"""Draws of the joint law in each simulation: enough, since power averages over simulations."""


@dataclass(frozen=True)
class Design:
    """What is assumed about the experiment.

    ``n`` participants are assigned, in sessions of ``session_size``. Of the variance of the
    outcome within an arm, the share ``session_correlation`` lies between sessions, and the
    covariates of the plan together explain ``baseline_correlation`` squared. ``attrition`` is the
    share of the assigned whose outcome is missing, independently of anything else.
    """

    n: int
    session_size: int = 24
    session_correlation: float = 0.02
    baseline_correlation: float = 0.5
    attrition: float = 0.05

    @classmethod
    def of(cls, assumed: Mapping[str, float], **given: float | None) -> Design:
        """What is ``given``, or else what a plan assumes, or else the values above."""
        values: dict[str, Any] = {key: each for key, each in given.items() if each is not None}
        return cls(0, **{**assumed, **values})

    def check(self, arms: int) -> None:
        """Raises ``AnalysisError`` with the first value that cannot be simulated."""
        _require("n", self.n, self.n >= 4 * arms, f"at least {4 * arms} (4 per arm)")
        _require("session_size", self.session_size, self.session_size >= 1, "at least 1")
        for name in ("session_correlation", "attrition"):
            value = getattr(self, name)
            _require(name, value, 0 <= value < 1, "a share from 0 to below 1")
        correlation = self.baseline_correlation
        _require("baseline_correlation", correlation, abs(correlation) < 1, "between -1 and 1")
        explained = correlation**2 + self.session_correlation
        _require(
            "baseline_correlation² + session_correlation", explained, explained < 1, "below 1"
        )


def _require(name: str, value: float, fits: bool, allowed: str) -> None:
    if not fits:
        raise AnalysisError(f"{name} is {value:g}, but must be {allowed}.")


def power(
    experiment: str,
    effects: Mapping[str, float],
    n: int | Sequence[int],
    *,
    session_size: int | None = None,
    session_correlation: float | None = None,
    baseline_correlation: float | None = None,
    attrition: float | None = None,
    simulations: int = 2_000,
    plan: Plan | None = None,
    seed: int | None = None,
    jobs: int = -1,
    backend: str = "loky",
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Power and minimum detectable effect of every hypothesis of an experiment.

    Parameters
    ----------
    experiment : the name of a study.
    effects : arm → effect against the control arm, in standard deviations; arms not named have
        none. Where arms combine factors, an effect is the sum of those of its factors' own arms,
        or of its parts, unless it is named. What is associated with the outcome → its slope.
    n : participants assigned in all arms together; several numbers give a power curve.
    session_size, session_correlation, baseline_correlation, attrition : see `Design`; None: as
        the plan assumes, or the values there.
    simulations : experiments simulated for each number of participants.
    plan : the study's unless given. It says covariates, alpha, claims, smallest effects and
        families on the first primary outcome and, unless ``seed`` is given, the seed.
    jobs : processes; -1: one per core. The result does not depend on it.
    backend : ``"loky"``, ``"threading"`` or ``"dask"``, the last with the address of a
        ``scheduler`` whose workers can import this package.

    Returns
    -------
    One row per n and hypothesis about one contrast or conjunction, on the first primary outcome:
    ``n``, ``hypothesis``, ``claim``, ``contrast``, ``effect`` (true, in standard deviations),
    ``smallest_effect`` (in standard deviations, by the outcome's ``expected_sd``; missing without
    one), ``power`` (share of simulations in which the claim is won at alpha by itself),
    ``power_adjusted`` (in its family), ``std_error`` (the mean one), ``minimum_detectable_effect``
    (detected with the plan's power), ``detectable_first`` (the same if it had to be found before
    all others of its family: at the first step of Holm's or the step-down method),
    ``smallest_claimable`` (the smallest bound within which an effect that is 0 is claimed to lie,
    with the plan's power), ``simulations``; ``…_error`` is the Monte-Carlo standard error of the
    column before. A conjunction has power alone, a described comparison no adjusted one.

    Raises
    ------
    AnalysisError : an unknown experiment, arm or backend; a value outside its range.

    Source: simulation of a design as in Blair, Cooper, Coppock & Humphreys 2019,
    10.1017/S0003055419000194; minimum detectable effect as in Bloom 1995,
    10.1177/0193841X9501900504, with the simulated instead of the normal distribution.
    """
    if plan is None:
        planned = plans()
        if experiment not in planned:
            raise unknown("experiment", experiment, planned)
        plan = planned[experiment]
    if plan.name != experiment:
        raise AnalysisError(f"The plan is that of {plan.name}, not of {experiment!r}.")
    if backend not in BACKENDS:
        raise unknown("backend", backend, BACKENDS)
    _require("jobs", jobs, jobs != 0, "-1 (one per core) or a number from 1")
    _require("simulations", simulations, simulations >= 100, "at least 100")
    study = _Claims.of(plan, effects)
    design = Design.of(
        plan.assumed,
        session_size=session_size,
        session_correlation=session_correlation,
        baseline_correlation=baseline_correlation,
        attrition=attrition,
    )
    designs = [replace(design, n=size) for size in ([n] if isinstance(n, int) else n)]
    for each in designs:
        each.check(study.arms)
    seed = plan.seed if seed is None else seed
    tasks = [task for each in designs for task in _tasks(study, each, simulations, seed)]
    drawn = _run(tasks, jobs, backend, scheduler)
    rows: list[dict[str, Any]] = []
    for each in designs:
        parts = [result for task, result in drawn if task.design == each]
        # Every part holds the same columns, so they go together column by column.
        rows += _rows(study, each, _Drawn(*map(np.concatenate, zip(*parts, strict=True))))
    return pd.DataFrame(rows)


# ------------------------------------------------------------------------------- what is tested


@dataclass(frozen=True)
class _Claims:
    """An experiment's claims as arrays.

    ``rows`` are all hypotheses shown; ``compared`` those about one contrast, with their true
    ``effects`` and smallest effects, ``bounds``; ``families`` are adjustments with the places of
    those that are adjusted together.
    """

    rows: tuple[Hypothesis, ...]
    compared: tuple[Hypothesis, ...]
    families: tuple[tuple[str, tuple[int, ...]], ...]
    arms: int
    effects: tuple[float, ...]
    bounds: tuple[float, ...]
    covariates: int
    by_arm: int
    sessions: bool
    alpha: float
    power: float

    @classmethod
    def of(cls, plan: Plan, effects: Mapping[str, float]) -> _Claims:
        shown = {each.id for family in plan.first for each in plan.rows(family)}
        single = [h for h in plan.hypotheses if len(h.weights) == 1 or h.association]
        compared = tuple(each for each in single if each.id in shown)
        places = {each.id: at for at, each in enumerate(compared)}
        outcome = plan.outcomes[plan.primary.outcomes[0]]
        return cls(
            rows=tuple(h for h in plan.hypotheses if h.id in places or (h.all and h.id in shown)),
            compared=compared,
            families=tuple(
                (family.adjustment, tuple(places[h] for h in family.hypotheses if h in places))
                for family in plan.first
            ),
            arms=len(plan.arms),
            effects=_effects(plan, compared, effects),
            bounds=tuple(
                plan.bound(each, outcome.name)
                / (1.0 if each.association else outcome.expected_sd or math.nan)
                for each in compared
            ),
            covariates=len(plan.covariates) - len(plan.by_arm),
            by_arm=len(plan.by_arm),
            sessions=plan.session_effects,
            alpha=plan.alpha,
            power=plan.power,
        )

    @property
    def slopes(self) -> list[str]:
        """What the outcome's slopes are on, each once."""
        return list(dict.fromkeys(each.slope for each in self.compared if each.slope))

    @property
    def tested(self) -> set[int]:
        """The places of those that are in a family."""
        return {place for _, places in self.families for place in places}


def _effects(
    plan: Plan, compared: Sequence[Hypothesis], effects: Mapping[str, float]
) -> tuple[float, ...]:
    """The true value of each contrast."""
    study = plan.study
    treatments = treatments_of(study)
    slopes = [each.association for each in compared if each.association]
    for name, size in effects.items():
        if name not in (*treatments, *slopes):
            known = [*treatments, *slopes]
            raise unknown(f"treatment arm in {study.name} called", name, known)
        _require(f"the effect of {name}", size, math.isfinite(size), "a finite number")

    def effect(arm: str) -> float:
        parts = [factor for factor, arms in plan.members.items() if arm in arms]
        parts += study.arm(arm).parts.values()
        return effects.get(arm, sum(effects.get(part, 0.0) for part in parts if part != arm))

    by_arm = np.array([effect(arm) for arm in study.names])
    return tuple(
        effects.get(each.association, 0.0)
        if each.slope
        else float(np.array(each.weights[0]) @ by_arm)
        for each in compared
    )


# --------------------------------------------------------------------------------- simulating


@dataclass(frozen=True)
class _Task:
    """A number of experiments to simulate in one go, with their own stream of random numbers."""

    study: _Claims
    design: Design
    simulations: int
    seed: tuple[int, ...]


def _tasks(study: _Claims, design: Design, simulations: int, seed: int) -> Iterator[_Task]:
    # The cut into tasks depends on the design alone, so that no result depends on the cores.
    size = max(1, CHUNK_VALUES // design.n)
    for number, start in enumerate(range(0, simulations, size)):
        count = min(size, simulations - start)
        yield _Task(study, design, count, (seed, design.n, number))


class _Drawn(NamedTuple):
    """What simulated experiments without any effect give: (simulations, contrasts).

    ``adjusted`` are the p-values adjusted in the family, with the effects, and ``first`` the level
    at the first step there; NaN for those in no family.
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    adjusted: Floats
    first: Floats


def simulate_task(task: _Task) -> _Drawn:
    """Estimates of all contrasts in ``task.simulations`` experiments without any effect.

    A constant effect moves an estimate by itself and no standard error, so it is added later.
    """
    generator = np.random.default_rng(task.seed)
    study, design = task.study, task.design
    shape = (task.simulations, design.n)
    arms = draw_arms(generator, *shape, study.arms, design.session_size)
    outcome, covariates = _people(generator, shape, design, study.covariates + study.by_arm)
    observed: Bools = generator.random(shape) >= design.attrition
    # What slopes are about goes with nothing.
    measured = generator.standard_normal((*shape, len(study.slopes)))
    usable = np.flatnonzero(_enough(arms, observed, study.arms, study.by_arm))
    fitted = [
        _analysed(
            study, design, *(each[at] for each in (outcome, arms, covariates, measured, observed))
        )
        for at in usable
    ]
    if not fitted:
        return _Drawn(*np.empty((5, 0, len(study.compared))))
    return _Drawn(*(np.array(each) for each in zip(*fitted, strict=True)))


def _analysed(
    study: _Claims,
    design: Design,
    outcome: Floats,
    arms: Ints,
    covariates: Floats,
    measured: Floats,
    observed: Bools,
) -> _Drawn:
    """One experiment: (contrasts)."""
    sessions = (np.arange(design.n) // design.session_size)[observed] if study.sessions else None
    if sessions is not None:
        sessions = np.unique(sessions, return_inverse=True)[1]
    seen = covariates[observed] - covariates[observed].mean(axis=0)
    by_arm, common = seen[:, : study.by_arm], seen[:, study.by_arm :]
    plain = Model(arms[observed], study.arms, common, by_arm, sessions)
    models = {("", ""): plain}
    for name, values in zip(study.slopes, measured[observed].T, strict=True):
        slope = (values - values.mean())[:, None]
        models[name, ""] = replace(plain, common=np.hstack([slope, common]))
        models["", name] = replace(plain, by_arm=np.hstack([slope, by_arm]))
    count = len(study.compared)
    estimate, error, df = np.empty(count), np.empty(count), np.empty(count)
    influence = np.empty((count, int(observed.sum())))
    for slopes, model in models.items():
        shown = enumerate(study.compared)
        places = [at for at, each in shown if (each.association, each.moderator) == slopes]
        if not places:
            continue
        rows = [_weights(model, study.compared[at]) for at in places]
        found = contrasts(fit(outcome[observed][:, None], model), np.array(rows))
        estimate[places], error[places] = found.estimate[:, 0], found.std_error[:, 0]
        df[places], influence[places] = found.df, found.influence[:, 0]
    adjusted, first = np.full(count, np.nan), np.full(count, np.nan)
    p_values = _p_values(study, estimate, error, df)
    for adjustment, members in study.families:
        # A claim against a bound that nobody knows has no p-value.
        places = [at for at in members if not np.isnan(p_values[at])]
        if places:
            adjusted[places], first[places] = _adjusted(
                study, adjustment, places, p_values[places], influence[places]
            )
    return _Drawn(estimate, error, df, adjusted, first)


def _weights(model: Model, each: Hypothesis) -> Floats:
    if each.association:
        return model.common_slope(0)
    return model.weights(each.weights[0], 0 if each.moderator else None)


def _adjusted(
    study: _Claims, adjustment: str, places: Sequence[int], p_values: Floats, influence: Floats
) -> tuple[Floats, float]:
    """Adjusted p-values of a family, and the level at the first step."""
    if adjustment != "step_down":
        return adjust(p_values, adjustment), study.alpha / len(places)
    law = families.joint_law(influence, LAW_DRAWS)
    members = [study.compared[at] for at in places]
    groups, vectors = [each.slope for each in members], [each.vector for each in members]
    stepped = families.step_down(p_values, law, groups, vectors)
    return stepped, families.simultaneous(law, study.alpha)


def _p_values(study: _Claims, estimate: Floats, error: Floats, df: Floats) -> Floats:
    """The p-value of each claim, with the effects put on the estimates without any."""
    names = [each.claim for each in study.compared]
    numbers = zip(names, estimate + study.effects, error, df, study.bounds, strict=True)
    return np.array([claims.p_value(*each) for each in numbers])


def draw_arms(
    generator: np.random.Generator, simulations: int, n: int, arms: int, session_size: int
) -> Ints:
    """Arms as `study.randomization` draws them, (simulations, n): each session starts a block."""
    width = arms * randomization.COPIES
    blocks = math.ceil(session_size / width)
    sessions = math.ceil(n / session_size)
    order = np.tile(np.arange(arms), randomization.COPIES)
    lists = np.broadcast_to(order, (simulations, sessions, blocks, width))
    shuffled = generator.permuted(lists, axis=3).reshape(simulations, sessions, blocks * width)
    return shuffled[:, :, :session_size].reshape(simulations, -1)[:, :n]


def _people(
    generator: np.random.Generator, shape: tuple[int, int], design: Design, covariates: int
) -> tuple[Floats, Floats]:
    """Outcomes of variance 1 without any effect, and covariates that explain a part of them."""
    sessions = math.ceil(design.n / design.session_size)
    session = np.repeat(
        generator.standard_normal((shape[0], sessions)), design.session_size, axis=1
    )[:, : design.n]
    measured = generator.standard_normal((*shape, covariates))
    # The first one carries all the correlation; the others cost their degrees of freedom.
    baseline = measured[:, :, 0] if covariates else generator.standard_normal(shape)
    correlation, shared = design.baseline_correlation, design.session_correlation
    own = math.sqrt(1 - correlation**2 - shared)
    outcome = correlation * baseline + math.sqrt(shared) * session
    return outcome + own * generator.standard_normal(shape), measured


def _enough(arms: Ints, observed: Bools, count: int, by_arm: int) -> Bools:
    """Whether attrition left every arm of a simulation enough rows for the estimator."""
    sizes = np.stack([(observed & (arms == arm)).sum(axis=1) for arm in range(count)])
    return np.asarray((sizes >= by_arm + 2).all(axis=0))


def _run(
    tasks: Sequence[_Task], jobs: int, backend: str, scheduler: str | None
) -> list[tuple[_Task, _Drawn]]:
    from joblib import Parallel, delayed
    from tqdm import tqdm

    with _workers(backend, scheduler, jobs):
        results: Iterable[_Drawn] = Parallel(return_as="generator")(
            delayed(simulate_task)(task) for task in tasks
        )
        # disable=None: a progress bar on a terminal only.
        bar = tqdm(results, total=len(tasks), desc="Simulating", leave=False, disable=None)
        return list(zip(tasks, bar, strict=True))


def _workers(backend: str, scheduler: str | None, jobs: int) -> AbstractContextManager[Any]:
    from joblib import parallel_config

    if backend != "dask":
        if scheduler is not None:
            raise AnalysisError("A scheduler goes with the backend 'dask' only.")
        return parallel_config(backend=backend, n_jobs=jobs)  # type: ignore[no-any-return]
    client = _dask_client(scheduler)
    stack = ExitStack()
    stack.enter_context(client)
    stack.enter_context(parallel_config(backend="dask", n_jobs=-1, client=client))
    return stack


def _dask_client(scheduler: str | None) -> Any:
    if not scheduler:
        raise AnalysisError(
            "The backend 'dask' needs the address of a scheduler, such as tcp://10.0.0.5:8786."
        )
    try:
        from distributed import Client
    except ImportError:
        raise AnalysisError(
            "The backend 'dask' needs the packages in analysis/requirements-cluster.txt, in an "
            "environment without oTree."
        ) from None
    try:
        return Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise AnalysisError(f"No Dask scheduler answers at {scheduler}: {error}.") from None


# ---------------------------------------------------------------------------------- summarising


def _rows(study: _Claims, design: Design, null: _Drawn) -> Iterator[dict[str, Any]]:
    if not len(null.df):
        raise AnalysisError(
            f"With n = {design.n} and attrition {design.attrition:g}, no simulated experiment "
            "keeps enough participants in every arm; raise n."
        )
    places = {each.id: at for at, each in enumerate(study.compared)}
    for each in study.rows:
        if each.all:
            found = _share("power", _all_won(study, null, each, places))
        else:
            found = _numbers(study, null, places[each.id], each.claim)
        yield {
            **dict.fromkeys(COLUMNS, math.nan),
            "n": design.n,
            "hypothesis": each.id,
            "claim": "all" if each.all else "" if each.descriptive else each.claim,
            "contrast": each.contrast,
            **found,
            "simulations": len(null.df),
        }


COLUMNS = (
    *("n", "hypothesis", "claim", "contrast", "effect", "smallest_effect"),
    *("power", "power_error", "power_adjusted", "power_adjusted_error", "std_error"),
    *("minimum_detectable_effect", "minimum_detectable_effect_error"),
    *("detectable_first", "detectable_first_error"),
    *("smallest_claimable", "smallest_claimable_error", "simulations"),
)


def _numbers(study: _Claims, null: _Drawn, at: int, claim: str) -> dict[str, float]:
    """What is known of one contrast."""
    found = _share("power", _won(study, null, at, claim))
    if at in study.tested:
        signed = _as_claimed(claim, null.estimate[:, at] + study.effects[at])
        found |= _share("power_adjusted", (null.adjusted[:, at] < study.alpha) & signed)
    numbers = {
        "minimum_detectable_effect": _minimum_detectable(study, null, at, study.alpha),
        "smallest_claimable": _smallest_claimable(study, null, at),
    }
    if at in study.tested and claim != "none":
        numbers["detectable_first"] = _minimum_detectable(study, null, at, null.first[:, at])
    for name, (value, error) in numbers.items():
        found |= {name: value, f"{name}_error": error}
    return found | {
        "effect": study.effects[at],
        "smallest_effect": study.bounds[at],
        "std_error": float(null.std_error[:, at].mean()),
    }


def _as_claimed(claim: str, values: Floats) -> Bools:
    return np.array([claims.as_claimed(claim, value) for value in values])


def _won(study: _Claims, null: _Drawn, at: int, claim: str) -> Bools:
    """In which simulations a claim about one contrast is won by itself."""
    values = null.estimate[:, at] + study.effects[at]
    error, df = null.std_error[:, at], null.df[:, at]
    bound = study.bounds[at]
    numbers = zip(values, error, df, strict=True)
    p_values = np.array([claims.p_value(claim, *each, bound) for each in numbers])
    return (p_values < study.alpha) & _as_claimed(claim, values)


def _all_won(study: _Claims, null: _Drawn, each: Hypothesis, places: Mapping[str, int]) -> Bools:
    """In which simulations every part of a conjunction is won at alpha."""
    known = [part for part in each.all if part.hypothesis in places]
    won = [_won(study, null, places[part.hypothesis], part.claim) for part in known]
    return np.asarray(np.logical_and.reduce(won), dtype=np.bool_)


def _share(name: str, hits: Bools) -> dict[str, float]:
    share = float(hits.mean())
    # Agresti & Coull's (1998, 10.2307/2685469) correction, so that a share of 0 or 1 still has
    # an error.
    near = (hits.sum() + 2) / (len(hits) + 4)
    return {name: share, f"{name}_error": math.sqrt(near * (1 - near) / (len(hits) + 4))}


def _minimum_detectable(
    study: _Claims, null: _Drawn, column: int, level: float | Floats
) -> tuple[float, float]:
    """Effect found at a two-sided level with the plan's power, and its Monte-Carlo error."""
    estimate, error = null.estimate[:, column], null.std_error[:, column]
    critical = stats.t.isf(np.asarray(level) / 2, null.df[:, column]) * error

    def detected(effect: float) -> float:
        return float((np.abs(estimate + effect) > critical).mean())

    highest = 10 * float(critical.max())
    found = float(optimize.brentq(lambda effect: detected(effect) - study.power, 0.0, highest))
    step = 0.25 * float(error.mean())
    slope = (detected(found + step) - detected(found - step)) / (2 * step)
    share_error = math.sqrt(study.power * (1 - study.power) / len(estimate))
    return found, share_error / slope


def _smallest_claimable(study: _Claims, null: _Drawn, column: int) -> tuple[float, float]:
    """The bound within which no effect is claimed to lie with the plan's power, and its error.

    Two one-sided tests at alpha claim any bound beyond |estimate| + t · error.
    """
    margin = stats.t.isf(study.alpha, null.df[:, column]) * null.std_error[:, column]
    claimed = np.abs(null.estimate[:, column]) + margin
    share_error = math.sqrt(study.power * (1 - study.power) / len(claimed))
    sides = np.clip([study.power - share_error, study.power + share_error], 0, 1)
    low, high = np.quantile(claimed, sides)
    return float(np.quantile(claimed, study.power)), float(high - low) / 2
