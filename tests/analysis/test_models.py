"""Counts, ordered answers, equivalence, and the scale's alpha."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from reference import read

from analysis.diagnostics import cronbach_alpha
from analysis.errors import AnalysisError
from analysis.estimators import count_model, difference_in_means, equivalence, ordered_logit
from analysis.inference.contrast import contrast


def test_the_exponential_is_the_ratio_of_mean_counts() -> None:
    data = read("arms").dropna(subset=["arm", "count"])
    means = data.groupby("arm")["count"].mean()
    for family in ("poisson", "negative_binomial"):
        frame = count_model(data, "count", "arm", "control", family=family).set_index("term")
        ratio = np.exp(frame.loc["beneficiary", "estimate"])
        assert ratio == pytest.approx(means["beneficiary"] / means["control"], rel=1e-6)


def test_standard_errors_of_different_kinds_do_differ() -> None:
    errors = [
        count_model(read("arms"), "count", "arm", "control", se_type=kind)["std_error"].iloc[1]
        for kind in ("HC0", "HC1", "HC2", "HC3")
    ]
    assert errors == sorted(errors)
    assert len(set(errors)) == 4


def test_negative_binomial_is_at_the_maximum_of_its_likelihood() -> None:
    data = read("arms").dropna(subset=["arm", "count"])
    design = np.column_stack(
        [np.ones(len(data)), data["arm"] == "beneficiary", data["arm"] == "organisation"]
    ).astype(float)
    fit = sm.NegativeBinomial(data["count"].to_numpy(), design).fit(
        method="newton", disp=False, start_params=[1.0, 0, 0, 1]
    )
    frame = count_model(data, "count", "arm", "control", family="negative_binomial")
    assert list(frame["estimate"]) == pytest.approx(list(fit.params[1:3]), rel=1e-5)


def test_calm_counts_give_the_poisson_limit() -> None:
    poisson = count_model(read("arms"), "calm", "arm", "control", se_type="HC3")
    limit = count_model(
        read("arms"), "calm", "arm", "control", se_type="HC3", family="negative_binomial"
    )
    numbers = ["estimate", "std_error", "p_value"]
    pd.testing.assert_frame_equal(poisson[numbers], limit[numbers])


def test_distances_between_answers_do_not_matter() -> None:
    data = read("arms")
    pd.testing.assert_frame_equal(
        ordered_logit(data, "item", "arm", "control"),
        ordered_logit(data.assign(item=data["item"] ** 3), "item", "arm", "control"),
    )


def test_two_answers_give_the_logit() -> None:
    data = read("arms").dropna(subset=["arm", "item"])
    high = (data["item"] > 3).astype(float)
    design = np.column_stack(
        [np.ones(len(data)), data["arm"] == "beneficiary", data["arm"] == "organisation"]
    ).astype(float)
    fit = sm.Logit(high.to_numpy(), design).fit(disp=False)
    frame = ordered_logit(data.assign(item=high), "item", "arm", "control")
    assert list(frame["estimate"]) == pytest.approx(list(fit.params[1:]), rel=1e-5)
    assert list(frame["std_error"]) == pytest.approx(list(fit.bse[1:]), rel=1e-5)


@pytest.mark.parametrize("bound", [0.2, 0.5, 1.0, 1.5, 2.0, 3.0, (-0.4, 3.0), (-3.0, 0.4)])
def test_equivalence_is_the_interval_inside_the_bounds(bound: float | tuple[float, float]) -> None:
    frame = equivalence(read("arms"), "y", "arm", "control", bound)
    low, high = bound if isinstance(bound, tuple) else (-bound, bound)
    inside = (frame["conf_low"] > low) & (frame["conf_high"] < high)
    assert list(frame["p_value"] < 0.05) == list(inside)


def test_equivalence_rests_on_the_estimator_asked_for() -> None:
    data = read("blocks").assign(x=lambda d: np.arange(len(d)) % 5)
    tested = equivalence(data, "y", "arm", "control", 1, blocks="block").iloc[0]
    plain = difference_in_means(data, "y", "arm", "control", blocks="block").iloc[0]
    assert (tested["estimate"], tested["df"]) == (plain["estimate"], plain["df"])
    tested = equivalence(data, "y", "arm", "control", 1, covariates="x").iloc[0]
    plain = contrast(
        data, "y", "arm", {"beneficiary": 1, "control": -1}, covariates="x", draws=0
    ).iloc[0]
    assert (tested["estimate"], tested["std_error"]) == (plain["estimate"], plain["std_error"])


def test_alpha_of_identical_items_is_one() -> None:
    assert cronbach_alpha(pd.DataFrame({"a": [1, 2, 5], "b": [2, 3, 6]})) == pytest.approx(1)


def test_alpha_leaves_out_persons_who_miss_an_item() -> None:
    items = pd.DataFrame({"a": [1, 2, 5, None], "b": [2, 3, 4, 9], "c": [1, 3, 3, 1]})
    assert cronbach_alpha(items) == cronbach_alpha(items.iloc[:3])


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (pd.DataFrame({"a": [1, 2]}), "two items"),
        (pd.DataFrame({"a": [1, None], "b": [2, 3]}), "two persons"),
        (pd.DataFrame({"a": [None, None], "b": [2, 3]}), "No row"),
        (pd.DataFrame({"a": [1, 2], "b": [2, 1]}), "does not vary"),
        (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "'b'"),
        ([[1, 2], [2, 3]], "DataFrame"),
    ],
)
def test_alpha_says_what_is_wrong(items: pd.DataFrame, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        cronbach_alpha(items)
