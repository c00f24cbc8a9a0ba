"""Forms: whatever is posted, only what the page asks for is stored, and only if it is allowed."""

import json

import pytest

from study.finding import study_of
from study.step import questions
from tests.harness.database import page_number
from tests.server.conftest import SHORT

STUDY = study_of("incentive")
PAGES = [step.page for step in STUDY.path if questions(step, STUDY)]
FOREIGN = {
    "arm": "reward",
    "reward": "True",
    "completed": "True",
    "earnings_total": "1000",
    "earnings_piece": "1000",
    "baseline_correct": "99",
    "effort_correct": "99",
    "effort_started_at": "0",
    "participation_fee": "1000",
    "payoff": "1000",
    "consent": "maybe",
    "id": "1",
    "session_id": "1",
    "_role": "admin",
    "psm_9": "3",
}
NUMBERS = ["", "-1", "0", "8", "111", "999999999999999999999", "1.5", "1e1", "NaN", "0x1", "three"]
NUMBERS += ["٣", "\x00", " ", "4;DROP TABLE", "=1+1", "True", "[]", "9" * 5000]
CHOICES = [
    "",
    "nobody at all",
    "\x00",
    "A",
    "None",
    "1",
    "<b>",
    "é",
    "😀",
    "x" * 100_000,
]
BOOLEANS = ["", "yes", "true", "1", "0", "None", "True\x01", "TRUE", "x" * 100_000]


def stored(participant):
    """All that the database holds about the participant, but for oTree's own page times."""
    found = participant.database.player(participant.code)
    found.pop("comprehension_errors")
    return found


def bad_values(column):
    if column.type == "boolean":
        return BOOLEANS
    if column.type == "integer":
        low, high = column.min, column.max
        outside = [str(int(low) - 1), str(int(high) + 1)]
        return [
            v for v in NUMBERS if not (v.isascii() and v.isdigit() and low <= int(v[:9]) <= high)
        ] + outside
    return CHOICES


def refused(participant, data, headers=None):
    """Send something, and hold the server to changing nothing and staying where we are."""
    before = stored(participant)
    redisplayed(participant, data, headers)
    assert stored(participant) == before, (participant.name, str(data)[:200])


def redisplayed(participant, data, headers=None):
    """Send something, and hold the server to staying where we are, with an error."""
    page = participant.name
    response = participant.http.post(participant.page.url, data=data, headers=headers, timeout=60)
    assert response.status_code == 200, (page, str(data)[:200])
    assert response.url == participant.page.url, (page, str(data)[:200])
    assert 'id="error-summary"' in response.text, (page, str(data)[:200])


@pytest.fixture(scope="module")
def session(server):
    return server.create_session("incentive", 40, **SHORT)


def at(join, session, page):
    participant = join(session)
    participant.play_to(page)
    return participant


@pytest.mark.parametrize("page", PAGES)
def test_only_allowed_answers_are_stored_and_errors_keep_the_page(session, join, page):
    participant = at(join, session, page)
    declared = STUDY.columns
    # Pages may ask more than they keep in a column, such as for larger letters.
    good = {name: value for name, value in participant.answers().items() if name in declared}
    required = [name for name in good if not declared[name].optional]
    before = stored(participant)
    # One field at a time is wrong or missing, all others are right.
    for number, name in enumerate(good):
        column = declared[name]
        if not column.optional:
            redisplayed(participant, {k: v for k, v in good.items() if k != name})
        if column.type == "text":
            continue
        # Families are alike: all values for the first of a page, a few for the others.
        values = bad_values(column)
        for value in values if number == 0 else values[:4]:
            if column.optional and not value.strip("\x00 "):
                continue
            redisplayed(participant, {k: value if k == name else v for k, v in good.items()})
    # Nothing at all, and nothing that a form would send.
    for data, kind in [
        (b"", None),
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00=%ff%fe&&&===", "application/x-www-form-urlencoded"),
        (b"%00" * 1000, "application/x-www-form-urlencoded"),
        (json.dumps(good).encode(), "application/json"),
        (b"a" * 2_000_000, "text/plain"),
    ]:
        redisplayed(participant, data, {"Content-Type": kind} if kind else None)
    assert stored(participant) == before
    # In the end what is right is taken, and what is foreign is not even looked at.
    participant.post(FOREIGN | good)
    assert participant.name != page
    after = stored(participant)
    changed = {key for key, value in after.items() if value != before[key]}
    # The round that is asked for begins.
    changed -= {name for name in changed if name.startswith("voluntary_") and name not in good}
    assert changed <= {*good, "language", "willingness"}, changed - set(good)
    assert set(required) <= changed


