"""Pay: rounded once, half up, and the same whoever works it out."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.pay import earnings, exact, money, product

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
    earned = earnings(
        fixed=fixed, piece_rate=piece, paid_cards=paid, donation_rate=give, donated_cards=donated
    )
    assert earned.total == money(fixed) + product(piece, paid)
    assert earned.donation == product(give, donated)
    for amount in (earned.fixed, earned.piece, earned.total, earned.donation):
        assert amount == amount.quantize(Decimal("0.01"))


@given(st.floats(0, 100))
def test_a_float_is_taken_by_its_shortest_form(rate):
    assert float(exact(rate)) == rate
    assert str(exact(0.1)) == "0.1"
