"""The plan as data: what it holds, and how a wrong one is refused."""

from __future__ import annotations

import re

import pytest

from analysis import AnalysisError
from analysis.plan import FILE, load_plan, numeric_columns, parse_plan
from study.experiments import EXPERIMENTS

TEXT = FILE.read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_the_plan_covers_both_experiments():
    assert set(load_plan().experiments) == set(EXPERIMENTS)


def test_the_primary_outcomes_are_willingness_and_effort():
    plans = load_plan().experiments
    assert plans["info_source"].primary.outcomes == ("willingness",)
    assert plans["incentive"].primary.outcomes == ("effort_correct",)


def test_the_contrasts_that_the_literature_asks_about_are_planned():
    contrasts = {
        name: {h.contrast for h in plan.hypotheses}
        for name, plan in load_plan().experiments.items()
    }
    assert contrasts["info_source"] == {
        "beneficiary vs control",
        "organisation vs control",
        "beneficiary vs organisation",
    }
    assert contrasts["incentive"] == {
        "reward vs control",
        "beneficiary vs control",
        "reward_beneficiary vs control",
        "reward_beneficiary vs beneficiary",
        "reward × beneficiary",
    }


def test_every_outcome_is_a_column_of_its_experiment():
    for name, planned in load_plan().experiments.items():
        assert set(planned.outcomes) <= set(numeric_columns(name))


def test_every_outcome_has_a_smallest_effect_of_interest():
    assert all(outcome.smallest_effect > 0 for outcome in load_plan().outcomes.values())


WRONG = {
    "an unknown arm": (
        'treatment = "organisation"',
        'treatment = "organization"',
        "Did you mean 'organisation'?",
    ),
    "an arm of the other experiment": (
        'treatment = "organisation"',
        'treatment = "reward"',
        "Allowed: control, organisation, beneficiary.",
    ),
    "an arm compared with itself": (
        'treatment = "organisation"',
        'treatment = "control"',
        "both 'control'",
    ),
    "an impossible level": ("alpha = 0.05", "alpha = 5", "between 0 and 0.5"),
    "a level in words": ("alpha = 0.05", 'alpha = "five"', "between 0 and 0.5"),
    "too few draws": ("draws = 10_000", "draws = 10", "from 99"),
    "an unknown estimator": (
        'estimator = "lin"',
        'estimator = "lasso"',
        "difference_in_means, lin",
    ),
    "a covariate measured after treatment": (
        '"baseline_correct", "psm"]\nhet',
        '"effort_correct"]\nhet',
        "names 'effort_correct'",
    ),
    "a misspelt key": ("scale = 100", "scal = 100", "Did you mean 'scale'?"),
    "an unknown outcome": ("[outcomes.hours_pledged]", "[outcomes.hours]", "no outcome 'hours'"),
    "an outcome that is not described": (
        'outcomes = ["willingness"]',
        'outcomes = ["age"]',
        "names 'age'",
    ),
    "an outcome in two families": (
        'outcomes = ["willingness"]',
        'outcomes = ["willingness", "hours_pledged"]',
        "already in the family 'primary'",
    ),
    "an id used twice": ('id = "H8"', 'id = "H1"', "two hypotheses have the id 'H1'"),
    "an interaction of one factor": (
        'interaction = ["reward", "beneficiary"]',
        'interaction = ["reward"]',
        "must name two factors",
    ),
    "an interaction without factors": (
        'treatment = "organisation"\ncontrol = "control"',
        'interaction = ["reward", "beneficiary"]',
        "no factors",
    ),
    "an unknown adjustment": ('adjustment = "holm"', 'adjustment = "none"', "Allowed: holm"),
    "an unknown exclusion": ('"forced_arm"', '"inattentive"', "names 'inattentive'"),
    "a smallest effect of zero": ("smallest_effect = 0.35", "smallest_effect = 0", "above 0"),
    "a list where text belongs": ('kind = "binary"', 'kind = ["binary"]', "must be text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_plan_is_refused_with_its_line_and_what_is_allowed(case):
    old, new, message = WRONG[case]
    text = changed(old, new)
    with pytest.raises(AnalysisError, match=re.escape(message)) as caught:
        parse_plan(text, "plan.toml")
    assert str(caught.value).startswith("plan.toml:")


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("alpha = 0.05", "alpha = 5", "alpha = 5"),
        ('id = "H8"', 'id = "H1"\n# twice', "# twice"),
        ("scale = 100", "scal = 100", "scal = 100"),
    ],
)
def test_the_line_is_the_one_to_mend(old, new, marked):
    text = changed(old, new)
    with pytest.raises(AnalysisError) as caught:
        parse_plan(text, "plan.toml")
    expected = line_of(text, marked) - (marked == "# twice")
    assert str(caught.value).startswith(f"plan.toml:{expected}:")


def test_a_missing_key_names_the_table_that_misses_it():
    text = changed('phrase = "mean willingness to co-produce (from 1 to 7)"\n', "")
    with pytest.raises(
        AnalysisError, match=r"'phrase' is missing in outcomes\.willingness"
    ) as error:
        parse_plan(text, "plan.toml")
    assert f":{line_of(text, '[outcomes.willingness]')}:" in str(error.value)


def test_broken_toml_is_refused_with_its_line():
    with pytest.raises(AnalysisError, match=r"plan\.toml:5: this is not valid TOML"):
        parse_plan(changed("alpha = 0.05", "alpha 0.05"), "plan.toml")


def test_a_plan_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(AnalysisError, match="cannot be read"):
        load_plan(tmp_path / "none.toml")


def test_a_plan_in_another_encoding_is_one_sentence(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes(TEXT.encode("utf-16"))
    with pytest.raises(AnalysisError, match="UTF-8"):
        load_plan(path)
