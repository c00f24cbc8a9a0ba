"""The socket of a round: whatever a browser sends, cards count once, and everybody else is served.

A frame larger than a megabyte closes the socket; the page then opens a new one. In all other cases
the same socket lives on.
"""

import json

import pytest
from websockets.exceptions import InvalidStatusCode

from effort_task.journal import MAX_ANSWERS
from study.finding import study_of
from tests.harness.database import page_number
from tests.harness.live import LiveSocket
from tests.harness.participant import HttpParticipant
from tests.server.conftest import SHORT

WINDOW = 60
ROUND = page_number(study_of("incentive"), "EffortRound")


@pytest.fixture(scope="module")
def session(server):
    return server.create_session("incentive", 60, force_arm="reward", **SHORT)


class Worker:
    """A participant in the main round with an open socket, and what is stored about them."""

    def __init__(self, participant):
        self.participant = participant
        self.database = participant.database
        self.start = participant.round
        self.cards = {card["item"]: card for card in self.start["items"]}
        self.socket = self.open()

    def open(self, path=None, **options):
        server_url = self.participant.page.url.split("/p/")[0].replace("http", "ws")
        return LiveSocket(server_url + (path or self.participant.live_path), **options)

    def stored(self):
        code = self.participant.code
        return self.database.player(code), self.database.answers(code, "main")

    def right(self, item, **changes):
        solution = self.participant.solve(self.cards[item])
        return answer(item, response=solution, **changes)

    def later(self, seconds):
        """Let time pass for this participant. The server reads it with the next socket."""
        self.database.move_clock(self.participant.code, "main", seconds)
        with self.open():
            pass

    def serves(self):
        """A right answer to the next card is taken, over the same socket."""
        _, rows = self.stored()
        item = len(rows) + 1
        self.later(1)
        reply = self.socket.exchange(message(self.right(item)))
        assert (reply["applied"], reply["refused"]) == (item, "")
        assert reply["results"] == [[item, True, None]]
        assert len(self.stored()[1]) == item
        self.cards |= {card["item"]: card for card in reply["items"]}


def answer(item, response="123456", **changes):
    said = {"item": item, "response": response, "shown_ms": 10, "answered_ms": 900}
    return said | {"focus_lost": 0, "pasted": False} | changes


def message(*answers, **changes):
    return {"round": "main", "have": WINDOW, "answers": list(answers)} | changes


@pytest.fixture(scope="module")
def workers(session):
    """Two participants in the main round, shared: nothing that one sends may hurt the other."""
    found = []
    for _ in range(2):
        participant = HttpParticipant(session.join_url, session.server.database)
        participant.play_to("EffortRound")
        found.append(Worker(participant))
        found[-1].serves()
    yield found
    for worker in found:
        worker.socket.close()
        worker.participant.close()


def nested(depth, opening="[", closing="]"):
    return opening * depth + closing * depth


