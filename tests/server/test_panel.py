"""A panel's people: one link, one place for each identifier, a way back and a way out."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from analysis.exports.checks import check
from analysis.exports.problems import ERROR
from lab.mending.access_log import MASK
from study.finding import studies
from tests.harness.load import play
from tests.harness.load.experimenter import Deeds, Experimenter
from tests.harness.load.panel import Panel, with_a_panel
from tests.harness.load.wire import hang_up
from tests.harness.participant import HttpParticipant
from tests.harness.server import ServerError, Session, running
from tests.server.conftest import SHORT, cells, press_in_admin, wide

STUDY = with_a_panel()
RETURNS = {
    f"return_{status}": f"https://panel.example/{status}?a=1&id={{id}}"
    for status in ("completed", "declined", "screened_out", "quota_full")
}
INCOMPLETE = "This address is not complete"


def panel(server, places=6, **parameters):
    return server.create_session(STUDY.name, places, **parameters)


def link(session, identifier, name="id"):
    return session.join_url.replace("/join/", "/panel/") + f"?{name}={identifier}"


def ask(session, query, **options):
    """Open the panel's link with this query; the answer itself."""
    url = session.join_url.replace("/join/", "/panel/") + query
    return requests.get(url, timeout=60, allow_redirects=False, **options)


def member(session, name):
    """An identifier that nobody has in another session."""
    return f"{name}-{session.code}"


def come(session, name, of=None):
    """Somebody comes by the link of a session, with an identifier of this one or another."""
    return HttpParticipant(link(session, member(of or session, name)))


def taken(session):
    """How many places of a session are taken."""
    [row] = session.server.database.query(
        "SELECT count(*) AS n FROM otree_participant "
        "WHERE _session_code = :code AND visited = :yes",
        code=session.code,
        yes=True,
    )
    return row["n"]


def stored(participant, session):
    return cells(wide(session)[participant.code], STUDY.app)


def way_back(participant):
    """Where the button leads that leads back to the panel; None: there is none."""
    found = re.search(r'<a class="button" href="([^"]*)"', participant.html)
    return found and found[1].replace("&amp;", "&")


def finish(participant):
    participant.play_to(STUDY.path[-1].page, lives_here="True", neighbours_expected="3")


# ------------------------------------------------------------------------------------ coming


def test_each_identifier_has_one_place_and_comes_back_to_it(server):
    session = panel(server)
    ana, ben = come(session, "ana"), come(session, "ben")
    assert ana.code != ben.code
    ana.next(consent="True")
    assert ana.name == "Eligibility"
    assert come(session, "ana").page.url == ana.page.url
    assert come(session, "Ana").code not in (ana.code, ben.code)
    # Also by the link of another session: there is one try in all of them.
    other = panel(server)
    assert come(other, "ana", of=session).page.url == ana.page.url
    assert taken(other) == 0


def test_an_address_without_one_good_identifier_is_refused_and_takes_no_place(server):
    session = panel(server)
    for query in (
        *(
            "",
            "?id=",
            "?id=a&id=b",
            "?id=a&id=a",
            "?pid=a",
            "?id=a%20b",
            "?id=a%2Fb",
            "?id=%C3%A9",
        ),
        *("?id=%3Cb%3E", "?id=a%00", "?id=a%0A", f"?id={'a' * 65}", "?ID=a", "?id=a;b", "?id=%2B"),
    ):
        answer = ask(session, query)
        assert answer.status_code == 400, query
        assert INCOMPLETE in answer.text, query
    assert taken(session) == 0
    report = requests.get(f"{server.url}/AdminReport/{session.code}", timeout=60).text
    assert "which were refused: 15." in report
    longest = member(session, "a.-_~Z9" * 9)[-64:]
    assert ask(session, f"?x=1&id={longest}&y=2").status_code == 303
    assert taken(session) == 1


def test_the_address_parameter_has_the_name_that_the_panel_gives_it(server):
    session = panel(server, panel_identifier="respondent")
    assert ask(session, f"?id={member(session, 'a')}").status_code == 400
    assert ask(session, f"?respondent={member(session, 'a')}").status_code == 303


def test_who_only_looks_takes_no_place(server):
    session = panel(server, 1)
    url = link(session, "a")
    assert requests.head(url, timeout=60, allow_redirects=False).status_code == 200
    for name, value in {"Sec-Purpose": "prefetch;prerender", "Purpose": "preview"}.items():
        assert ask(session, "?id=a", headers={name: value}).status_code == 503
    assert requests.post(url, timeout=60, allow_redirects=False).status_code == 405
    assert taken(session) == 0
    assert come(session, "a").name == "Consent"


