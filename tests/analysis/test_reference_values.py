"""Every estimator agrees with R: estimatr, clubSandwich, sandwich, MASS, ordinal, coin, psych.

1e-8 where a formula gives the number, 1e-5 where an iteration does.
"""

from __future__ import annotations

import runpy
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from reference import FOLDER, SCRIPTS, read, stored

from analysis.diagnostics import attrition, balance, cronbach_alpha, lee_bounds
from analysis.estimators import (
    count_model,
    difference_in_means,
    equivalence,
    factorial,
    lin,
    ordered_logit,
    rank_test,
    welch,
)
from analysis.inference.contrast import contrast, view


def arms() -> pd.DataFrame:
    return read("arms")


def rounded(name: str) -> pd.DataFrame:
    return read(name).assign(y=read(name)["y"].round())


def without_a_unit() -> pd.DataFrame:
    blocks = read("blocks")
    lone = blocks.index[(blocks["block"] == 0) & (blocks["arm"] == "beneficiary")][0]
    return blocks.drop(index=lone)


def with_arm() -> pd.DataFrame:
    names = {(0, 0): "control", (1, 0): "reward", (0, 1): "beneficiary", (1, 1): "both"}
    data = read("factorial")
    cells = zip(data["reward"], data["beneficiary"], strict=True)
    return data.assign(arm=[names[cell] for cell in cells])


