"""The data: every column of the contract, empty where nothing was measured, to the cent."""

import json
import re
from html.parser import HTMLParser

import pytest
import requests

from study.finding import study_of
from tests.harness.participant import HttpParticipant
from tests.server.conftest import SHORT, cells, press_in_admin, read_csv, table, wide

# fmt: off
CONTRACT = [
    "arm", "reward", "beneficiary", "stratum", "block", "assignment_number", "arm_forced",
    "seed", "consent", "comprehension_errors", "baseline_correct", "baseline_attempts",
    "baseline_seconds", "information_seconds", "information_hidden_seconds", "media_seconds",
    "willingness", "hours_pledged", "effort_correct", "effort_attempts", "effort_seconds",
    "stopped_early", "voluntary_accepted", "voluntary_correct", "voluntary_seconds",
    "source_recalled", "impact_perceived_1", "intrinsic_1", "prosocial_1", "age", "gender",
    "education", "income", "volunteered_before", "comment", "earnings_fixed", "earnings_piece",
    "earnings_total", "donation", "completed", "message_version", "message_medium", "knowledge_1",
    "pilot", "words",
]
# fmt: on


def test_the_export_holds_every_column_of_the_contract(server):
    session = server.create_session("incentive", 1, **SHORT)
    [row] = wide(session).values()
    found = {name.rpartition(".")[2] for name in row}
    contract = [*CONTRACT]
    contract += [f"psm_{n}" for n in range(1, 9)] + [f"willingness_{n}" for n in range(1, 5)]
    assert set(contract) <= found, set(contract) - found


def test_a_measured_zero_is_a_zero(server, join):
    session = server.create_session("info_source", 1, **SHORT)
    participant = join(session)
    participant.play_to("EffortRound", hours_pledged=0)
    participant.post({"stop": "1"})
    participant.play_to("Earnings", voluntary_accepted="False")
    row = wide(session)[participant.code]
    found = cells(row, "info_source_experiment")
    assert found["effort_correct"] == found["effort_attempts"] == "0"
    assert found["hours_pledged"] == "0"
    assert found["voluntary_accepted"] == "0"
    assert found["voluntary_correct"] == ""


def test_every_answer_is_one_row_with_all_that_was_entered(server, join):
    session = server.create_session("incentive", 1, force_arm="reward", **SHORT)
    participant = join(session)
    participant.play_to("EffortRound")
    participant.database.move_clock(participant.code, "main", 10)
    journal = participant.journal(4)
    first, second, third, fourth = journal["answers"]
    first |= {"shown_ms": 1000, "answered_ms": 2500.6, "focus_lost": 3, "pasted": True}
    second |= {"response": "=2+2"}
    third |= {"response": "@cmd\x00"}
    fourth |= {"response": " città "}
    participant.post({"journal": json.dumps(journal), "stop": "1"})
    participant.play_to("Earnings")
    rows = table(session, "incentive_experiment")
    assert list(rows[0]) == [
        column.name for column in study_of("incentive").tables["answers"].columns
    ]
    main = [row for row in rows if row["phase"] == "main"]
    assert [row["item"] for row in main] == list("1234")
    assert [row["response"] for row in main] == [
        first["response"],
        "'=2+2",
        "'@cmd\ufffd",
        " città ",
    ]
    assert [row["correct"] for row in main] == list("1000")
    assert {row["participant_code"] for row in main} == {participant.code}
    assert {row["session_code"] for row in main} == {session.code}
    assert main[0]["solution"] == first["response"]
    assert (main[0]["response_ms"], main[0]["focus_lost"], main[0]["pasted"]) == ("1501", "3", "1")
    assert {row["late"] for row in main} == {"0"}
    assert float(main[0]["shown_at"]) < float(main[0]["answered_at"])
    phases = ["practice", "baseline", *["main"] * 4, "voluntary"]
    assert [row["phase"] for row in rows] == phases


def test_a_custom_export_holds_only_the_session_that_is_asked_for(server, join):
    sessions = [server.create_session("info_source", 1, **SHORT) for _ in range(2)]
    for session in sessions:
        join(session).play_to("Information")
    for session in sessions:
        for name in ("", "_comprehension", "_assignment"):
            rows = table(session, "info_source_experiment", f"custom_export{name}")
            assert {row["session_code"] for row in rows} == {session.code}, name
    everything = read_csv(server.export("app_custom", app="info_source_experiment"))
    assert {s.code for s in sessions} <= {row["session_code"] for row in everything}


def test_a_label_that_somebody_writes_into_the_address_cannot_become_a_formula(server, join):
    session = server.create_session("info_source", 2, **SHORT)
    for label in ("=HYPERLINK(1)", "seat 7"):
        requests.get(session.join_url, params={"participant_label": label}, timeout=60)
    labels = [row["participant.label"] for row in wide(session).values()]
    assert labels == ["'=HYPERLINK(1)", "seat 7"]


# ------------------------------------------------------------------------------------ pay


