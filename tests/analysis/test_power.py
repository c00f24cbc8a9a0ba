"""Power by simulation: right where theory knows it, and the same on any number of cores."""

from __future__ import annotations

import importlib.util
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import norm
from statsmodels.stats.power import TTestIndPower

from analysis import AnalysisError
from analysis.planned.plan import plans
from analysis.simulation.power import draw_arms, power
from study import randomization

PLANS = plans()
PLAN, INCENTIVE = PLANS["info_source"], PLANS["incentive"]
PLAIN = replace(PLAN, covariates=(), session_effects=False)
IDEAL = {
    "session_correlation": 0.0,
    "baseline_correlation": 0.0,
    "attrition": 0.0,
    "jobs": 1,
    "simulations": 1_000,
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
    frame = power("incentive", {}, 120, simulations=1_000, jobs=1).set_index("hypothesis")
    found = frame.loc[["H5", "H7", "H8"]]
    # Only an increase wins, and half of the errors are increases.
    assert (np.abs(found["power"] - PLAN.alpha / 2) < 4 * found["power_error"]).all()


def test_adjusted_tests_reject_something_in_at_most_five_percent_without_an_effect():
    frame = power("info_source", {}, 120, simulations=1_000, jobs=1)
    assert frame["power_adjusted"].sum() < 0.05 + 4 * frame["power_adjusted_error"].max()


def test_a_correlated_baseline_buys_power_and_attrition_costs_it():
    effect = {"beneficiary": 0.4}
    plain = row(power("info_source", effect, 180, **IDEAL), "H1")["power"]
    baseline = IDEAL | {"baseline_correlation": 0.7}
    attrition = IDEAL | {"attrition": 0.4}
    assert row(power("info_source", effect, 180, **baseline), "H1")["power"] > plain + 0.1
    assert row(power("info_source", effect, 180, **attrition), "H1")["power"] < plain - 0.1


def test_a_claim_of_no_difference_needs_many_people():
    frame = power("incentive", {"reward_beneficiary": 0.5}, [120, 960], simulations=400, jobs=1)
    few, many = (frame[frame["n"] == n].set_index("hypothesis") for n in (120, 960))
    assert few.loc["H4", "power"] < 0.02
    assert few.loc["H9", "power"] < 0.02
    assert few.loc["H4", "smallest_claimable"] > 2 * few.loc["H4", "smallest_effect"]
    assert many.loc["H4", "power"] > 0.7
    assert many.loc["H9", "power"] <= many.loc[["H4", "H7", "H8"], "power"].min()
    assert many.loc["H4", "smallest_effect"] == pytest.approx(2.0 / 8.2)


def test_the_smallest_claimable_bound_agrees_with_theory():
    found = row(power("info_source", {}, 180, plan=PLAIN, **IDEAL), "H1")
    # With a known error: |estimate| + 1.645 · error, and |z| is below 1.282 in 80%.
    theory = (1.645 + 1.282) * np.sqrt(2 / 60)
    assert found["smallest_claimable"] == pytest.approx(theory, rel=0.05)


def test_every_claim_on_the_primary_outcome_agrees_with_normal_theory():
    """Levels, interaction, association and moderation at the survey's planned size."""
    plan = PLANS["motivation"]
    frame = power("motivation", {}, plan.size, simulations=300, jobs=1).set_index("hypothesis")
    rest = np.sqrt(1 - plan.assumed["baseline_correlation"] ** 2)
    level, factor, cell = plan.size / 3, plan.size / 2, plan.size / 6
    errors = {
        "M1": rest / np.sqrt(plan.size),
        "M3": rest * np.sqrt(2 / level),
        "M5": rest * np.sqrt(2 / factor),
        "M11": rest * np.sqrt(4 / cell),
        "M12": rest * np.sqrt(2 / level),
    }
    z = norm.isf
    for name, error in errors.items():
        row = frame.loc[name]
        assert row["std_error"] == pytest.approx(error, rel=0.03), name
        assert row["minimum_detectable_effect"] == pytest.approx(
            error * (z(0.025) + z(0.2)), rel=0.12
        ), name
        assert row["smallest_claimable"] == pytest.approx(error * (z(0.05) + z(0.1)), rel=0.1)
    for name, members in (("M1", 1), ("M3", 3), ("M12", 2)):
        first = errors[name] * (z(0.025 / members) + z(0.2))
        assert frame.loc[name, "detectable_first"] == pytest.approx(first, rel=0.12), name
    # Bounds of associations are in standard deviations as they are.
    assert frame.loc["M9", "smallest_effect"] == 0.10
    assert frame.loc["M6", "smallest_effect"] == pytest.approx(0.30 / 1.3)


def test_effects_may_be_given_for_parts_and_associations():
    found = power("motivation", {"money": 0.4, "psm": 0.2}, 600, simulations=100, jobs=1)
    effects = found.set_index("hypothesis")["effect"]
    assert effects["M3"] == pytest.approx(0.4)
    assert effects[["M4", "M5", "M9", "M11"]].tolist() == pytest.approx([0, 0, 0, 0])
    assert effects["M1"] == 0.2


def test_what_the_plan_assumes_holds_unless_something_else_is_given():
    plan = PLANS["motivation"]
    assumed = power("motivation", {}, 600, simulations=100, jobs=1)
    bare = replace(plan, assumed={})
    same = power("motivation", {}, 600, plan=bare, simulations=100, jobs=1, **plan.assumed)
    assert_frame_equal(assumed, same)
    less = power("motivation", {}, 600, baseline_correlation=0, simulations=100, jobs=1)
    assert (less["std_error"].dropna() > assumed["std_error"].dropna()).all()


def test_in_its_family_a_claim_is_won_less_often():
    frame = power("info_source", {"beneficiary": 0.4}, 120, simulations=300, jobs=1)
    assert (frame["power_adjusted"] <= frame["power"]).all()
    described = power("incentive", {}, 60, simulations=100, jobs=1).set_index("hypothesis")
    assert np.isnan(described.loc["H6", "power_adjusted"])
    assert np.isnan(described.loc["H9", "effect"])


def test_without_an_expected_spread_bounds_are_unknown_and_it_is_no_claim():
    outcome = replace(INCENTIVE.outcomes["effort_correct"], expected_sd=0.0)
    outcomes = dict(INCENTIVE.outcomes) | {"effort_correct": outcome}
    plan = replace(INCENTIVE, outcomes=outcomes)
    frame = power("incentive", {}, 60, simulations=100, jobs=1, plan=plan)
    assert np.isnan(row(frame, "H4")["smallest_effect"])
    assert row(frame, "H4")["power"] == 0


@pytest.mark.parametrize("adjustment", ["holm", "bh"])
def test_other_adjustments_can_be_planned(adjustment):
    family = replace(PLAN.primary, adjustment=adjustment)
    plan = replace(PLAN, families=(family,))
    frame = power("info_source", {"beneficiary": 0.5}, 120, simulations=100, jobs=1, plan=plan)
    assert (frame["power_adjusted"] <= frame["power"]).all()


def test_in_the_factorial_the_effect_of_both_is_the_sum_unless_it_is_named():
    frame = power("incentive", {"reward": 0.2, "beneficiary": 0.3}, 60, simulations=100, jobs=1)
    assert row(frame, "H6")["effect"] == pytest.approx(0.5)
    assert row(frame, "H8")["effect"] == pytest.approx(0.0)
    named = power("incentive", {"reward_beneficiary": 0.4}, 60, simulations=100, jobs=1)
    assert row(named, "H8")["effect"] == pytest.approx(0.4)


def test_the_result_does_not_depend_on_the_number_of_jobs():
    arguments = ("incentive", {"reward": 0.2}, [60, 400])
    alone = power(*arguments, simulations=700, jobs=1)
    assert_frame_equal(alone, power(*arguments, simulations=700, jobs=2))
    together = power(*arguments, simulations=700, jobs=2, backend="threading")
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"experiment": "other"}, "There is: incentive, info_source"),
        ({"plan": INCENTIVE}, "The plan is that of incentive, not of 'info_source'"),
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

    alone = power("info_source", {"beneficiary": 0.4}, [60, 400], simulations=700, jobs=1)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        spread = power(
            "info_source",
            {"beneficiary": 0.4},
            [60, 400],
            simulations=700,
            backend="dask",
            scheduler=cluster.scheduler_address,
        )
    assert_frame_equal(alone, spread)