def test_only_studies_with_a_panel_have_the_link(server):
    other = next(study for study in studies().values() if study is not STUDY)
    session = server.create_session(other.name, 2)
    assert ask(session, "?id=a").status_code == 404
    assert taken(session) == 0
    assert requests.get(f"{server.url}/panel/nosuch?id=a", timeout=60).status_code == 404


def test_the_same_identifier_many_times_at_once_is_one_place(server):
    session = panel(server, 8)
    with ThreadPoolExecutor(16) as crowd:
        codes = list(crowd.map(lambda _: come(session, "twin").code, range(16)))
    assert len(set(codes)) == 1
    assert taken(session) == 1


def test_two_servers_and_two_sessions_give_one_place_to_each_identifier(postgres, tmp_path):
    url = postgres.new_database()
    with (
        running(tmp_path / "one", database_url=url) as one,
        running(tmp_path / "two", database_url=url) as two,
    ):
        sessions = [panel(one, 40), panel(one, 40)]
        doors = [
            Session(server, {"code": s.code, "session_wide_url": s.join_url.replace(one.url, at)})
            for s in sessions
            for server, at in ((one, one.url), (two, two.url))
        ]
        asked = [(door, f"member-{number}") for number in range(12) for door in doors]
        with ThreadPoolExecutor(len(asked)) as crowd:
            codes = list(crowd.map(lambda each: HttpParticipant(link(*each)).code, asked))
        places = {}
        for (_, identifier), code in zip(asked, codes, strict=True):
            places.setdefault(identifier, set()).add(code)
        assert {len(each) for each in places.values()} == {1}
        assert len(set(codes)) == len(places) == sum(map(taken, sessions))
        for server in (one, two):
            assert "member-" not in server.output()


@pytest.mark.parametrize("parameters", [{}, {"return_screened_out": RETURNS["return_quota_full"]}])
def test_whoever_comes_when_all_places_are_taken_is_sent_back(server, parameters):
    session = panel(server, 1, **parameters)
    come(session, "first")
    answer = ask(session, "?id=second")
    if parameters:
        assert answer.status_code == 303
        assert answer.headers["location"] == RETURNS["return_quota_full"].format(id="second")
    else:
        assert answer.status_code == 404
        assert "All places are taken" in answer.text
    assert come(session, "first").name == "Consent"


# --------------------------------------------------------------------------------- returning


def test_everybody_finds_the_way_back_that_their_end_has(server):
    session = panel(server, 8, **RETURNS)
    people = {name: come(session, name) for name in ("ana", "ben", "cem", "dan")}
    finish(people["ana"])
    people["ben"].next(consent="False")
    people["cem"].next(consent="True")
    people["cem"].next(age="17", lives_here="True")
    people["dan"].next(consent="True")
    people["dan"].post({"withdraw": "1"})
    ends = {"ana": "completed", "ben": "declined", "cem": "screened_out", "dan": "withdrew"}
    for name, status in ends.items():
        person = people[name]
        address = "declined" if status == "withdrew" else status
        assert way_back(person) == RETURNS[f"return_{address}"].format(id=member(session, name))
        assert stored(person, session)["panel_status"] == status
        # Whoever has ended is led to their own end again.
        assert way_back(come(session, name)) == way_back(person)


def test_there_is_no_way_back_for_who_did_not_come_by_the_panel_or_without_an_address(server):
    session = panel(server, 2, return_completed=RETURNS["return_completed"])
    by_link = HttpParticipant(session.join_url)
    by_link.next(consent="False")
    by_panel = come(session, "ana")
    by_panel.next(consent="False")
    for person in (by_link, by_panel):
        assert person.name == "Declined"
        assert way_back(person) is None
        assert stored(person, session)["panel_status"] == "declined"


def test_whoever_comes_after_the_quota_is_reached_is_sent_back(server):
    session = panel(server, 6, quota=1, **RETURNS)
    on_the_way = come(session, "early")
    on_the_way.next(consent="True")
    on_the_way.next(age="30", lives_here="True")
    assert on_the_way.name not in ("QuotaFull", "ScreenedOut")
    first = come(session, "first")
    finish(first)
    late = come(session, "late")
    late.next(consent="True")
    late.next(age="30", lives_here="True")
    assert late.name == "QuotaFull"
    assert way_back(late) == RETURNS["return_quota_full"].format(id=member(session, "late"))
    assert stored(late, session)["panel_status"] == "quota_full"
    finish(on_the_way)
    assert stored(on_the_way, session)["panel_status"] == "completed"


