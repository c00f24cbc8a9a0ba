"""One claim about one comparison: which rows, which covariates, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from reference import read

from analysis import AnalysisError, contrast
from analysis.estimators import difference_in_means, lin
from analysis.inference.fit import Model, fit

ONE = {"b": 1, "a": -1}


def people(seed: int = 1, n: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"arm": np.tile(list("abc"), n // 3), "x": random.normal(5, 2, n)})
    data["session"] = np.arange(n) // 20
    data["block"] = np.arange(n) // 6
    data["y"] = data["x"] + data["session"] + random.normal(size=n)
    return data


def row(data: pd.DataFrame, weights=ONE, **options) -> pd.Series:
    return contrast(data, "y", "arm", weights, draws=0, **options).iloc[0]


def test_a_missing_covariate_is_the_mean_of_the_others_and_is_counted():
    data = people()
    gaps = data.assign(x=data["x"].mask(data.index < 7))
    filled = gaps.assign(x=gaps["x"].fillna(gaps["x"].mean()))
    one, other = row(gaps, covariates="x"), row(filled, covariates="x")
    for name in ("estimate", "std_error", "df", "n"):
        assert one[name] == pytest.approx(other[name], rel=1e-12)
    assert (one["imputed"], other["imputed"]) == (7, 0)


def test_a_claim_about_the_covariate_takes_complete_cases():
    data = people()
    data.loc[:6, "x"] = np.nan
    assert row(data, slope="x")["n"] == 53
    assert row(data, None, slope="x")["n"] == 53
    assert row(data, covariates="x")["n"] == 60


def test_rows_in_a_session_with_one_arm_stay():
    data = people()
    extra = pd.DataFrame({"arm": ["c"] * 5, "x": range(5), "session": 9, "block": 99})
    extra["y"] = 30.0 + extra["x"]
    found = row(pd.concat([data, extra]), covariates="x", sessions="session")
    assert found["n"] == 65
    # They say nothing of a against b but how y goes with x.
    assert found["estimate"] != row(data, covariates="x", sessions="session")["estimate"]


def test_a_session_of_one_person_is_fitted_exactly_and_changes_nothing():
    data = people()
    alone = pd.DataFrame({"arm": ["a"], "x": [5.0], "session": [9], "block": [99], "y": [1e3]})
    here, there = (
        row(d, covariates="x", sessions="session") for d in (data, pd.concat([data, alone]))
    )
    for name in ("estimate", "std_error", "df"):
        assert here[name] == pytest.approx(there[name], rel=1e-9)


def test_a_shift_of_a_session_or_of_all_moves_nothing():
    data = people()
    moved = data.assign(y=1e9 + data["y"] + 100 * data["session"], x=1e6 - 3e3 * data["x"])
    here, there = (row(d, covariates="x", sessions="session") for d in (data, moved))
    for name in ("estimate", "std_error", "df"):
        assert here[name] == pytest.approx(there[name], rel=1e-6)


def test_a_copy_of_a_covariate_changes_nothing():
    data = people().assign(again=lambda d: 2 * d["x"] + 1)
    one, two = row(data, covariates="x"), row(data, covariates=["x", "again"])
    assert two["std_error"] == pytest.approx(one["std_error"], rel=1e-9)


def test_with_slopes_by_arm_it_is_lins_and_without_covariates_a_difference_of_means():
    data = people()
    by_arm = lin(data, "y", "arm", "a", "x").set_index("term").loc["b"]
    assert row(data, by_arm="x")["std_error"] == pytest.approx(by_arm["std_error"])
    plain = difference_in_means(data, "y", "arm", "a").set_index("term").loc["b"]
    means = data.groupby("arm")["y"].mean()
    assert row(data)["estimate"] == pytest.approx(means["b"] - means["a"])
    assert row(data)["df"] == pytest.approx(plain["df"])


def test_a_moderator_with_two_values_gives_the_difference_of_its_effects():
    data = read("arms")
    effects = [
        difference_in_means(data[data["group"] == value], "y", "arm", "control").set_index("term")
        for value in (0, 1)
    ]
    found = contrast(
        data, "y", "arm", {"beneficiary": 1, "control": -1}, slope="group", draws=0
    ).iloc[0]
    by_hand = effects[1].loc["beneficiary", "estimate"] - effects[0].loc["beneficiary", "estimate"]
    assert found["estimate"] == pytest.approx(by_hand)


def test_a_slope_is_per_unit():
    data = people()
    tens = row(data.assign(x=data["x"] / 10), slope="x")["estimate"]
    assert tens == pytest.approx(10 * row(data, slope="x")["estimate"])
    alone = row(data, None, slope="x", sessions="session")
    assert alone["estimate"] == pytest.approx(1, abs=0.3)
    assert np.isnan(alone["p_randomization"])


def test_a_joint_claim_of_one_comparison_is_its_t():
    data = people()
    data["arm"] = data["arm"].replace("c", "b")
    both = row(data, [ONE, {"a": -2, "b": 2}], covariates="x")
    single = row(data, covariates="x")
    assert both["statistic"] == pytest.approx(single["statistic"] ** 2, rel=1e-9)
    assert both["p_value"] == pytest.approx(single["p_value"], rel=1e-9)


def test_degrees_of_freedom_are_those_of_the_whole_quadratic_form():
    """With the n × n matrices written out, and with few rows of large leverage."""
    data = people().assign(x=lambda d: d["x"] ** 4)
    found = row(data, slope="x", sessions="session")
    arms = np.eye(3)[np.searchsorted(list("abc"), data["arm"])]
    x = ((data["x"] - data["x"].mean()) / data["x"].std()).to_numpy()
    matrix = np.hstack([arms, arms * x[:, None], np.eye(3)[data["session"], 1:]])
    maker = np.eye(len(x)) - matrix @ np.linalg.pinv(matrix)
    share = np.array([0, 0, 0, -1, 1, 0, 0, 0]) @ np.linalg.pinv(matrix)
    form = maker @ np.diag(share**2 / np.diag(maker)) @ maker
    assert found["df"] == pytest.approx(np.trace(form) ** 2 / np.trace(form @ form))
    assert found["df"] < 20


def test_equivalence_and_exceeding_are_judged_against_the_smallest_effect():
    data = people()
    found = row(data, covariates="x", claim="none", smallest_effect=3.0)
    assert found["p_claim"] == found["p_equivalence"] < 0.01
    assert row(data, covariates="x", claim="exceeds", smallest_effect=3.0)["p_claim"] > 0.9
    assert np.isnan(row(data)["p_equivalence"])


def test_coefficients_reproduce_what_made_them():
    model = Model(
        np.array([0, 0, 1, 1, 1, 0, 1]), 2, np.arange(7.0)[:, None], np.empty((7, 0)), None
    )
    truth = model.matrix() @ np.array([1.0, 2.5, 0.5])
    fitted = fit(truth[:, None], model)
    row_ = model.weights([-1, 1])
    assert (row_ @ fitted.back @ fitted.scores)[0] == pytest.approx(1.5)
    assert np.abs(fitted.residuals).max() < 1e-12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": {"b": 1, "a": -2}}, "sum to 0"),
        ({"weights": {"b": 0, "a": 0}}, "sum to 0"),
        ({"weights": {"d": 1, "a": -1}}, "'d'.*a, b, c"),
        ({"weights": {"b": "1", "a": -1}}, "not a number"),
        ({"weights": "b - a"}, "arm → number"),
        ({"weights": None}, "weights of arms, a slope"),
        ({"weights": [ONE, {"c": 1, "a": -1}], "claim": "increase"}, "only be claimed to differ"),
        ({"weights": []}, "no comparisons"),
        ({"alpha": 2}, "between 0 and 0.5"),
        ({"claim": "none"}, "needs a smallest_effect"),
        ({"claim": "zero"}, "'zero'.*differs, increase"),
        ({"claim": "none", "smallest_effect": -1}, "above 0"),
        ({"covariates": ["flat"]}, "'flat' does not vary"),
        ({"covariates": ["gone"]}, "Nobody has covariate 'gone'"),
        ({"covariates": ["z"]}, "'z'"),
        ({"covariates": ["code"]}, "do not tell the arms apart"),
        ({"sessions": "arm"}, "do not tell the arms apart"),
        ({"se_type": "HC9"}, "'HC9'.*HC2"),
        ({"by_arm": ["x", "x2", "x3"], "few": True}, "enters the comparison|tell the arms apart"),
    ],
)
def test_bad_input_is_named(arguments, message):
    data = people().assign(flat=1, gone=np.nan, x2=lambda d: d["x"] ** 2, x3=lambda d: d["x"] ** 3)
    data["code"] = np.searchsorted(list("abc"), data["arm"]) == 1
    if arguments.pop("few", False):
        data = data.groupby("arm").head(4)
    with pytest.raises(AnalysisError, match=message):
        row(data, arguments.pop("weights", ONE), **arguments)


def test_an_outcome_alike_within_the_arms_compared_has_no_estimate():
    data = people().assign(y=lambda d: d["arm"].map({"a": 1.0, "b": 2.0}).fillna(d["x"]))
    with pytest.raises(AnalysisError, match="does not vary within"):
        row(data)
