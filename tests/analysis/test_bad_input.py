"""Whatever is wrong with the input, an estimator says what, and what exists instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.diagnostics import attrition, balance, lee_bounds
from analysis.errors import AnalysisError
from analysis.estimators import (
    count_model,
    difference_in_means,
    equivalence,
    factorial,
    lin,
    ordered_logit,
    randomization_inference,
    rank_test,
    welch,
)
from analysis.inference.contrast import step_down
from analysis.tidy import COLUMNS


def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 48
    return pd.DataFrame(
        {
            "arm": np.tile(["control", "organisation", "beneficiary"], 16),
            "y": rng.integers(0, 6, n).astype(float),
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "block": np.repeat(np.arange(8), 6),
        }
    )


Estimator = Callable[..., pd.DataFrame]
ESTIMATORS: dict[str, Estimator] = {
    "difference_in_means": difference_in_means,
    "blocked": lambda *a, **k: difference_in_means(*a, blocks="block", **k),
    "lin": lambda *a, **k: lin(*a, ["x"], **k),
    "lin with blocks": lambda *a, **k: lin(*a, ["x"], blocks="block", **k),
    "randomization_inference": lambda *a, **k: randomization_inference(
        *a, covariates="x", blocks="block", draws=99, seed=1, **k
    ),
    "step_down": lambda *a, **k: step_down(*a, covariates="x", **k)[list(COLUMNS)],
    "welch": welch,
    "rank_test": rank_test,
    "van Elteren": lambda *a, **k: rank_test(*a, blocks="block", **k),
    "poisson": count_model,
    "negative_binomial": lambda *a, **k: count_model(*a, family="negative_binomial", **k),
    "ordered_logit": ordered_logit,
    "equivalence": lambda *a, **k: equivalence(*a, 1.0, **k),
    "lee_bounds": lambda *a, **k: lee_bounds(*a, draws=100, seed=1, **k),
}
each = pytest.mark.parametrize("name", list(ESTIMATORS))


def fails(call: Callable[[], Any], *words: str) -> None:
    with pytest.raises(AnalysisError) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


@each
def test_returns_the_tidy_columns_for_each_arm(name: str) -> None:
    frame = ESTIMATORS[name](data(), "y", "arm", "control")
    assert tuple(frame.columns) == COLUMNS
    assert any("organisation" in term for term in frame["term"])
    assert any("beneficiary" in term for term in frame["term"])
    assert not any("control" in term for term in frame["term"])
    assert (frame["outcome"] == "y").all()


@each
def test_never_gives_an_empty_number_for_an_arm(name: str) -> None:
    frame = ESTIMATORS[name](data(), "y", "arm", "control")
    arms = frame[frame["term"] != "any arm"]
    assert not arms.isna().any(axis=None)


@pytest.mark.parametrize("name", sorted({*ESTIMATORS} - {"lee_bounds"}))
def test_leaves_out_and_counts_missing_rows(name: str) -> None:
    holes = data()
    holes.loc[[0, 9], "y"] = np.nan
    holes.loc[[2], "arm"] = None
    frame = ESTIMATORS[name](holes, "y", "arm", "control")
    full = ESTIMATORS[name](holes.drop(index=[0, 9, 2]), "y", "arm", "control")
    assert (frame["n"] == 45).all()
    pd.testing.assert_frame_equal(frame, full)


@each
def test_does_not_depend_on_the_order_or_index_of_rows(name: str) -> None:
    shuffled = data().sample(frac=1, random_state=3)
    shuffled.index = pd.Index(["p"] * len(shuffled))
    pd.testing.assert_frame_equal(
        ESTIMATORS[name](data(), "y", "arm", "control"),
        ESTIMATORS[name](shuffled, "y", "arm", "control"),
        rtol=1e-4 if name == "ordered_logit" else 1e-8,
    )


@each
def test_leaves_the_data_as_they_were(name: str) -> None:
    given = data()
    ESTIMATORS[name](given, "y", "arm", "control")
    pd.testing.assert_frame_equal(given, data())


@each
def test_takes_nullable_and_categorical_columns(name: str) -> None:
    typed = data().assign(
        y=data()["y"].astype("Int64"),
        arm=pd.Categorical(data()["arm"], ["beneficiary", "control", "organisation", "reward"]),
    )
    pd.testing.assert_frame_equal(
        ESTIMATORS[name](typed, "y", "arm", "control"),
        ESTIMATORS[name](data(), "y", "arm", "control"),
    )


@each
def test_names_an_unknown_column(name: str) -> None:
    fails(lambda: ESTIMATORS[name](data(), "Y", "arm", "control"), "'Y'", "arm, y, x, z, block")
    fails(lambda: ESTIMATORS[name](data(), "y", "Arm", "control"), "'Arm'", "arm, y, x, z")


@each
def test_names_an_absent_control(name: str) -> None:
    call = ESTIMATORS[name]
    fails(
        lambda: call(data(), "y", "arm", "placebo"),
        "'placebo'",
        "beneficiary, control, organisation",
    )


@each
def test_refuses_a_single_arm(name: str) -> None:
    one = data().query("arm == 'control'")
    fails(lambda: ESTIMATORS[name](one, "y", "arm", "control"), "one arm only")


@each
def test_refuses_an_arm_with_a_single_row(name: str) -> None:
    rows = data()
    rare = rows[(rows["arm"] != "beneficiary") | (rows.index == 2)]
    fails(lambda: ESTIMATORS[name](rare, "y", "arm", "control"), "'beneficiary'")


@each
def test_refuses_an_outcome_that_does_not_vary(name: str) -> None:
    constant = data().assign(y=3.0)
    fails(lambda: ESTIMATORS[name](constant, "y", "arm", "control"), "'y'", "var")


@each
def test_refuses_an_outcome_that_is_not_a_number(name: str) -> None:
    words = data().assign(y="many")
    fails(lambda: ESTIMATORS[name](words, "y", "arm", "control"), "'y'", "not a number")
    endless = data().assign(y=np.inf)
    fails(lambda: ESTIMATORS[name](endless, "y", "arm", "control"), "'y'", "infinite")


@each
def test_refuses_data_without_a_complete_row(name: str) -> None:
    empty = data().assign(y=np.nan)
    fails(lambda: ESTIMATORS[name](empty, "y", "arm", "control"), "No row", "y")
    fails(lambda: ESTIMATORS[name](data().iloc[:0], "y", "arm", "control"), "No row")


@each
def test_refuses_what_is_not_a_data_frame(name: str) -> None:
    fails(lambda: ESTIMATORS[name]([1, 2], "y", "arm", "control"), "DataFrame", "list")


@pytest.mark.parametrize(
    "name", ["difference_in_means", "blocked", "lin", "equivalence", "poisson"]
)
def test_names_an_unknown_standard_error(name: str) -> None:
    call = ESTIMATORS[name]
    fails(lambda: call(data(), "y", "arm", "control", se_type="HC9"), "'HC9'", "classical", "HC2")


COVARIATES: dict[str, Callable[[pd.DataFrame, list[str]], pd.DataFrame]] = {
    "lin": lambda d, c: lin(d, "y", "arm", "control", c),
    "lin with blocks": lambda d, c: lin(d, "y", "arm", "control", c, blocks="block"),
    "count_model": lambda d, c: count_model(d, "y", "arm", "control", covariates=c),
    "ordered_logit": lambda d, c: ordered_logit(d, "y", "arm", "control", covariates=c),
    "equivalence": lambda d, c: equivalence(d, "y", "arm", "control", 1, covariates=c),
}


@pytest.mark.parametrize("name", list(COVARIATES))
def test_names_a_covariate_that_cannot_serve(name: str) -> None:
    call = COVARIATES[name]
    fails(lambda: call(data(), ["age"]), "'age'", "arm, y, x")
    fails(lambda: call(data().assign(c=2), ["x", "c"]), "'c'", "does not vary")
    fails(lambda: call(data().assign(w="word"), ["w"]), "'w'", "not a number")
    arm = data().assign(a=(data()["arm"] == "control") * 1)
    if name in ("count_model", "ordered_logit"):
        double = data().assign(d=3 * data()["x"] + 1e6)
        fails(lambda: call(double, ["x", "d"]), "'d'", "x")
        fails(lambda: call(arm, ["a"]), "'a'", "determined by the arms")
    else:
        fails(lambda: call(arm, ["a"]), "do not tell the arms apart")


def test_refuses_more_covariates_than_an_arm_has_rows() -> None:
    rng = np.random.default_rng(2)
    many = [f"x{number}" for number in range(15)]
    wide = data().assign(**{name: rng.normal(size=48) for name in many})
    fails(lambda: lin(wide, "y", "arm", "control", many), "Use fewer covariates")


def test_a_covariate_that_is_constant_in_one_arm_serves_where_slopes_are_shared() -> None:
    rows = data()
    flat = rows.assign(g=(rows["x"] > 0) & (rows["arm"] != "control"))
    assert len(count_model(flat, "y", "arm", "control", covariates="g")) == 2
    assert len(ordered_logit(flat, "y", "arm", "control", covariates="g")) == 2
    assert len(equivalence(flat, "y", "arm", "control", 1, covariates="g")) == 2
    said = lin(flat, "y", "arm", "control", "g").attrs["notes"]
    assert "one common slope to g" in " ".join(said)


def test_lin_without_covariates_points_to_the_plain_comparison() -> None:
    fails(lambda: lin(data(), "y", "arm", "control", []), "difference_in_means")


def test_counts_are_not_negative() -> None:
    fails(
        lambda: count_model(data().assign(y=data()["y"] - 2), "y", "arm", "control"), "'y'", "-2"
    )


def test_negative_binomial_counts_are_whole() -> None:
    halves = data().assign(y=data()["y"] / 2)
    call = ESTIMATORS["negative_binomial"]
    fails(lambda: call(halves, "y", "arm", "control"), "'y'", "whole", "1.5")
    assert len(count_model(halves, "y", "arm", "control")) == 2


def test_an_arm_of_zeros_has_no_ratio() -> None:
    rows = data()
    zeros = rows.assign(y=rows["y"].where(rows["arm"] != "beneficiary", 0))
    fails(lambda: count_model(zeros, "y", "arm", "control"), "'beneficiary'", "0 for all")


def test_names_an_unknown_count_family() -> None:
    call = count_model
    fails(lambda: call(data(), "y", "arm", "control", family="nb"), "'nb'", "negative_binomial")


def test_an_arm_at_one_end_has_no_odds_ratio() -> None:
    rows = data()
    top = rows.assign(y=rows["y"].where(rows["arm"] != "beneficiary", 5))
    fails(lambda: ordered_logit(top, "y", "arm", "control"), "'beneficiary'", "one end")


def test_a_separating_covariate_has_no_odds_ratio() -> None:
    rows = data()
    sorted_by_y = rows.assign(x=rows["y"] + 0.01 * rows["x"])
    fails(lambda: ordered_logit(sorted_by_y, "y", "arm", "control", covariates="x"), "separate")


def test_an_ordered_item_has_few_answers() -> None:
    fails(lambda: ordered_logit(data(), "x", "arm", "control"), "48 distinct")


@pytest.mark.parametrize("bound", [0, -1, np.nan, np.inf, (0.5, 1), (1, -1), "much", (1, 2, 3)])
def test_equivalence_bounds_enclose_zero(bound: Any) -> None:
    fails(lambda: equivalence(data(), "y", "arm", "control", bound), "bound", repr(bound)[:4])


def test_equivalence_level_is_a_level() -> None:
    fails(lambda: equivalence(data(), "y", "arm", "control", 1, alpha=0.5), "alpha", "0.5")


def test_factors_hold_zero_and_one() -> None:
    rng = np.random.default_rng(3)
    cells = data().assign(a=rng.integers(0, 2, 48), b=rng.integers(1, 3, 48), c=1)
    fails(lambda: factorial(cells, "y", ["a", "b"]), "'b'", "1, 2")
    fails(lambda: factorial(cells, "y", ["a", "c"]), "'c'", "holds 1")
    fails(lambda: factorial(cells, "y", ["a", "arm"]), "'arm'", "not a number")
    fails(lambda: factorial(cells, "y", ["a"]), "two factors", "not 1")
    fails(lambda: factorial(cells, "y", ["a", "d"]), "'d'", "arm, y, x")


def test_factorial_needs_every_cell() -> None:
    half = data().assign(a=np.arange(48) % 2, b=np.arange(48) % 2)
    fails(lambda: factorial(half, "y", ["a", "b"]), "Nobody has a = 1 and b = 0")


def test_blocks_that_compare_nothing() -> None:
    alone = data().assign(block=np.arange(48))
    fails(lambda: difference_in_means(alone, "y", "arm", "control", blocks="block"), "apart")
    fails(lambda: rank_test(alone, "y", "arm", "control", blocks="block"), "No block")
    apart = data().query("arm != 'organisation'").assign(block=lambda d: d["arm"])
    fails(lambda: lin(apart, "y", "arm", "control", "x", blocks="block"), "apart")


def test_diagnostics_name_what_is_wrong() -> None:
    fails(lambda: attrition(data(), "arm", "control"), "'completed'", "arm, y")
    fails(lambda: attrition(data(), "arm", "control", "y"), "'y'", "1, 0 or nothing")
    fails(lambda: attrition(data(), "arm", "placebo", "y"), "'placebo'")
    fails(lambda: attrition(data(), "arm", "control", outcome="w"), "'w'")
    fails(lambda: balance(data(), "arm", "control", []), "no covariates")
    fails(lambda: balance(data(), "arm", "control", ["x", "age"]), "'age'")
    fails(lambda: balance(data().assign(c=1), "arm", "control", ["c"]), "'c'", "does not vary")
    names = data().assign(name=[f"n{number}" for number in range(48)])
    fails(lambda: balance(names, "arm", "control", "name"), "'name'", "48 distinct")
    fails(lambda: lee_bounds(data(), "y", "arm", "control", draws=10), "100", "10")


WRONG_KINDS: dict[str, Callable[[], Any]] = {
    "-1": lambda: lee_bounds(data(), "y", "arm", "control", draws=100, seed=-1),
    "'a'": lambda: lee_bounds(data(), "y", "arm", "control", draws=100, seed="a"),
    "'many'": lambda: lee_bounds(data(), "y", "arm", "control", draws="many"),
    "'x'": lambda: equivalence(data(), "y", "arm", "control", 1, alpha="x"),
    "3": lambda: lin(data(), "y", "arm", "control", 3),
    "['y']": lambda: difference_in_means(data(), ["y"], "arm", "control"),
    "<NA>": lambda: difference_in_means(data(), "y", "arm", pd.NA),
}


@pytest.mark.parametrize("word", WRONG_KINDS)
def test_arguments_of_the_wrong_kind_are_named(word: str) -> None:
    fails(WRONG_KINDS[word], word)


@pytest.mark.parametrize("kind", ["object", "category", "boolean", "Int64"])
def test_attrition_takes_completion_of_any_kind(kind: str) -> None:
    done = pd.Series([1, None] * (len(data()) // 2), dtype="Int64")
    rows = data().iloc[: len(done)].assign(completed=done.to_numpy())
    wanted = attrition(rows.assign(completed=done.astype("Float64").to_numpy()), "arm", "control")
    found = attrition(rows.assign(completed=done.astype(kind).array), "arm", "control")
    pd.testing.assert_frame_equal(found, wanted)
