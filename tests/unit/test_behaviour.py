"""Simulated participants: the same whenever asked, as different as people, moved by the arms."""

import random
import statistics

import pytest

from study.behaviour import (
    ASSUMED,
    NO_EFFECTS,
    STEPS,
    CardTry,
    Effects,
    Person,
    mistype,
)
from study.columns import columns
from study.experiments import INCENTIVE, INFO_SOURCE

PEOPLE = 1200


@pytest.fixture(scope="module")
def crowd():
    return [Person.draw("crowd", n, effects=NO_EFFECTS) for n in range(PEOPLE)]


def correct(cards: list[CardTry]) -> int:
    return sum(card.correct for card in cards)


def correlation(a, b):
    return statistics.correlation(a, b)


def test_a_person_answers_the_same_in_whatever_order_they_are_asked():
    first, second = Person.draw("s", 7), Person.draw("s", 7)
    answers = (first.psm(), first.work("main", 300, "control"), first.willingness("control"))
    assert second.willingness("control") == answers[2]
    assert second.work("main", 300, "control") == answers[1]
    assert second.psm() == answers[0] == first.psm()


def test_two_people_and_two_seeds_differ():
    assert Person.draw("s", 1).work("main", 300) != Person.draw("s", 2).work("main", 300)
    assert Person.draw("s", 1).work("main", 300) != Person.draw("t", 1).work("main", 300)


def test_answers_keep_to_what_the_columns_allow(crowd):
    closing, experiment = columns("closing"), columns("info_source_experiment")
    for person in crowd[:200]:
        assert len(person.psm()) == 8
        assert all(1 <= a <= 5 for a in person.psm())
        assert len(person.motivation()) == 4
        assert all(1 <= a <= 7 for a in person.motivation())
        assert all(1 <= a <= 7 for a in person.willingness("beneficiary"))
        assert 0 <= person.hours_pledged("control") <= experiment["hours_pledged"].max
        assert person.gender() in closing["gender"].values
        assert person.education() in closing["education"].values
        assert person.income() in closing["income"].values
        assert person.source_recalled("control") in closing["source_recalled"].values
        assert person.age() is None or closing["age"].min <= person.age() <= 110
        assert len(person.comment()) <= closing["comment"].max


def test_the_baseline_round_predicts_the_main_round(crowd):
    baseline = [correct(p.work("baseline", 120)) for p in crowd]
    main = [correct(p.work("main", 300, "control")) for p in crowd]
    assert 0.6 < correlation(baseline, main) < 0.8
    assert statistics.mean(main) / 300 > statistics.mean(baseline) / 120


def test_public_service_motivation_goes_with_willingness(crowd):
    psm = [statistics.mean(p.psm()) for p in crowd]
    willingness = [statistics.mean(p.willingness("control")) for p in crowd]
    assert 0.3 < correlation(psm, willingness) < 0.55


@pytest.mark.parametrize("size", [-0.4, 0.4, 0.8])
def test_an_effect_of_d_moves_both_outcomes_by_d_standard_deviations(crowd, size):
    effects = Effects.of(INFO_SOURCE, {"beneficiary": size})
    treated = [Person.draw("crowd", n, effects=effects) for n in range(PEOPLE)]
    for outcome in (
        lambda p, arm: statistics.mean(p.willingness(arm)),
        lambda p, arm: correct(p.work("main", 300, arm)),
    ):
        control = [outcome(p, "control") for p in crowd]
        moved = [outcome(p, "beneficiary") for p in treated]
        gap = statistics.mean(moved) - statistics.mean(control)
        assert gap / statistics.stdev(control) == pytest.approx(size, abs=0.06)


def test_an_arm_without_effect_changes_nothing(crowd):
    for person in crowd[:50]:
        assert person.work("main", 300, "reward") == person.work("main", 300, "control")
        assert person.willingness("reward") == person.willingness("control")


def test_the_fourth_cell_is_the_sum_of_its_factors_unless_it_is_named():
    effects = Effects.of(INCENTIVE, {"reward": 0.1, "effort.beneficiary": 0.2})
    assert effects.on("effort", "reward_beneficiary") == pytest.approx(0.3)
    assert effects.on("willingness", "reward_beneficiary") == pytest.approx(0.1)
    named = Effects.of(INCENTIVE, {"reward": 0.1, "reward_beneficiary": 0.5})
    assert named.on("effort", "reward_beneficiary") == 0.5
    assert named.on("effort", "control") == named.on("effort", None) == 0