def by_covariate(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(term=frame["outcome"] + " " + frame["term"])


def ugly(outcome: str, **options: Any) -> pd.DataFrame:
    options = {"covariates": ["income", "share"]} | options
    comparisons = [
        {"reward": 1, "control": -1},
        {"both": 1, "beneficiary": -1},
        {"both": 1, "control": 1, "beneficiary": -1, "reward": -1},
    ]
    return pd.concat(
        contrast(read("ugly"), outcome, "arm", weights, sessions="session", draws=0, **options)
        for weights in comparisons
    )


def all_arms(outcome: str) -> pd.DataFrame:
    comparisons = [{arm: 1, "control": -1} for arm in ("reward", "beneficiary", "both")]
    covariates = ["income", "share"]
    found = contrast(
        read("ugly"),
        outcome,
        "arm",
        comparisons,
        covariates=covariates,
        sessions="session",
        draws=0,
    )
    return found.assign(term="joint")


def moderated(**weights: float) -> pd.DataFrame:
    return contrast(arms(), "y", "arm", weights, slope="x", covariates="income", draws=0)


FACTORS = ["reward", "beneficiary"]
STUDY = ("arm", "control")
CASES: dict[str, Callable[[], pd.DataFrame]] = {
    **{
        f"difference_in_means {se}": lambda se=se: difference_in_means(
            arms(), "y", *STUDY, se_type=se
        )
        for se in ("HC2", "HC3", "HC1", "HC0", "classical")
    },
    **{
        f"lin {se}": lambda se=se: lin(arms(), "y", *STUDY, ["x", "income"], se_type=se)
        for se in ("HC2", "HC3", "classical")
    },
    "common slopes": lambda: view(arms(), "y", *STUDY, "planned", covariates=["x", "income"]),
    "moderator": lambda: pd.concat(
        [moderated(beneficiary=1, control=-1), moderated(beneficiary=1, organisation=-1)]
    ),
    "association": lambda: contrast(
        arms(), "y", "arm", None, slope="x", covariates="income", draws=0
    ),
    **{f"ugly {y}": lambda y=y: ugly(y) for y in ("y", "offset", "rare", "ceiling")},
    **{f"ugly joint {y}": lambda y=y: all_arms(y) for y in ("y", "offset", "rare", "ceiling")},
    "ugly nearly collinear": lambda: ugly("y", covariates=["income", "wealth"]),
    "ugly by arm": lambda: ugly("y", covariates=(), by_arm="share"),
    "factorial": lambda: factorial(read("factorial"), "y", FACTORS),
    "factorial covariate": lambda: factorial(read("factorial"), "y", FACTORS, covariates="x"),
    "factorial covariate blocks": lambda: factorial(
        read("factorial"), "y", FACTORS, covariates="x", blocks="block"
    ),
    "blocked": lambda: difference_in_means(read("blocks"), "y", *STUDY, blocks="block"),
    "triplets": lambda: difference_in_means(read("triplets"), "y", *STUDY, blocks="block"),
    "uneven": lambda: difference_in_means(read("uneven"), "y", *STUDY, blocks="block"),
    "lone unit": lambda: difference_in_means(without_a_unit(), "y", *STUDY, blocks="block"),
    "welch": lambda: welch(arms(), "y", *STUDY),
    "mann_whitney": lambda: rank_test(arms(), "y", *STUDY),
    "van_elteren": lambda: rank_test(rounded("blocks"), "y", *STUDY, blocks="block"),
    "van_elteren triplets": lambda: rank_test(rounded("triplets"), "y", *STUDY, blocks="block"),
    "equivalence": lambda: equivalence(arms(), "y", *STUDY, 1.0),
    **{
        f"poisson {se}": lambda se=se: count_model(
            arms(), "count", *STUDY, covariates="x", se_type=se
        )
        for se in ("classical", "HC0", "HC1", "HC2", "HC3")
    },
    **{
        f"negative_binomial {se}": lambda se=se: count_model(
            arms(), "count", *STUDY, covariates="x", family="negative_binomial", se_type=se
        )
        for se in ("classical", "HC0", "HC2", "HC3")
    },
    "ordered_logit item ~ arm": lambda: ordered_logit(arms(), "item", *STUDY),
    "ordered_logit item ~ arm + x": lambda: ordered_logit(arms(), "item", *STUDY, covariates="x"),
    "attrition": lambda: attrition(read("selection"), *STUDY),
    "balance": lambda: by_covariate(balance(arms(), *STUDY, ["x", "income", "group"])),
    "balance blocks": lambda: by_covariate(
        balance(with_arm(), *STUDY, ["x", "y"], blocks="block")
    ),
    "lee_bounds": lambda: lee_bounds(read("selection"), "y", *STUDY, draws=100, seed=1),
}
ITERATIVE = ("negative_binomial", "ordered_logit")


def expected(case: str) -> list[dict[str, object]]:
    return [row for script in SCRIPTS for row in stored(script) if row["case"] == case]


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_r(case: str) -> None:
    found = CASES[case]().set_index("term")
    tolerance = 1e-5 if case.startswith(ITERATIVE) else 1e-8
    rows = expected(case)
    assert rows
    for row in rows:
        ours = found.loc[str(row["term"])]
        for column in sorted(set(row) - {"case", "term"}):
            wanted = pytest.approx(row[column], rel=tolerance, abs=tolerance)
            value = abs(ours[column]) if case == "van_elteren" else ours[column]
            assert value == wanted, (row["term"], column)


def test_alpha_agrees_with_psych() -> None:
    (row,) = expected("cronbach_alpha")
    items = arms()[["item", "calm", "count", "x"]]
    assert cronbach_alpha(items) == pytest.approx(row["estimate"], rel=1e-8)


def test_every_stored_number_is_compared() -> None:
    cases = {row["case"] for script in SCRIPTS for row in stored(script)}
    assert cases == {*CASES, "cronbach_alpha"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_stored_output_is_what_r_gives(script: str, tmp_path: Path) -> None:
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("Rscript is not installed; tests/reference/README.md says how to get it.")
    run = subprocess.run(
        [rscript, str(FOLDER / f"{script}.R"), str(tmp_path)], capture_output=True, text=True
    )
    if "there is no package called" in run.stderr:
        pytest.skip("An R package is missing; tests/reference/README.md says how to get it.")
    assert run.returncode == 0, run.stderr
    kept, fresh = stored(script), stored(script, tmp_path)
    assert [set(row) for row in kept] == [set(row) for row in fresh]
    for old, new in zip(kept, fresh, strict=True):
        for name, value in old.items():
            wanted = value if isinstance(value, str) else pytest.approx(value, rel=1e-7, abs=1e-9)
            assert new[name] == wanted, (old["case"], old["term"], name)


def test_stored_data_are_what_their_script_makes(tmp_path: Path) -> None:
    script = tmp_path / "make_data.py"
    script.write_text((FOLDER / "make_data.py").read_text())
    runpy.run_path(str(script), run_name="__main__")
    fresh = sorted((tmp_path / "data").iterdir())
    assert len(fresh) == 7
    for file in fresh:
        assert file.read_text() == (FOLDER / "data" / file.name).read_text()
