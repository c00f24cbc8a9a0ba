"""Session parameters: all of them work, and a bad one stops the creation and leaves nothing."""

import json

import pytest
import requests

from study.finding import study_of
from study.randomization import assignment_list
from tests.server.conftest import SHORT, table, wide

REFUSED = [
    ("language", "xx"),
    ("task", "juggling"),
    ("practice_items", 21),
    ("practice_items", -1),
    ("baseline_seconds", 4),
    ("task_seconds", 3601),
    ("voluntary_seconds", 4),
    ("piece_rate", -0.01),
    ("piece_rate", float("nan")),
    ("piece_rate", float("inf")),
    ("donation_rate", 101.0),
    ("arms", "control"),
    ("arms", "control,nobody"),
    ("force_arm", "nobody"),
    ("stratify", "age"),
    ("seed", "=1+1"),
    ("participation_fee", -1.0),
    ("participation_fee", 1001.0),
]
ONLY_IN_JSON = [
    ("task", None),
    ("task", ["encryption"]),
    ("practice_items", 2.5),
    ("practice_items", "two"),
    ("baseline_seconds", None),
    ("baseline_seconds", True),
    ("task_seconds", 10**400),
    ("voluntary_seconds", {}),
    ("piece_rate", "0,10"),
    ("arms", ["control", "reward"]),
    ("seed", 1.5),
    ("pilot", "perhaps"),
    ("pilot", 2),
    ("pilot", []),
    ("participation_fee", "five"),
    ("participation_fee", None),
    ("no_such_parameter", 1),
    ("use_browser_bots", True),
    ("real_world_currency_per_point", "abc"),
    ("real_world_currency_per_point", 0),
    ("app_sequence", ["info_source_experiment"]),
]


def sentence(name, value):
    if name in study_of("incentive").parameters:
        return f"Parameter {name} is {value!r}"[:60]
    return f"Parameter {name} is " if name == "participation_fee" else name


@pytest.mark.parametrize(("name", "value"), REFUSED + ONLY_IN_JSON, ids=lambda v: repr(v)[:20])
def test_a_bad_value_over_rest_is_refused_and_leaves_nothing(server, name, value):
    before = server.database.counts()
    response = server.try_session("incentive", 3, **{name: value})
    assert response.status_code == 400
    assert sentence(name, value) in response.text
    assert "\n" not in response.text
    assert server.database.counts() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_participants", -1),
        ("num_participants", 0),
        ("num_participants", "3"),
        ("room_name", "Laboratory"),
        ("room_name", ""),
    ],
)
def test_no_half_session_is_left_by_a_wrong_number_or_room(server, name, value):
    before = server.database.counts()
    asked = {"session_config_name": "incentive", "num_participants": 3, name: value}
    response = requests.post(f"{server.url}/api/sessions", json=asked, timeout=60)
    assert response.status_code == 400
    assert response.text.startswith(f"{name} is {value!r}, but must be ")
    assert server.database.counts() == before


def create_in_admin(server, config="incentive", **values):
    """Create a session as the admin's form does; what the admin is told."""
    form = {f"{config}.{name}": str(value) for name, value in values.items()}
    form |= {"session_config": config, "num_participants": "3", "room_name": ""}
    with server.live_socket("/create_session") as socket:
        socket.send(form)
        while True:
            told = socket.receive()
            if "progress" not in told:
                return told


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=lambda v: repr(v)[:20])
def test_a_bad_value_in_the_admin_form_is_refused_and_leaves_nothing(server, name, value):
    before = server.database.counts()
    told = create_in_admin(server, **{name: value})
    assert sentence(name, value).replace(repr(value), "") in told["error"]
    assert " but must be " in told["error"]
    assert "\n" not in told["error"]
    # oTree shows this below: the sentence once more, and no lines of code.
    assert told["traceback"].count("\n") == 1
    assert server.database.counts() == before


