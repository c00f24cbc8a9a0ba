"""Texts, numbers and money in the language of a participant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal
from otree import settings

from study import content
from study.pay import Number, exact

READING_SECONDS = 15 * 60
"""What reading and answering takes beside the timed rounds."""


def currency(amount: Number, language: str) -> str:
    """An amount in the laboratory's currency: to the cent, and beyond if a rate needs it."""
    return format_currency(
        exact(amount),
        settings.REAL_WORLD_CURRENCY_CODE,
        locale=Locale.parse(language),
        decimal_quantization=False,
    )


def number(value: float, language: str) -> str:
    return format_decimal(value, locale=Locale.parse(language))


def duration(seconds: float, language: str) -> str:
    """A length of time in words: in minutes if it is whole minutes, else in seconds."""
    granularity = "second" if seconds % 60 else "minute"
    # A threshold that is never reached keeps the unit: "90 seconds", "75 minutes".
    return format_timedelta(
        timedelta(seconds=seconds),
        granularity=granularity,
        threshold=1_000_000,
        locale=Locale.parse(language),
    )


def direction(language: str) -> str:
    """``ltr`` or ``rtl``."""
    return Locale.parse(language).text_direction


def page_words(language: str, file: str, page: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of one page, with ``values`` filled in, ready for HTML."""
    return content.to_html(content.fill(content.words(language, file).get(page, {}), values))


def session_values(config: Mapping[str, Any], language: str) -> dict[str, str]:
    """What every text may quote about a session."""
    timed = ("baseline_seconds", "task_seconds", "voluntary_seconds")
    total = sum(config[name] for name in timed) + READING_SECONDS
    return {
        "fee": currency(config["participation_fee"], language),
        "piece_rate": currency(config["piece_rate"], language),
        "donation_rate": currency(config["donation_rate"], language),
        "practice_items": number(config["practice_items"], language),
        "baseline_minutes": duration(config["baseline_seconds"], language),
        "task_minutes": duration(config["task_seconds"], language),
        "voluntary_minutes": duration(config["voluntary_seconds"], language),
        "total_minutes": duration(60 * round(total / 60), language),
    }
