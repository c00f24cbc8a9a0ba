"""Power by simulation: right where theory knows it, and the same on any number of cores."""

from __future__ import annotations

import importlib.util
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from statsmodels.stats.power import TTestIndPower

from analysis import AnalysisError, adjust, difference_in_means, lin
from analysis.batched import contrasts
from analysis.plan import load_plan
from analysis.power import _bh, _holm, arm_weights, draw_arms, power
from study import randomization
from study.experiments import INFO_SOURCE

PLAN = load_plan()
PLAIN = replace(PLAN, estimator="difference_in_means")
IDEAL = {
    "session_correlation": 0.0,
    "baseline_correlation": 0.0,
    "attrition": 0.0,
    "jobs": 1,
}


def row(frame: pd.DataFrame, hypothesis: str) -> pd.Series:
    return frame.set_index("hypothesis").loc[hypothesis]


def test_power_agrees_with_the_t_test_where_the_design_is_one():
    found = row(power("info_source", {"beneficiary": 0.5}, 180, plan=PLAIN, **IDEAL), "H1")
    theory = TTestIndPower().power(0.5, nobs1=60, alpha=0.05)
    assert found["power"] == pytest.approx(theory, abs=4 * found["power_error"])


def test_the_minimum_detectable_effect_agrees_with_the_t_test():
    found = row(power("info_source", {}, 180, plan=PLAIN, **IDEAL), "H1")
    theory = TTestIndPower().solve_power(None, nobs1=60, alpha=0.05, power=0.8)
    error = found["minimum_detectable_effect_error"]
    assert found["minimum_detectable_effect"] == pytest.approx(theory, abs=4 * error)


def test_without_an_effect_the_test_rejects_at_its_level():
    frame = power("incentive", {}, 120, simulations=4_000, jobs=1)
    assert (np.abs(frame["power"] - PLAN.alpha) < 4 * frame["power_error"]).all()


def test_adjusted_tests_reject_something_in_at_most_five_percent_without_an_effect():
    frame = power("info_source", {}, 120, simulations=4_000, jobs=1)
    assert frame["power_adjusted"].sum() < 0.05 + 4 * frame["power_adjusted_error"].max()


def test_a_correlated_baseline_buys_power_and_attrition_costs_it():
    effect = {"beneficiary": 0.4}
    plain = row(power("info_source", effect, 180, **IDEAL), "H1")["power"]
    baseline = IDEAL | {"baseline_correlation": 0.7}
    attrition = IDEAL | {"attrition": 0.4}
    assert row(power("info_source", effect, 180, **baseline), "H1")["power"] > plain + 0.1
    assert row(power("info_source", effect, 180, **attrition), "H1")["power"] < plain - 0.1


def test_in_the_factorial_the_effect_of_both_is_the_sum_unless_it_is_named():
    frame = power("incentive", {"reward": 0.2, "beneficiary": 0.3}, 60, simulations=100, jobs=1)
    assert row(frame, "H6")["effect"] == pytest.approx(0.5)
    assert row(frame, "H8")["effect"] == pytest.approx(0.0)
    named = power("incentive", {"reward_beneficiary": 0.4}, 60, simulations=100, jobs=1)
    assert row(named, "H8")["effect"] == pytest.approx(0.4)


def test_the_result_does_not_depend_on_the_number_of_jobs():
    arguments = ("incentive", {"reward": 0.2}, [60, 400])
    alone = power(*arguments, simulations=2_500, jobs=1)
    assert_frame_equal(alone, power(*arguments, simulations=2_500, jobs=2))
    together = power(*arguments, simulations=2_500, jobs=2, backend="threading")
    assert_frame_equal(alone, together)


def test_another_seed_gives_other_draws_and_the_same_seed_the_same():
    first = power("info_source", {}, 60, simulations=200, seed=1, jobs=1)
    assert_frame_equal(first, power("info_source", {}, 60, simulations=200, seed=1, jobs=1))
    other = power("info_source", {}, 60, simulations=200, seed=2, jobs=1)
    assert not first["power"].equals(other["power"])


