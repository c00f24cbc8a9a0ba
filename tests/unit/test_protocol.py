"""Applying a journal: whatever the network does, each card counts once, in order and in time."""

from dataclasses import replace
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effort_task.journal import Answer
from effort_task.protocol import (
    CLOCK_TOLERANCE_SECONDS,
    State,
    allowance,
    apply,
    is_over,
    upcoming,
)
from effort_task.tasks import TASKS

TASK, SEED = TASKS["encryption"], "s1/participant/main"
STARTED, LENGTH = 1_000_000.0, 300.0
LENGTH_MS = 300_000
TIMED = State(origin=STARTED, deadline=STARTED + LENGTH)
UNTIMED = State(origin=STARTED, deadline=None)
LATE_ENOUGH = STARTED + 250.0


def answered(item, response="", at_ms=1000.0):
    return Answer(item, response or f"r{item}", at_ms - 1, at_ms, 0, False)


def right(item):
    return TASK.item(SEED, item).solution


def send(state, answers, now=LATE_ENOUGH, allowance=0):
    return apply(state, answers, task=TASK, seed=SEED, now=now, allowance=allowance)


@st.composite
def journeys(draw):
    """A journal, and the messages in which a bad network brings parts of it."""
    journal = [
        answered(n, right(n) if draw(st.booleans()) else "") for n in range(1, draw(SIZES) + 1)
    ]
    ends = st.integers(0, len(journal))
    cut = st.tuples(ends, ends).map(sorted)
    parts = draw(st.lists(cut, max_size=12))
    messages = [journal[start:end] for start, end in parts]
    repeated = draw(st.lists(st.sampled_from(messages), max_size=4)) if messages else []
    return journal, draw(st.permutations(messages + repeated))


SIZES = st.integers(0, 25)


@given(journeys())
def test_any_splitting_loss_doubling_and_reordering_ends_with_each_card_once(journey):
    journal, messages = journey
    state, rows = TIMED, []
    # At last the page's final message arrives: all that is not acknowledged.
    for answers in [*messages, journal]:
        outcome = send(state, answers)
        state = outcome.state
        rows += outcome.rows
        assert [row.item for row in rows] == list(range(1, state.applied + 1))
    assert [(row.item, row.response) for row in rows] == [(a.item, a.response) for a in journal]
    assert state.attempts == state.applied == len(journal)
    assert state.correct == sum(a.response == right(a.item) for a in journal)


@given(journeys())
def test_replaying_everything_changes_nothing(journey):
    journal, messages = journey
    done = send(TIMED, journal).state
    for answers in messages:
        again = send(done, [replace(answer, response="other") for answer in answers])
        assert again.rows == ()
        assert again.state == done


@given(st.integers(0, 10), st.integers(2, 1000))
def test_a_gap_is_refused_and_what_came_before_it_stays(length, gap):
    journal = [answered(n) for n in range(1, length + 1)]
    outcome = send(TIMED, [*journal, answered(length + gap)])
    assert outcome.refused == "out of order"
    assert [row.item for row in outcome.rows] == list(range(1, length + 1))
    assert outcome.state.applied == length
    assert send(outcome.state, [answered(length + gap)]).state == outcome.state


@given(st.integers(0, 60), st.floats(0, 20))
def test_nobody_is_faster_than_a_human_by_the_clock_of_the_server(burst, elapsed):
    journal = [answered(n, at_ms=0.0) for n in range(1, burst + 1)]
    outcome = send(UNTIMED, journal, now=STARTED + elapsed)
    # The server's clock starts at a large number, so a comparison may be off by its last digit.
    elapsed = STARTED + elapsed - STARTED
    possible = sum(
        n * TASK.fastest_seconds <= elapsed + CLOCK_TOLERANCE_SECONDS for n in range(1, burst + 1)
    )
    assert outcome.state.applied == possible
    assert outcome.refused == ("too fast" if possible < burst else "")


# ------------------------------------------------------------------- after the deadline


