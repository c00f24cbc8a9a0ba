"""Attrition, balance, bounds, and answer patterns."""

import numpy as np
import pandas as pd
import pytest
from reference import read
from scipy import stats

from analysis.diagnostics import (
    attrition,
    balance,
    lee_bounds,
    suspicious_patterns,
)
from analysis.errors import AnalysisError


def test_an_empty_completed_counts_as_lost() -> None:
    data = read("selection")
    zeros = data.assign(completed=data["completed"].fillna(0).astype("Int64"))
    pd.testing.assert_frame_equal(
        attrition(data, "arm", "control"), attrition(zeros, "arm", "control")
    )


def test_participants_without_an_arm_are_not_lost_to_it() -> None:
    data = read("selection")
    early = pd.DataFrame({"arm": [None, None], "y": np.nan, "completed": np.nan})
    pd.testing.assert_frame_equal(
        attrition(pd.concat([data, early.astype(data.dtypes)]), "arm", "control"),
        attrition(data, "arm", "control"),
    )


def test_nobody_lost_is_no_difference_and_no_error() -> None:
    frame = attrition(read("selection").assign(completed=1), "arm", "control")
    assert list(frame["estimate"]) == [0, 0]
    assert list(frame["p_value"]) == [1, 1]


def test_attrition_can_be_of_one_outcome() -> None:
    data = read("selection")
    by_outcome = attrition(data, "arm", "control", outcome="y")
    assert list(by_outcome["outcome"]) == ["y missing", "y missing"]
    by_completion = attrition(data, "arm", "control")
    assert by_outcome["p_value"].equals(by_completion["p_value"])


def test_words_are_balanced_value_by_value() -> None:
    data = read("arms").assign(gender=lambda d: np.where(d["group"] == 1, "woman", "man"))
    data.loc[3, "gender"] = None
    words = balance(data, "arm", "control", ["gender"])
    assert list(words["outcome"].unique()) == ["gender=man", "gender=woman", "all covariates"]
    numbers = balance(data.assign(g=data["group"].where(data.index != 3)), "arm", "control", "g")
    woman = words[words["outcome"] == "gender=woman"]
    assert list(woman["estimate"]) == pytest.approx(list(numbers["estimate"].iloc[:2]))
    joint = words.iloc[-1]
    assert joint["df"] == 2
    assert joint["p_value"] == pytest.approx(numbers.iloc[-1]["p_value"])


def test_the_joint_balance_test_holds_its_level() -> None:
    rng = np.random.default_rng(6)
    arm = np.repeat(["control", "a", "b"], [30, 12, 18])
    rejected = 0
    for _ in range(200):
        data = pd.DataFrame(rng.normal(size=(60, 4)), columns=list("wxyz")).assign(arm=arm)
        rejected += balance(data, "arm", "control", list("wxyz"))["p_value"].iloc[-1] < 0.05
    assert rejected <= stats.binom.ppf(0.999, 200, 0.05)


def test_bounds_coincide_when_nobody_is_missing() -> None:
    data = read("blocks")
    lower, upper = lee_bounds(data, "y", "arm", "control", draws=200, seed=1)["estimate"]
    means = data.groupby("arm")["y"].mean()
    assert lower == pytest.approx(upper)
    assert lower == pytest.approx(means["beneficiary"] - means["control"])


def test_bounds_trim_the_arm_that_answered_more() -> None:
    # Treated all answer (1..4); half of the control does: drop the top or bottom half of treated.
    y = [1, 2, 3, 4, 2.0, 3.0, np.nan, np.nan]
    data = pd.DataFrame({"arm": ["t"] * 4 + ["c"] * 4, "y": y})
    frame = lee_bounds(data, "y", "arm", "c", draws=400, seed=1)
    assert list(frame["term"]) == ["t (lower)", "t (upper)"]
    assert list(frame["estimate"]) == pytest.approx([1.5 - 2.5, 3.5 - 2.5])
    mirrored = lee_bounds(data, "y", "arm", "t", draws=400, seed=1)
    assert list(mirrored["estimate"]) == pytest.approx([2.5 - 3.5, 2.5 - 1.5])


def test_bounds_are_repeated_by_their_seed() -> None:
    frames = [
        lee_bounds(read("selection"), "y", "arm", "control", draws=200, seed=seed)
        for seed in (1, 1, 2)
    ]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    assert not frames[0].equals(frames[2])


def test_bounds_standard_errors_are_those_of_means_without_attrition() -> None:
    rng = np.random.default_rng(7)
    data = pd.DataFrame({"arm": np.repeat(["c", "t"], 200), "y": rng.normal(size=400)})
    error = lee_bounds(data, "y", "arm", "c", draws=4000, seed=1)["std_error"]
    assert list(error) == pytest.approx([np.sqrt(2 / 200)] * 2, rel=0.1)


