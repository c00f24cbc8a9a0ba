"""The plain and the blocked comparison of means."""

import numpy as np
import pandas as pd
import pytest
from reference import read
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimators import difference_in_means, lin, welch


def test_estimates_are_differences_of_means() -> None:
    data = read("arms").dropna(subset=["arm", "y"])
    means = data.groupby("arm")["y"].mean()
    frame = difference_in_means(data, "y", "arm", "control")
    assert list(frame["term"]) == ["beneficiary", "organisation"]
    assert list(frame["estimate"]) == pytest.approx(
        [means["beneficiary"] - means["control"], means["organisation"] - means["control"]]
    )


def test_intervals_and_p_values_tell_the_same_story() -> None:
    row = difference_in_means(read("arms"), "y", "arm", "organisation").iloc[0]
    half = stats.t.ppf(0.975, row["df"]) * row["std_error"]
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(
        (row["estimate"] - half, row["estimate"] + half)
    )
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["statistic"]), row["df"]))


def test_welch_has_the_same_error_and_other_degrees_of_freedom() -> None:
    plain = difference_in_means(read("arms"), "y", "arm", "control")
    careful = welch(read("arms"), "y", "arm", "control")
    assert list(careful["std_error"]) == pytest.approx(list(plain["std_error"]))
    assert (careful["df"] != plain["df"]).all()


def test_any_arm_can_be_the_control_whatever_its_type() -> None:
    data = pd.DataFrame({"arm": [0, 1, 0, 1, 0, 1], "y": [1.0, 2, 2, 5, 4, 3]})
    one = difference_in_means(data, "y", "arm", 1).iloc[0]
    assert one["term"] == "0"
    assert one["estimate"] == pytest.approx(-1.0)
    truth = data.assign(arm=data["arm"] == 1)
    assert difference_in_means(truth, "y", "arm", False).iloc[0]["term"] == "True"


def test_pairs_give_the_paired_t_test() -> None:
    rng = np.random.default_rng(4)
    before, after = rng.normal(size=(2, 9))
    data = pd.DataFrame(
        {
            "y": np.r_[before, after],
            "arm": np.repeat(["control", "beneficiary"], 9),
            "pair": np.tile(np.arange(9), 2),
        }
    )
    row = difference_in_means(data, "y", "arm", "control", blocks="pair").iloc[0]
    test = stats.ttest_rel(after, before)
    assert (row["statistic"], row["p_value"]) == pytest.approx((test.statistic, test.pvalue))


def test_a_block_with_one_arm_stays_and_changes_nothing() -> None:
    data = read("blocks")
    extra = pd.DataFrame({"block": [99, 100, 100], "arm": "control", "y": [50.0, 60.0, 61.0]})
    found, plain = (
        difference_in_means(d, "y", "arm", "control", blocks="block").iloc[0]
        for d in (pd.concat([data, extra]), data)
    )
    for name in ("estimate", "std_error", "df"):
        assert found[name] == pytest.approx(plain[name])
    assert found["n"] == plain["n"] + 3


def test_several_columns_name_a_block_together() -> None:
    data = read("blocks")
    split = data.assign(session=data["block"] // 3, number=data["block"] % 3)
    pd.testing.assert_frame_equal(
        difference_in_means(split, "y", "arm", "control", blocks=["session", "number"]),
        difference_in_means(data, "y", "arm", "control", blocks="block"),
    )


def test_shifting_a_block_does_not_move_the_blocked_estimates() -> None:
    data = read("triplets").assign(x=lambda d: np.arange(len(d)) % 7)
    shifted = data.assign(y=data["y"] + 10 * data["block"])
    for estimate in (
        lambda d: difference_in_means(d, "y", "arm", "control", blocks="block"),
        lambda d: lin(d, "y", "arm", "control", "x", blocks="block"),
    ):
        pd.testing.assert_frame_equal(estimate(data), estimate(shifted))


def test_arms_compared_that_do_not_vary_have_no_standard_error() -> None:
    data = pd.DataFrame({"arm": list("aabbcc"), "y": [1.0, 1, 2, 2, 3, 5]})
    with pytest.raises(AnalysisError, match="does not vary within"):
        difference_in_means(data, "y", "arm", "a")
