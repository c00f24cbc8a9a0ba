"""What participants earn and what the service receives, rounded once and the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from study.columns import Column
from study.parameters import Parameter, rate
from study.problems import Declared, did_you_mean

if TYPE_CHECKING:
    from study.study import Study

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

    @property
    def stored(self) -> dict[str, Decimal]:
        """The amounts by their columns (`AMOUNTS`)."""
        return dict(zip(AMOUNTS, (self.fixed, self.piece, self.total, self.donation), strict=True))


# ------------------------------------------------------------------------- a study's pay

AMOUNTS = {
    "earnings_fixed": "Fixed pay for taking part (oTree's participation fee).",
    "earnings_piece": "Piece rate times correct cards of the round that pays, rounded once; 0 in "
    "arms without piece rate.",
    "earnings_total": "What the participant is paid: earnings_fixed + earnings_piece.",
    "donation": "What the service receives: donation rate times correct cards of the rounds that "
    "bring it money, rounded once.",
}


@dataclass(frozen=True, eq=False)
class Pay(Declared):
    """What a study pays beside the fee for taking part.

    donates : the rounds whose correct cards bring money to the service, in every arm.
    piece : the round whose correct cards also pay the participant, in arms with a piece rate.
    """

    donates: Sequence[str] = ()
    piece: str = ""

    def problems(self, study: Study) -> Iterator[ValueError]:
        timed = [step.name for step in study.path if getattr(step, "timed", False)]
        for name in [*self.donates, *([self.piece] if self.piece else [])]:
            if name not in timed:
                known = ", ".join(timed) or "none"
                hint = did_you_mean(name, timed)
                yield self.error(f"there is no timed round {name!r}.{hint} There is: {known}.")
        if not self.piece:
            for arm in study.arms:
                if arm.piece_rate:
                    yield arm.error(
                        "it has a piece rate, but the study's pay names no round (piece)."
                    )

    def columns(self) -> Iterator[Column]:
        for name, about in AMOUNTS.items():
            yield Column(name, "money", about, min=0, always=True)

    def parameters(self, study: Study) -> Iterator[Parameter]:
        if self.piece:
            yield rate(
                "piece_rate",
                0.10,
                f"paid to the participant per correct card of the round {self.piece}, in arms "
                "with a piece rate",
            )
        if self.donates:
            yield rate(
                "donation_rate",
                0.02,
                "paid to the service per correct card of a timed round, in every arm",
            )

    def pays_in(self, study: Study, round: str, arm: str | None) -> bool:
        """Whether somebody in ``arm`` is paid by the correct card in a round."""
        return self.piece == round and arm is not None and study.arm(arm).piece_rate

    def counts(self, study: Study, arm: str | None, get: Callable[[str], int | None]) -> Counts:
        """Which of somebody's correct cards pay whom. ``get`` looks up a column."""
        applies = self.pays_in(study, self.piece, arm)
        return Counts(
            paid=(get(f"{self.piece}_correct") or 0) if applies else 0,
            donated=sum(get(f"{name}_correct") or 0 for name in self.donates),
            piece_rate_applies=applies,
        )

    def of(self, config: Mapping[str, Any], counts: Counts) -> Earnings:
        """What ``counts`` bring in a session with this config."""
        return Earnings(
            fixed=money(config["participation_fee"]),
            piece=product(config.get("piece_rate", 0), counts.paid),
            donation=product(config.get("donation_rate", 0), counts.donated),
        )


@dataclass(frozen=True)
class Counts:
    """Correct cards that pay: ``paid`` the participant, ``donated`` the service."""

    paid: int
    donated: int
    piece_rate_applies: bool
