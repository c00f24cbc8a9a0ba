"""Simulated participants: the same whenever asked, as different as people, moved by the arms."""

import random
import statistics
from dataclasses import dataclass, field
from typing import Any

import pytest

from people.assumptions import Latent, People, people_of
from people.person import Person, mistype
from study.acts import Cards, Form, Leave, Look
from study.finding import studies, study_of
from study.journey import journey
from study.study import Study

INFO_SOURCE, INCENTIVE = study_of("info_source"), study_of("incentive")
PEOPLE = 1200

each = pytest.mark.parametrize("study", studies().values(), ids=studies())


@dataclass
class Seat:
    """Somebody in an arm, of whom nothing is stored."""

    study: Study
    arm_name: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    number: int = 1

    def __post_init__(self):
        defaults = {name: each.default for name, each in self.study.parameters.items()}
        self.config = defaults | self.config

    @property
    def arm(self):
        return self.study.arm(self.arm_name) if self.arm_name else None

    def get(self, column):
        return self.values.get(column)


class Certain(Person):
    """Somebody who comes, consents and stays, and is one of those whom the study is about."""

    no_show = refusal = attrition = outside = 0.0


BEFORE = Seat(INFO_SOURCE)
CONTROL, BENEFICIARY = Seat(INFO_SOURCE, "control"), Seat(INFO_SOURCE, "beneficiary")


@pytest.fixture(scope="module")
def crowd():
    return [Person("crowd", n) for n in range(PEOPLE)]


def answers(person, step, seat):
    return seat.study.step(step).answer(person, seat)


def mean(person, step, seat):
    return statistics.mean(answers(person, step, seat).values())


def work(person, step, seat):
    duration = seat.study.step(step).duration(seat.config)
    return person.work(step, duration, seat)


def correct(person, step, seat):
    return sum(card.correct for card in work(person, step, seat))


def test_a_person_answers_the_same_in_whatever_order_they_are_asked():
    first, second = Person("s", 7), Person("s", 7)
    psm, cards = answers(first, "psm", BEFORE), work(first, "effort", CONTROL)
    willingness = answers(first, "willingness", CONTROL)
    assert answers(second, "willingness", CONTROL) == willingness
    assert work(second, "effort", CONTROL) == cards
    assert answers(second, "psm", BEFORE) == psm == answers(first, "psm", BEFORE)


def test_two_people_and_two_seeds_differ():
    cards = work(Person("s", 1), "effort", CONTROL)
    assert cards != work(Person("s", 2), "effort", CONTROL)
    assert cards != work(Person("t", 1), "effort", CONTROL)


def life(study, person, arm=None):
    """What somebody does in a study, the arm drawn in between."""
    seat = Seat(study)
    for step, act in journey(study, person, seat):
        yield step, act
        if step.assigns:
            seat.arm_name = arm or study.control
        if isinstance(act, Form):
            seat.values |= act.answers


@each
def test_answers_keep_to_what_the_columns_allow(study):
    for n in range(60):
        for _, act in life(study, Person("crowd", n), study.names[n % len(study.names)]):
            for name, value in getattr(act, "answers", {}).items():
                column = study.columns[name]
                if column.values:
                    assert value in column.values, name
                elif column.type == "text":
                    assert len(value) <= column.max
                elif column.type == "boolean":
                    assert isinstance(value, bool), name
                elif value is not None:
                    assert column.min <= value <= column.max, name
                else:
                    assert column.optional, name


@each
def test_a_journey_answers_every_question_once(study):
    person = Certain("whole", 1)
    asked = [name for _, act in life(study, person) for name in getattr(act, "answers", {})]
    assert len(asked) == len(set(asked))
    assert {c.name for c in study.columns.values() if c.answers} == set(asked)


def test_the_baseline_round_predicts_the_main_round(crowd):
    baseline = [correct(p, "baseline", BEFORE) for p in crowd]
    main = [correct(p, "effort", CONTROL) for p in crowd]
    assert 0.6 < statistics.correlation(baseline, main) < 0.8
    assert statistics.mean(main) / 300 > statistics.mean(baseline) / 120


