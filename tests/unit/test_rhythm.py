"""The rhythm of a round: what was measured, and nothing that a page can talk itself out of."""

from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effort_task.rhythm import FEW, LEAST_SPREAD, SPREAD_FROM, STEADY_FROM, remarks, summary
from effort_task.tasks import TASKS
from people.person import Person

STARTED = 1_000_000.0


@dataclass
class Stored:
    shown_at: float
    received_at: float
    response_ms: int
    keys: int = 6


def at_work(times_ms, keys=6, delay=0.05):
    """Answers given one after the other, each sent at once."""
    clock, rows = STARTED, []
    for each in times_ms:
        shown, clock = clock, clock + each / 1000
        rows.append(Stored(shown, clock + delay, each, keys))
    return rows


def test_without_answers_nothing_was_measured():
    assert summary([]) == {"median_ms": None, "shortest_ms": None, "spread": None, "keys": None}


def test_a_person_at_work():
    rows = at_work([3000, 5000, 4000, 9000, 4000])
    rows[0].keys = 9
    assert summary(rows) == {"median_ms": 4000, "shortest_ms": 3000, "spread": 0.25, "keys": 6.6}


def test_quartiles_of_a_few_answers_are_left_empty():
    for count in range(1, SPREAD_FROM):
        found = summary(at_work([3000] * count))
        assert found["spread"] is None
        assert found["median_ms"] == found["shortest_ms"] == 3000
    assert summary(at_work([3000] * SPREAD_FROM))["spread"] == 0


def test_134_cards_in_40_seconds_are_03_seconds_each_whatever_the_page_claims():
    for claimed in (300, 3000, 60_000):
        rows = [Stored(STARTED, STARTED + 40 * n / 134, claimed, keys=0) for n in range(1, 135)]
        found = summary(rows)
        assert 298 <= found["median_ms"] <= 301
        assert (found["spread"], found["keys"]) == (0, 0)


def test_answers_that_came_together_after_a_cut_keep_their_times():
    """Offline for a minute, then all at once: nobody was fast."""
    rows = at_work([3000, 4000, 3500, 5000] * 5)
    for row in rows[5:]:
        row.received_at = rows[-1].received_at
    assert summary(rows) == summary(at_work([3000, 4000, 3500, 5000] * 5))


def test_time_that_the_server_gave_back_makes_nobody_fast():
    """Down for 40 s: what was answered meanwhile arrives after it, dated as the page knew it."""
    rows = at_work([4000] * 30)
    for row in rows[10:20]:
        row.shown_at = row.received_at = rows[20].received_at
    found = summary(rows)
    assert found["median_ms"] == found["shortest_ms"] == 4000


@given(st.lists(st.integers(0, 600_000), min_size=1, max_size=60), st.integers(0, 40))
def test_honest_times_stay_as_they_are(times, keys):
    found = summary(at_work(times, keys))
    assert found["median_ms"] == pytest.approx(median(times), abs=1)
    assert found["shortest_ms"] == pytest.approx(min(times), abs=1)
    assert found["keys"] == keys
    assert found["spread"] is None or found["spread"] >= 0


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=60),
    st.floats(0, 3600),
)
def test_answers_never_took_longer_than_passed_by_the_servers_clock(claimed, passed):
    rows = [Stored(STARTED, STARTED + passed, each) for each in claimed]
    found = summary(rows)
    assert found["shortest_ms"] * len(claimed) <= 1000 * passed + len(claimed)
    assert found["shortest_ms"] <= found["median_ms"]


def test_answers_before_the_round_count_as_no_time_at_all():
    """A clock that was set back: no negative times, no division by nothing."""
    found = summary([Stored(STARTED, STARTED - 5, 3000)] * 5)
    assert (found["median_ms"], found["shortest_ms"], found["spread"]) == (0, 0, None)


# ------------------------------------------------------------------------------- remarks

PERSON = {
    "stored": 30,
    "median_ms": 9000,
    "shortest_ms": 4000,
    "spread": 0.3,
    "keys": 6.4,
    "offline_seconds": 0.0,
    "seconds": 300.0,
}


def remarked(task="encryption", **measured):
    return remarks(TASKS[task].limits, **PERSON | measured)


def test_a_person_is_not_remarked_on():
    assert remarked() == []


@pytest.mark.parametrize("task", list(TASKS))
def test_what_was_not_measured_is_not_remarked_on(task):
    assert remarked(task, **dict.fromkeys(PERSON, None) | {"stored": 0}) == []


@pytest.mark.parametrize("task", list(TASKS))
def test_simulated_people_are_people(task):
    """However different they are: none of 200 of them is beyond what a person manages."""
    for number in range(200):
        person = Person("rhythm", number)
        cards = person.work("effort", 300, SimpleNamespace(config={"task": task}, arm=None))
        typed = 2 if task == "counting_zeros" else 6
        rows = at_work([round(1000 * card.seconds) for card in cards])
        for row, card in zip(rows, cards, strict=True):
            row.keys = card.keys("x" * typed)
        measured = summary(rows) | {"stored": len(rows)}
        assert remarks(TASKS[task].limits, **PERSON | measured) == []


def test_the_machine_of_the_review_is_remarked_on():
    rows = [Stored(STARTED + 0.3 * n, STARTED + 0.3 * (n + 1), 299, 0) for n in range(134)]
    measured = summary(rows) | {"stored": len(rows)}
    for task in TASKS:
        found = remarks(TASKS[task].limits, **PERSON | measured)
        assert found == ["median", "shortest", "spread", "keys"]


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("median", {"median_ms": 2499}),
        ("shortest", {"shortest_ms": 999}),
        ("spread", {"spread": LEAST_SPREAD - 0.001}),
        ("keys", {"keys": 2.9}),
        ("offline", {"offline_seconds": 30.1}),
    ],
)
def test_each_is_remarked_on_alone(name, measured):
    assert remarked(**measured) == [name]
    assert remarked(**measured | {"stored": max(FEW, STEADY_FROM)}) == [name]


def test_the_limits_themselves_are_still_human():
    assert remarked(median_ms=2500, shortest_ms=1000, spread=LEAST_SPREAD, keys=3) == []
    assert remarked(offline_seconds=30) == []


def test_a_few_answers_are_no_rhythm():
    assert remarked(stored=FEW - 1, median_ms=1500, keys=0) == []
    assert remarked(stored=STEADY_FROM - 1, spread=0) == []


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_limits_leave_room_below_the_pace_of_people_and_above_a_bouncing_key(task):
    limits = task.limits
    assert task.fastest_seconds < limits.shortest_seconds < limits.median_seconds
    assert 0 < limits.keys <= len(task.item("seed", 1).solution) / 2
