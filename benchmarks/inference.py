"""Size, power and coverage of the planned analysis, by simulation.

    python -m benchmarks.inference [size|families|claims|looks|agreement] [--simulations N]

Each table prints its Monte-Carlo standard errors (mcse). Participants come in sessions of 24, arms
in blocks in which each arm is twice, 5% of outcomes are missing, and two covariates correlate .6
and .2 with the outcome, unless a row says otherwise; effects are in standard deviations of the
outcome within an arm. Without a name all tables are made, with 2,000 simulations in about half an
hour on two cores. Exits with 1 if one of these is missed: in no scenario is step-down less
powerful than Holm on the same p-values, and in the mean it gains two points; no family-wise error,
and no size where the docstrings promise it, is above 5% by more than three errors; at most 5% of
pairs of t and randomization p-values lie on opposite sides of .05, and none is threefold apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy import stats

from analysis import estimate, load
from analysis.inference import claims, families
from analysis.inference.adjust import adjust
from analysis.inference.fit import Contrasts, Model, contrasts, fit
from analysis.inference.looks import levels
from analysis.inference.randomization import randomize
from analysis.simulation.simulate import simulate

Floats = npt.NDArray[np.float64]

THREE = np.array([[-1, 0, 1], [-1, 1, 0], [0, -1, 1]], dtype=float)
"""Control, organisation, beneficiary: H1, H2, H3."""
FOUR = np.array([[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1], [0, 0, -1, 1], [1, -1, -1, 1.0]])
"""Control, reward, beneficiary, both: H4, H5, H6, H7, H8."""
LAW = 10_000


@dataclass(frozen=True)
class Design:
    """What is simulated. ``effects`` (outcomes, arms); ``spread`` by arm."""

    n: int
    effects: Floats
    icc: float = 0.02
    correlations: tuple[float, ...] = (0.6, 0.2)
    between: float = 0.3
    attrition: float = 0.05
    spread: tuple[float, ...] = ()
    size: int = 24

    @property
    def arms(self) -> int:
        return self.effects.shape[1]


@dataclass(frozen=True)
class Data:
    """One simulated experiment: outcomes (n, m) with holes, model and blocks of all rows."""

    outcomes: Floats
    model: Model
    blocks: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))


def draw(design: Design, random: np.random.Generator) -> Data:
    """One experiment; whoever is missing is missing for all outcomes."""
    width, n = 2 * design.arms, design.n
    per_session = -(-design.size // width)
    sessions = np.arange(n) // design.size
    lists = np.concatenate(
        [
            np.concatenate(
                [random.permutation(np.arange(width) % design.arms) for _ in range(per_session)]
            )[: design.size]
            for _ in range(sessions[-1] + 1)
        ]
    )[:n]
    blocks = sessions * per_session + (np.arange(n) % design.size) // width
    many = len(design.effects)
    x = random.standard_normal((n, len(design.correlations)))
    own = 1 - design.icc - sum(r**2 for r in design.correlations)
    shared, single = random.standard_normal((n, 1)), random.standard_normal((n, many))
    noise = np.sqrt(design.between) * shared + np.sqrt(1 - design.between) * single
    if design.spread:
        noise = noise * np.array(design.spread)[lists][:, None]
    session = random.standard_normal((sessions[-1] + 1, many))[sessions]
    y = x @ np.array(design.correlations)[:, None] + np.sqrt(design.icc) * session
    y = y + np.sqrt(own) * noise + design.effects.T[lists]
    kept = random.random(n) >= design.attrition
    used = np.unique(sessions[kept], return_inverse=True)[1]
    seen = x[kept] - x[kept].mean(axis=0)
    model = Model(lists[kept], design.arms, seen, np.empty((kept.sum(), 0)), used)
    return Data(y[kept], model, blocks[kept])


def analysed(data: Data, weights: Floats) -> Contrasts:
    rows = np.array([data.model.weights(row) for row in weights])
    return contrasts(fit(data.outcomes, data.model), rows)


def adjusted(
    found: Contrasts, p_values: Floats, logic: Sequence[Sequence[float] | None]
) -> tuple[Floats, Floats, Floats]:
    """Step-down and Holm p-values of (contrasts, outcomes), and the simultaneous level."""
    many = p_values.shape[1]
    influence = found.influence.transpose(1, 0, 2).reshape(p_values.size, -1)
    law = families.joint_law(influence, LAW)
    own = p_values.T.ravel()
    groups = np.repeat(np.arange(many), len(p_values)).tolist()
    vectors = [None if row is None else tuple(row) for row in logic] * many
    stepped = families.step_down(own, law, groups, vectors)
    level = families.simultaneous(law, 0.05)
    back = (many, len(p_values))
    return stepped.reshape(back).T, adjust(own).reshape(back).T, np.array(level)


def mcse(share: float, n: int) -> float:
    return float(np.sqrt(max(share * (1 - share), 1e-4) / n))


def spread_out(work: Callable[[int], object], simulations: int) -> list[object]:
    """``work`` done for each seed, on two processes."""
    return list(Parallel(n_jobs=2, batch_size=20)(delayed(work)(s) for s in range(simulations)))


# ------------------------------------------------------------------------------------------ size


def size_once(design: Design, weights: Floats, draws: int, seed: int) -> list[float]:
    data = draw(design, np.random.default_rng([seed, design.n]))
    found = analysed(data, weights)
    drawn = randomize(data.outcomes, data.model, data.blocks, weights, draws, seed)
    return [found.p_values()[0, 0], drawn.p_values(found.statistic**2)[0, 0]]


def size(simulations: int) -> Iterator[str]:
    """t and its randomization test, of the first comparison, at 5%."""
    print("\nSize at 5%: the t, and its randomization test (499 draws)")
    print("arms spread       other arm   n   t      randomization   mcse")
    for weights, spread, other in (
        (THREE, (), 0.0),
        (THREE, (), 1.0),
        (THREE, (1, 1, 3), 0.0),
        (FOUR, (), 0.0),
        (FOUR, (1, 1, 1, 3), 0.5),
    ):
        for n in (24, 48, 72, 144, 300):
            effects = np.zeros((1, weights.shape[1]))
            effects[0, 1 if weights is THREE else -1] = other
            design = Design(n, effects, spread=spread, icc=0.05)
            p = np.array(
                spread_out(lambda s, d=design, w=weights: size_once(d, w, 499, s), simulations)
            )
            shares = (p < 0.05).mean(axis=0)
            error = mcse(0.05, simulations)
            print(
                f"{weights.shape[1]}    {spread or 'equal'!s:12} {other:<9} {n:4} {shares[0]:.3f}"
                f"  {shares[1]:.3f}           {error:.4f}"
            )
            # Unequal spreads below 72 are the docstring's exception.
            if not (spread and n < 72) and max(shares) > 0.05 + max(3 * error, 0.015):
                yield f"size {max(shares):.3f} at n = {n}"


# -------------------------------------------------------------------------------------- families


SCENARIOS: dict[str, tuple[Floats, Design]] = {
    "exp. 1 secondary, only effort .4": (
        THREE,
        Design(180, np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0.4], [0, 0, 0]])),
    ),
    "exp. 1 secondary, all .4": (THREE, Design(180, np.tile([0, 0, 0.4], (4, 1)))),
    "exp. 2 secondary, 15 of 25 true": (FOUR, Design(240, np.tile([0, 0, 0, 0.3], (5, 1)))),
    "exp. 1 secondary, all .35, ICC .1": (
        THREE,
        Design(300, np.tile([0, 0, 0.35], (4, 1)), icc=0.1),
    ),
    "exp. 1 primary, one arm .5": (THREE, Design(180, np.array([[0, 0, 0.5]]))),
    "exp. 1 primary, 0, .25, .5": (THREE, Design(180, np.array([[0, 0.25, 0.5]]))),
    "exp. 2 primary, money only with .5": (FOUR, Design(240, np.array([[0, 0, 0, 0.5]]))),
    "exp. 2 primary, .3 + .3": (FOUR, Design(240, np.array([[0, 0.3, 0.3, 0.6]]))),
}
NULLS: dict[str, tuple[Floats, Design]] = {
    "exp. 1, 4 outcomes, no effect": (THREE, Design(180, np.zeros((4, 3)))),
    "exp. 1, 4 outcomes, one arm 1": (THREE, Design(180, np.tile([0, 0, 1.0], (4, 1)))),
    "exp. 1, no effect, spreads 1 : 3": (THREE, Design(180, np.zeros((1, 3)), spread=(1, 1, 3))),
    "exp. 2, 5 outcomes, no effect": (FOUR, Design(240, np.zeros((5, 4)))),
    "exp. 2, 5 outcomes, only with .8": (FOUR, Design(240, np.tile([0, 0, 0, 0.8], (5, 1)))),
    "exp. 2, no effect, spreads 1 : 3": (
        FOUR,
        Design(240, np.zeros((1, 4)), spread=(1, 1, 1, 3)),
    ),
}


def family_once(weights: Floats, design: Design, seed: int) -> list[float]:
    """Power of both, any false rejection of both, whether all intervals cover."""
    data = draw(design, np.random.default_rng([seed, design.n, 7]))
    found = analysed(data, weights)
    stepped, holm, level = adjusted(found, found.p_values(), weights.tolist())
    truth = weights @ design.effects.T
    real = np.abs(truth) > 1e-12
    margin = stats.t.isf(float(level) / 2, found.df)[:, None] * found.std_error
    covered = (np.abs(found.estimate - truth) <= margin).all()
    signed = np.sign(found.estimate) == np.sign(truth)
    power = [((p < 0.05) & signed)[real].mean() if real.any() else np.nan for p in (stepped, holm)]
    wrong = [((p < 0.05) & ~(real & signed)).any() for p in (stepped, holm)]
    below = (stepped < found.p_values() - 1e-12).any()
    return [*power, *map(float, wrong), float(covered), float(below)]


def families_table(simulations: int) -> Iterator[str]:
    """Average power over true effects, against Holm on the same p-values; errors; coverage."""
    print("\nFamilies: power averaged over true effects, Holm and step-down on the same p-values")
    print(f"{'scenario':36} Holm   step   gain    mcse    error  (Holm)  together")
    gains = []
    for name, (weights, design) in {**SCENARIOS, **NULLS}.items():
        rows = np.array(
            spread_out(lambda s, w=weights, d=design: family_once(w, d, s), simulations)
        )
        stepped, holm, wrong, wrong_holm, covered, below = rows.mean(axis=0)
        gain = rows[:, 0] - rows[:, 1]
        error = float(gain.std() / np.sqrt(simulations))
        shown = (
            f"{holm:.3f}  {stepped:.3f}  {gain.mean():+.3f}  {error:.4f}"
            if name in SCENARIOS
            else " " * 29
        )
        print(
            f"{name:36} {shown}  {wrong:.3f}  ({wrong_holm:.3f})  {covered:.3f}   "
            f"mcse {mcse(0.05, simulations):.4f}"
        )
        if name in SCENARIOS:
            gains.append(gain.mean())
            if gain.mean() < 0:
                yield f"{name}: less powerful than Holm"
        if wrong > 0.05 + 3 * mcse(0.05, simulations):
            yield f"{name}: family-wise error {wrong:.3f}"
        if covered < 0.95 - max(3 * mcse(0.05, simulations), 0.015):
            yield f"{name}: intervals cover together in {covered:.3f}"
        if below:
            yield f"{name}: an adjusted p-value below its own"
    print(f"mean gain {np.mean(gains):+.3f}")
    if np.mean(gains) < 0.02:
        yield f"mean gain {np.mean(gains):.3f}"


# ---------------------------------------------------------------------------------------- claims


PLANNED = FOUR[[0, 1, 3, 4]]
"""H4 (none), H5, H7, H8 (increase), and the conjunction of H4, H7 and H8."""
KINDS = ("none", "increase", "increase", "increase")


def claims_once(design: Design, bound: float, seed: int) -> list[float]:
    """Whether each claim is won in the family, and the conjunction."""
    data = draw(design, np.random.default_rng([seed, design.n, 3]))
    found = analysed(data, PLANNED)
    value, error = found.estimate[:, 0], found.std_error[:, 0]
    own = np.array(
        [
            claims.p_value(kind, *each, bound)
            for kind, *each in zip(KINDS, value, error, found.df, strict=True)
        ]
    )
    logic = [None, *PLANNED[1:].tolist()]
    stepped, _, _ = adjusted(found, own[:, None], logic)
    signed = np.array(
        [claims.as_claimed(kind, each) for kind, each in zip(KINDS, value, strict=True)]
    )
    parts = [(KINDS[at], value[at], own[at]) for at in (0, 2, 3)]
    return [*((stepped[:, 0] < 0.05) & signed), claims.conjunction(parts) < 0.05]


FALSE = {
    "nothing": (0, 0, 0, 0),
    "money at its bound": (0, 0.25, 0, 0.75),
    "money at its bound, nothing else": (0, 0.25, 0, 0.25),
    "contact alone": (0, 0, 0.5, 0.5),
    "both add up": (0, 0.25, 0.5, 0.75),
    "money does harm": (0, -0.25, 0, 0),
    "contact and a small sum": (0, 0.25, 0.25, 0.5),
}


def claims_table(simulations: int) -> Iterator[str]:
    """Money works only with a beneficiary: none(H4) and H7 and H8."""
    print("\nThe conjunction none(H4) and H7 and H8, effect .5 only with a beneficiary: power")
    print("R² of covariates  bound   n: 120    240    480    720    mcse")
    for correlations in ((0.6, 0.2), (0.75,)):
        for bound in (0.25, 0.4):
            powers = []
            for n in (120, 240, 480, 720):
                design = Design(
                    n, np.array([[0, 0, 0, 0.5]]), correlations=correlations, attrition=0.0
                )
                rows = np.array(
                    spread_out(lambda s, d=design, b=bound: claims_once(d, b, s), simulations),
                    dtype=float,
                )
                powers.append(rows[:, -1].mean())
            shown = "  ".join(f"{power:.3f}" for power in powers)
            explained = sum(r**2 for r in correlations)
            print(
                f"{explained:.2f}              {bound:.2f}    {shown}  "
                f"{mcse(0.5, simulations):.4f}"
            )
    print("Any false claim of the family or the conjunction, n = 240, bound .25")
    for name, arms in FALSE.items():
        design = Design(240, np.array([arms], dtype=float))
        rows = np.array(
            spread_out(lambda s, d=design: claims_once(d, 0.25, s), simulations), dtype=bool
        )
        truth = PLANNED @ np.array(arms)
        right = np.array([abs(truth[0]) < 0.25 - 1e-12, *(truth[1:] > 1e-12)])
        right = np.append(right, right[[0, 2, 3]].all())
        wrong = float((rows & ~right).any(axis=1).mean())
        print(f"{name:34} {wrong:.3f}  mcse {mcse(0.05, simulations):.4f}")
        if wrong > 0.05 + 3 * mcse(0.05, simulations):
            yield f"{name}: false claims in {wrong:.3f}"


# ----------------------------------------------------------------------------------------- looks


def looks_once(design: Design, numbers: Sequence[int], seed: int) -> list[float]:
    """The t's p-value at each look at the same growing experiment."""
    random = np.random.default_rng([seed, design.n, 5])
    whole = draw(replace(design, attrition=0.0), random)
    found = []
    for number in numbers:
        sessions = np.unique(whole.model.sessions[:number], return_inverse=True)[1]
        common = whole.model.common[:number]
        model = Model(
            whole.model.arms[:number],
            design.arms,
            common - common.mean(axis=0),
            whole.model.by_arm[:number],
            sessions,
        )
        part = Data(whole.outcomes[:number], model, whole.blocks[:number])
        found.append(float(analysed(part, THREE[:1]).p_values()[0, 0]))
    return found


