"""The plan as data: what it holds, and how a wrong one is refused."""

from __future__ import annotations

import re

import pytest

from analysis import AnalysisError
from analysis.planned.comparison import differences
from analysis.planned.measured import numeric_columns
from analysis.planned.plan import FILE, parse_plan, plans, read_plan
from study.finding import studies

PLANS = plans()
TEXTS = {
    name: (studies()[name].folder / FILE).read_text(encoding="utf-8")
    for name in ("info_source", "incentive", "motivation")
}
TEXT = TEXTS["info_source"]


def changed(old: str, new: str, study: str = "info_source") -> str:
    assert old in TEXTS[study]
    return TEXTS[study].replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_every_study_has_its_plan():
    assert set(PLANS) == set(studies())
    assert all(plan.study is studies()[name] for name, plan in PLANS.items())


def test_a_plan_takes_the_place_of_that_of_the_study_it_names(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(changed("alpha = 0.05", "alpha = 0.01"), encoding="utf-8")
    found = plans([path])
    assert list(found) == list(PLANS)
    assert found["info_source"].alpha == 0.01
    assert found["incentive"] == PLANS["incentive"]


def test_the_primary_outcomes_are_willingness_and_effort():
    assert PLANS["info_source"].primary.outcomes == ("willingness",)
    assert PLANS["incentive"].primary.outcomes == ("effort_correct",)


def test_the_contrasts_that_the_literature_asks_about_are_planned():
    contrasts = {name: {h.contrast for h in plan.hypotheses} for name, plan in PLANS.items()}
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
        "none(H4) and H7 and H8",
    }


def test_the_first_question_comes_first_and_the_message_alone_is_no_evidence_for_money():
    first = PLANS["info_source"].hypotheses[0]
    assert (first.treatment, first.control) == ("beneficiary", "organisation")
    incentive = PLANS["incentive"]
    assert incentive.hypothesis("H6").descriptive
    assert incentive.hypothesis("H4").claim == "none"
    assert [(p.hypothesis, p.claim) for p in incentive.hypothesis("H9").all] == [
        ("H4", "none"),
        ("H7", "increase"),
        ("H8", "increase"),
    ]
    assert "H6" not in incentive.primary.hypotheses


def test_the_survey_plans_m1_to_m12_on_willingness_and_m13_on_the_other_outcomes():
    plan = PLANS["motivation"]
    assert [each.id for each in plan.hypotheses if not each.all] == [f"M{n}" for n in range(1, 13)]
    assert {family.outcomes for family in plan.first} == {("willingness",)}
    secondary = {h: family.outcomes for family in plan.others for h in family.hypotheses}
    assert set(secondary) == {"M1", "M3", "M4", "M5"}
    assert set(secondary.values()) == {("hours_pledged", "neighbours_expected", "offer_opened")}
    pay, consulted = plan.hypothesis("M3"), plan.hypothesis("M5")
    assert dict(zip(plan.study.names, pay.weights[0], strict=True)) == {
        **{"none_office": -0.5, "none_residents": -0.5, "money_office": 0.5},
        **{"money_residents": 0.5, "recognition_office": 0, "recognition_residents": 0},
    }
    assert consulted.weights[0] == pytest.approx([-1 / 3, 1 / 3] * 3)
    assert plan.hypothesis("M11").weights == ((1, -1, -1, 1, 0, 0),)
    assert plan.hypothesis("M2").joint
    for name in ("M9", "M10"):
        assert "psm" not in plan.adjusts_for(plan.hypothesis(name))
        assert plan.bound(plan.hypothesis(name), "willingness") == 0.10
    assert {plan.bound(plan.hypothesis(f"M{n}"), "willingness") for n in range(3, 9)} == {0.30}


def test_a_conjunction_is_judged_in_the_family_of_its_parts():
    plan = PLANS["motivation"]
    assert plan.home(plan.hypothesis("M6-M8")).hypotheses == ("M6", "M7", "M8")
    assert plan.home(plan.hypothesis("M9-M10")).hypotheses == ("M9", "M10")
    assert PLANS["incentive"].home(PLANS["incentive"].hypothesis("H9")).name == "primary"