# ---------------------------------------------------------------------------------- stopping


def go_on(person):
    """Answer the page so that one stays in the study."""
    person.next(**{name: "True" for name in ("lives_here",) if name in person.form.fields})


def test_one_can_stop_on_every_page_behind_the_consent_and_keeps_what_was_sent(server):
    session = panel(server, 40)
    # Behind the last page that asks something there is nothing left to stop.
    [*_, last] = [step.page for step in STUDY.path if step.page and step.counted]
    number = 0
    while True:
        number += 1
        person = come(session, f"stops-{number}")
        assert "withdraw" not in person.html
        for _ in range(number):
            go_on(person)
        if person.name == last:
            break
        person.post({"withdraw": "1"})
        assert person.name == "Withdrawn", number
        row = stored(person, session)
        assert (row["panel_status"], row["completed"]) == ("withdrew", "")
        assert (row["consent"], row["age"]) == ("1", "20" if number > 1 else "")
        person.post({"withdraw": ""})
        assert come(session, f"stops-{number}").name == "Withdrawn"
    assert number > 10
    assert "withdraw" not in person.html


def test_whoever_stops_before_the_treatment_has_no_arm_and_no_place_in_the_list(server, tmp_path):
    session = panel(server, 12)
    stops = [come(session, f"early-{number}") for number in range(1, 5)]
    for number, person in enumerate(stops, start=1):
        for _ in range(number):
            go_on(person)
        person.post({"withdraw": "1"})
        assert person.name == "Withdrawn"
        row = stored(person, session)
        assert [row[name] for name in ("arm", "block", "assignment_number", "completed")] == [
            ""
        ] * 4
    finish(come(session, "late"))
    export = tmp_path / "all_apps_wide.csv"
    export.write_text(server.export("wide", session_code=session.code), "utf-8")
    assert [str(problem) for problem in check(export) if problem.severity == ERROR] == []


def test_one_stops_also_on_a_page_that_is_open_in_an_older_window(server):
    session = panel(server)
    older = come(session, "two-windows")
    go_on(older)
    address = re.search(r'<form method="post" action="(/stop/[^"]+)">', older.html)[1]
    newer = come(session, "two-windows")
    go_on(newer)
    assert newer.name not in (older.name, "Withdrawn")
    left = older.http.post(server.url + address, data={"withdraw": "1"}, timeout=60)
    assert "/Withdrawn/" in left.url
    newer.reload()
    assert newer.name == "Withdrawn"
    assert stored(newer, session)["panel_status"] == "withdrew"


def test_nobody_who_came_by_a_panel_is_moved_on(server):
    session = panel(server)
    person = come(session, "away")
    go_on(person)
    go_on(person)
    page, action = f"SessionMonitor/{session.code}", f"AdvanceSession/{session.code}"
    press_in_admin(server, page, action, advancemode="all", selected_participant=person.code)
    before = person.name
    person.reload()
    assert person.name == before
    assert stored(person, session)["advanced_from"] == ""


def test_a_study_that_pays_nobody_has_no_fee(server):
    with pytest.raises(ServerError, match=r"participation_fee is 5\.0, but must be 0: this study"):
        panel(server, participation_fee=5.0)


def test_the_report_says_when_only_this_computer_knows_the_address(server):
    session = panel(server)
    page = requests.get(f"{server.url}/AdminReport/{session.code}", timeout=60).text
    assert "Only this computer knows this address." in page
    elsewhere = {"Host": "study.example.org"}
    page = requests.get(f"{server.url}/AdminReport/{session.code}", timeout=60, headers=elsewhere)
    assert "study.example.org/panel/" in page.text
    assert "Only this computer knows this address." not in page.text


def test_nobody_stops_before_the_consent_or_where_there_is_no_panel(server):
    person = come(panel(server), "ana")
    person.post({"withdraw": "1"})
    assert person.name == "Consent"
    other = server.create_session("info_source", 1, **SHORT)
    person = HttpParticipant(other.join_url)
    person.next(consent="True")
    page = person.name
    assert "withdraw" not in person.html
    person.post({"withdraw": "1"})
    assert person.name != page  # an ordinary press of its button


