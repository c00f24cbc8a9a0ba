"""Sessions on the real server, played over HTTP: what people meet, and what the data then say."""

from __future__ import annotations

import random
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser

import pytest

from analysis.exports.checks import check
from steps.earnings import Earnings
from steps.round import Round
from study import messages
from study.randomization import COPIES
from study.step import questions
from tests.conformance.sessions import CARDS, SECONDS, custom, parameters, play, ways_out
from tests.harness.database import behind_the_draw
from tests.harness.participant import HttpParticipant
from tests.harness.server import ROOT
from tests.server.conftest import cells, read_csv, wide

BUILT_IN = {"id_in_group", "role"}


@pytest.fixture(scope="session")
def played(server):
    """Plays a study in an arm and a language; each once."""
    known = {}

    def played(study, arm=None, language=""):
        language = language or study.languages[0]
        last = study.names[-1] if study.arms else ""
        name = arm.name if arm else last
        key = study.name, name, language
        if key not in known:
            # One of them comes back to every page.
            returning = (name, language) == (last, study.languages[0])
            chosen = {"language": language, "seed": "fixed"}
            chosen |= {"force_arm": name} if name else {}
            known[key] = play(server, study, returning=returning, **chosen)
        return known[key]

    return played


# ------------------------------------------------------------------------------- to the end


def test_everybody_comes_to_the_end_by_every_page(played, study, arm, language):
    """Promise 5."""
    me = played(study, arm, language)
    expected = [s.page for s in study.path if s.page and study.reaches(s, me.seat)]
    assert list(me.pages) == expected
    assert expected[-1] == study.path[-1].page
    assert (me.row["arm"], me.row["completed"], me.row["language"]) == (arm.name, "1", language)
    for seen in me.pages.values():
        assert f'<html lang="{language}"' in seen.html


def test_what_was_entered_is_what_is_counted(played, study, arm):
    """Promise 5."""
    me = played(study, arm)
    for step in study.of_type(Round):
        cards = CARDS if step.timed else 1
        assert me.row[f"{step.name}_correct"] == me.row[f"{step.name}_attempts"] == str(cards)
        if step.timed:
            assert float(me.row[f"{step.name}_seconds"]) == SECONDS
    for name in study.columns:
        items = [int(me.row[n]) for n in me.row if re.fullmatch(rf"{name}_\d+", n)]
        if items and name in me.row:
            assert float(me.row[name]) == sum(items) / len(items), name


def test_whoever_is_not_to_take_part_comes_to_an_end_page(server, study):
    """Promises 5 and 7."""
    for page, answers in ways_out(study).items():
        me = play(server, study, answers=answers)
        assert list(me.pages)[-1] == page
        again = HttpParticipant(me.session.start_url(me.code))
        again.post({})  # the end stays the end
        assert again.name == page
        again.close()
        assert_empty_where_nobody_was(me)
        assert me.row["completed"] == ""


def test_whoever_comes_back_goes_on_where_they_were(played, study):
    """Promise 8. On another device, by an old address, and by reloading, at every page."""
    kept = [
        column.name
        for column in study.columns.values()
        if column.type != "timestamp" and column.unit not in ("seconds", "milliseconds")
    ]
    for page, seen in played(study).pages.items():
        assert len(seen.again) == 3
        for where, stored in seen.again:
            assert where == page
            # What is first stored when a page is opened was stored before it was seen.
            assert {n: stored[n] for n in kept} == {n: seen.stored[n] for n in kept}, page


# ---------------------------------------------------------------------------------- the data


def test_the_export_holds_what_is_declared_and_nothing_else(played, study):
    """Promise 6."""
    me = played(study)
    assert set(me.row) - BUILT_IN == set(study.columns)
    for name in study.session_columns:
        assert f"{study.app}.1.subsession.{name}" in me.exported
    for name in study.parameters:
        assert f"session.config.{name}" in me.exported
    for name, table in study.tables.items():
        header = custom(me.session, study, name).removeprefix("\ufeff").splitlines()[0]
        assert header.split(",") == [column.name for column in table.columns], name


