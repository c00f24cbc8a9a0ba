"""What a browser says is checked before anything else sees it: taken whole, or refused."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effort_task.journal import (
    MAX_ANSWERS,
    MAX_ITEM,
    MAX_RESPONSE,
    Answer,
    Message,
    Refused,
    read,
)

REASONS = {
    "not an object",
    "another round",
    "answers are not a list",
    "too many answers",
    "an answer is not an object",
    "a response is not text",
    "a response is too long",
    "a response is empty",
    "answered before it was shown",
    "pasted is not true or false",
    "not a count",
    "not a time",
}


def answer(**changes):
    good = {
        "item": 1,
        "response": "471288",
        "shown_ms": 10.5,
        "answered_ms": 900,
        "focus_lost": 0,
        "pasted": False,
        "keys": 7,
    }
    return good | changes


def message(*answers, **changes):
    return {"round": "main", "have": 12, "answers": list(answers)} | changes


def taken(said):
    return read(said, phase="main")


def refusal(said):
    with pytest.raises(Refused) as refused:
        taken(said)
    assert refused.value.reason in REASONS
    return refused.value.reason


def nested(depth):
    deep = []
    for _ in range(depth):
        deep = [deep]
    return deep


def test_a_good_message_is_taken_as_it_stands():
    said = taken(message(answer(), answer(item=2, pasted=True, keys=0), acknowledged=9))
    assert said == Message(
        12,
        (
            Answer(1, "471288", 10.5, 900.0, 0, False, 7),
            Answer(2, "471288", 10.5, 900.0, 0, True, 0),
        ),
        9,
    )
    assert taken({"round": "main"}) == Message(0, (), 0)


def test_a_page_need_not_tell_what_it_cannot_know():
    """Pages that were open before an update count no key strokes and remember nothing."""
    old = answer()
    del old["keys"], old["focus_lost"], old["pasted"]
    [said] = taken(message(old)).answers
    assert (said.keys, said.focus_lost, said.pasted) == (0, 0, False)


@pytest.mark.parametrize(
    "said", [None, True, 0, 1.5, "main", [], [message()], nested(900)], ids=lambda v: str(v)[:20]
)
def test_what_is_no_object_is_refused(said):
    assert refusal(said) == "not an object"


@pytest.mark.parametrize("phase", [None, "baseline", "MAIN", "", ["main"], {"main": 1}, 1])
def test_a_message_for_another_round_is_refused(phase):
    assert refusal(message(answer(), round=phase)) == "another round"
    assert refusal({"answers": [answer()]}) == "another round"


BAD_PARTS = {
    "item": [None, "1", 1.0, -1, True, [1], MAX_ITEM + 1, 10**300, float("nan")],
    "response": [None, 1, True, ["1"], {"a": 1}, "", "   ", "\t\n", "1" * (MAX_RESPONSE + 1)],
    "shown_ms": [None, "1", True, -1, float("nan"), float("inf"), 10**400, []],
    "answered_ms": [None, "1", False, -5, float("nan"), float("-inf"), 10**400, {}],
    "focus_lost": [None, "0", 0.0, -1, True, 10**9],
    "pasted": [None, 0, 1, "true", []],
    "keys": [None, "0", 0.0, -1, True, 10**9, float("nan")],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PARTS.items() for value in values],
    ids=lambda v: repr(v)[:20],
)
def test_a_bad_part_of_an_answer_refuses_the_whole_message(name, value):
    refusal(message(answer(item=1), answer(**{"item": 2, name: value})))


@pytest.mark.parametrize("name", ["have", "acknowledged"])
@pytest.mark.parametrize("count", [None, "3", 3.0, -1, True, MAX_ITEM + 1, []])
def test_a_bad_count_of_cards_is_refused(name, count):
    assert refusal(message(answer(), **{name: count})) == "not a count"


@pytest.mark.parametrize("answers", [None, {}, "abc", 3, {"0": 1}])
def test_answers_that_are_no_list_are_refused(answers):
    assert refusal(message(answers=answers)) == "answers are not a list"


def test_more_answers_than_a_page_can_have_kept_are_refused():
    assert len(taken(message(*[answer()] * MAX_ANSWERS)).answers) == MAX_ANSWERS
    assert refusal(message(*[answer()] * (MAX_ANSWERS + 1))) == "too many answers"


def test_an_answer_given_before_its_card_was_shown_is_refused():
    said = message(answer(shown_ms=5, answered_ms=4))
    assert refusal(said) == "answered before it was shown"


@pytest.mark.parametrize("text", ["47\x0012", "47\ud80012", "\udfff", "a\x00"])
def test_text_that_a_database_refuses_is_made_storable(text):
    [said] = taken(message(answer(response=text))).answers
    assert "\x00" not in said.response
    assert said.response.encode("utf-8").decode("utf-8") == said.response


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.text(st.characters(categories=["Cs", "Cc"]), max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def outcome(said):
    """The message as it was taken, or the reason for which it was refused."""
    try:
        return taken(said)
    except Refused as refused:
        return refused.reason


@given(ANYTHING)
def test_anything_at_all_is_taken_or_refused_with_a_fixed_reason(said):
    found = outcome(said)
    assert isinstance(found, Message) or found in REASONS


@given(
    st.dictionaries(st.sampled_from([*answer(), "extra"]), ANYTHING, min_size=1),
    st.dictionaries(
        st.sampled_from(["round", "have", "acknowledged", "answers", "extra"]), ANYTHING
    ),
)
def test_a_taken_message_can_always_be_stored(answer_changes, message_changes):
    said = outcome(message(answer(**answer_changes), **message_changes))
    if isinstance(said, str):
        assert said in REASONS
        return
    for each in said.answers:
        json.dumps(asdict(each), allow_nan=False).encode("utf-8")
        assert "\x00" not in each.response
        assert 0 <= each.shown_ms <= each.answered_ms
        assert each.response.strip()


def test_the_page_gives_up_only_what_is_never_taken():
    """The page's list of reasons is made of those that an answer itself is refused for."""
    page = Path(__file__).parents[2] / "_static" / "lab" / "round.js"
    listed = re.search(r"NEVER = new Set\(\[(.*?)\]\)", page.read_text("utf-8"), re.S)
    assert listed is not None
    given_up = set(re.findall(r'"([^"]+)"', listed[1]))
    of_the_message = {
        "not an object",
        "another round",
        "answers are not a list",
        "too many answers",
    }
    assert given_up == (REASONS - of_the_message) | {"past the last card"}
    assert not given_up & {"too fast", "out of order", "not started", "not stored"}
