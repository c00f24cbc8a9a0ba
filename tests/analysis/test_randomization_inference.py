"""Randomization inference: right by counting, by R, in its rejections and in its intervals."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import statsmodels.api as sm
import threadpoolctl
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.estimators import difference_in_means, lin
from analysis.permutation import drawn, fitted, listed, make_design, over_labels
from analysis.randomization_inference import randomization_inference
from analysis.studentized import squared_t, statistic
from analysis.tidy import COLUMNS

permutation, studentized = map(import_module, ("analysis.permutation", "analysis.studentized"))

REFERENCE = Path(__file__).parents[1] / "reference"
STORED: dict[str, Any] = json.loads((REFERENCE / "randomization_tests.json").read_text())
Floats = npt.NDArray[np.float64]


def two_arms(n: int = 40, treated: int = 20, effect: float = 0.0, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    data = pd.DataFrame(random.normal(size=(n, 3)), columns=["y", "x", "w"])
    data["arm"] = np.where(random.permutation(n) < treated, "treated", "control")
    data["block"] = np.arange(n) % 5
    data["y"] += data["x"] + effect * (data["arm"] == "treated")
    return data


def from_r(case: str) -> pd.DataFrame:
    data = pd.DataFrame(STORED[case]["data"])
    return data.assign(arm=np.where(data["z"] == 1, "treated", "control"))


def test_row(data: pd.DataFrame, **options: Any) -> pd.Series:
    """The single row of a test of two arms."""
    return randomization_inference(data, "y", "arm", "control", **options).iloc[0]


test_row.__test__ = False  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------- against R


R_CASES = [
    ("uneven", "plain", {}),
    ("uneven", "lin", {"covariates": ["x"]}),
    ("twice", "lin", {"covariates": ["x", "w"]}),
    ("even", "plain", {}),
    ("pairs", "blocks", {"blocks": "block"}),
    ("blocks", "blocks", {"blocks": "block"}),
]


@pytest.mark.parametrize(("case", "kind", "options"), R_CASES)
def test_agrees_with_estimatr_over_all_assignments(
    case: str, kind: str, options: dict[str, Any]
) -> None:
    row, expected = test_row(from_r(case), **options), STORED[case][kind]
    for name in ("estimate", "std_error", "statistic", "p_value"):
        assert row[name] == pytest.approx(expected[name], rel=1e-10), name
    assert f"exact, {expected['assignments']} assignments" in row["estimator"]


@pytest.mark.parametrize(("case", "kind", "options"), R_CASES)
def test_interval_holds_the_effects_that_estimatr_does_not_reject(
    case: str, kind: str, options: dict[str, Any]
) -> None:
    row, expected = test_row(from_r(case), **options), STORED[case][kind]
    for effect, p_value in zip(expected["effects"], expected["p_values"], strict=True):
        data = from_r(case).assign(y=lambda d, e=effect: d["y"] - e * d["z"])
        assert test_row(data, **options)["p_value"] == pytest.approx(p_value, rel=1e-10)
        assert (row["conf_low"] <= effect <= row["conf_high"]) == (p_value > 0.05)


@pytest.mark.parametrize(("case", "options"), [("even", {}), ("pairs", {"blocks": "block"})])
def test_agrees_with_coin_where_the_statistics_order_alike(
    case: str, options: dict[str, Any]
) -> None:
    p_value = test_row(from_r(case), **options)["p_value"]
    assert p_value == pytest.approx(STORED[case]["coin"]["p_value"], rel=1e-10)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_stored_values_are_what_r_gives_today() -> None:
    run = subprocess.run(
        ["Rscript", "randomization_tests.R"], cwd=REFERENCE, capture_output=True, text=True
    )
    if run.returncode and "there is no package" in run.stderr:
        pytest.skip("R lacks coin, estimatr or jsonlite")
    assert json.loads(run.stdout) == STORED


# ------------------------------------------------------------------- against plain counting


def least_squares_t(y: Floats, z: Floats, x: Floats, blocks: Floats | None) -> float:
    """The statistic written out: weighted least squares with block effects, HC2."""
    x = x - x.mean(axis=0)
    names = np.zeros(len(y)) if blocks is None else blocks
    share = pd.Series(z).groupby(names).transform("mean").to_numpy()
    effects = (names[:, None] == np.unique(names)).astype(float)
    regressors = np.column_stack((z, x, z[:, None] * x, effects))
    fit = sm.WLS(y, regressors, weights=1 / (share * (1 - share))).fit(cov_type="HC2")
    return float(fit.tvalues[0])


def all_labels(z: Floats, blocks: Floats) -> Iterable[Floats]:
    """Every assignment with as many treated in each block as in ``z``."""
    inside = [np.flatnonzero(blocks == block) for block in np.unique(blocks)]
    ways = [combinations(rows.tolist(), int(z[rows].sum())) for rows in inside]
    for chosen in product(*ways):
        labels = np.zeros_like(z)
        labels[[row for rows in chosen for row in rows]] = 1
        yield labels


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("k", [0, 1])
def test_exact_p_value_is_the_share_of_assignments_as_extreme(seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    y, x = random.normal(size=9), random.normal(size=(9, k))
    z = random.permutation(np.arange(9) < 4).astype(float)
    permuted = [least_squares_t(y, w, x, None) for w in all_labels(z, np.zeros(9))]
    expected = np.mean(np.abs(permuted) >= abs(least_squares_t(y, z, x, None)) * (1 - 1e-9))
    data = pd.DataFrame({"y": y, "arm": np.where(z == 1, "treated", "control")})
    names = [f"x{i}" for i in range(k)]
    data[names] = x
    row = test_row(data, covariates=names)
    assert row["p_value"] == pytest.approx(expected)
    assert row["estimator"].endswith("exact, 126 assignments")


def test_pairs_with_covariates_are_the_regression_of_their_differences() -> None:
    random = np.random.default_rng(4)
    data = pd.DataFrame(random.normal(size=(30, 3)), columns=["y", "x", "w"])
    data["block"], data["arm"] = np.repeat(np.arange(15), 2), ["control", "treated"] * 15
    gaps = data.groupby("block")[["y", "x", "w"]].agg(lambda pair: pair.iloc[1] - pair.iloc[0])
    fit = sm.OLS(gaps["y"], sm.add_constant(gaps[["x", "w"]])).fit(cov_type="HC2")
    row = test_row(data, blocks="block", covariates=["x", "w"], draws=10)
    assert row["estimate"] == pytest.approx(fit.params["const"])
    assert row["std_error"] == pytest.approx(fit.bse["const"])


@pytest.mark.parametrize("k", [0, 2])
@pytest.mark.parametrize("sizes", [(60,), (12, 12, 12), (4, 7, 2, 9, 30), (2,) * 12])
def test_label_matrix_gives_every_draw_what_a_regression_gives(
    sizes: tuple[int, ...], k: int
) -> None:
    random = np.random.default_rng(5)
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    n = len(blocks)
    z = np.concatenate([random.permutation(np.arange(m) < max(1, m // 3)) for m in sizes])
    y, x = random.normal(size=n), random.normal(size=(n, k))
    design = make_design(z, blocks, y[:, None])
    labels = drawn(design, 20, random)
    found = statistic(design, y[design.rows, None], x[design.rows])(labels)
    t = np.sqrt(squared_t(found.estimate[:, 0], found.covariance[:, 0], n))
    if k and len(sizes) > 1:
        assert np.isfinite(t).all()
        return
    expected = [
        least_squares_t(y[design.rows], row.astype(float), x[design.rows], blocks[design.rows])
        for row in labels
    ]
    np.testing.assert_allclose(t, np.abs(expected), rtol=1e-6)


@pytest.mark.parametrize("options", [{}, {"covariates": ["x", "w"]}])
def test_estimates_and_errors_are_those_of_the_estimators(options: dict[str, Any]) -> None:
    data = two_arms(90, 30)
    data.loc[:20, "arm"] = "other"
    data.loc[5:8, "y"] = np.nan
    found = randomization_inference(data, "y", "arm", "control", draws=10, **options)
    estimator = lin if options else difference_in_means
    expected = estimator(data, "y", "arm", "control", **options)
    columns = ["outcome", "term", "estimate", "std_error", "statistic"]
    pd.testing.assert_frame_equal(found[columns], expected[columns])


def test_blocked_estimate_is_that_of_the_difference_in_means() -> None:
    data = two_arms(60, 25)
    found = test_row(data, blocks="block", draws=10)
    expected = difference_in_means(data, "y", "arm", "control", blocks="block").iloc[0]
    assert found["estimate"] == pytest.approx(expected["estimate"])


# ------------------------------------------------------------------------- permutations


def test_listed_assignments_are_all_there_is_and_each_once() -> None:
    blocks = np.repeat([0, 1, 2], [4, 3, 2])
    z = np.array([0, 0, 1, 1, 1, 0, 0, 1, 0], dtype=bool)
    design = make_design(z, blocks, np.zeros((9, 0)))
    labels = listed(design, 0, int(design.assignments))
    assert design.assignments == 6 * 3 * 2
    assert len(np.unique(labels, axis=0)) == len(labels) == 36
    assert (labels == design.labels).all(axis=1).sum() == 1
    names = blocks[design.rows]
    expected = {(0, 2.0), (1, 1.0), (2, 1.0)}
    for row in labels:
        assert {(int(b), float(row[names == b].sum())) for b in np.unique(names)} == expected


@pytest.mark.parametrize(("size", "treated"), [(6, 2), (40, 7), (41, 30), (300, 1)])
def test_drawn_labels_keep_the_blocks_and_favour_nobody(size: int, treated: int) -> None:
    z = np.tile(np.arange(size) < treated, 3)
    design = make_design(z, np.repeat(np.arange(3), size), np.zeros((3 * size, 0)))
    labels = drawn(design, 4000, np.random.default_rng(1))
    assert (labels.reshape(4000, 3, size).sum(axis=2) == treated).all()
    share = treated / size
    error = np.sqrt(share * (1 - share) / 4000)
    assert np.abs(labels.mean(axis=0) - share).max() < 5 * error
    covariance = np.cov(labels[:, :2].T)[0, 1]
    assert covariance == pytest.approx(-share * (1 - share) / (size - 1), abs=5 * share / 60)


def test_large_blocks_are_uniform_over_pairs_of_rows() -> None:
    """The coins that are turned back must not leave a trace: compare with shuffling."""
    design = make_design(np.arange(20) < 9, None, np.zeros((20, 0)))
    labels = drawn(design, 60_000, np.random.default_rng(2)).astype(float)
    together = labels.T @ labels / len(labels)
    expected = 9 / 20 * 8 / 19
    off = together[~np.eye(20, dtype=bool)]
    assert np.abs(off - expected).max() < 5 * np.sqrt(expected * (1 - expected) / 60_000)


def test_labels_cut_down_to_fewer_rows_are_uniform_again() -> None:
    wide = make_design(np.arange(12) < 6, None, np.zeros((12, 0)))
    narrow = make_design(np.arange(9) < 5, None, np.zeros((9, 0)))
    random = np.random.default_rng(3)
    labels = drawn(wide, 40_000, random)
    cut = fitted(narrow, labels[:, :9], random)
    assert (cut.sum(axis=1) == 5).all()
    assert np.abs(cut.mean(axis=0) - 5 / 9).max() < 5 * np.sqrt(20 / 81 / 40_000)
    assert (cut == labels[:, :9]).mean() > 0.8


def test_chunks_are_bounded_and_the_same_on_any_number_of_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analysis.permutation.CHUNK_CELLS", 1000)
    design = make_design(np.arange(100) < 50, None, np.zeros((100, 0)))

    def numbers(cores: int) -> list[npt.NDArray[np.bool_]]:
        monkeypatch.setattr("analysis.permutation._cores", lambda: cores)
        return over_labels(lambda labels, _: labels, design, 95, RANDOM(0), exact=False)

    assert [len(part) for part in numbers(1)] == [10] * 9 + [5]
    np.testing.assert_array_equal(np.vstack(numbers(1)), np.vstack(numbers(3)))


# ----------------------------------------------------------------------------- invariances

REAL = st.floats(-10, 10).map(lambda value: round(value, 2))


@st.composite
def small_samples(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(6, 12))
    arms = ["control", "control", "treated", "treated"]
    arms += draw(st.lists(st.sampled_from(["control", "treated"]), min_size=n - 4, max_size=n - 4))
    y = draw(st.lists(REAL, min_size=n, max_size=n))
    blocks = [0, 1, 0, 1, *draw(st.lists(st.integers(0, 2), min_size=n - 4, max_size=n - 4))]
    return pd.DataFrame({"arm": arms, "y": y, "block": blocks})


@settings(max_examples=30, deadline=None)
@given(small_samples(), st.integers(-5, 5), st.sampled_from([-2.0, 0.5, 4.0]), st.booleans())
def test_moving_stretching_reordering_and_renaming_change_nothing(
    data: pd.DataFrame, shift: int, stretch: float, blocked: bool
) -> None:
    options = {"blocks": "block"} if blocked else {}
    one = test_row(data, **options)
    assert 0 < one["p_value"] <= 1
    assert one["conf_low"] <= one["estimate"] <= one["conf_high"]
    assert (one["conf_low"] <= 0 <= one["conf_high"]) == (one["p_value"] > 0.05)
    names = {0: "z", 1: "a", 2: "m"}
    moved = data.assign(y=shift + stretch * data["y"], block=data["block"].map(names))
    other = test_row(moved.sample(frac=1, random_state=1), **options)
    assert other["p_value"] == pytest.approx(one["p_value"])
    assert other["estimate"] == pytest.approx(stretch * one["estimate"], abs=1e-9)
    assert other["std_error"] == pytest.approx(abs(stretch) * one["std_error"], abs=1e-9)


@pytest.mark.parametrize("options", [{}, {"blocks": "block"}, {"covariates": ["x"]}])
def test_a_seed_gives_one_result_in_any_order_of_rows(options: dict[str, Any]) -> None:
    data = two_arms(60, effect=0.5)
    one = randomization_inference(data, "y", "arm", "control", draws=500, seed=3, **options)
    other = randomization_inference(
        data.sample(frac=1, random_state=1), "y", "arm", "control", draws=500, seed=3, **options
    )
    pd.testing.assert_frame_equal(one, other)
    changed = randomization_inference(data, "y", "arm", "control", draws=500, seed=4, **options)
    assert changed["p_value"].iloc[0] != one["p_value"].iloc[0]


def test_interval_excludes_zero_just_when_the_test_rejects() -> None:
    for seed in range(40):
        data = two_arms(30, 12, effect=0.9, seed=seed)
        row = test_row(data, draws=199, seed=seed)
        assert (row["conf_low"] <= 0 <= row["conf_high"]) == (row["p_value"] > 0.05)


@pytest.mark.parametrize("options", [{}, {"blocks": "block"}, {"covariates": ["x", "w"]}])
def test_bounds_are_where_the_p_value_crosses_five_per_cent(options: dict[str, Any]) -> None:
    data = two_arms(60, 25, effect=0.4)
    row = test_row(data, draws=999, seed=2, **options)

    def p_value(effect: float) -> float:
        shifted = data.assign(y=data["y"] - effect * (data["arm"] == "treated"))
        # Other labels are drawn, because rows are put in the order of the outcome.
        return float(test_row(shifted, draws=20_000, seed=2, **options)["p_value"])

    assert p_value(row["conf_low"]) == pytest.approx(0.05, abs=0.025)
    assert p_value(row["conf_high"]) == pytest.approx(0.05, abs=0.025)
    assert p_value(row["estimate"]) == 1


def test_p_value_of_draws_counts_the_real_assignment() -> None:
    data = two_arms(60, effect=20)
    assert test_row(data, draws=99)["p_value"] == 1 / 100
    assert test_row(data, draws=99)["estimator"].endswith("99 draws")


# ------------------------------------------------------------------------- odd, but allowed


def test_arms_are_compared_with_control_one_at_a_time() -> None:
    data = two_arms(80, 40, effect=1)
    data.loc[data.index[:20], "arm"] = "other"
    found = randomization_inference(data, "y", "arm", "control", draws=200, seed=1)
    assert list(found.columns) == list(COLUMNS)
    assert list(found["term"]) == ["other", "treated"]
    wild = data.assign(y=data["y"].where(data["arm"] != "other", 1e3))
    again = randomization_inference(wild, "y", "arm", "control", draws=200, seed=1)
    pd.testing.assert_series_equal(found.iloc[1], again.iloc[1])


def test_rows_without_a_value_or_a_comparison_are_left_out() -> None:
    data = two_arms(40)
    data.loc[0, "y"] = np.nan
    data.loc[1, "arm"] = None
    data.loc[2, "block"] = np.nan
    data.loc[3:6, "block"] = [90, 91, 92, 93]
    row = test_row(data, blocks="block", draws=50)
    assert row["n"] == 33
    assert np.isnan(row["df"])


def test_several_columns_make_blocks_together() -> None:
    data = two_arms(48)
    data["session"], data["stratum"] = np.arange(48) % 2, np.arange(48) // 2 % 2
    data["both"] = data["session"] * 2 + data["stratum"]
    one = test_row(data, blocks=["session", "stratum"], draws=99, seed=1)
    pd.testing.assert_series_equal(one, test_row(data, blocks="both", draws=99, seed=1))


def test_one_block_is_no_block() -> None:
    data = two_arms(30).assign(block="all")
    one = test_row(data, blocks="block", covariates="x", draws=99, seed=1)
    columns = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
    other = test_row(data, covariates="x", draws=99, seed=1)
    pd.testing.assert_series_equal(one[columns], other[columns])


@pytest.mark.parametrize("options", [{}, {"covariates": ["x"]}, {"blocks": "block"}])
def test_an_outcome_without_variation_says_nothing(options: dict[str, Any]) -> None:
    row = test_row(two_arms(30).assign(y=0.1), draws=99, **options)
    assert row["p_value"] == 1
    assert row["estimate"] == row["std_error"] == row["statistic"] == 0


def test_assignments_without_variation_are_infinitely_extreme() -> None:
    data = pd.DataFrame({"arm": ["control"] * 4 + ["treated"] * 4, "y": [0.0] * 4 + [1.0] * 4})
    row = test_row(data)
    assert row["p_value"] == pytest.approx(2 / 70)
    assert row["statistic"] == np.inf
    assert row["conf_low"] == pytest.approx(1)


def test_too_few_assignments_leave_the_interval_open() -> None:
    data = pd.DataFrame({"arm": ["control"] * 3 + ["treated"] * 3, "y": [1, 2, 3, 7, 8, 9.5]})
    row = test_row(data)
    assert row["p_value"] == pytest.approx(0.1)
    assert (row["conf_low"], row["conf_high"]) == (-np.inf, np.inf)


def test_draws_that_leave_a_covariate_constant_in_an_arm_still_count() -> None:
    data = two_arms(14, 7).assign(rare=lambda d: 0.0)
    data.loc[data.groupby("arm").head(1).index, "rare"] = 1.0
    row = test_row(data, covariates=["rare", "x"])
    assert "exact, 3432" in row["estimator"]
    assert 0 < row["p_value"] <= 1
    assert np.isfinite([row["conf_low"], row["conf_high"], row["std_error"]]).all()


# ------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "z"}, "'z'.*y, x, w, arm, block"),
        ({"control": "placebo"}, "'placebo'.*control, treated"),
        ({"blocks": "house"}, "'house'"),
        ({"covariates": ["x", "age"]}, "'age'"),
        ({"draws": 0}, "draws.*not 0"),
        ({"draws": 10.5}, "draws.*not 10.5"),
        ({"seed": -1}, "seed.*not -1"),
        ({"seed": "s1"}, "seed.*not 's1'"),
        ({"covariates": ["x", "same"]}, "'treated' against 'control'.*x, same"),
        ({"covariates": ["flat"]}, "flat.*does not vary"),
        ({"blocks": "arm"}, "'treated' against 'control': no block holds both"),
        ({"covariates": ["x", "w", "more"]}, "'treated' has 4 rows, too few for 3 covariates"),
    ],
)
def test_bad_input_is_named(options: dict[str, Any], message: str) -> None:
    data = two_arms(40, 4)
    if set(options) != {"outcome"}:
        data = data.assign(same=2 * data["x"] + 1, flat=1, more=data["x"] ** 2)
    arguments = {"outcome": "y", "treatment": "arm", "control": "control", **options}
    with pytest.raises(AnalysisError, match=message):
        randomization_inference(data, **arguments)


def test_a_single_row_in_an_arm_has_no_spread() -> None:
    with pytest.raises(AnalysisError, match=r"'treated'.*single row"):
        test_row(two_arms(20, 1))


# ------------------------------------------------------------------------------- calibration

RUNS = 3000
DRAWS = 1999


def monte_carlo(share: float, runs: int, *, draws: int = DRAWS, slack: float = 0.0) -> bool:
    """Whether a share of rejections is 5% but for chance.

    Runs share their draws, which adds an error of at most the second term; ``slack`` is for tests
    that hold their level in large samples only.
    """
    variance = 0.05 * 0.95 * (1 / runs + 1 / draws)
    return abs(share - 0.05) < 3 * np.sqrt(variance) + slack


def shares_rejected(
    y: Floats, z: npt.NDArray[np.bool_], blocks: npt.NDArray[np.intp] | None = None
) -> tuple[float, float]:
    """Shares of the columns of ``y`` rejected at 5%: studentized, and by the plain difference.

    All columns share one label matrix.
    """
    design = make_design(z, blocks, np.zeros((len(z), 0)))
    measure = statistic(design, y[design.rows])
    seen, permuted = measure(design.labels[None]), measure(drawn(design, DRAWS, RANDOM(1)))
    n = len(y)
    large = squared_t(permuted.estimate, permuted.covariance, n) >= squared_t(
        seen.estimate, seen.covariance, n
    )
    plain = np.abs(permuted.estimate) >= np.abs(seen.estimate)
    studentized, unscaled = (
        np.mean((1 + hits.sum(axis=0)) / (1 + DRAWS) <= 0.05) for hits in (large, plain)
    )
    return float(studentized), float(unscaled)


RANDOM = np.random.default_rng


@pytest.mark.parametrize("treated", [30, 8])
def test_level_holds_if_the_treatment_changes_nobody(treated: int) -> None:
    y = RANDOM(treated).exponential(size=(60, RUNS)) ** 2
    share, _ = shares_rejected(y, np.arange(60) < treated)
    assert monte_carlo(share, RUNS)


@pytest.mark.parametrize(("treated", "spread"), [(100, 3.0), (30, 3.0), (30, 1 / 3)])
def test_level_holds_if_the_treatment_only_changes_the_spread(treated: int, spread: float) -> None:
    z = np.arange(200) < treated
    y = RANDOM(treated).normal(size=(200, RUNS)) * np.where(z, spread, 1)[:, None]
    share, unstudentized = shares_rejected(y, z)
    assert monte_carlo(share, RUNS, slack=0.012)
    if treated == 30:
        assert not monte_carlo(unstudentized, RUNS, slack=0.02)


@pytest.mark.parametrize("treated", [2, 1])
def test_level_holds_within_blocks(treated: int) -> None:
    """Blocks that differ, one or two of four treated, arms of unlike spread."""
    blocks = np.repeat(np.arange(50), 4)
    z = np.arange(200) % 4 < treated
    random = RANDOM(treated)
    y = random.normal(size=(200, RUNS)) * np.where(z, 2, 1)[:, None]
    y += 3 * random.normal(size=(50, RUNS))[blocks]
    share, _ = shares_rejected(y, z, blocks)
    assert monte_carlo(share, RUNS, slack=0.012)


@pytest.mark.parametrize("blocked", [False, True])
def test_level_holds_with_covariates(blocked: bool) -> None:
    """Very unequal arms, slopes and spreads that differ between them; no effect on average."""
    samples, together, n = 120, 8, 96
    blocks = np.repeat(np.arange(12), 8) if blocked else None
    z = np.arange(n) % 8 < 2
    random, rejected = RANDOM(7), []
    for _ in range(samples):
        x = random.normal(size=(n, 2))
        y = random.normal(size=(n, together)) * np.where(z, 2, 1)[:, None]
        y += x[:, :1] * np.where(z, 1.5, 0.5)[:, None]
        design = make_design(z, blocks, np.zeros((n, 0)))
        measure = statistic(design, y[design.rows], x[design.rows], offset=-x.mean(axis=0))
        if blocked:
            measure = statistic(design, y[design.rows], x[design.rows])
        seen, permuted = measure(design.labels[None]), measure(drawn(design, 399, random))
        hits = squared_t(permuted.estimate, permuted.covariance, n) >= squared_t(
            seen.estimate, seen.covariance, n
        )
        rejected.append((1 + hits.sum(axis=0)) / 400 <= 0.05)
    share = float(np.mean(rejected))
    assert monte_carlo(share, samples * together, slack=0.02)


@pytest.mark.parametrize("options", [{}, {"blocks": "block"}, {"covariates": ["x"]}])
def test_intervals_cover_the_effect(options: dict[str, Any]) -> None:
    runs, covered = 250, 0
    for seed in range(runs):
        random = RANDOM(seed)
        data = pd.DataFrame({"x": random.normal(size=45), "block": np.arange(45) // 9})
        z = np.arange(45) % 9 < 3
        data["arm"] = np.where(z, "treated", "control")
        noise = random.normal(size=45) * np.where(z, 2, 1)
        data["y"] = data["x"] + data["block"] + 1.5 * z + noise
        row = test_row(data, draws=299, seed=seed, **options)
        covered += bool(row["conf_low"] <= 1.5 <= row["conf_high"])
    assert monte_carlo(1 - covered / runs, runs, draws=10**9, slack=0.01)


def test_single_precision_in_large_samples_changes_nothing_one_could_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = two_arms(1200, 500, effect=0.1)
    one = test_row(data, covariates=["x", "w"], draws=999, seed=1)
    monkeypatch.setattr("analysis.studentized.SINGLE_FROM", 10_000)
    other = test_row(data, covariates=["x", "w"], draws=999, seed=1)
    assert one["std_error"] == other["std_error"]
    assert one["p_value"] == pytest.approx(other["p_value"], abs=0.0011)
    for bound in ("conf_low", "conf_high"):
        assert one[bound] == pytest.approx(other[bound], abs=1e-3 * other["std_error"])


def rare_group(seed: int) -> pd.DataFrame:
    """A group so small that some draws put all of it into one arm."""
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"x": np.zeros(1200), "arm": random.permutation(np.arange(1200) % 2)})
    data.loc[:3, ["x", "arm"]] = [[1.0, 0], [1.0, 1], [1.0, 0], [1.0, 1]]
    return data.assign(y=random.normal(size=1200) + 0.12 * data["arm"])


def far_out(seed: int) -> pd.DataFrame:
    """A code for a missing value that nobody noticed."""
    random = np.random.default_rng(seed)
    data = pd.DataFrame(random.normal(size=(1200, 2)), columns=["y", "x"])
    data.loc[0, "x"] = 999999.0
    return data.assign(arm=random.permutation(np.arange(1200) % 2))


def determined(seed: int) -> pd.DataFrame:
    """An outcome that the covariate all but determines."""
    random = np.random.default_rng(seed)
    data = pd.DataFrame(random.normal(size=(1200, 2)), columns=["y", "x"])
    return data.assign(arm=np.arange(1200) % 2, y=data["x"] + 1e-4 * data["y"])


@pytest.mark.parametrize("make", [rare_group, far_out, determined])
def test_single_precision_changes_nothing_that_is_reported(monkeypatch, make) -> None:
    data = make(6)
    call = partial(
        randomization_inference, data, "y", "arm", 0, covariates="x", draws=2000, seed=1
    )
    fast = call().iloc[0]
    monkeypatch.setattr(studentized, "SINGLE_FROM", 10**9)
    exact = call().iloc[0]
    assert fast["p_value"] == pytest.approx(exact["p_value"], abs=0.0011)
    for bound in ("conf_low", "conf_high"):
        assert fast[bound] == pytest.approx(exact[bound], abs=1e-3 * exact["std_error"])


def test_the_threads_of_linear_algebra_are_given_back(monkeypatch) -> None:
    monkeypatch.setattr(permutation, "_cores", lambda: 2)
    data = rare_group(1)
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = threadpoolctl.threadpool_info()
        with ThreadPoolExecutor(6) as pool:
            jobs = [
                pool.submit(randomization_inference, data, "y", "arm", 0, draws=9999, seed=seed)
                for seed in range(12)
            ]
        assert all(len(job.result()) == 1 for job in jobs)
        assert threadpoolctl.threadpool_info() == before
