"""Assignment on arrival: many at once, at one server or at two, never the same place twice."""

import html
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from steps.information import Information
from study import toml
from study.finding import studies, study_of
from study.messages import versions
from study.randomization import COPIES, assignment_list
from tests.harness.server import ROOT, Session, running
from tests.server.conftest import SHORT, cells, short, table, wide

CROWD = 32
TELLING = [name for name, study in studies().items() if study.of_type(Information)]


def see_treatment(url):
    """Open the page at which one stands; where one ends up."""
    with requests.Session() as http:
        response = http.get(url, timeout=120)
        response.raise_for_status()
        return response.url.split("/")[-2]


def arrive_together(session, servers, codes):
    """Everyone opens the treatment page at the same moment, each at one of the servers."""
    created = {"code": session.code, "session_wide_url": ""}
    doors = [Session(server, created) for server in servers]
    urls = [doors[n % len(doors)].start_url(code) for n, code in enumerate(codes)]
    with ThreadPoolExecutor(len(urls)) as crowd:
        assert set(crowd.map(see_treatment, urls)) == {"Information"}


def check_log(log, arms, people):
    """Every place of every list handed out once, without gaps, as the seed says."""
    assert len(log) == len({row["participant_code"] for row in log}) == people
    for stratum in {row["stratum"] for row in log}:
        own = [row for row in log if row["stratum"] == stratum]
        own.sort(key=lambda row: int(row["assignment_number"]))
        recomputed = list(assignment_list(own[0]["seed"], stratum, arms, len(own)))
        assert [int(row["assignment_number"]) for row in own] == [d.number for d in recomputed]
        assert [row["arm"] for row in own] == [d.arm for d in recomputed]
        assert [int(row["block"]) for row in own] == [d.block for d in recomputed]
        counts = Counter(row["arm"] for row in own)
        assert max(counts.values()) - min(counts[arm] for arm in arms) <= COPIES