def test_good_values_in_the_admin_form_make_a_session(server):
    before = server.database.counts()["otree_session"]
    told = create_in_admin(server, task="counting_zeros", arms="reward,control", seed="abc1")
    code = told["session_url"].rpartition("/")[2]
    config = config_of(server, code)
    assert config["task"] == "counting_zeros"
    assert config["arms"] == "control,reward"
    assert config["seed"] == "abc1"
    assert server.database.counts()["otree_session"] == before + 1


def config_of(server, code):
    response = requests.get(f"{server.url}/api/sessions/{code}", timeout=60)
    return response.json()["config"]


def test_every_parameter_can_be_set_and_is_exported(server):
    chosen = {
        "language": "en",
        "task": "transcription",
        "practice_items": 3,
        "baseline_seconds": 10,
        "task_seconds": 20,
        "voluntary_seconds": 0,
        "piece_rate": 0.145,
        "donation_rate": 0.005,
        "arms": "control,reward",
        "force_arm": "",
        "stratify": "baseline",
        "seed": "s77",
        "pilot": True,
    }
    assert set(chosen) == set(study_of("incentive").parameters)
    session = server.create_session("incentive", 1, **chosen)
    [row] = wide(session).values()
    for name, value in chosen.items():
        shown = str(int(value) if isinstance(value, bool) else value)
        assert row[f"session.config.{name}"] == shown, name


def test_a_seed_is_drawn_if_none_is_given_and_stands_in_every_export(server):
    session = server.create_session("info_source", 1)
    [row] = wide(session).values()
    seed = row["session.config.seed"]
    assert len(seed) >= 16
    assert row["info_source_experiment.1.subsession.seed"] == seed
    other = server.create_session("info_source", 1)
    assert next(iter(wide(other).values()))["session.config.seed"] != seed


def arrive(session, join, scores, arms_column=None):
    """Let everyone of a session reach the treatment page, one after the other."""
    codes = session.participants
    session.server.database.put_before_treatment(codes, scores)
    for code in codes:
        assert join(session, code).name == "Information"
    return codes


def test_a_forced_arm_is_marked_and_draws_nothing(server, join):
    session = server.create_session("incentive", 3, force_arm="reward", **SHORT)
    arrive(session, join, [0, 0, 0])
    assert table(session, "incentive_experiment", "custom_export_assignment") == []
    for row in wide(session).values():
        assert row["incentive_experiment.1.player.arm"] == "reward"
        assert row["incentive_experiment.1.player.arm_forced"] == "1"
        assert row["incentive_experiment.1.player.assignment_number"] == ""
        assert row["incentive_experiment.1.player.block"] == ""


def test_strata_are_drawn_from_lists_of_their_own(server, join):
    scores = [4, 9, 2, 7, 7, 1, 12, 5, 5, 3]
    session = server.create_session("info_source", 10, stratify="baseline", seed="s5", **SHORT)
    arrive(session, join, scores)
    log = table(session, "info_source_experiment", "custom_export_assignment")
    assert [int(row["baseline_correct"]) for row in log] == scores
    # Each score against the median of those before it, worked out by hand.
    strata = ["high", "high", "low", "high", "high", "low", "high", "low", "low", "low"]
    assert [row["stratum"] for row in log] == strata
    arms = study_of("info_source").names
    for stratum in ("low", "high"):
        own = [row["arm"] for row in log if row["stratum"] == stratum]
        assert own == [draw.arm for draw in assignment_list("s5", stratum, arms, len(own))]


def test_the_same_seed_gives_the_same_list_and_other_cards_to_everyone(server, join):
    logs, words = [], []
    for _ in range(2):
        session = server.create_session("incentive", 6, seed="again", **SHORT)
        codes = arrive(session, join, [1] * 6)
        log = table(session, "incentive_experiment", "custom_export_assignment")
        logs.append([row["arm"] for row in log])
        for code in codes[:2]:
            participant = join(session, code)
            participant.play_to("EffortRound")
            words.append(json.dumps([card["word"] for card in participant.round["items"]]))
    assert logs[0] == logs[1]
    assert len(set(words)) == 4
