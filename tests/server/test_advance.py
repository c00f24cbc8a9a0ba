"""Moving people on from oTree's *Monitor* tab: nothing breaks, and nothing is made up."""

import pytest

from analysis.exports.checks import check
from tests.server.conftest import SHORT, press_in_admin, table, wide
from tests.server.test_exports import amount, cells, payments_page

PAGES = [
    "Instructions", "Practice", "Comprehension", "AboutYou", "Motivation", "BaselineReady",
    "BaselineRound", "Information", "Willingness", "Hours", "MainReady", "MainRound",
    "VoluntaryOffer", "VoluntaryRound", "Checks", "Task", "Person", "Debrief",
]  # fmt: skip
MEASURED = ("willingness", "hours", "effort", "voluntary", "stopped", "information", "media")


def advance(session, participant=None):
    """Press *Advance slowest participants*, or the button of one participant, as they are."""
    whom = {"selected_participant": participant.code if participant else ""}
    page, action = f"SessionMonitor/{session.code}", f"AdvanceSession/{session.code}"
    press_in_admin(session.server, page, action, advancemode="all", **whom)


def filled(row, app, starts=("",)):
    """What an app has stored for a participant, in columns that start like this."""
    return {
        name: value
        for name, value in cells(row, app).items()
        if value and name.startswith(tuple(starts)) and name not in ("id_in_group", "role")
    }


def test_whoever_is_moved_on_from_a_page_goes_on_to_the_end(server, join, tmp_path):
    session = server.create_session("incentive", len(PAGES), **SHORT)
    people = {page: join(session) for page in PAGES}
    for page, participant in people.items():
        participant.play_to(page)
        advance(session, participant)
        participant.reload()
        assert participant.name != page
        participant.play_to("Earnings")
    rows = wide(session)
    for page, participant in people.items():
        closing = cells(rows[participant.code], "closing")
        assert (closing["advanced_from"], closing["completed"]) == (page, "1")
    export = tmp_path / "all_apps_wide.csv"
    export.write_text(server.export("wide", session_code=session.code), encoding="utf-8")
    assert [str(problem) for problem in check([export]) if problem.severity == "error"] == []


@pytest.mark.parametrize("page", ["Willingness", "Hours", "MainReady"])
def test_whoever_left_and_is_moved_on_has_done_nothing(server, join, page):
    """oTree opens every next page itself: no clock may start, and the end is not reached."""
    session = server.create_session("incentive", 1, **SHORT)
    participant = join(session)
    participant.play_to(page)
    before = filled(wide(session)[participant.code], "incentive_experiment", MEASURED)
    for _ in PAGES:
        advance(session, participant)
    row = wide(session)[participant.code]
    assert row["participant._current_page_name"] == "Earnings"
    assert filled(row, "incentive_experiment", MEASURED) == before
    pay = {"earnings_fixed", "earnings_piece", "earnings_total", "donation"}
    assert set(filled(row, "closing")) == {"advanced_from", *pay}
    total = cells(row, "closing")["earnings_total"]
    assert payments_page(session)[participant.code][1] == amount(total) == 500


def test_whoever_left_before_the_treatment_uses_up_no_arm_until_moved_past_it(server, join):
    session = server.create_session("incentive", 1, **SHORT)
    participant = join(session)
    participant.play_to("BaselineReady")
    for _ in range(2):
        advance(session, participant)
    row = wide(session)[participant.code]
    assert row["participant._current_page_name"] == "Information"
    assert filled(row, "intake", ["baseline"]) == {}
    assert filled(row, "incentive_experiment") == {}
    assert table(session, "incentive_experiment", "custom_export_assignment") == []
    advance(session, participant)
    row = wide(session)[participant.code]
    assert filled(row, "incentive_experiment", ["arm"])
    assert filled(row, "incentive_experiment", ["information", "sample"]) == {}


def test_whoever_is_at_an_end_page_holds_up_nobody(server, join):
    session = server.create_session("info_source", 2, **SHORT)
    refuser, worker = join(session), join(session)
    refuser.play_to("Declined", consent="False")
    worker.play_to("Checks")
    advance(session)
    worker.reload()
    assert worker.name == "Task"
    refuser.reload()
    assert refuser.name == "Declined"
    worker.play_to("Earnings")
    advance(session)
    assert worker.name == "Earnings"
