"""Session parameters: whatever is refused is refused in one sentence that says what to mend."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effort_task.tasks import TASKS
from steps import Assignment, Consent
from study import Arm, Study
from study.finding import study_of
from study.parameters import SWITCH, ParameterError, check_names, clean, return_address

INCENTIVE, INFO_SOURCE = study_of("incentive"), study_of("info_source")
SECONDS = "a whole number of seconds from 5 to 3600"
NAN, INFINITY = float("nan"), float("inf")

REFUSED = {
    "language": (["", "xx", "EN", None, 1, ["en"]], "one of en, it"),
    "task": (["", "juggling", "Encryption", None, 3, {}], f"one of {', '.join(TASKS)}"),
    "practice_items": (
        [-1, 21, 2.5, "two", "", None, True, NAN, INFINITY, [2], 10**400, "1e999"],
        "a whole number from 0 to 20",
    ),
    "baseline_seconds": ([4, 3601, 0, 60.5, "1m", None, False, -INFINITY, 10**400], SECONDS),
    "task_seconds": ([4, 3601, 0, 60.5, "1m", None, False, NAN], SECONDS),
    "voluntary_seconds": ([1, 4, 3601, -5, "no", None, True, NAN, []], f"0 or {SECONDS}"),
    "piece_rate": (
        [-0.01, 100.01, "a lot", "0,10", None, True, NAN, INFINITY, 10**400],
        "a number from 0 to 100",
    ),
    "donation_rate": ([-1, 101, "", None, False, Decimal("NaN")], "a number from 0 to 100"),
    "arms": (
        ["control", "control,control", "control,nobody", ",", 7, None, ["control"]],
        "empty or at least two of control, reward, beneficiary, reward_beneficiary, "
        "separated by commas",
    ),
    "force_arm": (
        ["organisation", "nobody", "control,reward", 1, None],
        "empty or one of control, reward, beneficiary, reward_beneficiary",
    ),
    "stratify": (["", "age", "Baseline", None, 1], "one of none, baseline"),
    "seed": (
        ["a b", "=1+1", "é", "a" * 65, "-1", 1.5, None, True, ["s"], -3],
        "empty or up to 64 letters and digits",
    ),
    "pilot": (["maybe", 2, -1, 0.5, [True], {}], "on or off"),
}
CASES = [(name, value, allowed) for name, (bad, allowed) in REFUSED.items() for value in bad]


def cleaned(study=INCENTIVE, **changes):
    return clean(changes, study.parameters)


@pytest.mark.parametrize(("name", "value", "allowed"), CASES, ids=lambda v: repr(v)[:24])
def test_a_bad_value_is_refused_in_one_sentence(name, value, allowed):
    with pytest.raises(ParameterError) as refusal:
        cleaned(**{name: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"Parameter {name} is {value!r}"[:60])
    assert sentence.endswith(f"but must be {allowed}.")
    assert "\n" not in sentence
    assert len(sentence) < 300


def test_every_parameter_has_cases_here():
    assert set(REFUSED) == set(INCENTIVE.parameters)


def test_a_study_has_only_the_parameters_of_its_steps_and_its_pay():
    study = Study("asks", "", "", [Consent(), Assignment()], [Arm("a", ""), Arm("b", "")])
    assert list(study.parameters) == ["language", "arms", "force_arm", "seed", "pilot"]


@pytest.mark.parametrize("said", [*SWITCH, True, False, 0, 1, None, "ON", " yes "])
def test_a_switch_takes_what_forms_and_people_send(said):
    word = "" if said is None else str(said).strip().lower()
    assert cleaned(pilot=said)["pilot"] is SWITCH[word]


@pytest.mark.parametrize(
    ("name", "value", "means"),
    [
        ("practice_items", "3", 3),
        ("practice_items", 0, 0),
        ("baseline_seconds", 60.0, 60),
        ("voluntary_seconds", 0, 0),
        ("voluntary_seconds", "5", 5),
        ("piece_rate", "0.145", 0.145),
        ("arms", " reward , control ", "control,reward"),
        ("arms", "", ""),
        ("force_arm", " reward ", "reward"),
        ("seed", 42, "42"),
        ("seed", " abc1 ", "abc1"),
    ],
)
def test_good_values_are_taken_also_as_a_form_sends_them(name, value, means):
    found = cleaned(**{name: value})[name]
    assert (found, type(found)) == (means, type(means))


def test_arms_are_those_of_the_experiment():
    assert cleaned(INFO_SOURCE, arms="organisation,control")["arms"] == "control,organisation"
    with pytest.raises(ParameterError, match=r"control, organisation, beneficiary"):
        cleaned(INFO_SOURCE, arms="control,reward")


def outcome(**changes):
    """The cleaned parameters, or the sentence that refuses them."""
    try:
        return cleaned(**changes)
    except ParameterError as refusal:
        return str(refusal)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**300, 10**600),
    st.floats(),
    st.decimals(allow_nan=True),
    st.text(max_size=300),
    st.binary(max_size=10),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@given(st.sampled_from(sorted(INCENTIVE.parameters)), JUNK)
def test_any_value_is_either_taken_cleanly_or_refused_by_name(name, value):
    found = outcome(**{name: value})
    if isinstance(found, str):
        assert found.startswith(f"Parameter {name} is ")
    else:
        assert cleaned(**{name: found[name]}) == found


def test_a_parameter_that_does_not_exist_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"'task_second'\. Did you mean task_seconds\?"):
        check_names(["task_second"], INCENTIVE.parameters)
    with pytest.raises(ValueError, match=r"'xyzzy'\. There are: language, task, "):
        check_names(["xyzzy"], INCENTIVE.parameters)
    check_names(INCENTIVE.parameters, INCENTIVE.parameters)


RETURN = return_address("return_completed", "where those who completed go")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://panel.example/c?status=1&id={id}",
        " https://panel.example:8443/done/{id}/ ",
        "https://xn--bcher-kva.example/{id}#end",
    ],
)
def test_a_return_address_is_kept_as_it_is(address):
    assert RETURN.clean(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        *("http://panel.example/{id}", "panel.example/{id}", "//panel.example/{id}", "{id}"),
        *("https://panel.example/", "https://panel.example/{id}/{id}", "https:///{id}"),
        *("https://{id}.example/", "https://panel.example/#{id}", "https://panel.example/{i}"),
        *("https://panel.example/{id}?a={a}", "https://panel.example/{{id}}"),
        *("https://user:word@panel.example/{id}", "https://@panel.example/{id}"),
        *("https://panel.example/a b/{id}", "https://panel.example/\n{id}", "https://é.it/{id}"),
        *("https://panel.example\\@other.example/{id}", 'https://panel.example/"{id}'),
        *("https://panel.example:x/{id}", "https://[panel/{id}", "javascript:alert({id})"),
        *(None, 1, True, ["https://panel.example/{id}"]),
    ],
)
def test_any_other_return_address_is_refused_in_a_sentence(address):
    with pytest.raises(ParameterError, match="must be empty or an address that begins with https"):
        RETURN.clean(address)
