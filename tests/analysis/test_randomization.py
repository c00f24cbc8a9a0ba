"""The randomization test: of exactly the t that is shown, right by counting, by R, and in size."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import threadpoolctl
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import AnalysisError, contrast, randomization_inference
from analysis.inference import randomization
from analysis.inference.fit import Model, contrasts, fit, joint
from analysis.inference.randomization import _Design, randomize

REFERENCE = Path(__file__).parents[1] / "reference"
STORED: dict[str, Any] = json.loads((REFERENCE / "randomization_tests.json").read_text())


def two_arms(n: int = 40, treated: int = 20, effect: float = 0.0, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    data = pd.DataFrame(random.normal(size=(n, 3)), columns=["y", "x", "w"])
    data["arm"] = np.where(random.permutation(n) < treated, "treated", "control")
    data["block"] = np.arange(n) % 5
    data["y"] += data["x"] + effect * (data["arm"] == "treated")
    return data


def from_r(case: str) -> pd.DataFrame:
    data = pd.DataFrame(STORED[case]["data"])
    return data if "arm" in data else data.assign(arm=np.where(data["z"] == 1, "t", "control"))


def one(data: pd.DataFrame, control: str = "control", **options: Any) -> pd.Series:
    return randomization_inference(data, "y", "arm", control, **options).iloc[0]


# ------------------------------------------------------------------------------- against R


R_CASES = [
    ("uneven", "plain", {}),
    ("uneven", "common", {"covariates": ["x"]}),
    ("twice", "common", {"covariates": ["x", "w"]}),
    ("even", "plain", {}),
    ("pairs", "blocks", {"blocks": "block"}),
    ("blocks", "blocks", {"blocks": "block"}),
]


@pytest.mark.parametrize(("case", "kind", "options"), R_CASES)
def test_agrees_with_estimatr_over_all_assignments(case, kind, options):
    row, expected = one(from_r(case), **options), STORED[case][kind]
    for name in ("estimate", "std_error", "statistic", "p_value"):
        assert row[name] == pytest.approx(expected[name], rel=1e-10), name
    assert f"exact, {expected['assignments']} assignments" in row["estimator"]


@pytest.mark.parametrize("arm", ["b", "c"])
def test_three_arms_agree_with_estimatr_over_all_orders_of_all_labels(arm):
    expected = STORED["three"][arm]
    frame = randomization_inference(
        from_r("three"), "y", "arm", "a", blocks="block", covariates="x"
    ).set_index("term")
    assert frame.loc[arm, "statistic"] == pytest.approx(expected["statistic"], rel=1e-10)
    assert frame.loc[arm, "p_value"] == pytest.approx(expected["p_value"], rel=1e-10)
    assert f"exact, {expected['assignments']} assignments" in frame.loc[arm, "estimator"]


@pytest.mark.parametrize(("case", "options"), [("even", {}), ("pairs", {"blocks": "block"})])
def test_agrees_with_coin_where_the_statistics_order_alike(case, options):
    p_value = one(from_r(case), **options)["p_value"]
    assert p_value == pytest.approx(STORED[case]["coin"]["p_value"], rel=1e-10)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_stored_values_are_what_r_gives_today():
    run = subprocess.run(
        ["Rscript", "randomization_tests.R"], cwd=REFERENCE, capture_output=True, text=True
    )
    if run.returncode and "there is no package" in run.stderr:
        pytest.skip("R lacks coin, estimatr or jsonlite")
    assert json.loads(run.stdout) == STORED


# ---------------------------------------------------------------- exactly the t that is shown


def several_arms(seed: int, arms: int, by_arm: int, scattered: bool) -> tuple[Any, Model, Any]:
    """Outcomes, model and blocks; with blocks inside sessions or, ``scattered``, across them."""
    random = np.random.default_rng(seed)
    sizes = random.integers(3, 7, size=7)
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.concatenate([random.permutation(np.arange(size) % arms) for size in sizes])
    sessions = random.integers(0, 3, len(labels)) if scattered else blocks // 3
    sessions = np.unique(sessions, return_inverse=True)[1]
    x = random.normal(size=(len(labels), 2))
    x -= x.mean(axis=0)
    y = random.normal(size=(len(labels), 3)) * (1 + labels[:, None]) + x @ random.normal(
        size=(2, 3)
    )
    return y, Model(labels, arms, x[:, by_arm:], x[:, :by_arm], sessions), blocks


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(0, 2), st.booleans())
def test_every_draw_has_the_t_that_the_fit_of_its_labels_has(seed, arms, by_arm, scattered):
    y, model, blocks = several_arms(seed, arms, by_arm, scattered)
    rows = [np.eye(arms)[1] - np.eye(arms)[0], np.eye(arms)[-1] - np.eye(arms).mean(axis=0)]
    design = _Design(model.arms, blocks)
    labels = design.drawn(6, np.random.default_rng(seed))
    weights = [model.weights(row) for row in rows]
    width = arms * (1 + by_arm)
    statistics = randomization._Statistics(
        y, model, design, np.array(weights)[:, :width], [[0, 1]]
    )
    squared, wald = statistics(labels)
    for draw, label in enumerate(labels):
        arranged = np.empty_like(model.arms)
        arranged[design.order] = label
        again = Model(arranged, arms, model.common, model.by_arm, model.sessions)
        refit = fit(y, again)
        expected = contrasts(refit, np.array(weights)).statistic ** 2
        np.testing.assert_allclose(squared[draw], expected, rtol=1e-10)
        both = joint(refit, np.array(weights), 1).wald
        if np.isfinite(both):
            assert wald[draw, 0, 1] == pytest.approx(both, rel=1e-8)


def test_the_real_assignment_is_among_those_listed():
    y, model, blocks = several_arms(3, 2, 0, False)
    inside = blocks < 3
    small = Model(model.arms[inside], 2, model.common[inside], model.by_arm[inside])
    row = small.weights([-1, 1])[None]
    observed = contrasts(fit(y[inside], small), row).statistic ** 2
    drawn = randomize(y[inside], small, blocks[inside], row[:, :2], 10_000, 1)
    assert drawn.exact
    assert (np.abs(drawn.squared - observed) < 1e-10 * observed).any(axis=0).all()


def test_listed_assignments_are_all_there_is_and_each_once():
    arms, blocks = np.array([0, 1, 2, 0, 1, 1, 0]), np.array([0, 0, 0, 1, 1, 1, 2])
    design = _Design(arms, blocks)
    listed = design.listed(0, design.ways)
    assert design.ways == 6 * 3
    assert len(np.unique(listed, axis=0)) == design.ways
    for row in listed:
        arranged = np.empty_like(arms)
        arranged[design.order] = row
        for block in range(3):
            here = blocks == block
            assert sorted(arranged[here]) == sorted(arms[here])


@pytest.mark.parametrize("sizes", [(4, 2), (30, 11), (3, 3, 3)])
def test_drawn_labels_keep_the_blocks_and_favour_nobody(sizes):
    arms = np.repeat(np.arange(len(sizes)), sizes)
    design = _Design(arms, None)
    drawn = design.drawn(20_000, np.random.default_rng(1))
    for arm, size in enumerate(sizes):
        assert ((drawn == arm).sum(axis=1) == size).all()
        share = (drawn == arm).mean(axis=0)
        error = np.sqrt(size / len(arms) * (1 - size / len(arms)) / len(drawn))
        assert np.abs(share - size / len(arms)).max() < 5 * error


# ------------------------------------------------------------------------------- properties


@pytest.mark.parametrize("options", [{}, {"blocks": "block"}, {"covariates": ["x"]}])
def test_a_seed_gives_one_result_in_any_order_of_rows(options):
    data = two_arms(effect=0.5)
    data.loc[3, "x"] = np.nan
    shuffled = data.sample(frac=1, random_state=3)
    first = one(data, seed=5, draws=500, **options)
    pd.testing.assert_series_equal(first, one(shuffled, seed=5, draws=500, **options))
    assert first["p_value"] != one(data, seed=6, draws=500, **options)["p_value"]


def test_moving_stretching_and_renaming_change_nothing():
    data = two_arms(effect=0.5)
    moved = data.assign(y=1e6 + 250 * data["y"], block=data["block"].map(lambda b: f"b{b}"))
    options: dict[str, Any] = {"blocks": "block", "covariates": "x", "seed": 1, "draws": 999}
    names = ["statistic", "p_value", "n"]
    here, there = one(data, **options)[names], one(moved, **options)[names]
    assert list(here) == pytest.approx(list(there), rel=1e-8)


def test_p_value_of_draws_counts_the_real_assignment():
    row = one(two_arms(60, 30, effect=9.0), draws=999, seed=1)
    assert row["p_value"] == 1 / 1000
    assert "999 draws" in row["estimator"]


def test_rows_without_a_block_keep_their_arm_and_blocks_with_one_arm_stay():
    data = two_arms(24, 12)
    lone = pd.DataFrame({"y": [1.0, 2, 3], "arm": "control", "block": [9, 9, None]})
    found = contrast(
        pd.concat([data, lone]), "y", "arm", {"treated": 1, "control": -1}, blocks="block", seed=1
    ).iloc[0]
    assert found["n"] == 27
    assert 0 < found["p_randomization"] <= 1


def test_the_threads_of_linear_algebra_are_given_back():
    def threads():
        return [library["num_threads"] for library in threadpoolctl.threadpool_info()]

    before = threads()
    one(two_arms(400, 200), draws=500, seed=2)
    assert threads() == before


@pytest.mark.parametrize("options", [{}, {"covariates": ["x"]}, {"blocks": "block"}])
def test_an_outcome_without_variation_has_no_test(options):
    with pytest.raises(AnalysisError, match="does not vary"):
        one(two_arms().assign(y=3.0), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "z"}, "'z'.*y, x, w, arm, block"),
        ({"control": "placebo"}, "'placebo'.*control, treated"),
        ({"blocks": "house"}, "'house'"),
        ({"covariates": ["x", "age"]}, "'age'"),
        ({"draws": 0}, "at least 1 draw"),
        ({"draws": 10.5}, "draws.*not 10.5"),
        ({"seed": -1}, "seed.*not -1"),
        ({"seed": "s1"}, "seed.*not 's1'"),
        ({"covariates": ["flat"]}, "flat.*does not vary"),
        ({"blocks": "arm"}, "do not tell the arms apart"),
    ],
)
def test_bad_input_is_named(options, message):
    data = two_arms(40, 4)
    if set(options) != {"outcome"}:
        data = data.assign(flat=1)
    arguments = {"outcome": "y", "treatment": "arm", "control": "control", **options}
    with pytest.raises(AnalysisError, match=message):
        randomization_inference(data, **arguments)


def test_a_single_row_in_an_arm_has_no_spread():
    with pytest.raises(AnalysisError, match=r"'treated' has 1 row"):
        one(two_arms(20, 1))


# ------------------------------------------------------------------------------------- size


def rejected(make, draws: int = 400, **options: Any) -> float:
    """The share of data sets whose test rejects at 5%."""
    random = np.random.default_rng(20261124)
    hits = 0
    for _ in range(draws):
        frame = contrast(make(random), "y", "arm", {"b": 1, "a": -1}, draws=199, seed=1, **options)
        hits += frame["p_randomization"].iloc[0] <= 0.05
    return hits / draws


def people(random, size: int = 8, other: float = 0.0, spread: float = 1.0) -> pd.DataFrame:
    """Blocks of 6 in sessions of 24; arm c may have an effect, arm b another spread."""
    arms = np.concatenate([random.permutation(list("aabbcc")) for _ in range(size)])
    session = np.arange(len(arms)) // 24
    x = random.normal(size=len(arms))
    noise = random.normal(size=len(arms)) * np.where(arms == "b", spread, 1)
    y = 0.5 * x + 0.3 * random.normal(size=9)[session] + other * (arms == "c") + noise
    blocks = np.arange(len(arms)) // 6
    return pd.DataFrame({"arm": arms, "y": y, "x": x, "session": session, "block": blocks})


OPTIONS = {"covariates": "x", "sessions": "session", "blocks": "block"}


@pytest.mark.parametrize("change", [{}, {"other": 2.0}, {"spread": 2.0}])
def test_the_test_rejects_as_often_as_it_says(change):
    share = rejected(lambda random: people(random, **change), **OPTIONS)
    assert abs(share - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / 400)


def test_a_rare_binary_outcome_is_not_rejected_too_often():
    """A draw in which nobody in the arms compared has it is no evidence, and no division by 0."""

    def make(random):
        data = people(random)
        return data.assign(y=(random.permutation(len(data)) < 2).astype(float))

    def safely(random):
        while True:
            data = make(random)
            if data.loc[data["arm"] != "c", "y"].any():
                return data

    share = rejected(safely, sessions="session", blocks="block")
    assert share < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 400)
