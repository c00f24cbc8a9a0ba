"""What participants refuse, stop, or get wrong, and what the pages of a round give away."""

import json

import pytest

from effort_task.tasks import TASKS, item_seed
from tests.server.conftest import SHORT, cells, every_page, wide


def walk(participant, **chosen):
    """Go through the study; the HTML of every page on the way, by its name."""
    seen = {}
    while True:
        seen[participant.name] = participant.html
        if participant.name in ("Earnings", "Declined"):
            return seen
        if "round-start" in participant.html:
            participant.sit_out_round(correct=3, stop=False)
        else:
            fields = participant.form.fields
            participant.next(**{k: v for k, v in chosen.items() if k in fields})


def test_without_practice_and_voluntary_round_these_pages_are_left_out(server, join):
    changes = SHORT | dict(practice_items=0, voluntary_seconds=0)
    session = server.create_session("info_source", 1, **changes)
    participant = join(session)
    left_out = {"Practice", "VoluntaryOffer", "VoluntaryRound"}
    assert list(walk(participant)) == [
        name for name in every_page("info_source") if name not in left_out
    ]
    row = cells(wide(session)[participant.code], "info_source_experiment")
    for name in ("voluntary_accepted", "voluntary_correct", "voluntary_seconds"):
        assert row[name] == ""
    assert row["practice_attempts"] == ""


def test_who_refuses_the_voluntary_round_goes_on_without_it(server, join):
    session = server.create_session("incentive", 1, **SHORT)
    participant = join(session)
    pages = walk(participant, voluntary_accepted="False")
    assert list(pages) == [name for name in every_page("incentive") if name != "VoluntaryRound"]
    row = wide(session)[participant.code]
    assert row["incentive_experiment.1.player.voluntary_accepted"] == "0"
    assert row["incentive_experiment.1.player.voluntary_correct"] == ""


def test_stopping_early_is_recorded_and_moves_on_at_once(server, join):
    session = server.create_session("incentive", 1, **SHORT)
    participant = join(session)
    participant.play_to("EffortRound")
    participant.sit_out_round(correct=2, stop=True)
    assert participant.name == "VoluntaryOffer"
    row = wide(session)[participant.code]
    assert row["incentive_experiment.1.player.stopped_early"] == "1"
    assert row["incentive_experiment.1.player.effort_correct"] == "2"
    assert 0 < float(row["incentive_experiment.1.player.effort_seconds"]) < 60


def test_wrong_comprehension_answers_are_explained_counted_and_kept(server, join):
    session = server.create_session("info_source", 1, **SHORT)
    participant = join(session)
    participant.play_to("Comprehension")
    participant.next(comprehension_1="a", comprehension_3="b")
    assert participant.name == "Comprehension"
    assert participant.html.count('class="error"') == 2
    assert "Every card shows something new." in participant.html
    participant.next(comprehension_1="a", comprehension_3="b")  # as a reload sends it again
    participant.next(comprehension_2="c")
    participant.next()
    assert participant.name == "Psm"
    row = cells(wide(session)[participant.code], "info_source_experiment")
    assert row["comprehension_errors"] == "3"
    kept = server.database.query(
        "SELECT * FROM info_source_experiment_comprehensionanswer "
        "WHERE player_id = :id ORDER BY id",
        id=server.database.player(participant.code)["id"],
    )
    assert [row["response"] for row in kept] == list("aabb" + "bccb" + "bacb")
    assert sum(not row["correct"] for row in kept) == 3


# -------------------------------------------------------------- what the pages give away


@pytest.mark.parametrize("task", list(TASKS))
def test_the_page_of_a_round_and_its_replies_hold_no_solution(server, join, task):
    session = server.create_session(
        "info_source", 1, task=task, seed="fixed", **(SHORT | dict(practice_items=0))
    )
    participant = join(session)
    while participant.name != "BaselineRound":
        participant.next()
    start = participant.round
    assert set(start) == {
        *("participant", "round", "task", "duration_ms", "may_stop", "fastest_ms", "words"),
        *("applied", "correct", "elapsed_ms", "last_item", "items", "uncounted"),
    }
    with server.live_socket(participant.live_path) as socket:
        first = {"item": 1, "response": "0", "shown_ms": 0, "answered_ms": 1}
        reply = socket.exchange({"round": "baseline", "have": 0, "answers": [first]})
    assert reply["results"] == [[1, False, None]]
    seed = item_seed("fixed", participant.code, "baseline")
    for card in start["items"] + reply["items"]:
        item = TASKS[task].item(seed, card["item"])
        assert card == {"item": item.number, **TASKS[task].view(item)}
        if task != "counting_zeros":
            assert item.solution not in participant.html
            assert item.solution not in json.dumps(reply)
