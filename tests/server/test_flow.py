"""Every arm of every study, from the first page to the last."""

import json
import re

import pytest

from effort_task.tasks import TASKS, item_seed
from steps.round import Round
from study.finding import studies, study_of
from tests.server.conftest import SHORT, cells, every_page, short, wide

ARMS = [(study.name, arm) for study in studies().values() for arm in study.names]


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


@pytest.mark.parametrize(("config", "arm"), ARMS)
def test_every_arm_leads_from_consent_to_the_last_page(server, join, config, arm):
    session = server.create_session(config, 2, force_arm=arm, **short(config))
    participant = join(session)
    assert list(walk(participant)) == every_page(config)

    study = study_of(config)
    row = cells(wide(session)[participant.code], study.app)
    assert row["arm"] == arm
    assert row["completed"] == "1"
    timed = [step for step in study.of_type(Round) if not step.feedback]
    for step in timed:
        assert (row[f"{step.name}_correct"], row[f"{step.name}_attempts"]) == ("3", "3")
        assert float(row[f"{step.name}_seconds"]) == SHORT[step.parameter]
        if step.stopped:
            assert row[step.stopped] == "0"
    if config in ("info_source", "incentive"):
        assert [step.name for step in timed] == ["baseline", "effort", "voluntary"]
    willingness = [int(row[name]) for name in row if re.fullmatch(r"willingness_\d", name)]
    assert float(row["willingness"]) == sum(willingness) / len(willingness)
    if config == "incentive":
        assert row["reward"] == str(int(arm.startswith("reward")))
        assert row["beneficiary"] == str(int(arm.endswith("beneficiary")))


def test_who_declines_reaches_an_end_page_and_stores_nothing_else(server, join):
    session = server.create_session("incentive", 2, **SHORT)
    participant = join(session)
    assert list(walk(participant, consent="False")) == ["Consent", "Declined"]
    participant.post({})  # the end stays the end
    assert participant.name == "Declined"
    row = wide(session)[participant.code]
    measured = {
        name: value
        for name, value in row.items()
        if ".player." in name and value and not name.endswith(("id_in_group", "language"))
    }
    assert measured == {
        "incentive_experiment.1.player.consent": "0",
        "incentive_experiment.1.player.earnings_fixed": "5.0",
        "incentive_experiment.1.player.earnings_piece": "0.0",
        "incentive_experiment.1.player.earnings_total": "5.0",
        "incentive_experiment.1.player.donation": "0.0",
    }


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


@pytest.fixture(scope="module")
def pages_by_arm(server):
    """The pages of one participant of every arm, without what names the participant."""
    from tests.harness.participant import HttpParticipant

    found = {}
    for config, arm in ARMS:
        session = server.create_session(config, 1, force_arm=arm, seed="fixed", **short(config))
        participant = HttpParticipant(session.join_url, server.database)
        pages = walk(participant)
        found[config, arm] = {
            name: html.replace(participant.code, "CODE").replace(session.code, "SESSION")
            for name, html in pages.items()
        }
        cookies = " ".join(f"{c.name}={c.value}" for c in participant.http.cookies)
        assert arm not in cookies
        participant.close()
    return found


def without_cards(html):
    """A page without the cards, the score and the times of its round."""
    return re.sub(r'(<script type="application/json"[^>]*>).*?(</script>)', r"\1\2", html)


def shell(html):
    """What is not text: title, tags with their attributes, addresses."""
    title = re.search(r"<title>(.*?)</title>", html)[1]
    return title, re.findall(r"<(?:script|link|form|button|input|img|audio|video)[^>]*>", html)


@pytest.mark.parametrize("config", list(studies()))
def test_pages_of_all_arms_look_the_same_but_for_message_and_pay(pages_by_arm, config):
    arms = study_of(config).names
    control = pages_by_arm[config, arms[0]]
    for arm in arms[1:]:
        for name, html in pages_by_arm[config, arm].items():
            here, there = without_cards(html), without_cards(control[name])
            assert shell(here) == shell(there), name
            if name not in ("Information", "EffortReady", "Earnings"):
                assert here == there, name


@pytest.mark.parametrize(("config", "arm"), ARMS)
def test_no_page_tells_the_name_of_an_arm(pages_by_arm, config, arm):
    names = {name for study in studies().values() for name in (study.name, *study.names)}
    for page, html in pages_by_arm[config, arm].items():
        # What participants read may use these words; what they do not read may not.
        hidden = re.sub(r">[^<]*<", "><", without_cards(html))
        if page == "Checks":
            hidden = re.sub(r'<input type="radio" id="id_source_recalled[^>]*>', "", hidden)
        assert not [n for n in names if re.search(rf"\b{n}\b", hidden)], page
        assert "force_arm" not in html
        assert not re.search(r"\b(control|reward_beneficiary|treatment)\b", html), page


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
