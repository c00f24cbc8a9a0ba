"""Families of tests: as R's multtest and p.adjust have it, and no more false alarms than 5%."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.multiple_testing import adjust, westfall_young
from analysis.randomization_inference import randomization_inference
from analysis.tidy import COLUMNS

REFERENCE = Path(__file__).parents[1] / "reference"
STORED: dict[str, Any] = json.loads((REFERENCE / "multiple_testing.json").read_text())
OUTCOMES = ["a", "b", "c"]


def three_arms(n: int = 90, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    data = pd.DataFrame(random.normal(size=(n, 3)), columns=OUTCOMES)
    data["b"] += data["a"]
    data["arm"] = random.permutation(np.arange(n) % 3)
    data["arm"] = data["arm"].map({0: "control", 1: "one", 2: "two"})
    data["block"] = np.arange(n) // 15
    return data


# ------------------------------------------------------------------------------- against R


def test_step_down_agrees_with_multtest_over_all_assignments() -> None:
    expected = STORED["max_t"]
    data = pd.DataFrame(expected["data"])
    found = westfall_young(data, list("abcd"), "z", 0)
    np.testing.assert_allclose(found["statistic"], expected["statistic"], rtol=1e-10)
    np.testing.assert_allclose(found["p_value"], expected["adjusted"], rtol=1e-10)
    assert found["estimator"].str.endswith("exact, 462 assignments").all()


def test_a_family_of_one_agrees_with_multtest_without_adjustment() -> None:
    expected = STORED["max_t"]
    data = pd.DataFrame(expected["data"])
    found = [westfall_young(data, name, "z", 0)["p_value"].iloc[0] for name in "abcd"]
    np.testing.assert_allclose(found, expected["raw"], rtol=1e-10)


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_adjust_agrees_with_r(method: str) -> None:
    values = np.array(STORED["adjust"]["p_values"], dtype=float)
    expected = np.array(STORED["adjust"][method], dtype=float)
    np.testing.assert_allclose(adjust(values, method), expected, rtol=1e-12)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_stored_values_are_what_r_gives_today() -> None:
    run = subprocess.run(
        ["Rscript", "multiple_testing.R"], cwd=REFERENCE, capture_output=True, text=True
    )
    if run.returncode and "there is no package" in run.stderr:
        pytest.skip("R lacks multtest or jsonlite")
    assert json.loads(run.stdout) == STORED


# ---------------------------------------------------------------------------------- adjust


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12), st.sampled_from(["holm", "bh"]))
def test_adjusted_values_are_larger_and_in_the_same_order(
    p_values: list[float], method: str
) -> None:
    found = adjust(p_values, method)
    assert found.shape == (len(p_values),)
    assert (found >= np.array(p_values) - 1e-12).all()
    assert (found <= 1).all()
    order = np.argsort(p_values)
    assert (np.diff(found[order]) >= -1e-12).all()


def test_adjust_keeps_shape_and_input() -> None:
    values = np.array([[0.01, np.nan], [0.04, 0.03]])
    found = adjust(values)
    np.testing.assert_allclose(found, [[0.03, np.nan], [0.06, 0.06]])
    assert values[0, 0] == 0.01
    assert np.isnan(adjust([np.nan])).all()


@pytest.mark.parametrize(
    ("p_values", "method", "message"),
    [
        ([0.1, 1.2], "holm", "from 0 to 1, not 1.2"),
        ([-0.1], "bh", "from 0 to 1, not -0.1"),
        ([np.inf], "bh", "not inf"),
        (["small"], "holm", "not a number"),
        ([0.1], "bonferroni", "'bonferroni'.*holm, bh"),
    ],
)
def test_adjust_names_bad_input(p_values: list[Any], method: str, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        adjust(p_values, method)


# -------------------------------------------------------------------------- Westfall-Young


@pytest.mark.parametrize("options", [{}, {"blocks": "block"}])
def test_a_family_of_one_is_the_randomization_test(options: dict[str, Any]) -> None:
    data = three_arms()
    data = data[data["arm"] != "two"]
    one = randomization_inference(data, "a", "arm", "control", draws=500, seed=2, **options)
    family = westfall_young(data, "a", "arm", "control", draws=500, seed=2, **options)
    columns = ["outcome", "term", "estimate", "std_error", "statistic", "p_value", "n"]
    pd.testing.assert_frame_equal(one[columns], family[columns])


def test_rows_are_outcomes_by_arms_in_the_contract_columns() -> None:
    found = westfall_young(three_arms(), OUTCOMES, "arm", "control", draws=99)
    assert list(found.columns) == list(COLUMNS)
    pairs = [(outcome, arm) for outcome in OUTCOMES for arm in ("one", "two")]
    assert list(zip(found["outcome"], found["term"], strict=True)) == pairs
    assert found[["df", "conf_low", "conf_high"]].isna().all(axis=None)


def test_adjusted_p_values_follow_the_statistics_and_exceed_the_single_ones() -> None:
    data = three_arms(seed=4)
    found = westfall_young(data, OUTCOMES, "arm", "control", draws=500, seed=1)
    ranked = found.assign(size=found["statistic"].abs()).sort_values("size", ascending=False)
    assert ranked["p_value"].is_monotonic_increasing
    for outcome in OUTCOMES:
        single = westfall_young(data, outcome, "arm", "control", draws=500, seed=1)
        joint = found[found["outcome"] == outcome]
        assert (joint["p_value"].to_numpy() >= single["p_value"].to_numpy() - 0.05).all()


def test_a_copy_of_an_outcome_costs_nothing() -> None:
    data = three_arms().query("arm != 'two'").assign(copy=lambda d: 5 - 2 * d["a"])
    alone = westfall_young(data, ["a"], "arm", "control", draws=500, seed=1)
    both = westfall_young(data, ["a", "copy"], "arm", "control", draws=500, seed=1)
    assert both["p_value"].to_list() == [alone["p_value"].iloc[0]] * 2


def test_one_arms_effect_does_not_disturb_the_other_arm() -> None:
    data = three_arms()
    wild = data.assign(a=data["a"] + 1e3 * (data["arm"] == "two"))
    found = westfall_young(wild, ["a"], "arm", "control", draws=500, seed=1)
    single = westfall_young(data.query("arm != 'two'"), ["a"], "arm", "control", draws=500, seed=1)
    assert found["p_value"].iloc[0] == single["p_value"].iloc[0]


def test_a_seed_gives_one_result_in_any_order_of_rows() -> None:
    data = three_arms()
    data.loc[:9, "b"] = np.nan
    one = westfall_young(data, OUTCOMES, "arm", "control", blocks="block", draws=300, seed=5)
    mixed = data.sample(frac=1, random_state=0)
    other = westfall_young(mixed, OUTCOMES, "arm", "control", blocks="block", draws=300, seed=5)
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("options", [{}, {"blocks": "block"}])
def test_rows_missing_one_outcome_count_for_the_others(options: dict[str, Any]) -> None:
    data = three_arms(seed=6)
    data.loc[data.index[::7], "b"] = np.nan
    data.loc[2, OUTCOMES] = np.nan
    found = westfall_young(data, OUTCOMES, "arm", "control", draws=2000, seed=1, **options)
    for outcome, rows in found.groupby("outcome"):
        single = randomization_inference(data, outcome, "arm", "control", draws=50, **options)
        for column in ("estimate", "std_error", "n"):
            np.testing.assert_allclose(rows[column], single[column])
    assert found["p_value"].between(1 / 2001, 1).all()


def test_repeated_row_names_do_no_harm() -> None:
    data = three_arms()
    doubled = data.set_axis(np.zeros(len(data), dtype=int), axis=0)
    one = westfall_young(data, OUTCOMES, "arm", "control", draws=99, seed=1)
    other = westfall_young(doubled, OUTCOMES, "arm", "control", draws=99, seed=1)
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("outcomes", "options", "message"),
    [
        ([], {}, "no outcomes"),
        (["a", "z"], {}, "'z'.*a, b, c, arm"),
        (["a", "arm"], {}, "'arm'.*not a number"),
        (["a"], {"draws": -5}, "draws.*-5"),
        (["a"], {"blocks": "arm"}, "'one' against 'control': no block"),
    ],
)
def test_bad_input_is_named(outcomes: list[str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        westfall_young(three_arms(), outcomes, "arm", "control", **options)


@pytest.mark.parametrize("effect", [0.0, 3.0])
def test_false_alarms_in_the_family_stay_at_five_per_cent(effect: float) -> None:
    """Two arms, three dependent outcomes; with an effect of one arm on one outcome and without."""
    runs, alarms = 250, 0
    for seed in range(runs):
        data = three_arms(60, seed)
        data.loc[data["arm"] == "two", "c"] += effect
        found = westfall_young(data, OUTCOMES, "arm", "control", draws=199, seed=seed)
        real = ((found["outcome"] == "c") & (found["term"] == "two")).to_numpy() & (effect > 0)
        assert (found["p_value"][real] <= 0.05).all()
        alarms += bool((found["p_value"][~real] <= 0.05).any())
    assert alarms / runs < 0.05 + 3 * np.sqrt(0.0475 / runs)
    assert alarms / runs > 0.005
