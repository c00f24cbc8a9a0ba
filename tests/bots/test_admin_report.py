"""What the experimenter is promised by the *Report* tab of a session."""

import html
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


def test_it_names_the_sample_messages_that_the_session_may_show(server):
    page = words(report(server.create_session("info_source", 2, arms="control,organisation")))
    assert "This session shows sample messages." in page
    assert "content/en/messages/facts.toml" in page
    assert "content/en/messages/organisation.toml" in page
    assert "content/en/messages/beneficiary.toml" not in page


def test_it_warns_when_everybody_is_forced_into_one_arm(server):
    session = server.create_session("info_source", 2, force_arm="beneficiary")
    page = report(session)
    assert "Everyone gets the arm beneficiary ." in words(page)
    assert list(table(page, "arms")) == ["beneficiary", "all arms"]
    free = report(server.create_session("info_source", 2))
    assert "Everyone gets the arm" not in free
