"""Texts, numbers and money in the language of a participant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal
from otree import settings

from study.pay import Number, exact
from study.study import Study


def currency(amount: Number, language: str) -> str:
    """An amount in the laboratory's currency: to the cent, and beyond if a rate needs it."""
    return str(
        format_currency(
            exact(amount),
            settings.REAL_WORLD_CURRENCY_CODE,
            locale=Locale.parse(language),
            decimal_quantization=False,
        )
    )


def number(value: float, language: str) -> str:
    return str(format_decimal(value, locale=Locale.parse(language)))


def duration(seconds: float, language: str) -> str:
    """A length of time in words: in minutes if it is whole minutes, else in seconds."""
    granularity = "second" if seconds % 60 else "minute"
    # A threshold that is never reached keeps the unit: "90 seconds", "75 minutes".
    return str(
        format_timedelta(
            timedelta(seconds=seconds),
            granularity=granularity,
            threshold=1_000_000,
            locale=Locale.parse(language),
        )
    )


def direction(language: str) -> str:
    """``ltr`` or ``rtl``."""
    return str(Locale.parse(language).text_direction)


def session_values(study: Study, config: Mapping[str, Any], language: str) -> dict[str, str]:
    """What every text may quote about a session, by name (`Study.quotable`)."""
    found = {"total_minutes": duration(60 * round(study.minutes(config)), language)}
    if study.pay is not None:
        found["fee"] = currency(config["participation_fee"], language)
    for name, parameter in study.quotable.items():
        if parameter.endswith("_seconds"):
            found[name] = duration(config[parameter], language)
        elif parameter.endswith(("_rate", "_amount")):
            found[name] = currency(config[parameter], language)
        elif parameter:
            found[name] = number(config[parameter], language)
    return found
