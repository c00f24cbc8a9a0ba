"""What participants earn and what the service receives, rounded once and the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")

Number = Decimal | int | float | str


def exact(amount: Number) -> Decimal:
    """``amount`` as a plain decimal; a float by its shortest form, so that 0.145 means 0.145."""
    return Decimal(amount) if isinstance(amount, Decimal) else Decimal(str(amount))


def money(amount: Number) -> Decimal:
    """Rounded half up to the cent."""
    return exact(amount).quantize(CENT, ROUND_HALF_UP)


def product(rate: Number, count: int) -> Decimal:
    """``count`` times ``rate``, rounded once, at the end."""
    return money(exact(rate) * count)


@dataclass(frozen=True)
class Earnings:
    """One participant's pay: ``fixed`` for taking part, ``piece`` for correct cards."""

    fixed: Decimal
    piece: Decimal
    donation: Decimal

    @property
    def total(self) -> Decimal:
        return self.fixed + self.piece


def earnings(
    *,
    fixed: Number,
    piece_rate: Number,
    paid_cards: int,
    donation_rate: Number,
    donated_cards: int,
) -> Earnings:
    """Pay for ``paid_cards`` (0 in arms without reward) and the donation for ``donated_cards``."""
    return Earnings(
        fixed=money(fixed),
        piece=product(piece_rate, paid_cards),
        donation=product(donation_rate, donated_cards),
    )