def test_how_a_study_ended_for_somebody_is_not_measured_before_treatment():
    text = changed('covariates = ["psm", "age"', 'covariates = ["panel_status"', "motivation")
    with pytest.raises(AnalysisError, match="names 'panel_status', which is measured after"):
        parse_plan(text)
    assert "block_order" in PLANS["motivation"].hypothesis("M1").covariates


def test_a_text_is_never_called_contact():
    assert not any("contact" in text.lower() for text in TEXTS.values())


def test_learning_is_described_and_belongs_to_no_hypothesis():
    for name in ("info_source", "incentive"):
        assert PLANS[name].described == ("knowledge_right",)
        assert "knowledge_right" not in PLANS[name].judged


def test_stopping_early_is_an_outcome_whose_claims_are_reversed():
    plan = PLANS["info_source"]
    assert "stopped_early" in plan.judged
    assert "effort_seconds" not in plan.outcomes
    assert plan.outcomes["stopped_early"].claim("increase") == "decrease"
    assert plan.outcomes["willingness"].claim("increase") == "increase"


def test_every_outcome_is_a_column_or_measure_of_its_study():
    for plan in PLANS.values():
        assert set(plan.outcomes) <= set(numeric_columns(plan.study))


def test_every_outcome_has_a_smallest_effect_of_interest():
    for plan in PLANS.values():
        assert all(outcome.smallest_effect > 0 for outcome in plan.outcomes.values())


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
    "a covariate measured after treatment": (
        '"baseline_correct", "psm"]\nby',
        '"effort_correct"]\nby',
        "names 'effort_correct', which is measured after the arm is drawn",
    ),
    "a covariate that treatment cannot change but that is asked after it": (
        '"baseline_correct", "psm"]\nby',
        '"age"]\nby',
        "names 'age', which is measured after the arm is drawn",
    ),
    "a moderator of another kind": (
        'heterogeneity = ["psm", ',
        'heterogeneity = ["income", ',
        "names 'income'",
    ),
    "a moderator measured after treatment": (
        'heterogeneity = ["psm", ',
        'heterogeneity = ["prosocial", ',
        "names 'prosocial', which is measured after the arm is drawn",
    ),
    "a study that does not exist": (
        'study = "info_source"',
        'study = "info_sources"',
        "Did you mean 'info_source'?",
    ),
    "described outcomes that do not exist": (
        'described = ["knowledge_right"]',
        'described = ["knowledge"]',
        "Did you mean 'knowledge_right'?",
    ),
    "versions by no column": (
        'versions = "message_version"',
        'versions = "version"',
        "versions is 'version'",
    ),
    "slopes by arm of something that is no covariate": (
        "by_arm = []",
        'by_arm = ["motivation"]',
        "Allowed: baseline_correct, psm.",
    ),
    "session effects that are no yes or no": (
        "session_effects = true",
        'session_effects = "yes"',
        "true or false",
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
        "H3 on 'hours_pledged' is already in the family 'primary'",
    ),
    "an id used twice": ('id = "H2"', 'id = "H1"', "two hypotheses have the id 'H1'"),
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
    "an unknown adjustment": (
        'name = "primary"',
        'name = "primary"\nadjustment = "none"',
        "Allowed: step_down, holm, bh.",
    ),
    "an unknown claim": ('claim = "increase"', 'claim = "rise"', "Allowed: differs, increase"),
    "a claim by its old name": (
        'claim = "increase"',
        'expected = "increase"',
        "'expected' is called 'claim' now",
    ),
    "two comparisons in one": (
        'treatment = "beneficiary"\ncontrol = "organisation"',
        'treatment = "beneficiary"\ncontrol = "organisation"\nassociation = "psm"',
        "this has treatment and association",
    ),
    "nothing that is compared": (
        'treatment = "beneficiary"\ncontrol = "organisation"',
        "",
        "this has none of them",
    ),
    "a conjunction of something unknown": ('"none(H4)"', '"none(H44)"', "Did you mean 'H4'?"),
    "a conjunction with an unknown claim": ('"none(H4)"', '"null(H4)"', "neither the id"),
    "a conjunction of one": ('["none(H4)", "H7", "H8"]', '["H7"]', "two hypotheses or more"),
    "a conjunction with a claim of its own": (
        'all = ["none(H4)", "H7", "H8"]',
        'all = ["none(H4)", "H7", "H8"]\nclaim = "increase"',
        "a conjunction has no claim",
    ),
    "an association against no bound": (
        'treatment = "beneficiary"\ncontrol = "organisation"\nclaim = "increase"',
        'association = "psm"\nclaim = "exceeds"',
        "needs a smallest_effect",
    ),
    "an association with something measured later": (
        'treatment = "beneficiary"\ncontrol = "organisation"',
        'association = "willingness"',
        "association is 'willingness', which is measured after the arm is drawn",
    ),
    "an unknown factor": (
        'interaction = ["reward", "beneficiary"]\nclaim',
        'factor = "money"\nclaim',
        "Allowed: reward, beneficiary.",
    ),
    "an unknown kind": ('kind = "bounded"', 'kind = "likert"', "Allowed: continuous, count"),
    "no size": ("size = 240\n", "", "'size' is missing"),
    "a size too small": ("size = 240", "size = 6", "from 12"),
    "a look beyond the size": (
        "size = 240\nlooks = []",
        "size = 240\nlooks = [300]",
        "below size",
    ),
    "looks that do not rise": (
        "size = 240\nlooks = []",
        "size = 240\nlooks = [160, 80]",
        "rising whole numbers",
    ),
    "a family of unknown hypotheses": (
        'outcomes = ["willingness"]',
        'outcomes = ["willingness"]\nhypotheses = ["H7"]',
        "hypotheses names 'H7'",
    ),
    "an outcome that is reversed and must exceed": (
        'treatment = "beneficiary"\ncontrol = "organisation"\nclaim = "increase"',
        'treatment = "beneficiary"\ncontrol = "organisation"\nclaim = "exceeds"',
        "stopped_early is reversed",
    ),
    "an unknown exclusion": ('"forced_arm"', '"inattentive"', "names 'inattentive'"),
    "a smallest effect of zero": ("smallest_effect = 0.35", "smallest_effect = 0", "above 0"),
    "a list where text belongs": ('kind = "binary"', 'kind = ["binary"]', "must be text"),
    "a factor's level without words": (
        'money = "a payment"\n',
        "",
        "'money' is missing in factors.reward_kind",
    ),
    "an interaction of levels that are not named": (
        'interaction = ["reward_kind", "consulted"]\ntreatment = "money"\n',
        'interaction = ["reward_kind", "consulted"]\n',
        "'treatment' is missing",
    ),
    "an interaction with a factor of many levels behind": (
        'interaction = ["reward_kind", "consulted"]',
        'interaction = ["consulted", "reward_kind"]',
        "reward_kind has more than two levels; name it first.",
    ),
    "a conjunction over two families": (
        'all = ["M9", "M10"]',
        'all = ["M8", "M10"]',
        "no family holds all parts of M9-M10",
    ),
    "a pattern of something unknown": (
        'won = ["M1", "M6"',
        'won = ["M1", "M66"',
        "Did you mean 'M6'?",
    ),
    "a pattern with an unknown word against it": (
        '"below(M1)"',
        '"above(M1)"',
        "Allowed: below, matters.",
    ),
    "a pattern with a bare hypothesis against it": (
        '"below(M1)"',
        '"M1"',
        "'M1' is no claim about a hypothesis",
    ),
    "a pattern that asks whether an association matters": (
        '"matters(M3)"',
        '"matters(M1)"',
        "M1 is no claim of a difference between two arms or levels",
    ),
    "a pattern of what has no bound": ('"below(M1)"', '"below(M2)"', "can only be claimed"),
    "a check by an answer that cannot be given": (
        'recalled = "reward_recalled"',
        'recalled = "reward_recalled"\nright = { none = "no" }',
        "Allowed: none, money, recognition, unsure.",
    ),
    "a check of no factor": (
        'factor = "reward_kind"\nrecalled',
        'factor = "pay"\nrecalled',
        "pay",
    ),
    "something instead of what is no association": (
        'hypothesis = "M1"\nadding',
        'hypothesis = "M3"\nadding',
        "M3 is no association",
    ),
    "a sensitivity to what was measured later": (
        'adding = ["candour"]',
        'adding = ["efficacy"]',
        "names 'efficacy', which is measured after the arm is drawn",
    ),
    "words for what nobody measured before": (
        'candour = "candid answers"',
        'candor = "candid answers"',
        "Did you mean 'candour'?",
    ),
    "an impossible share that is lost": ("attrition = 0\n", "attrition = 2\n", "below 1"),
}


