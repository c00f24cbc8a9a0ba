"""The 2×2 design."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from reference import read

from analysis.estimators import difference_in_means, factorial

FACTORS = ["reward", "beneficiary"]
TERMS = [
    "reward",
    "beneficiary",
    "reward:beneficiary",
    "reward | beneficiary=0",
    "beneficiary | reward=0",
    "reward | beneficiary=1",
    "beneficiary | reward=1",
    "reward + beneficiary",
]


@pytest.mark.parametrize("options", [{}, {"covariates": "x"}, {"blocks": "block"}])
def test_shows_main_effects_interaction_and_cells(options: dict[str, str]) -> None:
    assert list(factorial(read("factorial"), "y", FACTORS, **options)["term"]) == TERMS


@pytest.mark.parametrize("options", [{}, {"covariates": "x"}])
def test_cells_add_up_to_the_main_effects(options: dict[str, str]) -> None:
    effect = factorial(read("factorial"), "y", FACTORS, **options).set_index("term")["estimate"]
    without, given = effect["reward | beneficiary=0"], effect["reward | beneficiary=1"]
    assert effect["reward"] == pytest.approx((without + given) / 2)
    assert effect["reward:beneficiary"] == pytest.approx(given - without)
    assert effect["reward + beneficiary"] == pytest.approx(
        without + effect["beneficiary | reward=1"]
    )


def test_main_effects_are_coefficients_of_plus_and_minus_one_half() -> None:
    data = read("factorial").dropna(subset=["y"])
    reward, beneficiary = data["reward"] - 0.5, data["beneficiary"] - 0.5
    design = np.column_stack([np.ones(len(data)), reward, beneficiary, reward * beneficiary])
    fit = sm.OLS(data["y"].to_numpy(), design).fit(cov_type="HC2", use_t=True)
    frame = factorial(data, "y", FACTORS).iloc[:3]
    assert list(frame["estimate"]) == pytest.approx(list(fit.params[1:]))
    assert list(frame["std_error"]) == pytest.approx(list(fit.bse[1:]))


@pytest.mark.parametrize("blocks", [None, "block"])
def test_cells_are_what_comparing_the_arms_gives(blocks: str | None) -> None:
    data = read("factorial")
    code = data["reward"] + 2 * data["beneficiary"]
    arms = data.assign(arm=code.map(dict(enumerate(["control", "reward", "beneficiary", "both"]))))
    cell = factorial(data, "y", FACTORS, blocks=blocks).set_index("term")
    arm = difference_in_means(arms, "y", "arm", "control", blocks=blocks).set_index("term")
    numbers = ["estimate", "std_error", "df", "p_value", "n"]
    for term, name in (
        ("reward | beneficiary=0", "reward"),
        ("beneficiary | reward=0", "beneficiary"),
        ("reward + beneficiary", "both"),
    ):
        assert list(cell.loc[term, numbers]) == pytest.approx(list(arm.loc[name, numbers]))


def test_factors_may_be_true_or_false() -> None:
    data = read("factorial")
    pd.testing.assert_frame_equal(
        factorial(data.astype({"reward": bool, "beneficiary": bool}), "y", FACTORS),
        factorial(data, "y", FACTORS),
    )
