"""Rounds: their time is the server's, and nothing that was entered is lost or counted twice."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from study.finding import study_of
from tests.harness.database import page_number
from tests.harness.live import LiveSocket
from tests.harness.participant import HttpParticipant
from tests.harness.server import Session, running
from tests.server.conftest import SHORT, wide

LENGTH = SHORT["task_seconds"]


@pytest.fixture(scope="module")
def session(server):
    return server.create_session("incentive", 30, force_arm="reward", piece_rate=0.145, **SHORT)


@pytest.fixture
def worker(join, session):
    participant = join(session)
    participant.play_to("EffortRound")
    return participant


def responses(participant, phase="main"):
    return [
        (row["item"], row["response"])
        for row in participant.database.answers(participant.code, phase)
    ]


def score(participant, phase="main"):
    found = participant.database.round_columns(participant.code, phase)
    return found["attempts"], found["correct"]


def deliver(participant, journal, **form):
    participant.post({"journal": json.dumps(journal), **form})


# --------------------------------------------------------------------------- when it ends


def test_a_round_cannot_be_left_before_its_end(join, session):
    participant = join(session)
    participant.play_to("BaselineRound")
    for data in ({}, {"stop": "1"}, {"stop": "1", "timeout_happened": "1"}, {"journal": "[]"}):
        participant.post(data)
        assert participant.name == "BaselineRound"
    assert participant.database.round_columns(participant.code, "baseline")["ended_at"] is None
    study = study_of("incentive")
    for page in ("Consent", "Information", "EffortRound"):
        base = participant.page.url.rsplit("/", 2)[0]
        address = f"{base}/{page}/{page_number(study, page)}"
        response = participant.http.post(address, data={"stop": "1"}, timeout=60)
        assert response.url == participant.page.url


def test_the_main_round_is_left_early_only_by_choice(worker):
    for stop in ("", "0", "yes", "true"):
        worker.post({"stop": stop})
        assert worker.name == "EffortRound"
    worker.post({"stop": "1"})
    assert worker.name == "VoluntaryOffer"


def test_a_reload_goes_on_where_one_was_with_the_time_that_is_left(worker):
    deliver(worker, worker.journal(2))
    first = worker.round
    worker.database.move_clock(worker.code, "main", 100)
    worker.reload()
    again = worker.round
    assert again["applied"] == first["applied"] == 2
    assert again["correct"] == 2
    assert 100_000 <= again["elapsed_ms"] - first["elapsed_ms"] < 130_000
    cards = {card["item"]: card for card in first["items"]}
    assert [card for card in again["items"] if card["item"] in cards] == list(cards.values())


def test_answers_that_come_with_the_last_post_count(worker):
    deliver(worker, worker.journal(3), stop="1")
    assert worker.name == "VoluntaryOffer"
    assert score(worker) == (3, 3)


@pytest.mark.parametrize(
    "journal",
    ["", "{", "null", "[]", '"x"', "NaN", "[" * 100_000, "1" * 300_000, '{"round": "baseline"}'],
    ids=lambda text: text[:12],
)
def test_a_broken_journal_changes_nothing_and_does_not_hold_one_up(join, session, journal):
    participant = join(session)
    participant.play_to("BaselineRound")
    participant.post({"journal": journal})
    assert participant.name == "BaselineRound"
    assert responses(participant, "baseline") == []
    participant.sit_out_round(correct=1)
    assert participant.name == "Information"
    assert score(participant, "baseline") == (1, 1)


# --------------------------------------------------------------------------- late delivery


def late_journal(worker, ats):
    """Right answers to the next cards, given at these seconds of the round."""
    journal = worker.journal(len(ats))
    for said, at in zip(journal["answers"], ats, strict=True):
        said |= {"shown_ms": at * 1000 - 500, "answered_ms": at * 1000}
    return journal


EIGHT = SHORT | {"task_seconds": 8, "force_arm": "reward", "piece_rate": 0.145}


@pytest.fixture
def hurried(join, server):
    """Somebody at the beginning of a main round of eight seconds."""
    participant = join(server.create_session("incentive", 1, **EIGHT))
    participant.play_to("EffortRound")
    return participant


def wait_for_deadline(participant, seconds):
    """Until so many seconds after the deadline."""
    deadline = participant.database.round_columns(participant.code, "main")["deadline"]
    time.sleep(max(0, deadline + seconds - time.time()))


def late_and_correct(participant):
    rows = participant.database.answers(participant.code, "main")
    return [(bool(row["late"]), row["correct"] and bool(row["correct"])) for row in rows]


def test_whoever_had_no_connection_has_what_was_given_in_time_counted(hurried):
    deliver(hurried, late_journal(hurried, [0.6]))
    # In the seven seconds that follow nobody does more than two cards.
    journal = late_journal(hurried, [3, 7.9, 8.5])
    wait_for_deadline(hurried, 2)
    deliver(hurried, journal)
    assert late_and_correct(hurried) == [(False, True), (True, True), (True, True), (True, None)]
    assert score(hurried) == (3, 3)
    # The page says that one came too late, and then lets one go on.
    assert (hurried.name, hurried.round["uncounted"]) == ("EffortRound", 1)
    hurried.post()
    assert hurried.name == "VoluntaryOffer"
    found = hurried.database.round_columns(hurried.code, "main")
    assert (found["seconds"], found["stored"]) == (8, 4)
    assert 6 < found["offline_seconds"] <= 8


def test_whoever_works_as_nobody_can_has_as_much_counted_as_somebody_could(hurried):
    """Nothing came in time, and the message itself claims a card every 0.3 seconds."""
    journal = late_journal(hurried, [0.3 * number for number in range(2, 22)])
    wait_for_deadline(hurried, 2)
    deliver(hurried, journal)
    assert 1 <= score(hurried)[0] <= 3
    assert hurried.round["uncounted"] >= 17


def test_whoever_was_connected_all_the_time_dates_nothing_back(hurried):
    journal = late_journal(hurried, [1, 1.6, 2.2, 2.8, 3.4, 4])
    with hurried_socket(hurried) as socket:
        socket.exchange(journal | {"answers": []})
        wait_for_deadline(hurried, 2)
        reply = socket.exchange(journal)
        assert (reply["applied"], reply["correct"], reply["uncounted"]) == (6, 0, 6)
        assert reply["results"][0] == [1, None, None]
    assert late_and_correct(hurried) == [(True, None)] * 6
    assert score(hurried) == (0, 0)
    hurried.post()
    assert hurried.name == "VoluntaryOffer"
    found = hurried.database.round_columns(hurried.code, "main")
    assert (found["stored"], found["seconds"]) == (6, 8)


def hurried_socket(participant):
    server = participant.page.url.split("/p/")[0].replace("http", "ws")
    return LiveSocket(server + participant.live_path)


def test_a_late_journal_that_comes_twice_counts_once(hurried):
    journal = late_journal(hurried, [1, 2])
    url = hurried.page.url
    wait_for_deadline(hurried, 1.5)
    deliver(hurried, journal)
    for _ in range(2):
        response = hurried.http.post(url, data={"journal": json.dumps(journal)}, timeout=60)
        assert "VoluntaryOffer" in response.url
    assert score(hurried) == (2, 2)
    assert len(responses(hurried)) == 2


def test_pay_counts_what_was_done_even_if_one_never_leaves_the_round(worker, session):
    deliver(worker, worker.journal(3))
    row = wide(session)[worker.code]
    assert row["participant.payoff"] == "0.44"
    assert row["incentive_experiment.1.player.effort_correct"] == "3"
    assert row["incentive_experiment.1.player.effort_ended_at"] == ""


# ------------------------------------------------------------------------ kill -9, restart


def test_a_killed_server_forgets_nothing_that_it_acknowledged(own_server):
    """The worker's socket, the server's memory and its process are gone; the rows are not."""
    session = own_server.create_session("incentive", 2, force_arm="reward", **SHORT)
    worker = HttpParticipant(session.join_url, own_server.database)
    worker.play_to("EffortRound")
    before = worker.round
    entered = worker.journal(12)
    worker.database.move_clock(worker.code, "main", 10)
    with own_server.live_socket(worker.live_path) as socket:
        for number in range(5):
            answers = entered["answers"][number : number + 1]
            assert socket.exchange(entered | {"answers": answers})["applied"] == number + 1
        # What is under way while the server dies may or may not arrive.
        socket.send(entered | {"answers": entered["answers"][5:8]})
        own_server.kill()
    own_server.start()
    worker.reload()
    assert worker.name == "EffortRound"
    after = worker.round
    assert after["applied"] in (5, 8)
    assert after["elapsed_ms"] > before["elapsed_ms"]
    own = {card["item"]: card for card in before["items"]}
    assert all(own.get(card["item"], card) == card for card in after["items"])
    with own_server.live_socket(worker.live_path) as socket:
        # The page sends its whole journal: it does not know what arrived.
        assert socket.exchange(entered)["applied"] == 12
    assert responses(worker) == [(a["item"], a["response"]) for a in entered["answers"]]
    assert score(worker) == (12, 12)
    worker.play_to("Earnings")
    row = wide(session)[worker.code]
    assert row["incentive_experiment.1.player.effort_correct"] == "12"
    worker.close()


def test_killed_again_and_again_a_server_gives_each_card_one_row(own_server):
    session = own_server.create_session("info_source", 1, **SHORT)
    worker = HttpParticipant(session.join_url, own_server.database)
    worker.play_to("EffortRound")
    worker.database.move_clock(worker.code, "main", 60)
    worker.reload()
    entered = worker.journal(40)
    for kill in range(3):
        with own_server.live_socket(worker.live_path) as socket:
            for number in range(10 * kill, 10 * kill + 10):
                socket.send(entered | {"answers": entered["answers"][: number + 1]})
            own_server.kill()
        own_server.start()
    worker.reload()
    deliver(worker, entered)
    assert responses(worker) == [(a["item"], a["response"]) for a in entered["answers"]]
    assert score(worker) == (40, 40)
    worker.close()


def test_the_same_journal_at_two_servers_at_once_counts_once(postgres, tmp_path):
    url = postgres.new_database()
    with (
        running(tmp_path / "one", database_url=url) as one,
        running(tmp_path / "two", database_url=url) as two,
    ):
        session = one.create_session("info_source", 1, **SHORT)
        worker = HttpParticipant(session.join_url, one.database)
        worker.play_to("EffortRound")
        worker.database.move_clock(worker.code, "main", 60)
        worker.reload()
        entered = worker.journal(40)
        sockets = [server.live_socket(worker.live_path) for server in (one, two)]

        def send(socket):
            for number in range(40):
                socket.send(entered | {"answers": entered["answers"][: number + 1]})
                socket.receive()

        with ThreadPoolExecutor(2) as both:
            list(both.map(send, sockets))
        for socket in sockets:
            socket.close()
        deliver(worker, entered)
        assert responses(worker) == [(a["item"], a["response"]) for a in entered["answers"]]
        assert score(worker) == (40, 40)
        worker.close()
        assert Session(two, {"code": session.code, "session_wide_url": ""}).participants


def test_time_stands_still_while_the_server_is_down(own_server):
    session = own_server.create_session("info_source", 1, **(SHORT | {"task_seconds": 30}))
    worker = HttpParticipant(session.join_url, own_server.database)
    worker.play_to("EffortRound")
    before = worker.round["elapsed_ms"]
    deliver(worker, late_journal(worker, [0.9]))
    own_server.kill()
    time.sleep(5)
    own_server.start()
    worker.reload()
    assert worker.name == "EffortRound"
    assert before <= worker.round["elapsed_ms"] < before + 4_000
    [row] = worker.database.answers(worker.code, "main")
    assert (bool(row["late"]), bool(row["correct"])) == (False, True)
    assert worker.database.round_columns(worker.code, "main")["started_at"] < row["answered_at"]
    worker.close()
