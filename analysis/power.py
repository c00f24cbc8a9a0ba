"""Power of the planned tests, by simulating the design that will be run.

Each simulated experiment draws its arms in permuted blocks session by session, as the apps do,
loses some participants, and is analysed by the estimator of the plan. Effects and the minimum
detectable effect are in standard deviations of the outcome within an arm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.batched import Bools, Contrasts, Floats, Ints, contrasts
from analysis.errors import AnalysisError, unknown
from analysis.plan import ExperimentPlan, Hypothesis, Plan, load_plan
from study import randomization

BACKENDS = ("loky", "threading", "dask")
CHUNK_VALUES = 400_000
"""Simulated values per task: a few megabytes, so that a task fits into a core's cache and memory
does not grow with the number of simulations."""


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
    session_size: int = 24,
    session_correlation: float = 0.02,
    baseline_correlation: float = 0.5,
    attrition: float = 0.05,
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
    experiment : ``"info_source"`` or ``"incentive"``.
    effects : arm → effect against the control arm, in standard deviations; arms not named have
        none. In the 2×2, ``reward_beneficiary`` is the sum of its factors unless it is named.
    n : participants assigned in all arms together; several numbers give a power curve.
    session_size, session_correlation, baseline_correlation, attrition : see `Design`.
    simulations : experiments simulated for each number of participants.
    plan : `load_plan()` unless given. It says estimator, covariates, alpha, adjustment of the
        primary family and, unless ``seed`` is given, the seed.
    jobs : processes; -1: one per core. The result does not depend on it.
    backend : ``"loky"``, ``"threading"`` or ``"dask"``, the last with the address of a
        ``scheduler`` whose workers can import this package.

    Returns
    -------
    One row per n and hypothesis: ``n``, ``hypothesis``, ``contrast``, ``effect`` (true, in
    standard deviations), ``power`` (share of simulations with p < alpha), ``power_adjusted`` (with
    p adjusted in the primary family by Holm's method, or the plan's Benjamini–Hochberg),
    ``minimum_detectable_effect`` (detected with the plan's power, before adjustment),
    ``simulations``; ``…_error`` is the Monte-Carlo standard error of the column before.

    Raises
    ------
    AnalysisError : an unknown experiment, arm or backend; a value outside its range.

    Source: simulation of a design as in Blair, Cooper, Coppock & Humphreys 2019,
    10.1017/S0003055419000194; minimum detectable effect as in Bloom 1995,
    10.1177/0193841X9501900504, with the simulated instead of the normal distribution.
    """
    plan = plan or load_plan()
    if experiment not in plan.experiments:
        raise unknown("experiment", experiment, plan.experiments)
    if backend not in BACKENDS:
        raise unknown("backend", backend, BACKENDS)
    _require("jobs", jobs, jobs != 0, "-1 (one per core) or a number from 1")
    _require("simulations", simulations, simulations >= 100, "at least 100")
    study = _Study.of(plan.experiments[experiment], plan, effects)
    design = Design(0, session_size, session_correlation, baseline_correlation, attrition)
    designs = [replace(design, n=size) for size in ([n] if isinstance(n, int) else n)]
    for each in designs:
        each.check(len(study.arm_effects))
    seed = plan.seed if seed is None else seed
    tasks = [task for each in designs for task in _tasks(study, each, simulations, seed)]
    drawn = _run(tasks, jobs, backend, scheduler)
    results = {each: [result for task, result in drawn if task.design == each] for each in designs}
    rows = [row for each in designs for row in _rows(study, each, _joined(results[each]))]
    return pd.DataFrame(rows)


# ------------------------------------------------------------------------------- what is tested


