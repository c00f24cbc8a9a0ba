"""Moving people on from oTree's *Monitor* tab: nothing breaks, and nothing is made up."""

import pytest

from analysis.exports.checks import check
from tests.server.conftest import (
    SHORT,
    app_of,
    cells,
    every_page,
    press_in_admin,
    table,
    wide,
)
from tests.server.test_exports import amount, payments_page

APP = app_of("incentive")
PAGES = [page for page in every_page("incentive") if page not in ("Consent", "Earnings")]
SEEN = ("information", "sample", "media", "message")
TREATMENT = ("arm", "reward", "beneficiary", "stratum", "block", "assignment", *SEEN)


def advance(session, participant=None):
    """Press *Advance slowest participants*, or the button of one participant, as they are."""
    whom = {"selected_participant": participant.code if participant else ""}
    page, action = f"SessionMonitor/{session.code}", f"AdvanceSession/{session.code}"
    press_in_admin(session.server, page, action, advancemode="all", **whom)


def filled(row, starts=("",)):
    """What is stored of a participant, in columns that start like this."""
    return {
        name: value
        for name, value in cells(row, APP).items()
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
        found = cells(rows[participant.code], APP)
        assert (found["advanced_from"], found["completed"]) == (page, "1")
    export = tmp_path / "all_apps_wide.csv"
    export.write_text(server.export("wide", session_code=session.code), encoding="utf-8")
    assert [str(problem) for problem in check([export]) if problem.severity == "error"] == []


@pytest.mark.parametrize("page", ["Willingness", "HoursPledged", "EffortReady"])
def test_whoever_left_and_is_moved_on_has_done_nothing(server, join, page):
    """oTree opens every next page itself: no clock may start, and the end is not reached."""
    session = server.create_session("incentive", 1, **SHORT)
    participant = join(session)
    participant.play_to(page)
    before = filled(wide(session)[participant.code])
    for _ in PAGES:
        advance(session, participant)
    row = wide(session)[participant.code]
    assert row["participant._current_page_name"] == "Earnings"
    pay = {"earnings_fixed", "earnings_piece", "earnings_total", "donation"}
    after = filled(row)
    assert set(after) - set(before) == {"advanced_from", *pay}
    assert {name: after[name] for name in before} == before
    total = after["earnings_total"]
    assert payments_page(session)[participant.code][1] == amount(total) == 500


def test_whoever_left_before_the_treatment_uses_up_no_arm_until_moved_past_it(server, join):
    session = server.create_session("incentive", 1, **SHORT)
    participant = join(session)
    participant.play_to("BaselineReady")
    for _ in range(2):
        advance(session, participant)
    row = wide(session)[participant.code]
    assert row["participant._current_page_name"] == "Information"
    assert filled(row, ["baseline"]) == {}
    assert filled(row, TREATMENT) == {}
    assert table(session, APP, "custom_export_assignment") == []
    advance(session, participant)
    row = wide(session)[participant.code]
    assert filled(row, ["arm"])
    assert filled(row, SEEN) == {}


def test_whoever_is_at_an_end_page_holds_up_nobody(server, join):
    session = server.create_session("info_source", 2, **SHORT)
    refuser, worker = join(session), join(session)
    refuser.play_to("Declined", consent="False")
    worker.play_to("Checks")
    advance(session)
    worker.reload()
    assert worker.name == "TaskMotivation"
    refuser.reload()
    assert refuser.name == "Declined"
    worker.play_to("Earnings")
    advance(session)
    assert worker.name == "Earnings"