@pytest.mark.parametrize("stratify", ["none", "baseline"])
def test_a_crowd_that_arrives_at_once_is_assigned_place_by_place(server, stratify):
    session = server.create_session("incentive", CROWD, stratify=stratify, **SHORT)
    codes = session.participants
    server.database.put_before_treatment(codes, [n * 7 % 11 for n in range(CROWD)])
    arrive_together(session, [server], codes)
    arms = study_of("incentive").names
    log = table(session, "incentive_experiment", "custom_export_assignment")
    check_log(log, arms, CROWD)
    if stratify == "none":
        assert Counter(row["arm"] for row in log) == {arm: CROWD // 4 for arm in arms}


@pytest.mark.parametrize("stratify", ["none", "baseline"])
def test_two_servers_on_one_postgresql_never_give_the_same_place(
    postgres, tmp_path_factory, stratify
):
    url = postgres.new_database()
    folder = tmp_path_factory.mktemp("pair")
    with (
        running(folder / "one", database_url=url) as one,
        running(folder / "two", database_url=url) as two,
    ):
        session = one.create_session("info_source", 2 * CROWD, stratify=stratify, **SHORT)
        codes = session.participants
        one.database.put_before_treatment(codes, [n * 5 % 13 for n in range(2 * CROWD)])
        arrive_together(session, [one, two], codes)
        log = table(session, "info_source_experiment", "custom_export_assignment")
        check_log(log, study_of("info_source").names, 2 * CROWD)


def test_opening_the_treatment_page_again_draws_nothing_new(server, join):
    session = server.create_session("info_source", 2, **SHORT)
    codes = session.participants
    server.database.put_before_treatment(codes, [3, 4])
    participant = join(session, codes[0])
    first = table(session, "info_source_experiment", "custom_export_assignment")
    urls = [session.start_url(codes[0])] * 8
    with ThreadPoolExecutor(8) as tabs:
        assert set(tabs.map(see_treatment, urls)) == {"Information"}
    participant.reload()
    assert table(session, "info_source_experiment", "custom_export_assignment") == first
    assert len(first) == 1


def test_who_declines_or_leaves_before_the_treatment_uses_up_nothing(server, join):
    session = server.create_session("info_source", 12, **SHORT)
    codes = session.participants
    decliners, leavers, others = codes[:3], codes[3:6], codes[6:]
    for code in decliners:
        participant = join(session, code)
        participant.next(consent="False")
        assert participant.name == "Declined"
    for code, page in zip(
        leavers, ["Comprehension", "BaselineReady", "BaselineRound"], strict=True
    ):
        join(session, code).play_to(page)
    server.database.put_before_treatment(others, [5] * 6)
    for code in others:
        join(session, code)
    log = table(session, "info_source_experiment", "custom_export_assignment")
    assert [row["participant_code"] for row in log] == others
    # Six people fill one block.
    assert Counter(row["arm"] for row in log) == {
        arm: COPIES for arm in study_of("info_source").names
    }
    rows = wide(session)
    assert all(rows[c]["info_source_experiment.1.player.arm"] == "" for c in decliners + leavers)


def test_posting_the_treatment_page_unseen_assigns_all_the_same(server, join):
    session = server.create_session("info_source", 1, **SHORT)
    [code] = session.participants
    server.database.put_before_treatment([code], [2])
    participant = join(session, code)
    participant.post({"arm": "beneficiary", "information_seconds": "1e9"})
    row = wide(session)[code]
    log = table(session, "info_source_experiment", "custom_export_assignment")
    assert row["info_source_experiment.1.player.arm"] == log[0]["arm"]
    assert row["info_source_experiment.1.player.information_seconds"] == ""


# ------------------------------------------------------------------ versions of a message


def shown_versions(session, app):
    """Arm and version of everybody who was assigned, in the order of the draws."""
    rows = wide(session)
    log = table(session, app, "custom_export_assignment")
    found = [cells(rows[row["participant_code"]], app) for row in log]
    return [(row["arm"], int(row["message_version"])) for row in found]


def recomputed_versions(seed, arm, versions, people):
    """By hand: blocks of two copies of each version, shuffled from the session's seed."""
    order = []
    for block in range(1, people // (2 * versions) + 2):
        copies = [str(version) for version in range(1, versions + 1)] * 2
        random.Random(f"{seed}/message/{arm}/{block}").shuffle(copies)
        order += map(int, copies)
    return order[:people]


@pytest.mark.parametrize("config", TELLING)
def test_versions_of_a_message_are_balanced_within_the_arm_and_follow_from_the_seed(
    server, config
):
    study = study_of(config)
    session = server.create_session(config, CROWD, **short(config))
    codes = session.participants
    server.database.put_before_treatment(codes, [0] * CROWD)
    arrive_together(session, [server], codes)
    seed = wide(session)[codes[0]][f"{study.app}.1.subsession.seed"]
    shown = shown_versions(session, study.app)
    assert {arm for arm, _ in shown} == set(study.names)
    several = 0
    for arm in study.names:
        own = [version for each, version in shown if each == arm]
        number = versions(study, study.arm(arm).message)
        several += number > 1
        assert own == recomputed_versions(seed, arm, number, len(own)), arm
        counts = Counter({version: 0 for version in range(1, number + 1)})
        counts.update(own)
        assert max(counts.values()) - min(counts.values()) <= COPIES, arm
    assert several, "no message of the study has several versions"


def test_the_page_shows_the_version_that_is_stored(server, join):
    session = server.create_session("info_source", 12, arms="organisation,beneficiary", **SHORT)
    codes = session.participants
    server.database.put_before_treatment(codes, [0] * 12)
    seen = set()
    for code in codes:
        participant = join(session, code)
        player = server.database.player(code)
        letter = f"content/en/messages/{player['arm']}/{player['message_version']}.toml"
        told = toml.loads((ROOT / letter).read_text("utf-8"))
        for paragraph in (told["paragraphs"][0], told["paragraphs"][-1]):
            assert html.escape(paragraph) in participant.html
        participant.reload()
        assert server.database.player(code) == player
        seen.add((player["arm"], player["message_version"]))
    assert len(seen) == 4


def test_two_servers_never_give_the_same_place_to_two_people_with_a_shared_link(
    postgres, tmp_path
):
    url = postgres.new_database()
    with (
        running(tmp_path / "one", database_url=url) as one,
        running(tmp_path / "two", database_url=url) as two,
    ):
        session = one.create_session("incentive", 2 * CROWD)
        links = [session.join_url, session.join_url.replace(one.url, two.url)] * CROWD
        with ThreadPoolExecutor(len(links)) as crowd:
            codes = list(crowd.map(join_shared_link, links))
        assert len(set(codes)) == len(links)


def join_shared_link(url):
    """Open a link that everyone has; the code of the place that one gets."""
    with requests.Session() as http:
        response = http.get(url, timeout=120)
        response.raise_for_status()
        return response.url.split("/p/")[1].split("/")[0]
