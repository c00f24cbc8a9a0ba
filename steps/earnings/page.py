"""The last page: what the participant is paid, and what the service receives."""

from __future__ import annotations

from typing import Any

from lab import earnings
from lab.ending import EndPage
from lab.page import language_of
from lab.wording import currency, number

AMOUNTS = ("fixed", "piece", "total", "donation")


class Earnings(EndPage):
    @classmethod
    def values(cls, player: Any) -> dict[str, Any]:
        language = language_of(player)
        stored = earnings.store(cls.study, player)
        assert stored is not None
        pay, counts = stored
        return {name: currency(getattr(pay, name), language) for name in AMOUNTS} | {
            "paid_cards": number(counts.paid, language),
            "donated_cards": number(counts.donated, language),
            "has_piece_rate": counts.piece_rate_applies,
        }