REFUSED = {
    "null": None,
    "true": True,
    "a number": 3,
    "text": '"main"',
    "an empty list": [],
    "a list of messages": [message(answer(2))],
    "a list in a list, 200 deep": nested(200),
    "NaN": "NaN",
    "no round": {"have": 0, "answers": [answer(2)]},
    "a round of the past": message(answer(2), round="baseline"),
    "a round of the future": message(answer(2), round="voluntary"),
    "a round that is no text": message(answer(2), round=["main"]),
    "answers that are text": message(answers="[]"),
    "answers that are null": message(answers=None),
    "an answer that is null": message(None),
    "an answer that is a list": message([2, "123456"]),
    "a card of the past": message(answer(0)),
    "a card before the first": message(answer(-1)),
    "a card far ahead": message(answer(WINDOW + 20)),
    "a card beyond all": message(answer(10**6)),
    "a card with an endless number": '{"round": "main", "answers": [{"item": 1e999}]}',
    "a card that is true": message(answer(True)),
    "a card that is a fraction": message(answer(2.0)),
    "out of order": message(answer(40), answer(39)),
    "a response that is a number": message(answer(2, response=123456)),
    "a response that is an object": message(answer(2, response={"$ne": 1})),
    "an empty response": message(answer(2, response="  ")),
    "a response of 200 kB": message(answer(2, response="1" * 200_000)),
    "a time that is NaN": '{"round": "main", "answers": [{"item": 2, "response": "1", '
    '"shown_ms": NaN, "answered_ms": NaN}]}',
    "a time that is infinite": message(answer(2, answered_ms=float("inf"))),
    "a time before all time": message(answer(2, shown_ms=-1)),
    "a time that is text": message(answer(2, shown_ms="0")),
    "answered before it was shown": message(answer(2, shown_ms=901)),
    "focus lost minus once": message(answer(2, focus_lost=-1)),
    "pasted perhaps": message(answer(2, pasted="perhaps")),
    "have is null": message(have=None),
    "have is huge": message(have=10**9),
    "more answers than anybody has": message(*[answer(2)] * (MAX_ANSWERS + 1)),
    "text that is not JSON": "{'round': 'main'}",
    "half a message": json.dumps(message(answer(2)))[:-5],
    "bytes that are not UTF-8": b"\xff\xfe\xfa",
    "lists in lists, a hundred thousand deep": nested(100_000),
    "objects in objects, forty thousand deep": '{"a":' * 40_000 + "1" + "}" * 40_000,
    "a number of ten thousand digits": '{"round": "main", "have": ' + "9" * 10_000 + "}",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_message_is_refused_and_changes_nothing(workers, kind):
    sender, other = workers
    before = sender.stored()
    sender.socket.send(REFUSED[kind])
    reply = sender.socket.receive()
    told = reply
    # A card of the past needs no refusal: it is passed over.
    assert told["refused"] or kind == "a card of the past"
    assert told["applied"] == len(before[1])
    assert told.get("results", []) == []
    assert sender.stored() == before
    sender.serves()
    other.serves()


def test_a_frame_that_is_too_long_costs_its_sender_the_socket_and_nothing_else(workers):
    sender, other = workers
    before = sender.stored()
    sender.socket.send(json.dumps("x" * (2**20 + 1)))
    assert sender.socket.wait_until_closed() in (1006, 1009)
    assert sender.stored() == before
    sender.socket = sender.open()
    sender.serves()
    other.serves()


def test_a_message_in_a_binary_frame_counts_like_any_other(workers):
    sender = workers[0]
    item = len(sender.stored()[1]) + 1
    sender.later(1)
    sender.socket.send(json.dumps(message(sender.right(item))).encode())
    assert sender.socket.receive()["applied"] == item


def test_an_answer_that_is_sent_again_counts_once(workers):
    sender = workers[0]
    sender.serves()
    before = sender.stored()
    last = len(before[1])
    for said in (sender.right(last), answer(last, response="other"), answer(1, response="x")):
        reply = sender.socket.exchange(message(said))
        assert (reply["applied"], reply["results"]) == (last, [])
    assert sender.stored() == before


def test_a_hundred_messages_at_once_are_all_answered_and_count_once(workers):
    sender, other = workers
    item = len(sender.stored()[1]) + 1
    sender.later(1)
    for number in range(100):
        said = sender.right(item) if number % 2 else answer(item + 5)
        sender.socket.send(message(said))
    replies = [sender.socket.receive() for _ in range(100)]
    assert sum(len(reply["results"]) for reply in replies) == 1
    assert {reply["applied"] for reply in replies[1:]} == {item}
    assert [row["item"] for row in sender.stored()[1]] == list(range(1, item + 1))
    sender.serves()
    other.serves()


def test_answers_that_come_faster_than_a_human_are_refused_until_time_has_passed(join, session):
    worker = Worker(at_main_round(join, session))
    reply = worker.socket.exchange(message(*[worker.right(n) for n in range(1, 41)]))
    assert reply["refused"] == "too fast"
    applied = reply["applied"]
    assert applied < 20
    assert len(worker.stored()[1]) == worker.stored()[0]["effort_attempts"] == applied
    worker.later(20)
    reply = worker.socket.exchange(message(*[worker.right(n) for n in range(1, 41)]))
    assert (reply["refused"], reply["applied"], reply["correct"]) == ("", 40, 40)
    assert [row["item"] for row in worker.stored()[1]] == list(range(1, 41))
    worker.socket.close()


def at_main_round(join, session):
    participant = join(session)
    participant.play_to("EffortRound")
    return participant


def test_a_message_to_a_round_that_was_left_is_ignored(join, session):
    participant = at_main_round(join, session)
    worker = Worker(participant)
    worker.socket.exchange(message(worker.right(1)))
    old_path = participant.live_path
    participant.sit_out_round(stop=True)
    assert participant.name == "VoluntaryOffer"
    before = worker.stored()
    # The open page is told at once, and so is one that comes late.
    assert worker.socket.receive() == {"moved_on": True}
    worker.socket.send(message(worker.right(2)))
    with worker.open(old_path) as again:
        assert again.receive() == {"moved_on": True}
    worker.socket.close()
    participant.reload()
    assert participant.name == "VoluntaryOffer"
    assert worker.stored() == before


def test_a_message_before_the_round_began_is_refused(join, session):
    participant = join(session)
    participant.play_to("BaselineReady")
    page = page_number(study_of("incentive"), "BaselineRound")
    with session.server.live_socket(
        f"/round?participant={participant.code}&page={page}"
    ) as socket:
        assert socket.receive() == {"moved_on": True}
    participant.reload()
    assert session.server.database.answers(participant.code, "baseline") == []
    participant.next()
    assert participant.name == "BaselineRound"
    assert participant.round["applied"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "",
        "a=%00",
        f"participant=nobody&page={ROUND}",
        "participant={}&page=99",
        "participant={}&page=1",
        "participant={}&page=x",
        "participant={}&page=",
        f"participant={{}}%27&page={ROUND}",
    ],
)
def test_a_socket_that_names_nobody_is_not_opened(workers, session, query):
    with pytest.raises(InvalidStatusCode):
        session.server.live_socket(f"/round?{query.format(workers[0].participant.code)}")
    for worker in workers:
        worker.serves()


def test_a_page_of_another_site_opens_no_socket(workers):
    sender = workers[0]
    for origin in ("http://127.0.0.1:1", "https://example.org", "null"):
        with pytest.raises(InvalidStatusCode):
            sender.open(origin=origin)
    with sender.open(origin=sender.participant.page.url.split("/p/")[0]):
        pass
    sender.serves()


def test_answers_over_two_sockets_at_once_count_once(workers):
    sender = workers[0]
    item = len(sender.stored()[1]) + 1
    sender.later(5)
    with sender.open() as second:
        for socket in (sender.socket, second) * 5:
            socket.send(message(*[sender.right(n) for n in range(item, item + 5)]))
        told = [s.receive() for s in (sender.socket, second) for _ in range(5)]
        assert sorted(len(each["results"]) for each in told) == [0] * 9 + [5]
    assert [row["item"] for row in sender.stored()[1]] == list(range(1, item + 5))
    sender.serves()