@given(
    st.lists(st.integers(0, 2 * LENGTH_MS), min_size=1, max_size=12),
    st.integers(-60_000, 3_600_000),
    st.integers(0, 15),
)
def test_after_the_deadline_as_many_count_as_are_allowed_and_the_others_are_kept(
    ats, delay, allowed
):
    now = STARTED + (LENGTH_MS + delay) / 1000
    journal = [answered(n, right(n), at_ms=at) for n, at in enumerate(ats, start=1)]
    outcome = send(TIMED, journal, now, allowance=allowed)
    assert [row.item for row in outcome.rows] == list(range(1, len(journal) + 1))
    left, counted = allowed, 0
    for at, row in zip(ats, outcome.rows, strict=True):
        assert row.late == (delay > 0)
        counts = delay <= 0 or (left > 0 and at <= LENGTH_MS)
        left -= row.late and counts
        assert row.correct is (True if counts else None)
        counted += counts
    assert outcome.state.attempts == outcome.state.correct == counted
    assert outcome.state.applied == len(journal)
    assert outcome.uncounted == len(journal) - counted
    assert outcome.refused == ""


@given(st.lists(st.integers(1, 6), max_size=6), st.integers(0, 30), st.integers(0, 20))
def test_however_late_answers_are_split_into_messages_as_many_count(sizes, cards, allowed):
    """What counts already is taken off; a machine gains nothing by many small messages."""
    times = [3000.0] * 9
    now = TIMED.deadline + 30
    gap = 3.0 * allowed
    state, rows, sent = TIMED, [], 0
    for size in [*sizes, cards]:
        sent = min(cards, sent + size)
        counted = sum(row.correct is not None for row in rows)
        outcome = send(
            state,
            [answered(n, at_ms=1000.0) for n in range(1, sent + 1)],
            now,
            allowance=allowance(gap, times, counted, late_by=30.0),
        )
        state, rows = outcome.state, [*rows, *outcome.rows]
    assert sum(row.correct is not None for row in rows) == min(allowed, cards) == state.attempts
    # The first ones count: those that were given first.
    assert [row.correct is not None for row in rows] == sorted(
        (row.correct is not None for row in rows), reverse=True
    )


def test_what_was_given_after_the_deadline_by_the_pages_own_word_never_counts():
    end = LENGTH * 1000
    said = [answered(1, at_ms=end + 1), answered(2, at_ms=end), answered(3, at_ms=end - 1)]
    outcome = send(TIMED, said, TIMED.deadline + 5, allowance=2)
    assert [row.correct for row in outcome.rows] == [None, False, False]
    assert outcome.uncounted == 1


def test_at_the_very_deadline_everything_is_in_time():
    end = TIMED.deadline
    on_time = send(TIMED, [answered(1, right(1), at_ms=LENGTH * 1000)], now=end)
    assert [(row.late, row.correct) for row in on_time.rows] == [(False, True)]
    assert on_time.uncounted == 0


def test_the_machine_of_the_review_counts_for_nothing():
    """30 answers, 18 seconds after the deadline, dated back, over a connection never lost."""
    times = [300.0] * 134
    allowed = allowance(0.0, times, 0, late_by=18.0, fastest_seconds=TASK.fastest_seconds)
    forged = [answered(n, right(n), at_ms=LENGTH_MS - 1000.0 + n) for n in range(1, 31)]
    outcome = send(TIMED, forged, TIMED.deadline + 18, allowance=allowed)
    assert (outcome.state.attempts, outcome.uncounted) == (0, 30)
    # The same right after the deadline: one may have been under way.
    allowed = allowance(0.0, times, 0, late_by=0.5, fastest_seconds=TASK.fastest_seconds)
    outcome = send(TIMED, forged, TIMED.deadline + 0.5, allowance=allowed)
    assert (outcome.state.attempts, outcome.uncounted) == (1, 29)
    # And again, in a message each: it was the only one.
    assert allowance(0.0, times, 1, late_by=0.6) == 0


def test_who_was_cut_off_for_the_last_minute_brings_a_minute_of_answers():
    """Median 3 s, 60 s without a connection: up to 20 count, ten seconds or an hour later."""
    times = [2500.0, 3000.0, 9000.0]
    for late_by in (10.0, 59.0, 61.0, 3600.0):
        assert allowance(60.0, times, 0, late_by=late_by) == 20
        own = [answered(n, right(n), at_ms=LENGTH_MS - 60_000 + 2500.0 * n) for n in range(1, 25)]
        outcome = send(TIMED, own, TIMED.deadline + late_by, allowance=20)
        assert (outcome.state.correct, outcome.uncounted) == (20, 4)


GAPS = st.floats(0, 3600)
TIMES = st.lists(st.floats(0, 600_000), max_size=40)