@pytest.mark.parametrize("order", [("5", "0"), ("5", "5")])
def test_of_a_doubled_field_one_allowed_value_is_stored(session, join, order):
    participant = at(join, session, "Motivation")
    fields = [pair for pair in participant.answers().items() if pair[0] != "motivation_1"]
    participant.post(fields + [("motivation_1", value) for value in order])
    assert participant.name == "BaselineReady"
    assert participant.database.player(participant.code)["motivation_1"] == 5


def test_uploaded_files_and_broken_uploads_are_not_answers(session, join):
    participant = at(join, session, "HoursPledged")
    before = stored(participant)
    files = {"hours_pledged": ("a.txt", b"20")}
    response = participant.http.post(participant.page.url, files=files, timeout=60)
    assert response.status_code == 415
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    response = participant.http.post(participant.page.url, b"--x\r\n", headers=kind, timeout=60)
    assert response.status_code == 415
    assert stored(participant) == before
    participant.next()
    assert participant.name == "EffortReady"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'@SUM(A1)"),
        ("-2 points", "'-2 points"),
        ("+39 02", "'+39 02"),
        ("fine, thanks = yes", "fine, thanks = yes"),
        ("a\x00b", "ab"),
        ("città 😀 <b>", "città 😀 <b>"),
        ("", ""),
    ],
)
def test_free_text_is_kept_but_cannot_become_a_formula(session, join, text, kept):
    participant = at(join, session, "AboutYou")
    participant.next(comment=text)
    assert participant.name == "Debriefing"
    assert (participant.database.player(participant.code)["comment"] or "") == kept


def test_free_text_that_is_too_long_or_no_text_is_refused_or_made_readable(session, join):
    participant = at(join, session, "AboutYou")
    refused(participant, participant.answers(comment="x" * 2001))
    refused(participant, participant.answers(comment="x" * 1_500_000))
    # Nobody writes two megabytes: not read at all.
    too_long = participant.answers(comment="x" * 3_000_000)
    assert participant.http.post(participant.page.url, data=too_long).status_code == 413
    refused(participant, participant.answers(comment="x" * 2001))
    good = participant.answers()
    good.pop("comment")
    raw = "&".join(f"{k}={v}" for k, v in good.items()).encode() + b"&comment=%ff%fe%80caf\xe9"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    response = participant.http.post(participant.page.url, data=raw, headers=kind, timeout=60)
    assert "/Debriefing/" in response.url
    assert "caf" in participant.database.player(participant.code)["comment"]


def test_nobody_skips_pages_by_pretending_that_time_is_up(session, join):
    participant = at(join, session, "Psm")
    for data in (
        {"timeout_happened": "1"},
        {"timeout_happened": "1", "admin_secret_code": "guess"},
        {"timeout_happened": "True", "admin_secret_code": ""},
    ):
        refused(participant, data)


def test_posting_to_another_page_leads_back_to_ones_own(session, join):
    participant = at(join, session, "Comprehension")
    before, here = stored(participant), participant.page.url
    base = here.rsplit("/", 3)[0]
    for page in ("Psm", "EffortRound", "Earnings", "Consent"):
        address = f"{STUDY.address}/{page}/{page_number(STUDY, page)}"
        response = participant.http.post(
            f"{base}/{address}", data=FOREIGN | {"psm_1": "3", "stop": "1"}, timeout=60
        )
        assert response.url == here
    for address in (f"{STUDY.address}/Psm/99", "study/EffortRound/13", "nowhere/X/1"):
        status = participant.http.post(f"{base}/{address}", data=FOREIGN, timeout=60)
        assert status.status_code in (200, 404)
    assert stored(participant) == before
