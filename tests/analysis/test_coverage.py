"""95% intervals hold the truth 95% of the time, under equal and very unequal arms.

The bands are three Monte-Carlo standard errors wide. Each design is drawn as its estimator
supposes: shuffled inside blocks, or over everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from analysis import contrast
from analysis.estimators import difference_in_means, factorial, lin

DRAWS = 250
BAND = 3 * np.sqrt(0.95 * 0.05 / DRAWS)
BLOCKS = 20


def study(
    rng: np.random.Generator, block_of: list[int], spreads: list[float], blocked: bool
) -> pd.DataFrame:
    """Twenty blocks of the given arms; ``y`` is what it would be without any effect."""
    arms = np.tile(block_of, (BLOCKS, 1))
    arm = rng.permuted(arms, axis=1).ravel() if blocked else rng.permutation(arms.ravel())
    block = np.repeat(np.arange(BLOCKS), len(block_of))
    x = rng.normal(size=len(arm))
    noise = rng.normal(size=len(arm)) * np.array(spreads)[arm]
    y = 0.5 * x + rng.normal(size=BLOCKS)[block] + noise
    return pd.DataFrame({"arm": arm, "block": block, "x": x, "y": y})


def coverage(
    make: Callable[[np.random.Generator], pd.DataFrame],
    estimate: Callable[[pd.DataFrame], pd.DataFrame],
    truth: dict[str, float],
    draws: int = DRAWS,
) -> npt.NDArray[np.float64]:
    rng = np.random.default_rng(20240317)
    wanted, hits = np.array(list(truth.values())), np.zeros(len(truth))
    for _ in range(draws):
        frame = estimate(make(rng)).set_index("term").loc[list(truth)]
        low, high = frame["conf_low"].to_numpy(), frame["conf_high"].to_numpy()
        hits += (low < wanted) & (wanted < high)
    return hits / draws


PLAIN: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "difference_in_means": lambda d: difference_in_means(d, "y", "arm", 0),
    "lin": lambda d: lin(d, "y", "arm", 0, "x"),
}
BLOCKED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "blocked": lambda d: difference_in_means(d, "y", "arm", 0, blocks="block"),
    "lin with blocks": lambda d: lin(d, "y", "arm", 0, "x", blocks="block"),
}
EQUAL, UNEQUAL = [0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1]


def with_effect(
    block_of: list[int], spreads: list[float], blocked: bool
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """Arm 1 adds ½."""

    def make(rng: np.random.Generator) -> pd.DataFrame:
        data = study(rng, block_of, spreads, blocked)
        return data.assign(y=data["y"] + 0.5 * (data["arm"] == 1))

    return make


@pytest.mark.parametrize("block_of", [EQUAL, UNEQUAL], ids=["equal", "unequal"])
@pytest.mark.parametrize("name", [*PLAIN, *BLOCKED])
def test_intervals_cover_whatever_the_arms_sizes(name: str, block_of: list[int]) -> None:
    make = with_effect(block_of, [1, 1], blocked=name in BLOCKED)
    share = coverage(make, {**PLAIN, **BLOCKED}[name], {"1": 0.5})
    assert abs(share - 0.95) < BAND


@pytest.mark.parametrize("block_of", [EQUAL, UNEQUAL], ids=["equal", "unequal"])
@pytest.mark.parametrize("name", ["difference_in_means", "blocked"])
def test_intervals_cover_when_one_arm_spreads_more(name: str, block_of: list[int]) -> None:
    make = with_effect(block_of, [1, 3], blocked=name in BLOCKED)
    share = coverage(make, {**PLAIN, **BLOCKED}[name], {"1": 0.5})
    assert abs(share - 0.95) < BAND


@pytest.mark.parametrize("name", list(BLOCKED))
def test_a_noisy_third_arm_in_blocks_of_one_unit_per_arm_makes_intervals_cautious(
    name: str,
) -> None:
    """Of the two arms alone, they are right."""
    make = with_effect([0, 1, 2], [1, 0.5, 3], blocked=True)
    share = coverage(make, BLOCKED[name], {"1": 0.5, "2": 0.0})
    assert (share > 0.95 - BAND).all()
    share = coverage(lambda rng: make(rng).query("arm < 2"), BLOCKED[name], {"1": 0.5})
    assert abs(share - 0.95) < BAND


TRUTH: dict[str, float] = {
    "reward": 0.5,
    "beneficiary": 0.5,
    "reward:beneficiary": 1,
    "reward | beneficiary=0": 0,
    "reward + beneficiary": 1,
}
FACTORIAL: dict[str, dict[str, Any]] = {
    "plain": {},
    "covariate": {"covariates": "x"},
    "blocks": {"blocks": "block"},
}


@pytest.mark.parametrize(
    "block_of", [[0, 1, 2, 3], [0, 0, 0, 0, 1, 2, 3, 3]], ids=["equal", "unequal"]
)
@pytest.mark.parametrize("name", list(FACTORIAL))
def test_factorial_intervals_cover(name: str, block_of: list[int]) -> None:
    def make(rng: np.random.Generator) -> pd.DataFrame:
        data = study(rng, block_of, [1, 1, 1, 2], blocked=name == "blocks")
        reward, beneficiary = data["arm"] % 2, data["arm"] // 2
        y = data["y"] + reward * beneficiary
        return data.assign(reward=reward, beneficiary=beneficiary, y=y)

    share = coverage(
        make, lambda d: factorial(d, "y", ["reward", "beneficiary"], **FACTORIAL[name]), TRUTH
    )
    assert (share > 0.95 - BAND).all()
    # With one unit per cell and block, the noisy cell makes the others' intervals cautious.
    if not (name == "blocks" and len(block_of) == 4):
        assert (share < 0.95 + BAND).all()


def test_intervals_of_slopes_cover_when_few_participants_are_extreme() -> None:
    """With residual degrees of freedom they would cover some 90%."""

    def make(rng: np.random.Generator) -> pd.DataFrame:
        data = study(rng, [0, 1, 1], [1, 1, 1], blocked=False)
        return data.assign(x=np.exp(rng.normal(size=len(data))))

    share = coverage(
        make,
        lambda d: contrast(d, "y", "arm", {1: 1, 0: -1}, slope="x", draws=0),
        {"slope of x: 1 - 0": 0},
        draws=1000,
    )
    assert abs(share - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 1000)