@dataclass(frozen=True)
class _Study:
    """An experiment's tests as arrays: effects by arm, weights of the arms in each contrast."""

    hypotheses: tuple[Hypothesis, ...]
    arm_effects: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    covariates: int
    se_type: str
    alpha: float
    power: float
    adjustment: str

    @classmethod
    def of(cls, planned: ExperimentPlan, plan: Plan, effects: Mapping[str, float]) -> _Study:
        return cls(
            hypotheses=planned.hypotheses,
            arm_effects=_arm_effects(planned, effects),
            weights=tuple(arm_weights(planned, each) for each in planned.hypotheses),
            covariates=len(plan.covariates) if plan.estimator == "lin" else 0,
            se_type=plan.se_type,
            alpha=plan.alpha,
            power=plan.power,
            adjustment=planned.primary.adjustment,
        )


def _arm_effects(planned: ExperimentPlan, effects: Mapping[str, float]) -> tuple[float, ...]:
    design = planned.design
    treatments = [arm for arm in design.arms if arm != design.control]
    for arm, size in effects.items():
        if arm not in treatments:
            raise unknown(f"treatment arm in {design.name} called", arm, treatments)
        _require(f"the effect of {arm}", size, math.isfinite(size), "a finite number")

    def effect(arm: str) -> float:
        parts = [factor for factor, arms in design.factors.items() if arm in arms]
        return effects.get(arm, sum(effects.get(part, 0.0) for part in parts if part != arm))

    return tuple(float(effect(arm)) for arm in design.arms)


def arm_weights(planned: ExperimentPlan, hypothesis: Hypothesis) -> tuple[float, ...]:
    """How much the mean of each arm counts in the contrast of ``hypothesis``."""
    design = planned.design
    if not hypothesis.interaction:
        return tuple(
            float(arm == hypothesis.treatment) - float(arm == hypothesis.control)
            for arm in design.arms
        )
    members = [design.factors[name] for name in hypothesis.interaction]
    return tuple(
        math.prod(1.0 if arm in arms else -1.0 for arms in members) for arm in design.arms
    )


# --------------------------------------------------------------------------------- simulating


@dataclass(frozen=True)
class _Task:
    """A number of experiments to simulate in one go, with their own stream of random numbers."""

    study: _Study
    design: Design
    simulations: int
    seed: tuple[int, ...]