FACTORIAL = ("an interaction without a bound",)
"""What both plans say, but only that with factors needs."""


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_plan_is_refused_with_its_line_and_what_is_allowed(case):
    old, new, message = WRONG[case]
    study = "incentive" if case in FACTORIAL else next(n for n in TEXTS if old in TEXTS[n])
    text = changed(old, new, study)
    with pytest.raises(AnalysisError, match=re.escape(message)) as caught:
        parse_plan(text, "plan.toml")
    assert str(caught.value).startswith("plan.toml:")


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("alpha = 0.05", "alpha = 5", "alpha = 5"),
        ('id = "H2"', 'id = "H1"\n# twice', "# twice"),
        ("scale = 100", "scal = 100", "scal = 100"),
    ],
)
def test_the_line_is_the_one_to_mend(old, new, marked):
    text = changed(old, new)
    with pytest.raises(AnalysisError) as caught:
        parse_plan(text, "plan.toml")
    expected = line_of(text, marked) - (marked == "# twice")
    assert str(caught.value).startswith(f"plan.toml:{expected}:")


def test_an_answer_in_words_before_treatment_may_be_a_covariate_and_no_moderator():
    plan = parse_plan(changed('"baseline_correct", "psm"]\nby', '"psm", "income"]\nby'))
    assert plan.covariates == ("psm", "income")
    with pytest.raises(AnalysisError, match="heterogeneity names 'income'"):
        parse_plan(changed('heterogeneity = ["psm", ', 'heterogeneity = ["income", '))