# ----------------------------------------------------------------------------- staying secret


def test_an_identifier_stands_in_no_export_log_or_label(own_server):
    session = panel(own_server, 3, **RETURNS)
    secret = "S3cret-7.identifier_~"
    finish(HttpParticipant(link(session, secret)))
    ask(session, f"?id={secret}&id={secret}")
    ask(session, f"?id={secret}%20")
    own_server.database.execute("DROP TABLE lab_panelist")
    assert ask(session, f"?id={secret}-2").status_code == 500
    texts = [own_server.output(), own_server.export("wide")]
    texts.append(own_server.export("app", app=STUDY.app))
    texts += [
        requests.get(f"{own_server.url}/{page}/{session.code}", timeout=60).text
        for page in ("SessionData", "SessionMonitor", "SessionPayments")
    ]
    assert f"/panel/{MASK}" in own_server.output()
    for text in texts:
        assert "S3cret" not in text
    rows = own_server.database.query("SELECT label FROM otree_participant")
    assert {row["label"] for row in rows} == {None}


def test_deleting_a_session_deletes_its_identifiers(server):
    session = panel(server, 2)
    come(session, "gone")

    async def delete():
        experimenter = Experimenter(server, Deeds(), lambda: ({}, {}))
        await experimenter.delete(await experimenter.window(), [session.code])
        await hang_up()

    play(delete())
    found = server.database.query(
        "SELECT id FROM lab_panelist WHERE identifier = :one", one=member(session, "gone")
    )
    assert found == []


# ------------------------------------------------------------------------------ the experimenter


def report(session):
    answer = requests.get(f"{session.server.url}/AdminReport/{session.code}", timeout=60)
    answer.raise_for_status()
    return answer.text


def test_the_report_has_the_link_and_counts_to_hold_against_the_invoice(server):
    session = panel(server, 6, quota=5)
    finish(come(session, "ana"))
    come(session, "ben").next(consent="False")
    come(session, "cem")
    HttpParticipant(session.join_url).next(consent="False")  # not by the panel
    page = report(session)
    told = re.search(r'id="panel-link">([^<]*)<', page)[1]
    assert told == link(session, "")
    [rows] = re.findall(r'<table [^>]*id="panel">(.*?)</table>', page, re.S)
    counts = [int(each) for each in re.findall(r"<td>(\d+)</td>", rows)]
    # completed, declined, screened out, quota full, withdrew, left or under way, all
    assert counts == [1, 1, 0, 0, 0, 1, 3]
    other = server.create_session("info_source", 2)
    assert "panel-link" not in report(other)


@pytest.mark.parametrize("study", studies().values(), ids=studies())
def test_the_preview_shows_what_each_arm_reads_in_every_language(server, study):
    session = server.create_session(study.name, 2)
    page = requests.get(f"{server.url}/Preview/{session.code}", timeout=60)
    page.raise_for_status()
    assert f"/Preview/{session.code}" in report(session)
    shown = re.findall(r'<iframe sandbox srcdoc="([^"]*)" title="([^"]*)"', page.text)
    counts = Counter(arm for _, arm in shown)
    assert set(counts) == set(study.names)
    assert all(count % len(study.languages) == 0 for count in counts.values())
    for language in study.languages:
        arms = {arm for text, arm in shown if f"lang=&quot;{language}&quot;" in text}
        assert arms == set(study.names)
    # Nothing is stored by it.
    rows = server.database.query(
        "SELECT id FROM otree_participant WHERE _session_code = :code", code=session.code
    )
    assert len(rows) == 2
    assert taken(session) == 0


def test_the_preview_is_for_the_experimenter_only(closed_server):
    session = closed_server.create_session(STUDY.name, 2)
    answer = requests.get(f"{closed_server.url}/Preview/{session.code}", timeout=60)
    assert "/login" in answer.url
    # The panel's people need no password.
    assert come(session, "ana").name == "Consent"


# ----------------------------------------------------------------------------- many at once


def test_many_come_at_once_and_go_through_beside_exports(server):
    crowd = Panel(server, 60)
    play(crowd.come_at_once())
    assert list(crowd.problems()) == []
    walking = Panel(server, 24)
    play(walking.come_within(3.0, 0.1))
    assert list(walking.problems()) == []
    assert walking.exports > 0
    assert set(walking.codes.values()) == set(walking.session.participants)