class Cells(HTMLParser):
    """The rows of all tables of a page, as lists of texts."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.open = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.open = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.open = False

    def handle_data(self, data):
        if self.open and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def amount(text):
    """Cents in ``€1,234.50`` or ``12.5``."""
    found = re.search(r"-?[\d,]+(?:\.\d+)?", text)[0].replace(",", "")
    return round(float(found) * 100)


def payments_page(session):
    """Bonus and total of every participant on oTree's Payments page, in cents."""
    page = requests.get(f"{session.server.url}/SessionPayments/{session.code}", timeout=60)
    page.raise_for_status()
    codes = set(session.participants)
    rows = [row for row in Cells(page.text).rows if row and row[0] in codes]
    return {row[0]: (amount(row[-2]), amount(row[-1])) for row in rows}


PAY = [
    # piece rate, donation rate, fee, correct cards of the main round; cents: piece, donation
    (0.145, 0.005, 5.00, 1, 15, 2),
    (0.145, 0.005, 4.99, 3, 44, 3),
    (0.005, 0.0001, 0, 3, 2, 0),
    (0.335, 0.015, 1234.5 / 10, 5, 168, 11),
    (0.1, 0.02, 7.25, 0, 0, 4),
    (1 / 3, 0.07, 5.00, 2, 67, 28),
]


@pytest.mark.parametrize(("rate", "donation", "fee", "cards", "piece", "given"), PAY)
def test_payments_page_earnings_page_and_export_agree_to_the_cent(
    server, join, rate, donation, fee, cards, piece, given
):
    session = server.create_session(
        "incentive",
        2,
        force_arm="reward",
        piece_rate=rate,
        donation_rate=donation,
        participation_fee=fee,
        **SHORT,
    )
    participant = join(session)
    participant.play_to("EffortRound")
    participant.database.move_clock(participant.code, "main", 20)
    if cards:
        participant.sit_out_round(correct=cards)
    else:
        participant.post({"stop": "1"})
    participant.play_to("Earnings")  # one card each in baseline and voluntary round
    shown = {row[0]: row[1] for row in Cells(participant.html).rows if len(row) == 2}
    fee_cents = round(fee * 100)
    assert [amount(text) for text in shown.values()] == [fee_cents, piece, fee_cents + piece]
    row = wide(session)[participant.code]
    stored = cells(row, "incentive_experiment")
    assert amount(stored["earnings_fixed"]) == fee_cents
    assert amount(stored["earnings_piece"]) == piece
    assert amount(stored["earnings_total"]) == fee_cents + piece
    assert amount(stored["donation"]) == given
    assert payments_page(session)[participant.code] == (piece, fee_cents + piece)
    assert amount(row["participant.payoff"]) == piece
    assert f"€{given / 100:.2f}" in participant.html


@pytest.mark.parametrize("arm", ["control", "beneficiary"])
def test_without_reward_nobody_is_paid_per_card_and_the_service_still_is(server, join, arm):
    session = server.create_session(
        "incentive", 1, force_arm=arm, piece_rate=9, donation_rate=0.5, **SHORT
    )
    participant = join(session)
    participant.play_to("Earnings")
    stored = cells(wide(session)[participant.code], "incentive_experiment")
    assert (stored["earnings_piece"], stored["earnings_total"]) == ("0.0", "5.0")
    assert amount(stored["donation"]) == 150
    assert payments_page(session)[participant.code] == (0, 500)


def edit_fee(server, session, fee):
    """Store another fee on oTree's page of session properties."""
    press_in_admin(server, f"SessionEditProperties/{session.code}", participation_fee=fee)


@pytest.mark.parametrize("edited_on", ["Debriefing", "Earnings"])
def test_a_fee_that_is_edited_later_is_paid_and_shown(server, join, edited_on):
    """The experimenter may raise the fee while people work, and when they are done."""
    session = server.create_session("incentive", 2, force_arm="reward", **SHORT)
    participant, refuser = join(session), join(session)
    refuser.play_to("Declined", consent="False")
    participant.play_to(edited_on)
    edit_fee(server, session, "8.50")
    participant.play_to("Earnings")
    paid = payments_page(session)
    for person, piece in ((participant, 10), (refuser, 0)):
        stored = cells(wide(session)[person.code], "incentive_experiment")
        assert amount(stored["earnings_fixed"]) == 850
        assert amount(stored["earnings_total"]) == 850 + piece
        assert paid[person.code] == (piece, 850 + piece)
    participant.reload()
    assert "€8.60" in participant.html


@pytest.mark.parametrize("fee", ["-1", "1000.01", "NaN", "1e9", "five", ""])
def test_a_fee_is_not_edited_to_nonsense(server, join, fee):
    session = server.create_session("incentive", 1, **SHORT)
    participant = join(session)
    edit_fee(server, session, fee)
    assert payments_page(session)[participant.code] == (0, 500)


def test_when_a_page_was_finished_is_exported_at_once_and_survives_a_kill(own_server):
    session = own_server.create_session("incentive", 1, **SHORT)
    participant = HttpParticipant(session.join_url, own_server.database)
    participant.play_to("Comprehension")
    expected = ["InitializeParticipant", "Consent", "Instructions", "Practice"]
    for _ in range(2):
        rows = read_csv(own_server.export("page_times"))
        assert [row["page_name"] for row in rows] == expected
        own_server.kill()
        own_server.start()
    participant.close()