def test_the_check_of_the_export_says_nothing(played, study, arm, tmp_path):
    """Promise 6."""
    played(study, arm).export(tmp_path)
    assert check(tmp_path) == []


def assert_empty_where_nobody_was(me):
    """What was not reached is empty, never 0."""
    study = me.study
    for step in study.once:
        if not any(study.reaches(turn, me.seat) for turn in study.turns(step)):
            for column in step.columns(study):
                assert me.row[column.name] == "", (step.name, column.name)


def test_what_was_not_reached_is_empty(server, played, study, arm):
    """Promise 7."""
    assert_empty_where_nobody_was(played(study, arm))


def test_whoever_never_came_or_left_has_nothing_in_what_came_after(server, study):
    """Promise 7."""
    session = server.create_session(study.name, 2, **parameters(study))
    left = behind_the_draw(study)[:2][-1]
    me = HttpParticipant(session.join_url, server.database)
    me.play_to(left.page)
    me.close()
    own = {code: cells(row, study.app) for code, row in wide(session).items()}
    here = own.pop(me.code)
    assert here["arm"]
    [absent] = own.values()
    assert {v for name, v in absent.items() if name not in BUILT_IN} == {""}
    after = study.path[study.path.index(left) :]
    columns = [c for step in after for c in step.columns(study) if c.type != "timestamp"]
    columns += study.pay.columns() if study.pay else []
    for name in [*(column.name for column in columns), "completed"]:
        # A page that is open may already measure; it has no answers yet.
        measured = name.startswith(f"{left.name}_") and not study.columns[name].answers
        assert measured or here[name] == "", name


def test_pay_adds_up(played, study, arm):
    """Promise 12. By arithmetic of its own, from the answers to the export and oTree's payoff."""
    if study.pay is None:
        assert not [name for name in study.columns if name.startswith("earnings")]
        return
    me = played(study, arm)
    right = Counter(
        row["phase"]
        for row in read_csv(custom(me.session, study, "answers"))
        if row["correct"] == "1"
    )
    cards = {step.name: right[step.phase] for step in study.of_type(Round)}
    config = me.seat.config

    def paid(rate, number):
        exact = Decimal(str(config.get(rate, 0))) * number
        return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)

    piece = paid("piece_rate", cards.get(study.pay.piece, 0) if arm.piece_rate else 0)
    due = {
        "earnings_fixed": paid("participation_fee", 1),
        "earnings_piece": piece,
        "earnings_total": paid("participation_fee", 1) + piece,
        "donation": paid("donation_rate", sum(cards[name] for name in study.pay.donates)),
    }
    assert {name: Decimal(me.row[name]) for name in due} == due
    assert Decimal(me.exported["participant.payoff"]) == piece


# ---------------------------------------------------------------------------------- the arms


