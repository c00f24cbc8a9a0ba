"""The planned analysis finds what was planted in simulated people, and not what was not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import analysis
from analysis.planned.estimate import estimate
from analysis.planned.plan import plans
from analysis.simulation.simulate import simulate
from people.assumptions import people_of

N = 300
SEED = 2026
LARGE = 1.0
"""In standard deviations: found at this size whatever the plan adjusts for."""
SURELY = 4.5
"""In standard errors: an estimate is never so far from what was planted by chance."""


@pytest.fixture
def plan(study):
    found = plans().get(study.name)
    return found or pytest.skip("the study has no plan.toml")


def outcomes_that_move(plan, people):
    """The judged outcomes on which effects move people, each with the name of what is moved."""
    named = {name: (name, f"{name}_correct") for name in people.main}
    return {each: name for name, both in named.items() for each in both if each in plan.judged}


def planted(people, study, outcome, size):
    """The same people with one outcome alone that moves: by ``size`` in every arm but one."""
    return replace(people, effects={outcome: dict.fromkeys(study.names[1:], size)})


@pytest.fixture(scope="module")
def estimated(tmp_path_factory):
    """The whole planned table of people of whom we know how they respond; each once."""
    known = {}

    def estimated(study, people):
        key = study.name, str(people.effects)
        if key not in known:
            folder = tmp_path_factory.mktemp(study.name)
            simulate(study.name, N, folder, effects=people, seed=SEED)
            plan = replace(plans()[study.name], draws=99)
            data = analysis.load(folder, include_bots=True)
            known[key] = estimate(data, plan)
        return known[key]

    return estimated


def comparisons(plan, table):
    """The rows that compare means of arms, each with its hypothesis."""
    for row in table.to_dict("records"):
        hypothesis = plan.hypothesis(row["hypothesis"])
        single = len(hypothesis.weights) == 1 and not hypothesis.moderator
        if single and not math.isnan(row["estimate"]):
            yield hypothesis, row


def test_the_plan_finds_what_was_planted(estimated, study, plan):
    """Promise 14. A large effect of every arm on an outcome, with the right sign."""
    people = people_of(study)
    moved = outcomes_that_move(plan, people)
    assert moved, "people.py says of no outcome of the plan that it moves (main)"
    for outcome, name in moved.items():
        table = estimated(study, planted(people, study, name, LARGE))
        found = 0
        for hypothesis, row in comparisons(plan, table):
            [weights] = hypothesis.weights
            size = -LARGE * weights[0]  # all arms but the first have the effect
            if row["outcome"] == outcome and abs(size) >= LARGE / 2:
                assert np.sign(row["estimate"]) == np.sign(size), row
                assert row["p_value"] < plan.alpha, row
                found += 1
        assert found, f"nothing that was planted could be found in {outcome}"


def test_the_plan_does_not_find_what_was_not_planted(estimated, study, plan):
    """Promise 14. Without effects every comparison is near 0, and the first family claims none."""
    table = estimated(study, replace(people_of(study), effects={}))
    rows = [row for _, row in comparisons(plan, table)]
    for row in rows:
        assert abs(row["estimate"]) < SURELY * row["std_error"], row
    first = [row for row in rows if row["family"] == rows[0]["family"]]
    differ = ("differs", "increase", "decrease", "exceeds")
    assert [r for r in first if r["claim"] in differ and r["p_adjusted"] < plan.alpha] == []
