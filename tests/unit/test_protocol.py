"""Applying a journal: whatever the network does, each card counts once, in order and in time."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from effort_task.journal import Answer
from effort_task.protocol import State, apply, in_time, is_over, upcoming
from effort_task.rounds import CLOCK_TOLERANCE_SECONDS, GRACE_SECONDS
from effort_task.tasks import TASKS

TASK, SEED = TASKS["encryption"], "s1/participant/main"
STARTED, LENGTH = 1_000_000.0, 300.0
LENGTH_MS = 300_000
TIMED = State(started_at=STARTED, deadline=STARTED + LENGTH)
UNTIMED = State(started_at=STARTED, deadline=None)
LATE_ENOUGH = STARTED + 250.0


def answered(item, response="", at_ms=1000.0):
    return Answer(item, response or f"r{item}", at_ms - 1, at_ms, 0, False)


def right(item):
    return TASK.item(SEED, item).solution


def send(state, answers, now=LATE_ENOUGH):
    return apply(state, answers, task=TASK, seed=SEED, now=now)


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


@given(
    st.lists(st.integers(0, 2 * LENGTH_MS), min_size=1, max_size=5),
    st.integers(-60_000, 2_000 * int(GRACE_SECONDS)),
)
def test_after_the_deadline_only_what_was_given_in_time_counts_and_only_in_the_grace(ats, delay):
    now = STARTED + (LENGTH_MS + delay) / 1000
    journal = [answered(n, right(n), at_ms=at) for n, at in enumerate(ats, start=1)]
    outcome = send(TIMED, journal, now)
    assert len(outcome.rows) == len(journal)
    counted = 0
    for at, row in zip(ats, outcome.rows, strict=True):
        assert row.late == (delay > 0)
        counts = delay <= 0 or (delay <= 1000 * GRACE_SECONDS and at <= LENGTH_MS)
        assert row.correct is (True if counts else None)
        counted += counts
    assert outcome.state.attempts == outcome.state.correct == counted
    assert outcome.state.applied == len(journal)


def test_the_edges_of_deadline_and_grace():
    end = TIMED.deadline
    assert in_time(TIMED, end, end + GRACE_SECONDS)
    assert not in_time(TIMED, end, end + GRACE_SECONDS + 0.001)
    assert not in_time(TIMED, end + 0.001, end + 1)
    on_time = send(TIMED, [answered(1, right(1), at_ms=LENGTH * 1000)], now=end)
    assert [(row.late, row.correct) for row in on_time.rows] == [(False, True)]


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
    said = Answer(1, " 47 12 ", 1000.0, 3500.4, 2, True)
    [row] = send(TIMED, [said]).rows
    item = TASK.item(SEED, 1)
    assert (row.prompt, row.solution, row.response) == (item.prompt, item.solution, " 47 12 ")
    assert (row.shown_at, row.answered_at) == (STARTED + 1.0, STARTED + 3.5004)
    assert (row.response_ms, row.focus_lost, row.pasted) == (2500, 2, True)