def test_public_service_motivation_goes_with_willingness(crowd):
    psm = [mean(p, "psm", BEFORE) for p in crowd]
    willingness = [mean(p, "willingness", CONTROL) for p in crowd]
    assert 0.3 < statistics.correlation(psm, willingness) < 0.55


@pytest.mark.parametrize("size", [-0.4, 0.4, 0.8])
def test_an_effect_of_d_moves_both_outcomes_by_d_standard_deviations(crowd, size):
    people = people_of(INFO_SOURCE).but(INFO_SOURCE, {"beneficiary": size})
    treated = [Person("crowd", n, people=people) for n in range(PEOPLE)]
    for outcome in (
        lambda p, seat: mean(p, "willingness", seat),
        lambda p, seat: correct(p, "effort", seat),
    ):
        control = [outcome(p, CONTROL) for p in crowd]
        moved = [outcome(p, BENEFICIARY) for p in treated]
        gap = statistics.mean(moved) - statistics.mean(control)
        assert gap / statistics.stdev(control) == pytest.approx(size, abs=0.06)


@pytest.mark.parametrize(
    ("study", "outcome", "arm"),
    [
        ("info_source", "impact_perceived", "beneficiary"),
        ("info_source", "intrinsic", "beneficiary"),
        ("motivation", "legitimacy", "none_residents"),
    ],
)
def test_an_attitude_that_the_study_assumes_keeps_the_effect_of_the_arm(study, outcome, arm):
    study = study_of(study)
    [scale] = [s for step in study.path for s in (step, *step.asks()) if s.name == outcome]

    def mean_in(place, assumed):
        people = People(effects={outcome: {arm: 0.5}}, latents={outcome: assumed})
        crowd = [Person("attitudes", n, people=people) for n in range(50)]
        return statistics.mean(x for p in crowd for x in scale.latent(p, Seat(study, place)))

    low, high, wide = Latent(mean=-1.0), Latent(mean=1.0), Latent(spread=2.0)
    assert mean_in(arm, high) - mean_in(arm, low) == pytest.approx(2)
    assert mean_in(arm, low) - mean_in(study.control, low) == pytest.approx(0.5)
    assert mean_in(arm, wide) - mean_in(study.control, wide) == pytest.approx(1)


def test_an_arm_without_effect_changes_nothing(crowd):
    reward, control = Seat(INCENTIVE, "reward"), Seat(INCENTIVE, "control")
    for person in crowd[:50]:
        assert work(person, "effort", reward) == work(person, "effort", control)
        assert answers(person, "willingness", reward) == answers(person, "willingness", control)


def effect(people, outcome, arm):
    return people.effect(outcome, Seat(INCENTIVE, arm))


def test_the_fourth_cell_is_the_sum_of_its_factors_unless_it_is_named():
    people = people_of(INCENTIVE).but(INCENTIVE, {"reward": 0.1, "effort.beneficiary": 0.2})
    assert effect(people, "effort", "reward_beneficiary") == pytest.approx(0.3)
    assert effect(people, "willingness", "reward_beneficiary") == pytest.approx(0.1)
    named = people.but(INCENTIVE, {"reward": 0.1, "reward_beneficiary": 0.5})
    assert effect(named, "effort", "reward_beneficiary") == 0.5
    assert effect(named, "effort", "control") == effect(named, "effort", "") == 0


def test_what_is_said_of_one_outcome_wins_over_what_is_said_of_both():
    people = people_of(INFO_SOURCE).but(
        INFO_SOURCE, {"effort.organisation": 0.0, "organisation": 0.3}
    )
    seat = Seat(INFO_SOURCE, "organisation")
    assert people.effect("effort", seat) == 0
    assert people.effect("willingness", seat) == 0.3


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
        people_of(INFO_SOURCE).but(INFO_SOURCE, effects)