def test_what_is_measured_too_late_is_named_with_its_line_and_the_step_of_the_design():
    text = changed('"baseline_correct", "psm"]\nby', '"hours_pledged"]\nby')
    with pytest.raises(AnalysisError) as caught:
        parse_plan(text, "plan.toml")
    message = str(caught.value)
    assert message.startswith(f"plan.toml:{line_of(text, 'covariates =')}: covariates names")
    design = studies()["info_source"].folder / "design.py"
    number = line_of(design.read_text(encoding="utf-8"), "        HoursPledged()")
    assert f"design.py, line {number}, hours_pledged" in message


def test_a_missing_key_names_the_table_that_misses_it():
    text = changed('phrase = "mean willingness to co-produce (from 1 to 7)"\n', "")
    with pytest.raises(
        AnalysisError, match=r"'phrase' is missing in outcomes\.willingness"
    ) as error:
        parse_plan(text, "plan.toml")
    assert f":{line_of(text, '[outcomes.willingness]')}:" in str(error.value)


@pytest.mark.parametrize("header", ["[[pattern]]", "[sample]", "[measure.psm]"])
def test_a_table_that_does_not_exist_is_refused_with_its_line(header):
    text = f"{TEXT}\n{header}\nname = 'x'\n"
    key = header.strip("[]").partition(".")[0]
    place = rf"plan\.toml:{line_of(text, header)}: there is no key '{key}' here\."
    hint = "" if key == "sample" else f" Did you mean '{key}.*'\\?"
    with pytest.raises(AnalysisError, match=f"{place}{hint} Allowed: "):
        parse_plan(text, "plan.toml")


@pytest.mark.parametrize(("key", "name"), [("families", "primary"), ("patterns", "same")])
def test_no_two_tables_of_a_list_have_the_same_name(key, name):
    pattern = '[[patterns]]\nname = "same"\nstatement = "So."\nwon = ["H1"]\n'
    family = '[[families]]\nname = "primary"\noutcomes = ["effort_correct"]\n'
    text = TEXT + (pattern * 2 if key == "patterns" else family)
    with pytest.raises(AnalysisError, match=f"two {key} have the name '{name}'"):
        parse_plan(text, "plan.toml")


