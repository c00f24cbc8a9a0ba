"""Writes the small data sets that the R scripts and the tests read. Invented numbers throughout.

They are ugly on purpose: missing values, unequal arms, ties, several arms, tiny and broken blocks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parent / "data"


def arms() -> pd.DataFrame:
    """Three very unequal arms; every column but the moderator has holes."""
    rng = np.random.default_rng(20240311)
    arm = np.repeat(["control", "organisation", "beneficiary"], [52, 12, 33])
    n = len(arm)
    x = rng.normal(10, 3, n).round(2)
    income = rng.lognormal(10, 0.6, n).round(-2)
    effect = pd.Series(arm).map({"control": 0.0, "organisation": 0.3, "beneficiary": 0.8})
    spread = pd.Series(arm).map({"control": 1.0, "organisation": 2.0, "beneficiary": 1.4})
    y = (effect + 0.2 * (x - 10) + spread * rng.normal(size=n)).mul(2).round() / 2
    mean = np.exp(1 + 0.5 * effect + 0.05 * (x - 10))
    data = pd.DataFrame(
        {
            "arm": arm,
            "y": y,
            "x": x,
            "income": income,
            "group": rng.integers(0, 2, n),
            "count": rng.poisson(mean * rng.gamma(2, 1 / 2, n)),
            "calm": rng.binomial(6, 0.3, n),
            "item": np.clip(np.round(3 + 0.6 * effect + rng.normal(size=n)), 1, 5),
        }
    )
    for column, share in (("y", 0.08), ("x", 0.04), ("count", 0.05), ("item", 0.03)):
        data[column] = data[column].where(rng.random(n) > share)
    data.loc[[5, 60], "arm"] = None
    return data.sample(frac=1, random_state=7).reset_index(drop=True)


def blocks() -> pd.DataFrame:
    """Blocks that hold two or more of both arms, of various sizes; ``pair`` numbers pairs."""
    rng = np.random.default_rng(20240312)
    rows = []
    for block, (control, treated) in enumerate([(2, 2), (2, 2), (3, 2), (2, 4), (2, 2), (5, 2)]):
        level = rng.normal(0, 2)
        for arm, size in (("control", control), ("beneficiary", treated)):
            effect = 0.7 if arm == "beneficiary" else 0.0
            rows += [(block, arm, round(level + effect + rng.normal(), 3)) for _ in range(size)]
    return pd.DataFrame(rows, columns=["block", "arm", "y"])


def triplets() -> pd.DataFrame:
    """Blocks of one unit per arm, some outcomes missing, the last block cut short."""
    rng = np.random.default_rng(20240313)
    rows = []
    for block in range(14):
        level = rng.normal(0, 1.5)
        for arm, effect, spread in (
            ("control", 0.0, 1.0),
            ("organisation", 0.2, 0.5),
            ("beneficiary", 0.9, 2.0),
        ):
            rows.append((block, arm, round(level + effect + spread * rng.normal(), 3)))
    data = pd.DataFrame([*rows, (14, "beneficiary", 1.234)], columns=["block", "arm", "y"])
    data.loc[[4, 17, 30], "y"] = None
    return data


def uneven() -> pd.DataFrame:
    """Small blocks of unlike size, few of them with two units in both arms."""
    rng = np.random.default_rng(20240314)
    rows = []
    for block, (control, treated) in enumerate(
        [(1, 1), (1, 2), (2, 1), (1, 1), (2, 2), (1, 3), (1, 1), (1, 1), (0, 2)]
    ):
        for arm, size in (("control", control), ("beneficiary", treated)):
            rows += [(block, arm, round(block / 4 + rng.normal(), 3)) for _ in range(size)]
    return pd.DataFrame(rows, columns=["block", "arm", "y"])


def factorial() -> pd.DataFrame:
    """2×2 in blocks of eight, two per cell, and an incomplete last block."""
    rng = np.random.default_rng(20240315)
    rows = []
    for block in range(10):
        size = 8 if block < 9 else 5
        cells = rng.permutation(np.tile([0, 1, 2, 3], 2))[:size]
        level = rng.normal()
        for cell in cells:
            reward, beneficiary = int(cell % 2), int(cell // 2)
            x = rng.normal()
            y = level + 0.5 * x + 0.3 * beneficiary + 1.0 * reward * beneficiary + rng.normal()
            rows.append((block, reward, beneficiary, round(x, 3), round(y, 3)))
    data = pd.DataFrame(rows, columns=["block", "reward", "beneficiary", "x", "y"])
    data.loc[[3, 40], "y"] = None
    data.loc[[10], "x"] = None
    return data


def selection() -> pd.DataFrame:
    """Two arms that lost different shares; the outcome is an item with many ties."""
    rng = np.random.default_rng(20240316)
    arm = np.repeat(["control", "beneficiary"], [40, 43])
    y = np.clip(np.round(4 + (arm == "beneficiary") * 0.5 + 1.3 * rng.normal(size=83)), 1, 7)
    data = pd.DataFrame({"arm": arm, "y": y, "completed": 1.0})
    lost = rng.random(83) < np.where(arm == "beneficiary", 0.08, 0.3)
    data.loc[lost, ["y", "completed"]] = None
    return data


def ugly() -> pd.DataFrame:
    """Four uneven arms in six sessions, one of which holds a single arm, and one a single person.

    A covariate in thousands, one nearly a copy of it, holes everywhere; a rare binary outcome, one
    with a huge offset, one with a ceiling.
    """
    rng = np.random.default_rng(20261124)
    sizes = {"control": 41, "reward": 13, "beneficiary": 28, "both": 15}
    arm = np.repeat(list(sizes), list(sizes.values()))
    n = len(arm)
    session = rng.choice(np.array(list("abcd"), dtype=object), n, p=[0.4, 0.3, 0.2, 0.1])
    session[:4] = "only control"
    session[-1] = "alone"
    income = np.round(rng.lognormal(8, 0.5, n), 0)
    share = np.round(rng.beta(0.5, 0.5, n), 3)
    code = pd.Categorical(arm, categories=list(sizes)).codes
    spread = np.array([1.0, 3.0, 0.5, 2.0])[code]
    level = pd.Series(session).map({"a": 0, "b": 2, "c": -1, "d": 5}).fillna(8.0).to_numpy()
    effect = np.array([0.0, 0.0, 0.4, 1.1])[code]
    y = level + effect + 1.5 * share + income / 4000 + spread * rng.standard_t(3, n)
    data = pd.DataFrame(
        {
            "arm": arm,
            "session": session,
            "income": income,
            "wealth": np.round(income * 10 + rng.normal(0, 5, n), 1),
            "share": share,
            "y": np.round(y, 3),
            "offset": np.round(1e6 + y, 3),
            "rare": (rng.random(n) < np.array([0.02, 0.1, 0.05, 0.15])[code]).astype(float),
            "ceiling": np.minimum(np.round(9 + y / 2), 10),
        }
    )
    for column, gap in (("income", 0.08), ("share", 0.05), ("y", 0.06), ("ceiling", 0.04)):
        data[column] = data[column].where(rng.random(n) > gap)
    return data.sample(frac=1, random_state=11).reset_index(drop=True)


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    for make in (arms, blocks, triplets, uneven, factorial, selection, ugly):
        make().to_csv(DATA / f"{make.__name__}.csv", index=False)