def _tasks(study: _Study, design: Design, simulations: int, seed: int) -> Iterator[_Task]:
    # The cut into tasks depends on the design alone, so that no result depends on the cores.
    size = max(1, CHUNK_VALUES // design.n)
    for number, start in enumerate(range(0, simulations, size)):
        count = min(size, simulations - start)
        yield _Task(study, design, count, (seed, design.n, number))


def simulate_task(task: _Task) -> Contrasts:
    """Estimates of all hypotheses in ``task.simulations`` experiments without any effect.

    A constant effect moves an estimate by itself and no standard error, so it is added later:
    the same draws serve every effect.
    """
    generator = np.random.default_rng(task.seed)
    study, design = task.study, task.design
    shape = (task.simulations, design.n)
    arms = draw_arms(generator, *shape, len(study.arm_effects), design.session_size)
    outcome, covariates = _people(generator, shape, design, study.covariates)
    observed: Bools = generator.random(shape) >= design.attrition
    weights = np.array(study.weights)
    usable = _enough(arms, observed, len(study.arm_effects), study.covariates)
    return contrasts(
        outcome[usable], arms[usable], covariates[usable], observed[usable], weights, study.se_type
    )


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


def _enough(arms: Ints, observed: Bools, count: int, covariates: int) -> Bools:
    """Whether attrition left every arm of a simulation enough rows for the estimator."""
    sizes = np.stack([(observed & (arms == arm)).sum(axis=1) for arm in range(count)])
    return np.asarray((sizes >= covariates + 2).all(axis=0))


def _run(
    tasks: Sequence[_Task], jobs: int, backend: str, scheduler: str | None
) -> list[tuple[_Task, Contrasts]]:
    from joblib import Parallel, delayed
    from tqdm import tqdm

    with _workers(backend, scheduler, jobs):
        results: Iterable[Contrasts] = Parallel(return_as="generator")(
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


def _joined(parts: Sequence[Contrasts]) -> Contrasts:
    return Contrasts(
        np.concatenate([part.estimate for part in parts]),
        np.concatenate([part.std_error for part in parts]),
        np.concatenate([part.df for part in parts]),
    )


def _rows(study: _Study, design: Design, null: Contrasts) -> Iterator[dict[str, Any]]:
    effects = np.array(study.weights) @ np.array(study.arm_effects)
    if not len(null.df):
        raise AnalysisError(
            f"With n = {design.n} and attrition {design.attrition:g}, no simulated experiment "
            "keeps enough participants in every arm; raise n."
        )
    p_values = replace(null, estimate=null.estimate + effects).p_values()
    adjusted = _ADJUST[study.adjustment](p_values)
    for column, hypothesis in enumerate(study.hypotheses):
        rejected = p_values[:, column] < study.alpha
        detectable, detectable_error = _minimum_detectable(study, null, column)
        yield {
            "n": design.n,
            "hypothesis": hypothesis.id,
            "contrast": hypothesis.contrast,
            "effect": effects[column],
            **_share("power", rejected),
            **_share("power_adjusted", adjusted[:, column] < study.alpha),
            "minimum_detectable_effect": detectable,
            "minimum_detectable_effect_error": detectable_error,
            "simulations": len(p_values),
        }


def _share(name: str, hits: Bools) -> dict[str, float]:
    share = float(hits.mean())
    # Agresti & Coull's (1998, 10.2307/2685469) correction, so that a share of 0 or 1 still has
    # an error.
    near = (hits.sum() + 2) / (len(hits) + 4)
    return {name: share, f"{name}_error": math.sqrt(near * (1 - near) / (len(hits) + 4))}


def _minimum_detectable(study: _Study, null: Contrasts, column: int) -> tuple[float, float]:
    """Effect with the plan's power, in standard deviations, and its Monte-Carlo error."""
    estimate, error = null.estimate[:, column], null.std_error[:, column]
    critical = stats.t.ppf(1 - study.alpha / 2, null.df) * error

    def detected(effect: float) -> float:
        return float((np.abs(estimate + effect) > critical).mean())

    highest = 10 * float(critical.max())
    found = float(optimize.brentq(lambda effect: detected(effect) - study.power, 0.0, highest))
    step = 0.25 * float(error.mean())
    slope = (detected(found + step) - detected(found - step)) / (2 * step)
    share_error = math.sqrt(study.power * (1 - study.power) / len(estimate))
    return found, share_error / slope


def _holm(p_values: Floats) -> Floats:
    """Holm 1979 in every row at once; held to `analysis.adjust` by a test."""
    order = np.argsort(p_values, axis=1)
    factors = np.arange(p_values.shape[1], 0, -1)
    stepped = np.maximum.accumulate(np.take_along_axis(p_values, order, 1) * factors, axis=1)
    return _put_back(np.minimum(stepped, 1), order)


def _bh(p_values: Floats) -> Floats:
    """Benjamini & Hochberg 1995 in every row at once; held to `analysis.adjust` by a test."""
    order = np.argsort(p_values, axis=1)
    count = p_values.shape[1]
    scaled = np.take_along_axis(p_values, order, 1) * count / np.arange(1, count + 1)
    stepped = np.minimum.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    return _put_back(np.minimum(stepped, 1), order)


def _put_back(values: Floats, order: Ints) -> Floats:
    result = np.empty_like(values)
    np.put_along_axis(result, order, values, axis=1)
    return result


# Westfall–Young would need a permutation test per simulation; Holm is its cautious stand-in.
_ADJUST: Mapping[str, Callable[[Floats], Floats]] = {
    "holm": _holm,
    "westfall_young": _holm,
    "bh": _bh,
}