def test_broken_toml_is_refused_with_its_line():
    line = line_of(TEXT, "alpha = 0.05")
    with pytest.raises(AnalysisError, match=rf"plan\.toml:{line}: this is not valid TOML"):
        parse_plan(changed("alpha = 0.05", "alpha 0.05"), "plan.toml")


def test_a_plan_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(AnalysisError, match="cannot be read"):
        read_plan(tmp_path / "none.toml")


def test_a_plan_in_another_encoding_is_one_sentence(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes(TEXT.encode("utf-16"))
    with pytest.raises(AnalysisError, match="UTF-8"):
        read_plan(path)


# ------------------------------------------------------------- what later studies must express

LEVELS = """
[levels.reward_kind]
none = ["control", "beneficiary"]
money = ["reward"]
both = ["reward_beneficiary"]
"""
MORE = """
[[hypotheses]]
id = "M1"
statement = "Citizens with more public service motivation are more willing."
association = "psm"
claim = "exceeds"
smallest_effect = 0.10
covariates = ["baseline_correct"]

[[hypotheses]]
id = "M2"
statement = "What is offered in return changes willingness."
factor = "reward_kind"
claim = "differs"

[[hypotheses]]
id = "M3"
statement = "Pay changes willingness."
factor = "reward_kind"
treatment = "money"
control = "none"
claim = "none"

[[hypotheses]]
id = "M12"
statement = "The slope is flatter under pay."
treatment = "reward"
control = "control"
moderator = "psm"
claim = "decrease"

[[hypotheses]]
id = "M5"
statement = "A piece rate changes willingness, on average."
factor = "reward"
treatment = "1"
control = "0"
claim = "differs"

"""

SURVEY = """
[[families]]
name = "survey"
outcomes = ["willingness"]
hypotheses = ["M1", "M2", "M3", "M5", "M12"]
"""


def extended() -> str:
    """The plan with a factor of several levels, associations and moderation."""
    text = changed("[factors]", LEVELS + "\n[factors]", "incentive")
    mark = '[[families]]\nname = "primary"'
    text = text.replace(mark, MORE + mark, 1)
    names = '["H4", "H5", "H7", "H8"]'
    head, tail = text[: text.index(mark)], text[text.index(mark) :]
    tail = tail.replace("\noutcomes", f"\nhypotheses = {names}\noutcomes")
    return head + tail + SURVEY


def test_levels_associations_moderation_and_own_covariates_can_be_planned():
    plan = parse_plan(extended())
    several = plan.hypothesis("M2")
    assert several.joint
    assert several.weights == ((-0.5, 1.0, -0.5, 0.0), (-0.5, 0.0, -0.5, 1.0))
    assert plan.hypothesis("M3").weights == ((-0.5, 1.0, -0.5, 0.0),)
    assert plan.hypothesis("M5").weights == ((-0.5, 0.5, -0.5, 0.5),)
    assert plan.hypothesis("M12").moderator == "psm"
    first = plan.hypothesis("M1")
    assert plan.adjusts_for(first) == ("baseline_correct",)
    assert plan.bound(first, "willingness") == 0.10
    assert plan.bound(plan.hypothesis("M3"), "willingness") == 0.35
    contrasts = {each.id: each.contrast for each in plan.hypotheses}
    assert contrasts["M1"] == "psm (association)"
    assert contrasts["M2"] == "reward kind: any level"
    assert contrasts["M3"] == "reward kind: money vs none"
    assert contrasts["M12"] == "psm × (reward vs control)"


# ------------------------------------------------------------------------------- as registered


def test_what_is_otherwise_than_registered_is_told_value_by_value():
    before = PLANS["info_source"]
    assert differences(before, before, "old.toml") == []
    text = changed("alpha = 0.05", "alpha = 0.01").replace(
        'outcomes = ["willingness"]', ('outcomes = ["willingness", "knowledge_right"]')
    )
    found = differences(before, parse_plan(text), "old.toml")
    assert found == [
        "Source of information: alpha is 0.01; in old.toml it was 0.05.",
        "Source of information: families.primary.outcomes is willingness and knowledge_right; in "
        "old.toml it was willingness.",
    ]
