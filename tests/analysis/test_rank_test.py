"""Tests on ranks."""

import numpy as np
import pandas as pd
import pytest
from reference import read
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimators import rank_test


def test_agrees_with_scipy_on_tied_unequal_arms() -> None:
    data = read("arms").dropna(subset=["arm", "y"])
    groups = {arm: rows["y"] for arm, rows in data.groupby("arm")}
    frame = rank_test(data, "y", "arm", "control").set_index("term")
    for arm in ("beneficiary", "organisation"):
        test = stats.mannwhitneyu(
            groups[arm], groups["control"], use_continuity=False, method="asymptotic"
        )
        pairs = len(groups[arm]) * len(groups["control"])
        assert frame.loc[arm, "estimate"] == pytest.approx(test.statistic / pairs)
        assert frame.loc[arm, "p_value"] == pytest.approx(test.pvalue)
    assert frame.loc["any arm", "p_value"] == pytest.approx(stats.kruskal(*groups.values()).pvalue)


def test_two_arms_have_no_joint_row() -> None:
    frame = rank_test(read("blocks"), "y", "arm", "control")
    assert list(frame["term"]) == ["beneficiary"]
    assert list(frame["estimator"]) == ["Mann-Whitney"]


def test_only_order_counts() -> None:
    data = read("arms")
    pd.testing.assert_frame_equal(
        rank_test(data, "y", "arm", "control"),
        rank_test(data.assign(y=np.exp(data["y"])), "y", "arm", "control"),
    )


def test_blocks_compare_inside_only() -> None:
    data = read("blocks")
    shifted = data.assign(y=data["y"] + 100 * data["block"])
    pd.testing.assert_frame_equal(
        rank_test(data, "y", "arm", "control", blocks="block"),
        rank_test(shifted, "y", "arm", "control", blocks="block"),
    )


def test_the_interval_stays_a_probability() -> None:
    data = pd.DataFrame({"arm": list("aaaabbbb"), "y": [1.0, 2, 3, 4, 5, 6, 7, 8]})
    row = rank_test(data, "y", "arm", "a").iloc[0]
    assert row["estimate"] == 1
    assert 0 <= row["conf_low"] <= row["conf_high"] <= 1


def test_arms_that_tie_throughout_cannot_be_ranked() -> None:
    data = pd.DataFrame({"arm": list("aabbcc"), "y": [1.0, 1, 1, 1, 3, 5]})
    with pytest.raises(AnalysisError, match="does not vary between 'b'"):
        rank_test(data, "y", "arm", "a")