def test_bounds_cover_the_effect_on_those_always_seen() -> None:
    rng = np.random.default_rng(8)
    covered, draws = 0, 150
    for _ in range(draws):
        treated = np.tile([True, False], 100)
        latent = rng.normal(size=200)
        seen = (latent > -0.3) | treated
        y = np.where(seen, latent + rng.normal(size=200) + 0.5 * treated, np.nan)
        data = pd.DataFrame({"arm": np.where(treated, "t", "c"), "y": y})
        frame = lee_bounds(data, "y", "arm", "c", draws=200, seed=1)
        covered += frame["conf_low"].iloc[0] < 0.5 < frame["conf_high"].iloc[1]
    assert covered >= stats.binom.ppf(0.001, draws, 0.95)


SCALE = ["psm_1", "psm_2", "psm_3", "psm_4"]
PARTICIPANTS = pd.DataFrame(
    {
        "participant_code": ["p1", "p2", "p3", "p4"],
        "psm_1": [3, 3, 5, None],
        "psm_2": [3, 4, 5, None],
        "psm_3": [3, 3, 5, 2],
        "psm_4": [3, 3, None, 2],
    }
)
ANSWERS = pd.DataFrame(
    {
        "participant_code": ["p1", "p1", "p1", "p2", "p2"],
        "phase": ["main", "main", "voluntary", "main", "main"],
        "response_ms": [120, 2000, None, 1500, 900],
        "focus_lost": [0, 3, None, 0, 0],
        "pasted": [0, 0, 1, 0, 0],
    }
)


def listed(answers: pd.DataFrame = ANSWERS, scales: list[list[str]] | None = None) -> list[list]:
    frame = suspicious_patterns(PARTICIPANTS, answers, scales or [])
    return frame.to_numpy().tolist()


def test_lists_those_who_answered_all_items_alike() -> None:
    detail = "psm_1 … psm_4: always 3"
    assert listed(ANSWERS.iloc[:0], [SCALE]) == [["p1", "straight-lining", detail, 4, 1.0]]


def test_lists_fast_and_pasted_answers_by_phase() -> None:
    assert listed() == [
        ["p1", "faster than 500 ms", "main", 1, 0.5],
        ["p1", "pasted", "voluntary", 1, 1.0],
    ]


def test_looking_away_once_is_not_odd() -> None:
    often = pd.DataFrame({"participant_code": "p1", "phase": "main", "focus_lost": [1, 0, 2, 1]})
    often = often.assign(response_ms=900, pasted=0)
    assert listed(often) == [["p1", "page left", "main", 3, 0.75]]
    assert listed(often.iloc[1:]) == []


def test_a_rare_word_does_not_cost_the_balance_of_the_others() -> None:
    data = pd.DataFrame(
        {
            "arm": ["a"] * 4 + ["b"] * 4 + ["c"] * 4,
            "gender": ["w", "m", "w", "m", "w", "w", "m", "m", "w", "m", "m", "other"],
        }
    )
    found = balance(data, "arm", "a", ["gender"]).iloc[:-1]
    terms = [tuple(row) for row in found[["outcome", "term"]].to_numpy()]
    assert ("gender=other", "c") in terms
    assert ("gender=other", "b") not in terms
    assert ("gender=w", "b") in terms


def test_one_list_of_everything_for_a_person_to_judge() -> None:
    frame = suspicious_patterns(PARTICIPANTS, ANSWERS, [SCALE])
    assert frame["pattern"].tolist() == [
        "faster than 500 ms",
        "pasted",
        "straight-lining",
    ]
    assert set(frame["participant_code"]) == {"p1"}


def test_nothing_odd_is_an_empty_list_with_its_columns() -> None:
    calm = ANSWERS.iloc[3:]
    frame = suspicious_patterns(PARTICIPANTS.iloc[1:2], calm, [SCALE])
    assert frame.empty
    assert list(frame.columns) == ["participant_code", "pattern", "detail", "count", "share"]
    assert suspicious_patterns(PARTICIPANTS, ANSWERS.iloc[:0]).empty


def test_patterns_name_what_is_missing() -> None:
    with pytest.raises(AnalysisError, match="'pasted'"):
        listed(ANSWERS.drop(columns="pasted"))
    with pytest.raises(AnalysisError, match="'psm_9'"):
        listed(scales=[[*SCALE, "psm_9"]])
    with pytest.raises(AnalysisError, match="4 items"):
        listed(scales=[SCALE[:3]])
    with pytest.raises(AnalysisError, match="response_ms"):
        listed(ANSWERS.assign(response_ms="soon"))