@given(GAPS, TIMES, st.integers(0, 500), st.floats(0, 4000), st.sampled_from([0.0, 0.3]))
def test_the_allowance_is_what_fits_into_the_gap(gap, times, counted, late_by, fastest):
    allowed = allowance(gap, times, counted, late_by=late_by, fastest_seconds=fastest)
    assert allowed >= 0
    under_way = late_by <= CLOCK_TOLERANCE_SECONDS
    pace = max(median(times) / 1000, fastest) if times else 0
    if pace < 0.001:
        assert allowed <= under_way
    else:
        fit = allowed + counted - under_way
        assert allowed == 0 or fit * pace <= gap * (1 + 1e-9)
        assert (fit + 1) * pace > gap * (1 - 1e-9)


@given(GAPS, TIMES, st.integers(0, 50))
def test_a_longer_gap_never_allows_less_and_more_counted_never_more(gap, times, counted):
    allowed = allowance(gap, times, counted)
    assert allowance(gap + 60, times, counted) >= allowed
    assert allowance(gap, times, counted + 1) <= allowed
    assert allowance(0.0, times, counted) == 0


def test_times_that_nobody_can_have_explain_no_more_than_the_fastest_pace():
    assert allowance(60.0, [1.0] * 20, 0, fastest_seconds=0.3) == 200
    assert allowance(60.0, [0.0] * 20, 0) == 0
    assert allowance(60.0, [], 0) == 0


@pytest.mark.parametrize("late_by", [0.0, 0.4, CLOCK_TOLERANCE_SECONDS])
def test_the_answer_that_was_under_way_at_the_deadline_counts(late_by):
    allowed = allowance(0.0, [4000.0], 0, late_by=late_by)
    said = [answered(1, right(1), at_ms=LENGTH_MS - 10)]
    outcome = send(TIMED, said, TIMED.deadline + late_by, allowance=allowed)
    assert (outcome.state.correct, outcome.uncounted) == (1, 0)
    assert allowance(0.0, [4000.0], 0, late_by=CLOCK_TOLERANCE_SECONDS + 0.01) == 0


def test_time_that_was_given_back_moves_the_zero_of_the_pages_clock():
    """The server was down for 40 seconds: origin and deadline move by it."""
    moved = State(origin=STARTED + 40, deadline=STARTED + LENGTH + 40)
    now = STARTED + LENGTH + 20
    [row] = send(moved, [answered(1, right(1), at_ms=250_000.0)], now).rows
    assert (row.late, row.correct, row.answered_at) == (False, True, STARTED + 290)


# -------------------------------------------------------------------------------- the rest


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(0, 2 * LENGTH))
def test_a_page_cannot_claim_to_be_ahead_of_the_server(shown, taken, elapsed):
    said = Answer(1, "x", shown, shown + taken, 0, False)
    [row] = send(UNTIMED, [said], now=STARTED + elapsed).rows
    assert row.shown_at <= row.answered_at <= row.received_at == STARTED + elapsed


def test_practice_ends_with_its_last_card():
    state = replace(UNTIMED, last_item=2)
    outcome = send(state, [answered(n) for n in (1, 2, 3)])
    assert outcome.refused == "past the last card"
    assert outcome.state.applied == 2
    assert is_over(outcome.state, LATE_ENOUGH)
    assert not is_over(state, STARTED + 1e6)
    assert list(upcoming(outcome.state, TASK, 0)) == []


@given(st.integers(0, 500), st.integers(0, 600))
def test_the_page_is_sent_the_window_and_only_what_it_does_not_hold(applied, have):
    state = replace(TIMED, applied=applied)
    sent = list(upcoming(state, TASK, have))
    wanted = set(range(applied + 1, applied + TASK.window + 1))
    assert set(sent) == {number for number in wanted if number > have}
    assert sent == sorted(sent)


def test_a_round_is_over_at_its_deadline_and_not_before():
    assert not is_over(TIMED, TIMED.deadline - CLOCK_TOLERANCE_SECONDS - 0.01)
    assert is_over(TIMED, TIMED.deadline - CLOCK_TOLERANCE_SECONDS)
    assert not is_over(UNTIMED, STARTED + 1e9)


def test_a_row_holds_what_the_export_promises():
    said = Answer(1, " 47 12 ", 1000.0, 3500.4, 2, True, 9)
    [row] = send(TIMED, [said]).rows
    item = TASK.item(SEED, 1)
    assert (row.prompt, row.solution, row.response) == (item.prompt, item.solution, " 47 12 ")
    assert (row.shown_at, row.answered_at) == (STARTED + 1.0, STARTED + 3.5004)
    assert (row.response_ms, row.focus_lost, row.pasted, row.keys) == (2500, 2, True, 9)