def test_arms_are_drawn_in_the_blocks_that_the_apps_use():
    drawn = draw_arms(np.random.default_rng(1), 50, 90, 3, 18)
    assert drawn.shape == (50, 90)
    width = 3 * randomization.COPIES
    for session in drawn.reshape(50, 5, 3, width).reshape(-1, width):
        assert set(Counter(session.tolist()).values()) == {randomization.COPIES}
    real = [draw.arm for draw in randomization.assignment_list("s", "all", list("abc"), width)]
    assert set(Counter(real).values()) == {randomization.COPIES}


@pytest.mark.parametrize("se_type", ["HC2", "HC3", "classical"])
@pytest.mark.parametrize("covariates", [[], ["x", "z"]])
def test_the_batched_estimates_are_those_of_the_estimators(se_type, covariates):
    random = np.random.default_rng(5)
    arms = np.tile([0, 1, 2], 20)[None]
    outcome, measured = random.normal(size=(1, 60)), random.normal(size=(1, 60, 2))
    observed = random.random((1, 60)) > 0.1
    planned = PLAN.experiments["info_source"]
    weights = np.array([arm_weights(planned, each) for each in planned.hypotheses])
    used = measured[:, :, : len(covariates)]
    found = contrasts(outcome, arms, used, observed, weights, se_type)
    names = np.array(list(INFO_SOURCE.arms))
    data = pd.DataFrame({"y": outcome[0], "arm": names[arms[0]], "x": measured[0, :, 0]})
    data = data.assign(z=measured[0, :, 1])[observed[0]]
    for at, each in enumerate(planned.hypotheses):
        if covariates:
            frame = lin(data, "y", "arm", each.control, covariates, se_type=se_type)
        else:
            frame = difference_in_means(data, "y", "arm", each.control, se_type=se_type)
        expected = frame.set_index("term").loc[each.treatment]
        assert found.estimate[0, at] == pytest.approx(expected["estimate"], abs=1e-12)
        assert found.std_error[0, at] == pytest.approx(expected["std_error"], abs=1e-12)
        assert found.df[0] == expected["df"]
        assert found.p_values()[0, at] == pytest.approx(expected["p_value"], abs=1e-12)


@pytest.mark.parametrize(("ours", "method"), [(_holm, "holm"), (_bh, "bh")])
def test_adjusting_many_simulations_at_once_is_adjusting_each(ours, method):
    p_values = np.random.default_rng(3).random((40, 5)) ** 3
    each = [adjust(row, method=method) for row in p_values]
    np.testing.assert_allclose(ours(p_values), each, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"experiment": "other"}, "There is: info_source, incentive"),
        ({"effects": {"reward": 0.1}}, "There is: organisation, beneficiary"),
        ({"effects": {"beneficiary": float("nan")}}, "must be a finite number"),
        ({"n": 6}, "at least 12"),
        ({"attrition": 1.0}, "from 0 to below 1"),
        ({"session_size": 0}, "at least 1"),
        ({"baseline_correlation": 0.95, "session_correlation": 0.2}, "below 1"),
        ({"simulations": 5}, "at least 100"),
        ({"jobs": 0}, "-1 .one per core."),
        ({"backend": "spark"}, "There is: loky, threading, dask"),
        ({"backend": "dask"}, "needs the address of a scheduler"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "goes with the backend 'dask'"),
        ({"n": 12, "attrition": 0.9}, "raise n"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_a_sentence(change, message):
    arguments = {"experiment": "info_source", "effects": {}, "n": 60, "jobs": 1} | change
    with pytest.raises(AnalysisError, match=message):
        power(**arguments)


def test_dask_missing_is_said_with_the_mend(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(AnalysisError, match="requirements-cluster"):
        power("info_source", {}, 60, backend="dask", scheduler="tcp://127.0.0.1:1")


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="distributed is not installed: it does not go with oTree, see "
    "analysis/requirements-cluster.txt",
)
@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_gives_the_same_result():
    from distributed import LocalCluster

    alone = power("info_source", {"beneficiary": 0.4}, [60, 400], simulations=2_500, jobs=1)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        spread = power(
            "info_source",
            {"beneficiary": 0.4},
            [60, 400],
            simulations=2_500,
            backend="dask",
            scheduler=cluster.scheduler_address,
        )
    assert_frame_equal(alone, spread)
