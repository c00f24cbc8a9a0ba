"""The preregistration says what the plan says."""

from __future__ import annotations

from dataclasses import replace

from test_plan import extended

from analysis.planned.plan import parse_plan, plans
from analysis.planned.preregister import preregistration

PLANS = plans()
PLAN = PLANS["incentive"]


def test_it_has_the_headings_that_registries_ask_for():
    text = preregistration(PLAN)
    for heading in (
        "Study information",
        "Hypotheses",
        "Design plan",
        "Sampling plan",
        "Variables",
        "Analysis plan",
        "Inference criteria",
        "Data exclusion and missing data",
    ):
        assert f"\n## {heading}\n" in text


def test_every_hypothesis_outcome_and_arm_is_in_it():
    for plan in PLANS.values():
        text = preregistration(plan)
        assert all(f"**{h.id}.** {h.statement}" in text for h in plan.hypotheses)
        assert all(f"(`{name}`, " in text for name in (*plan.judged, *plan.described))
        assert all(f"- `{arm}`: " in text for arm in plan.arms)
        versions = "for every version of a message (`message_version`)" in text
        assert versions == bool(plan.versions)
        assert all(
            f"**The {pattern.name}.** {pattern.statement}" in text for pattern in plan.patterns
        )


def test_moderators_of_hypotheses_are_named_though_nothing_is_explored():
    plan = replace(PLANS["motivation"], heterogeneity=())
    claimed = {h.moderator for h in plan.hypotheses if h.moderator}
    text = preregistration(plan)
    assert claimed
    assert all(f"`{name}`" in text.split("**Moderators**")[1].splitlines()[0] for name in claimed)
    assert "**Heterogeneity.**" not in text


def test_it_follows_the_plan():
    text = preregistration(replace(PLAN, alpha=0.01, draws=777, by_arm=("psm",)))
    assert "adjusted p-value is below 1%" in text
    assert "99% confidence intervals" in text
    assert "777 draws" in text
    assert "one in each arm (Lin 2013, 10.1214/12-AOAS583; `psm`)" in text
    text = preregistration(replace(PLAN, looks=(240, 480)))
    assert "720 analysed participants. Outcomes are looked at by arm before at 240 and 480" in text


def test_every_form_of_hypothesis_is_told_in_words():
    text = preregistration(parse_plan(extended()))
    assert "slope on `psm`, both in standard deviations" in text
    assert "an association between two things that are both measured" in text
    assert "by an F test of all comparisons at once" in text
    assert "covariates of its own: `baseline_correct`" in text
    assert "change per standard deviation of `psm` of: mean in `reward` less mean" in text


def test_patterns_verdicts_checks_and_sensitivity_are_registered():
    text = preregistration(plans()["motivation"])
    assert "M9 (none) and M10 (none) hold together" in text
    assert "contradicted if M1 has an interval wholly below its smallest effect" in text
    assert "M3 shows a difference that matters or" in text
    assert "if that is claimed of the same comparison and outcome and this claim is won" in text
    assert "right answer is office at level 0 and residents at level 1" in text
    assert "`legitimacy` has to be higher than at the first level" in text
    assert "with `candour` among the covariates" in text
    assert "(money less none) at the second level of `consulted`" in text


def test_the_same_plan_gives_the_same_text():
    assert preregistration(PLAN) == preregistration(plans()["incentive"])
