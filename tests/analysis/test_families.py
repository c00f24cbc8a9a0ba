"""Families: equal to multcomp, never below their own p, and right as often as they say."""

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
from scipy import stats

from analysis import AnalysisError, adjust, contrast, step_down
from analysis.inference import families

REFERENCE = Path(__file__).parents[1] / "reference"
STORED: dict[str, Any] = json.loads((REFERENCE / "multiple_testing.json").read_text())

# ------------------------------------------------------------------------------- against R


@pytest.mark.parametrize("name", STORED["families"])
def test_step_down_and_intervals_agree_with_multcomp(name):
    """Its test "Westfall": closed, logical constraints, joint law; within Monte-Carlo error."""
    stored = STORED["families"][name]
    rows = np.array(stored["contrasts"], dtype=float)
    law = families.joint_law(rows * np.sqrt(stored["variances"]), 200_000, seed=4)
    p_values = np.array(stored["p_values"])
    ours = families.step_down(p_values, law, ["y"] * len(rows), list(map(tuple, rows)))
    expected = np.array(stored["westfall"])
    error = np.sqrt(np.maximum(expected * (1 - expected), 1e-6) / law.shape[1])
    assert (np.abs(ours - expected) < 4 * error + 1e-4).all()
    alone = families.step_down(p_values, law, ["y"] * len(rows), [None] * len(rows))
    assert alone.min() == pytest.approx(min(stored["single_step"]), abs=0.002)
    critical = stats.norm.isf(families.simultaneous(law, 0.05) / 2)
    assert critical == pytest.approx(stored["critical"], abs=0.012)


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_adjust_agrees_with_r(method):
    values = np.array(STORED["adjust"]["p_values"], dtype=float)
    expected = np.array(STORED["adjust"][method], dtype=float)
    np.testing.assert_allclose(adjust(values, method), expected, rtol=1e-12)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_stored_values_are_what_r_gives_today():
    run = subprocess.run(
        ["Rscript", "multiple_testing.R"], cwd=REFERENCE, capture_output=True, text=True
    )
    if run.returncode and "there is no package" in run.stderr:
        pytest.skip("R lacks multcomp or jsonlite")
    fresh = json.loads(run.stdout)
    assert fresh["adjust"] == STORED["adjust"]
    for name, stored in STORED["families"].items():
        for key in ("p_values", "westfall", "single_step", "critical"):
            assert fresh["families"][name][key] == pytest.approx(stored[key], abs=1e-4)


# -------------------------------------------------------------------------------- step-down

CELLS = ((-1, 1, 0, 0), (-1, 0, 1, 0), (-1, 0, 0, 1), (0, 0, -1, 1), (1, -1, -1, 1))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 4), st.booleans())
def test_an_adjusted_p_is_never_below_its_own(seed, outcomes, logic):
    random = np.random.default_rng(seed)
    influence = random.normal(size=(outcomes * 5, 30)) + random.normal(size=30)
    own = random.random(outcomes * 5) ** random.integers(1, 5)
    groups = np.repeat(np.arange(outcomes), 5).tolist()
    vectors = [tuple(map(float, row)) if logic else None for row in CELLS] * outcomes
    law = families.joint_law(influence, 2_000, seed=seed)
    found = families.step_down(own, law, groups, vectors)
    assert (found >= own).all()
    assert (found <= 1).all()
    order = np.argsort(own, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000))
def test_a_family_of_one_is_not_adjusted_and_a_copy_costs_nothing(seed):
    random = np.random.default_rng(seed)
    influence = random.normal(size=(1, 20))
    own = random.random(1)
    law = families.joint_law(influence, 2_000)
    assert families.step_down(own, law, ["a"], [None]) == own
    twice = families.joint_law(np.vstack([influence, influence]), 2_000)
    both = families.step_down(np.repeat(own, 2), twice, ["a", "b"], [None, None])
    assert both == pytest.approx(np.repeat(own, 2), abs=1e-9)


def test_independent_claims_are_adjusted_as_sidak_does():
    own = np.array([0.01, 0.02, 0.5])
    law = families.joint_law(np.eye(3), 400_000)
    found = families.step_down(own, law, [0, 1, 2], [None] * 3)
    expected = np.maximum.accumulate([1 - 0.99**3, 1 - 0.98**2, 0.5])
    assert found == pytest.approx(expected, abs=0.0015)


