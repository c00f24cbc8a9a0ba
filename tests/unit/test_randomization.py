"""Assignment in permuted blocks: balanced at every moment, and recomputable from the seed."""

from collections import Counter
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.information import version
from study.finding import studies, study_of
from study.messages import versions
from study.randomization import (
    COPIES,
    UNSTRATIFIED,
    assignment_list,
    draw,
    new_seed,
    score_stratum,
)

SETS_OF_ARMS = st.sampled_from([study for study in studies().values() if study.arms]).flatmap(
    lambda study: st.lists(st.sampled_from(study.names), min_size=2, unique=True)
)
SEEDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=64)
SIZES = st.integers(1, 120)


class Laboratory:
    """Arrivals in the order in which they come, as the server handles them."""

    def __init__(self, seed, arms):
        self.seed, self.arms, self.draws, self.scores = seed, arms, [], []

    def arrive(self, score, stratified=True):
        stratum = score_stratum(score, self.scores) if stratified else UNSTRATIFIED
        number = sum(each.stratum == stratum for each in self.draws) + 1
        self.draws.append(draw(self.seed, stratum, self.arms, number))
        self.scores.append(score)
        return self.draws[-1]


def imbalance(draws, arms):
    counts = Counter(each.arm for each in draws)
    return max(counts[arm] for arm in arms) - min(counts[arm] for arm in arms)


@given(SEEDS, SETS_OF_ARMS, SIZES)
def test_no_two_arms_ever_differ_by_more_than_a_block_allows(seed, arms, size):
    draws = list(assignment_list(seed, UNSTRATIFIED, arms, size))
    assert all(imbalance(draws[:n], arms) <= COPIES for n in range(size + 1))


@given(SEEDS, SETS_OF_ARMS, st.lists(st.integers(0, 40), max_size=120))
def test_strata_stay_balanced_however_arrivals_interleave(seed, arms, scores):
    laboratory = Laboratory(seed, arms)
    for score in scores:
        laboratory.arrive(score)
        for stratum in ("low", "high"):
            own = [each for each in laboratory.draws if each.stratum == stratum]
            assert imbalance(own, arms) <= COPIES


@given(SEEDS, SETS_OF_ARMS, st.integers(1, 8))
def test_a_full_block_holds_every_arm_equally_often(seed, arms, blocks):
    size = COPIES * len(arms)
    draws = list(assignment_list(seed, UNSTRATIFIED, arms, blocks * size))
    for number in range(1, blocks + 1):
        block = [each.arm for each in draws if each.block == number]
        assert Counter(block) == {arm: COPIES for arm in arms}


@given(SEEDS, SETS_OF_ARMS, st.permutations(range(1, 31)))
def test_a_place_does_not_depend_on_who_asked_before(seed, arms, order):
    asked = {number: draw(seed, "low", arms, number) for number in order}
    assert [asked[n] for n in range(1, 31)] == list(assignment_list(seed, "low", arms, 30))


@given(st.integers(0, 40), st.lists(st.integers(0, 40), max_size=30))
def test_the_stratum_is_low_only_below_the_median_of_those_who_came_earlier(score, earlier):
    low = bool(earlier) and score < median(earlier)
    assert score_stratum(score, earlier) == ("low" if low else "high")


def test_the_list_of_a_seed_never_changes():
    # Data that were collected with this seed must stay recomputable, on every version of Python.
    arms = study_of("incentive").names
    shown = {"control": "c", "reward": "r", "beneficiary": "b", "reward_beneficiary": "x"}
    found = "".join(shown[each.arm] for each in assignment_list("s42", "all", arms, 16))
    assert found == "crcxrbxbrcbcbxxr"


def test_every_arm_is_equally_likely_at_every_place():
    arms, lists = study_of("info_source").names, 3000
    places = [Counter() for _ in range(COPIES * len(arms))]
    for number in range(lists):
        for place, each in zip(
            places, assignment_list(f"s{number}", "all", arms, len(places)), strict=True
        ):
            place[each.arm] += 1
    # Chi-square with 2 degrees of freedom: above 20 once in 22,000.
    expected = lists / len(arms)
    for place in places:
        assert sum((place[arm] - expected) ** 2 / expected for arm in arms) < 20


def test_blocks_and_strata_are_shuffled_independently_of_each_other():
    arms = study_of("info_source").names
    blocks = [
        tuple(draw("s1", stratum, arms, number).arm for number in range(start, start + 6))
        for stratum in ("low", "high")
        for start in range(1, 61, 6)
    ]
    assert len(set(blocks)) > 10
    assert all(a != b for a, b in pairwise(blocks[:3]))


@given(SEEDS, st.integers(1, 60))
def test_versions_of_a_message_stay_balanced_within_an_arm(seed, size):
    study = study_of("info_source")
    for arm in study.arms:
        shown = [version(study, seed, arm.name, number) for number in range(1, size + 1)]
        counts = Counter(shown)
        every = range(1, versions(study, arm.message) + 1)
        assert set(counts) <= set(every)
        assert max(counts.values()) - min(counts[each] for each in every) <= COPIES


def test_places_are_numbered_from_one_and_arms_are_given_once():
    with pytest.raises(ValueError, match="numbered from 1, not 0"):
        draw("s", "all", ["a", "b"], 0)
    with pytest.raises(ValueError, match="each once"):
        draw("s", "all", ["a", "a"], 1)
    with pytest.raises(ValueError, match="must be given"):
        draw("s", "all", [], 1)


def test_a_new_seed_is_never_mistaken_for_a_number():
    seeds = {new_seed() for _ in range(200)}
    assert len(seeds) == 200
    for seed in seeds:
        assert seed.isascii()
        assert seed.isalnum()
        with pytest.raises(ValueError, match="could not convert"):
            float(seed)
