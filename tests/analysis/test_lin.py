"""Adjustment for covariates, and moderators."""

import numpy as np
import pandas as pd
import pytest
from reference import read

from analysis.estimators import difference_in_means, heterogeneity, lin

NUMBERS = ["estimate", "std_error", "df", "p_value"]


def test_units_and_origin_of_a_covariate_do_not_matter() -> None:
    data = read("arms")
    other = data.assign(x=1e6 - 1e4 * data["x"])
    pd.testing.assert_frame_equal(
        lin(data, "y", "arm", "control", ["x", "income"]),
        lin(other, "y", "arm", "control", ["x", "income"]),
    )


def test_one_covariate_may_be_given_by_name() -> None:
    data = read("arms")
    pd.testing.assert_frame_equal(
        lin(data, "y", "arm", "control", "x"), lin(data, "y", "arm", "control", ["x"])
    )


def test_a_covariate_that_predicts_shortens_the_interval() -> None:
    data = read("arms").dropna(subset=["x"])
    rng = np.random.default_rng(5)
    sharp = data.assign(y=data["x"] + 0.1 * rng.normal(size=len(data)))
    plain = difference_in_means(sharp, "y", "arm", "control")
    adjusted = lin(sharp, "y", "arm", "control", "x")
    assert (adjusted["std_error"] < plain["std_error"] / 10).all()


def test_the_effect_at_the_moderators_mean_is_lins() -> None:
    data = read("arms")
    moderated = heterogeneity(data, "y", "arm", "control", "x").set_index("term")
    adjusted = lin(data, "y", "arm", "control", "x").set_index("term")
    columns = ["estimate", "std_error", "statistic"]
    for arm in ("beneficiary", "organisation"):
        assert list(moderated.loc[arm, columns]) == pytest.approx(list(adjusted.loc[arm, columns]))


@pytest.mark.parametrize("se_type", ["HC0", "HC2", "HC3"])
def test_degrees_of_freedom_are_those_of_the_whole_quadratic_form(se_type: str) -> None:
    """With the n × n matrices written out, and with few rows of large leverage."""
    data = read("arms").dropna(subset=["x", "y"])
    data = data.assign(x=data["x"] ** 3)
    frame = heterogeneity(data, "y", "arm", "control", "x", se_type=se_type).set_index("term")
    arms = np.column_stack([data["arm"] == a for a in ("control", "beneficiary", "organisation")])
    m = (data["x"] - data["x"].mean()).to_numpy()
    matrix = np.hstack((arms, arms * m[:, None]))
    maker = np.eye(len(m)) - matrix @ np.linalg.pinv(matrix)
    power = {"HC0": 0, "HC2": 1, "HC3": 2}[se_type]
    share = np.array([0, 0, 0, -1, 1, 0]) @ np.linalg.pinv(matrix)
    form = maker @ np.diag(share**2 / np.diag(maker) ** power)
    freedom = np.trace(form) ** 2 / np.trace(form @ form)
    assert frame.loc["beneficiary:x", "df"] == pytest.approx(freedom)
    assert freedom < len(m) / 4


def test_a_group_as_moderator_gives_the_difference_of_its_effects() -> None:
    data = read("arms")
    effects = [
        difference_in_means(data[data["group"] == value], "y", "arm", "control").set_index("term")
        for value in (0, 1)
    ]
    frame = heterogeneity(data, "y", "arm", "control", "group").set_index("term")
    for arm in ("beneficiary", "organisation"):
        difference = effects[1].loc[arm, "estimate"] - effects[0].loc[arm, "estimate"]
        assert frame.loc[f"{arm}:group", "estimate"] == pytest.approx(difference)


def test_a_moderators_slope_is_per_unit() -> None:
    data = read("arms")
    in_units = heterogeneity(data, "y", "arm", "control", "x").set_index("term")
    in_tens = heterogeneity(data.assign(x=data["x"] / 10), "y", "arm", "control", "x")
    slope = in_tens.set_index("term").loc["beneficiary:x", "estimate"]
    assert slope == pytest.approx(10 * in_units.loc["beneficiary:x", "estimate"])