def test_a_round_ends_before_its_deadline_and_before_an_early_stop():
    stopped = 0
    for n in range(PEOPLE):
        person = Person("crowd", n, people=people_of(INFO_SOURCE))
        stop = person.stops_early("effort", 300)
        total = sum(card.seconds for card in person.work("effort", 300, CONTROL, stop=stop))
        assert total <= (300 if stop is None else stop) + 0.05
        stopped += stop is not None
    assert 0.02 < stopped / PEOPLE < 0.1


def test_practice_has_items_and_no_clock():
    assert len(Person("s", 1).work("practice", None, BEFORE, items=2)) == 2


def test_a_round_too_short_for_one_card_yields_none():
    assert Person("s", 1).work("baseline", 0.5, BEFORE) == []


def test_comprehension_ends_with_all_answers_right(crowd):
    solutions = ["b", "a", "c", "a"]
    attempts = [person.comprehension(solutions, "abc") for person in crowd]
    assert all(each[-1] == solutions for each in attempts)
    assert all(each[i] != solutions for each in attempts for i in range(len(each) - 1))
    assert any(len(each) > 1 for each in attempts)


@each
def test_some_never_come_some_refuse_some_leave_and_most_finish(study):
    lives = [list(life(study, Person("crowd", n))) for n in range(300)]
    left = [acts[-1][0].name for acts in lives if acts and isinstance(acts[-1][1], Leave)]
    assert [] in lives
    assert any(len(acts) == 1 and not acts[0][1].answers["consent"] for acts in lives)
    assert 3 < len(left) < 30
    assert len(set(left)) > 2
    assert sum(len(acts) > 1 and not isinstance(acts[-1][1], Leave) for acts in lives) > 250


@each
def test_bots_that_must_finish_do(study):
    for n in range(60):
        acts = list(life(study, Certain("bots", n)))
        assert not isinstance(acts[-1][1], Leave)
        *_, last = [step for step in study.path if step.page and not step.ends(None)]
        assert acts[-1][0] is last


def test_whoever_leaves_a_round_leaves_half_of_its_cards():
    class Leaver(Certain):
        def leaves_at(self, study):
            return "effort"

    person = Leaver("s", 1)
    acts = [act for step, act in life(INFO_SOURCE, person) if step.name == "effort"]
    whole = person.work("effort", 300, CONTROL)
    assert isinstance(acts[0], Cards)
    assert isinstance(acts[1], Leave)
    assert len(acts[0].tries) == len(whole) // 2


def test_the_message_is_looked_at_after_the_arm_was_drawn():
    person = Certain("s", 1)
    steps = [(step.assigns, isinstance(act, Look)) for step, act in life(INCENTIVE, person)]
    assert steps.index((True, False)) < steps.index((False, True))


def test_hours_pledged_are_often_none_and_sometimes_many(crowd):
    hours = [answers(p, "hours_pledged", CONTROL)["hours_pledged"] for p in crowd]
    assert 0.25 < hours.count(0) / PEOPLE < 0.5
    assert statistics.mean(hours) > statistics.median(hours)


def test_most_remember_who_spoke(crowd):
    for arm, source in {"control": "nobody", "organisation": "organisation"}.items():
        seat = Seat(INFO_SOURCE, arm)
        told = [answers(p, "checks", seat)["source_recalled"] for p in crowd]
        assert 0.8 < told.count(source) / PEOPLE < 0.95


@pytest.mark.parametrize(
    "solution", ["7", "999", "12 204 7", "XKQ", "aa", "Aa", "è", "a-b", "--", "0"]
)
def test_a_typing_error_is_always_an_error(solution):
    for n in range(200):
        typed = mistype(solution, random.Random(n))
        assert typed.casefold().split() != solution.casefold().split()
        assert typed


def test_a_response_is_the_solution_or_a_typo():
    person = Person("s", 1)
    assert person.response("effort", 3, "12 204 7", True) == "12 204 7"
    typo = person.response("effort", 3, "12 204 7", False)
    assert typo != "12 204 7"
    assert typo == person.response("effort", 3, "12 204 7", False)


@each
def test_the_assumed_effects_name_arms_and_outcomes_that_exist(study):
    people = people_of(study)
    assert set(people.main) <= {step.name for step in study.path}
