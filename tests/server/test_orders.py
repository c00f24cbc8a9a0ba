"""Orders that chance decides: of pages, of the vignette's sentences, of statements."""

import re
from collections import Counter

import pytest

from study.finding import study_of
from study.words import of_step
from tests.server.conftest import app_of, cells, wide

SURVEY = "motivation"
PEOPLE = 8
SEED = "s0rders"


@pytest.fixture(scope="module")
def played(server):
    """Each participant's pages, in the order in which they met them."""
    from tests.harness.participant import HttpParticipant

    session = server.create_session(SURVEY, PEOPLE, seed=SEED)
    met = {}
    for code in session.participants:
        someone = HttpParticipant(session.start_url(code), server.database)
        pages = met.setdefault(code, {})
        while someone.name != "PanelReturn":
            pages[someone.name] = someone.html
            someone.next(**({"lives_here": "True"} if someone.name == "Eligibility" else {}))
        pages[someone.name] = someone.html
        someone.close()
    rows = {code: cells(row, app_of(SURVEY)) for code, row in wide(session).items()}
    return [(met[code], rows[code]) for code in session.participants]


def test_the_order_of_pages_is_the_stored_one_and_balanced(played):
    orders = Counter()
    for pages, row in played:
        asked = [re.sub(r"\d$", "", name) for name in pages if name[-1] in "12"]
        names = [{"Psm": "psm", "AboutYou": "about_you"}[name] for name in asked]
        assert ",".join(names) == row["block_order"]
        orders[row["block_order"]] += 1
    assert set(orders.values()) == {PEOPLE // 2}


def test_sentences_stand_in_the_stored_order_and_say_the_arm(played):
    study = study_of(SURVEY)
    told = of_step(study, study.step("vignette"), "en")["sentences"]
    firsts = Counter()
    for pages, row in played:
        parts = study.arm(row["arm"]).parts
        reward, consulted = (told[factor][part] for factor, part in parts.items())
        # What a sentence quotes is filled in on the page.
        places = [pages["Vignette"].find(text.split("{")[0]) for text in (reward, consulted)]
        assert min(places) > 0
        assert (places[0] < places[1]) == (row["reward_first"] == "1")
        others = {
            text.split("{")[0]
            for factor, sentences in told.items()
            for part, text in sentences.items()
            if part != parts[factor] and text.split("{")[0] not in (reward + consulted)
        }
        assert not [text for text in others if text in pages["Vignette"]]
        firsts[row["reward_first"]] += 1
    assert set(firsts.values()) == {PEOPLE // 2}


def test_statements_stand_in_the_stored_order(played):
    orders = set()
    for pages, row in played:
        asked = dict.fromkeys(re.findall(r'name="willingness_(\d)"', pages["Willingness"]))
        assert "-".join(asked) == row["willingness_order"]
        assert sorted(asked) == ["1", "2", "3", "4"]
        orders.add(row["willingness_order"])
    assert len(orders) > 2


def test_the_vignette_can_be_opened_again_until_it_is_recalled(played):
    for pages, _ in played:
        with_it = [name for name, html in pages.items() if 'class="folded"' in html]
        assert with_it == ["Willingness", "HoursPledged", "NeighboursExpected"]
