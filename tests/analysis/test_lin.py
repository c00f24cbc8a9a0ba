"""Adjustment for covariates with slopes by arm."""

import numpy as np
import pandas as pd
from reference import read

from analysis.estimators import difference_in_means, lin


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


def test_a_value_that_is_rare_in_an_arm_gets_one_common_slope_and_it_is_said() -> None:
    data = read("arms").assign(rare=0.0)
    data.loc[data.index[data["arm"] == "control"][:1], "rare"] = 1.0
    found = lin(data, "y", "arm", "control", ["x", "rare"])
    assert found["estimate"].notna().all()
    assert "leave one common slope to rare" in found.attrs["notes"][0]
    assert lin(data, "y", "arm", "control", "x").attrs["notes"] == []
