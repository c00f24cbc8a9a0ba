"""What the experimenter is promised by the *Report* tab of a session."""

import html
import json
import re

import pytest
import requests

from tests.harness.participant import HttpParticipant
from tests.harness.server import running

SHORT = {"baseline_seconds": 5, "task_seconds": 5, "voluntary_seconds": 5, "donation_rate": 0.25}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("report")) as server:
        yield server


def report(session):
    response = requests.get(f"{session.server.url}/AdminReport/{session.code}", timeout=60)
    response.raise_for_status()
    return response.text


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def table(page, name):
    """The cells of a table, by the heading of their row."""
    [found] = re.findall(rf'<table [^>]*id="{name}">(.*?)</table>', page, re.S)
    rows = [
        [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr.*?</tr>", found, re.S)
    ]
    return {row[0]: row[1:] for row in rows[1:]}


def test_it_counts_people_by_arm_and_stage_and_says_what_is_owed(server):
    session = server.create_session("incentive", 8, piece_rate=0.5, **SHORT)
    for last_page in ("Comprehension", "Willingness", "Checks", "Earnings"):
        HttpParticipant(session.join_url).play_to(last_page)
    HttpParticipant(session.join_url).next(consent="False")

    page = report(session)
    arms = table(page, "arms")
    assert list(arms) == ["control", "reward", "beneficiary", "reward_beneficiary", "all arms"]
    # Assigned, reading or asked, in the main round, after it, finished.
    assert arms["all arms"] == ["3", "1", "0", "1", "1"]
    assert "Places taken: 5 of 8" in words(page)
    assert "Declined to take part: 1" in words(page)
    assert "Not yet at the treatment, or left before it: 1." in words(page)
    pay = table(page, "pay")
    assert [row[0] for row in pay.values()] == ["1", "1", "3"]
    assert pay["declined"] == ["1", "€5.00", "€0.00", "€5.00"]
    # One correct card in each baseline, main and voluntary round: 1 + 3 + 3 by those who came
    # so far, each worth 0.25; the one who left after the baseline round included.
    donated = re.search(r"You owe the service €([\d.]+)", words(page))
    assert donated is not None
    assert donated[1] == "1.75"


def test_it_names_the_sample_texts_that_the_session_may_show(server):
    page = words(report(server.create_session("info_source", 2, arms="control,organisation")))
    assert "This session shows sample texts." in page
    assert " content/en/messages/facts/1.toml " in page
    assert "content/en/messages/organisation/2.toml" in page
    assert "content/en/messages/beneficiary/" not in page
    page = words(report(server.create_session("motivation", 2)))
    assert " motivation_survey/content/ko.toml " in page


def test_it_warns_when_everybody_is_forced_into_one_arm(server):
    session = server.create_session("info_source", 2, force_arm="beneficiary")
    page = report(session)
    assert "Everyone gets the arm beneficiary ." in words(page)
    assert list(table(page, "arms")) == ["beneficiary", "all arms"]
    free = report(server.create_session("info_source", 2))
    assert "This is a pilot" not in free
    assert "Everyone gets the arm" not in free


def test_it_says_that_a_session_is_a_pilot(server):
    page = words(report(server.create_session("info_source", 2, pilot=True)))
    assert "This is a pilot. Its data are marked and left out of the analysis." in page


def test_it_shows_rounds_that_no_person_works_like_and_accuses_nobody(server):
    session = server.create_session("incentive", 3, **SHORT | {"task_seconds": 60})
    quiet = words(report(session))
    assert "Nothing unusual in the rounds that have ended so far." in quiet
    assert "Nobody is left out for this." in quiet
    machine, person = (HttpParticipant(session.join_url, server.database) for _ in range(2))
    for who, seconds, keys in ((machine, 0.3, 0), (person, 6.0, 6)):
        who.play_to("EffortRound")
        journal = who.journal(9, keys=keys)
        for number, said in enumerate(journal["answers"]):
            # People are now slower, now faster.
            took = 1000 * seconds * (1 + (0.3 if number % 2 and keys else 0))
            said |= {"shown_ms": 0, "answered_ms": took}
        server.database.move_clock(who.code, "main", 59)
        who.reload()
        who.post({"journal": json.dumps(journal), "stop": "1"})
    page = report(session)
    # Their baseline was one card that nobody typed.
    main = [row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if "<td>main</td>" in row]
    [row] = main
    assert words(row).split() == f"P1 {machine.code} main 0.3 s 0.3 s 0.00 0.0 0 s".split()
    # The spread is that of nine answers only, and nobody marks that.
    assert re.findall("<mark>(.*?)</mark>", row) == ["0.3 s", "0.3 s", "0.0"]
    assert "a median below 2.5 s per card or a card within 1 s" in words(page)
    assert "fewer than 3 key strokes per answer" in words(page)
    for verdict in ("cheat", "fraud", "exclude", "invalid"):
        assert verdict not in words(page).lower()
