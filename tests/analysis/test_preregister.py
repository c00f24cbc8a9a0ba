"""The preregistration says what the plan says."""

from __future__ import annotations

from dataclasses import replace

from analysis.plan import load_plan
from analysis.preregister import preregistration

PLAN = load_plan()


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
    text = preregistration(PLAN)
    for planned in PLAN.experiments.values():
        assert all(f"**{h.id}.** {h.statement}" in text for h in planned.hypotheses)
        assert all(f"(`{name}`)" in text for name in planned.outcomes)
        assert all(f"- `{arm}`: " in text for arm in planned.arms)


def test_it_follows_the_plan():
    text = preregistration(replace(PLAN, alpha=0.01, draws=777, estimator="difference_in_means"))
    assert "Two-sided tests at 1%" in text
    assert "99% confidence intervals" in text
    assert "777 draws" in text
    assert "Differences in means" in text


def test_the_same_plan_gives_the_same_text():
    assert preregistration(PLAN) == preregistration(load_plan())
