"""Pay: rounded once, half up, and the same whoever works it out."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps import Assignment, Round
from study import Arm, Pay, Study
from study.finding import study_of
from study.pay import Counts, exact, money, product
from study.problems import DesignError

RATES = st.integers(0, 100_000).map(lambda thousandths: thousandths / 1000)
COUNTS = st.integers(0, 2000)


def cents(amount: Fraction) -> Decimal:
    """Half up to the cent, in whole numbers only."""
    return Decimal((amount * 100 + Fraction(1, 2)).__floor__()) / 100


@given(RATES, COUNTS)
def test_a_rate_means_what_is_written_and_is_rounded_once_at_the_end(rate, count):
    written = Fraction(str(rate))
    assert product(rate, count) == cents(written * count)


@pytest.mark.parametrize(
    ("rate", "count", "pays"),
    [
        (0.145, 1, "0.15"),
        (0.145, 3, "0.44"),
        (0.145, 100, "14.50"),
        (0.005, 1, "0.01"),
        (0.005, 3, "0.02"),
        (0.1, 3, "0.30"),
        (1.005, 1, "1.01"),
        (2.675, 1, "2.68"),
        (0.0001, 49, "0.00"),
        (0.0001, 50, "0.01"),
        ("0.145", 1, "0.15"),
        (Decimal("0.145"), 1, "0.15"),
        (0, 1000, "0.00"),
    ],
)
def test_awkward_rates_pay_what_a_person_would_work_out(rate, count, pays):
    assert str(product(rate, count)) == pays


@given(RATES, RATES, RATES, COUNTS, COUNTS)
def test_the_total_is_the_sum_of_the_amounts_that_are_shown(fixed, piece, give, paid, donated):
    config = {"participation_fee": fixed, "piece_rate": piece, "donation_rate": give}
    earned = Pay().of(config, Counts(paid, donated, True))
    assert earned.total == money(fixed) + product(piece, paid)
    assert earned.donation == product(give, donated)
    for amount in (earned.fixed, earned.piece, earned.total, earned.donation):
        assert amount == amount.quantize(Decimal("0.01"))


@given(st.floats(0, 100))
def test_a_float_is_taken_by_its_shortest_form(rate):
    assert float(exact(rate)) == rate
    assert str(exact(0.1)) == "0.1"


# ------------------------------------------------------------------------- a study's pay


CARDS = {"baseline_correct": 7, "effort_correct": 11, "voluntary_correct": 3}
CONFIG = {"participation_fee": 5, "piece_rate": 0.145, "donation_rate": 0.02}


@pytest.mark.parametrize(
    ("arm", "piece"),
    [("control", "0.00"), ("reward", "1.60"), ("beneficiary", "0.00"), (None, "0.00")],
)
def test_cards_pay_the_participant_only_in_arms_with_a_piece_rate(arm, piece):
    study = study_of("incentive")
    counts = study.pay.counts(study, arm, CARDS.get)
    earned = study.pay.of(CONFIG, counts)
    assert (str(earned.piece), str(earned.donation)) == (piece, "0.42")
    assert counts.piece_rate_applies is (arm == "reward")


def test_what_was_not_worked_brings_nothing():
    study = study_of("incentive")
    earned = study.pay.of(CONFIG, study.pay.counts(study, "reward", {}.get))
    assert (earned.total, earned.donation) == (money(5), money(0))


def made(pay, *arms):
    arms = arms or (Arm("a", "this"), Arm("b", "that"))
    return Study("s", "S", "?", [Assignment(), Round("effort")], arms, pay=pay)


def test_a_round_that_does_not_exist_is_named():
    with pytest.raises(DesignError, match=r"no timed round 'efort'\. Did you mean effort\?"):
        made(Pay(donates=["efort"]))


def test_an_arm_with_a_piece_rate_needs_a_round_that_pays():
    with pytest.raises(DesignError, match="names no round"):
        made(Pay(), Arm("a", "this"), Arm("b", "that", piece_rate=True))


def test_pay_brings_only_the_parameters_that_it_needs():
    assert "piece_rate" not in made(Pay(donates=["effort"])).parameters
    assert "donation_rate" not in made(Pay(piece="effort")).parameters
    assert "earnings_total" in made(Pay()).columns
    assert "earnings_total" not in made(None).columns