def looks_table(simulations: int) -> Iterator[str]:
    """Three or eight looks at 240 participants."""
    print("\nLooks at n = 240, one comparison: error and power (effect .4)")
    print("looks  naive error  spending  power at the end alone  spending  mcse")
    for count in (3, 8):
        numbers = [240 * k // count for k in range(1, count + 1)]
        bounds = np.array(levels([n / 240 for n in numbers], 0.05))
        shares = []
        for effect in (0.0, 0.4):
            design = Design(240, np.array([[0, 0, effect]]))
            p = np.array(
                spread_out(lambda s, d=design, n=numbers: looks_once(d, n, s), simulations)
            )
            shares += [
                (p < 0.05).any(axis=1).mean(),
                (p < bounds).any(axis=1).mean(),
                (p[:, -1] < 0.05).mean(),
            ]
        naive, spending, _, _, power, alone = shares
        error = mcse(0.05, simulations)
        print(
            f"{count:5}  {naive:.3f}        {spending:.3f}     {alone:.3f}                   "
            f"{power:.3f}     {error:.4f}"
        )
        if spending > 0.05 + max(3 * error, 0.01):
            yield f"{count} looks err with {spending:.3f}"


# ------------------------------------------------------------------------------------- agreement


def agreement(simulations: int) -> Iterator[str]:
    """t and randomization p of every planned row of 16 simulated data sets of 96 people."""
    pairs, sets = [], 16
    with TemporaryDirectory() as name:
        for number in range(sets):
            experiment = ("info_source", "incentive")[number % 2]
            folder = Path(name) / str(number)
            simulate(experiment, 96, folder, seed=f"agreement {number}")
            table = estimate(load(folder, include_bots=True))
            kept = table[["p_value", "p_randomization"]].dropna()
            pairs += kept.to_numpy().tolist()
    t, drawn = np.array(pairs).T
    opposite = ((t < 0.05) != (drawn < 0.05)).mean()
    # Below .001 ten draws decide, which says nothing of the two tests.
    floored = np.maximum(t, 0.001), np.maximum(drawn, 0.001)
    factor = np.maximum(floored[0] / floored[1], floored[1] / floored[0])
    print(f"\n{sets} simulated data sets of 96 people, interactions included")
    print(
        f"{len(t)} pairs: {opposite:.3f} on opposite sides of .05, {(factor > 3).mean():.3f} more "
        f"than threefold apart (largest {factor.max():.1f})"
    )
    if opposite > 0.05 or factor.max() > 3:
        yield f"pairs disagree: {opposite:.3f}, {factor.max():.1f}"


TABLES: dict[str, Callable[[int], Iterator[str]]] = {
    "agreement": agreement,
    "size": size,
    "families": families_table,
    "claims": claims_table,
    "looks": looks_table,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", nargs="*", choices=[*TABLES, []], help="default: all")
    parser.add_argument("--simulations", type=int, default=2_000)
    options = parser.parse_args()
    missed = [
        sentence
        for name in options.table or TABLES
        for sentence in TABLES[name](options.simulations)
    ]
    for sentence in missed:
        print(f"missed: {sentence}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