def test_what_is_said_of_one_outcome_wins_over_what_is_said_of_both():
    effects = Effects.of(INFO_SOURCE, {"effort.organisation": 0.0, "organisation": 0.3})
    assert effects.on("effort", "organisation") == 0
    assert effects.on("willingness", "organisation") == 0.3


@pytest.mark.parametrize(
    ("effects", "named"),
    [
        ({"reward": 0.2}, "info_source has no treatment arm 'reward'"),
        ({"control": 0.2}, "organisation, beneficiary"),
        ({"speed.beneficiary": 0.2}, "no outcome 'speed'"),
        ({"beneficiary": float("nan")}, "beneficiary is nan"),
    ],
)
def test_an_effect_that_cannot_be_is_refused_by_name(effects, named):
    with pytest.raises(ValueError, match=named):
        Effects.of(INFO_SOURCE, effects)


def test_a_round_ends_before_its_deadline_and_before_an_early_stop(crowd):
    stopped = 0
    for person in crowd:
        total = sum(card.seconds for card in person.work("main", 300, "control"))
        stop = person.stops_early("main", 300, "control")
        assert total <= (300 if stop is None else stop) + 0.05
        stopped += stop is not None
        assert person.stops_early("baseline", 120) is None
    assert 0.02 < stopped / PEOPLE < 0.1


def test_practice_has_items_and_no_clock():
    assert len(Person.draw("s", 1).work("practice", items=2)) == 2
    with pytest.raises(ValueError, match="length in seconds or a number of items"):
        Person.draw("s", 1).work("practice")


def test_a_round_too_short_for_one_card_yields_none():
    assert Person.draw("s", 1).work("baseline", 0.5) == []


def test_comprehension_ends_with_all_answers_right(crowd):
    solutions = ["b", "a", "c", "a"]
    attempts = [person.comprehension(solutions) for person in crowd]
    assert all(each[-1] == solutions for each in attempts)
    assert all(each[i] != solutions for each in attempts for i in range(len(each) - 1))
    assert any(len(each) > 1 for each in attempts)


def test_some_never_come_some_refuse_some_leave_and_most_finish(crowd):
    assert any(not p.shows_up() for p in crowd)
    assert any(not p.consents() for p in crowd)
    assert {p.leaves_at() for p in crowd} <= {None, *STEPS}
    assert 0.85 < sum(p.reaches("questionnaire") for p in crowd) / PEOPLE < 0.97
    for person in crowd:
        reached = [person.reaches(step) for step in STEPS]
        assert reached == sorted(reached, reverse=True)


def test_bots_that_must_finish_do():
    for n in range(300):
        person = Person.draw("bots", n, no_show=0, refusal=0, attrition=0)
        assert person.reaches("questionnaire")


def test_hours_pledged_are_often_none_and_sometimes_many(crowd):
    hours = [p.hours_pledged("control") for p in crowd]
    assert 0.25 < hours.count(0) / PEOPLE < 0.5
    assert statistics.mean(hours) > statistics.median(hours)


def test_most_remember_who_spoke(crowd):
    for arm, source in {"control": "nobody", "organisation": "organisation"}.items():
        share = sum(p.source_recalled(arm) == source for p in crowd) / PEOPLE
        assert 0.8 < share < 0.95


@pytest.mark.parametrize(
    "solution", ["7", "999", "12 204 7", "XKQ", "aa", "Aa", "è", "a-b", "--", "0"]
)
def test_a_typing_error_is_always_an_error(solution):
    for n in range(200):
        typed = mistype(solution, random.Random(n))
        assert typed.casefold().split() != solution.casefold().split()
        assert typed


def test_a_response_is_the_solution_or_a_typo():
    person = Person.draw("s", 1)
    assert person.response("main", 3, "12 204 7", True) == "12 204 7"
    typo = person.response("main", 3, "12 204 7", False)
    assert typo != "12 204 7"
    assert typo == person.response("main", 3, "12 204 7", False)


def test_the_assumed_effects_name_arms_that_exist():
    arms = {*INFO_SOURCE.arms, *INCENTIVE.arms}
    assert {*ASSUMED.willingness, *ASSUMED.effort} <= arms