def recomputed(seed, arms, people):
    """By hand: blocks that hold every arm twice, shuffled from the seed."""
    order = []
    for block in range(1, people // (2 * len(arms)) + 2):
        arms_of_block = list(arms) * 2
        random.Random(f"{seed}/all/{block}").shuffle(arms_of_block)
        order += arms_of_block
    return order[:people]


@pytest.fixture(scope="session")
def drawn(server):
    """Plays a crowd of a study to the page behind the draw: their draws, in order."""

    def drawn(study, people, **chosen):
        session = server.create_session(study.name, people, **parameters(study) | chosen)
        codes = session.participants
        server.database.put_before_treatment(codes, [0] * people)
        for code in codes:
            HttpParticipant(session.start_url(code)).close()
        return session, codes, read_csv(custom(session, study, "assignment"))

    return drawn


def test_arms_are_balanced_and_follow_from_the_seed(drawn, study):
    """Promise 9."""
    people = COPIES * len(study.arms) + 1
    session, codes, draws = drawn(study, people)
    assert [row["participant_code"] for row in draws] == codes
    assert [row["arm"] for row in draws] == recomputed(draws[0]["seed"], study.names, people)
    assert set(Counter(row["arm"] for row in draws[:-1]).values()) == {COPIES}
    players = wide(session)
    for number, row in enumerate(draws, start=1):
        own = cells(players[row["participant_code"]], study.app)
        assert (own["arm"], own["arm_forced"], own["stratum"]) == (row["arm"], "0", "all")
        assert own["assignment_number"] == row["assignment_number"] == str(number)
        assert own["block"] == row["block"] == str(1 + (number - 1) // (people - 1))
        for name, value in study.factors_of(row["arm"]).items():
            assert own[name] == str(int(value) if isinstance(value, bool) else value)
        assert players[row["participant_code"]][f"{study.app}.1.subsession.seed"] == row["seed"]


def test_only_the_chosen_arms_are_drawn(drawn, study):
    """Promise 9."""
    chosen = study.names[:2]
    _, _, draws = drawn(study, 3, arms=",".join(reversed(chosen)))
    assert [row["arm"] for row in draws] == recomputed(draws[0]["seed"], chosen, 3)


def test_nobody_has_an_arm_before_the_draw(played, study, arm):
    """Promise 9."""
    for page, seen in played(study, arm).pages.items():
        behind = page in [step.page for step in behind_the_draw(study)]
        assert seen.stored["arm"] == (arm.name if behind else None), page


class Markup(HTMLParser):
    """Everything of a page but the words that readers see."""

    def __init__(self, html):
        super().__init__()
        self.parts = []
        self._script = False
        # The sockets carry numbers of the database, a round its cards and times.
        html = re.sub(r'data-socket="[^"]*"', 'data-socket="…"', html)
        html = re.sub(r'"items":\s*\[.*?\]', '"items": []', html)
        self.feed(re.sub(r'"elapsed_ms":\s*\d+', '"elapsed_ms": 0', html))

    def handle_starttag(self, tag, attrs):
        self.parts.append((tag, tuple(attrs)))
        self._script = tag == "script"

    def handle_endtag(self, tag):
        self.parts.append(("/" + tag,))
        self._script = False

    def handle_data(self, data):
        if self._script:
            self.parts.append(data)


def secrets(study):
    """Names that tell what somebody's arm is."""
    factors = [factor.name for factor in study.factors]
    return {study.name, "arm", "force_arm", *study.names, *factors, *messages.names(study)}


def gives_away(text, study, but=()):
    """The first word in ``text`` that names an arm."""
    return re.search(rf"\b({'|'.join(sorted(secrets(study) - set(but)))})\b", text)


def test_pages_are_made_alike_in_every_arm(played, study, arm, language):
    """Promise 10. All but what one reads, and what one is paid for."""
    control = played(study, study.arms[0], language).pages
    said = [step.page for step in study.of_type(Earnings)]
    for page, seen in played(study, arm, language).pages.items():
        if page in said:
            continue
        assert seen.address == control[page].address
        titles = [re.search("<title>.*</title>", each.html)[0] for each in (seen, control[page])]
        assert titles[0] == titles[1], page
        assert Markup(seen.html).parts == Markup(control[page].html).parts, page


def test_no_page_tells_the_name_of_an_arm(played, study, arm, language):
    """Promise 10. Nor does a cookie."""
    me = played(study, arm, language)
    assert not gives_away(me.cookies, study)
    for step in study.path:
        if step.page in me.pages:
            seen = me.pages[step.page]
            # Answers between which everybody chooses may be called like arms.
            offered = {value for column in questions(step, study) for value in column.values}
            hidden = f"{seen.address} {Markup(seen.html).parts}"
            assert not gives_away(hidden, study, offered), step.page


def test_no_script_or_style_knows_the_arms(study):
    """Promise 10."""
    for path in (ROOT / "_static" / "lab").rglob("*.*"):
        assert not gives_away(path.read_text("utf-8"), study), path.name