def test_what_must_be_false_already_is_not_adjusted_for():
    """Of three arms all compared, once a pair differs at most one other pair can be alike."""
    three = [(-1.0, 1.0, 0.0), (-1.0, 0.0, 1.0), (0.0, -1.0, 1.0)]
    law = families.joint_law(np.array(three))
    own = np.array([0.0001, 0.04, 0.045])
    assert families.step_down(own, law, ["y"] * 3, three)[1] == pytest.approx(0.04)
    assert families.step_down(own, law, ["y"] * 3, [None] * 3)[1] > 0.06


def test_too_many_sets_of_hypotheses_are_adjusted_for_more_cautiously(monkeypatch):
    random = np.random.default_rng(3)
    law = families.joint_law(random.normal(size=(15, 40)), 5_000)
    own = np.sort(random.random(15) ** 3)
    arguments = own, law, list("abc") * 5, [tuple(map(float, CELLS[i // 3])) for i in range(15)]
    full = families.step_down(*arguments)
    monkeypatch.setattr(families, "COMBINATIONS", 1)
    assert (families.step_down(*arguments) >= full).all()


# ---------------------------------------------------------------------------- the public door


def trial(seed: int = 0, effect: float = 0.0, n: int = 20) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"arm": np.repeat(list("abc"), n), "x": random.normal(size=3 * n)})
    shared = random.normal(size=3 * n)
    for name in ("y", "z"):
        data[name] = data["x"] + shared + random.normal(size=3 * n) + effect * (data["arm"] == "b")
    data.loc[:3, "z"] = np.nan
    return data


def test_rows_are_the_contrasts_and_intervals_are_wider_than_their_own():
    frame = step_down(trial(), ["y", "z"], "arm", "a", covariates="x")
    assert list(zip(frame["outcome"], frame["term"], strict=True)) == [
        ("y", "b"),
        ("y", "c"),
        ("z", "b"),
        ("z", "c"),
    ]
    alone = contrast(trial(), "z", "arm", {"b": 1, "a": -1}, covariates="x", draws=0).iloc[0]
    for name in ("estimate", "std_error", "df", "p_value", "n"):
        assert frame.loc[2, name] == pytest.approx(alone[name])
    assert (frame["p_adjusted"] >= frame["p_value"]).all()
    assert (frame["simultaneous_low"] < frame["conf_low"]).all()
    assert (frame["simultaneous_high"] > frame["conf_high"]).all()


def test_named_comparisons_and_a_seed_give_one_result():
    named = {"b less c": {"b": 1, "c": -1}, "b less a": {"b": 1, "a": -1}}
    frame = step_down(trial(), "y", "arm", named, seed=3)
    assert list(frame["term"]) == list(named)
    shuffled = trial().sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(frame, step_down(shuffled, "y", "arm", named, seed=3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], "arm", "a"), "no outcome"),
        ((["y"], "arm", "d"), "'d'.*a, b, c"),
        ((["y"], "arm", {}), "no comparisons"),
        ((["y"], "arm", {"b": {"b": 1}}), "sum to 0"),
        ((["y"], "arm", {"b": {"b": 1, "q": -1}}), "'q'.*a, b, c"),
        ((["w"], "arm", "a"), "'w'"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(AnalysisError, match=message):
        step_down(trial(), *arguments)


@pytest.mark.parametrize("effect", [0.0, 2.0])
def test_false_alarms_in_the_family_stay_at_five_per_cent(effect):
    """With and without an effect of arm b, on the outcomes' comparisons of a and c."""
    draws, hits = 300, 0
    for seed in range(draws):
        data = trial(seed, effect, n=16)
        frame = step_down(data, ["y", "z"], "arm", "a", covariates="x").set_index("term")
        hits += (frame.loc["c" if effect else ["b", "c"], "p_adjusted"] < 0.05).any()
    assert hits / draws < 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


# ---------------------------------------------------------------------------------- adjust


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12), st.sampled_from(["holm", "bh"]))
def test_adjusted_values_are_larger_and_in_the_same_order(p_values, method):
    found = adjust(p_values, method)
    assert found.shape == (len(p_values),)
    assert (found >= np.array(p_values) - 1e-12).all()
    assert (found <= 1).all()
    order = np.argsort(p_values)
    assert (np.diff(found[order]) >= -1e-12).all()


def test_adjust_keeps_shape_and_input():
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
def test_adjust_names_bad_input(p_values, method, message):
    with pytest.raises(AnalysisError, match=message):
        adjust(p_values, method)
