"""Numbers and lists as a reader wants them: as precise as they are, and no more."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"


def decimals(error: float) -> int:
    """Decimals that show two significant digits of an error, at most three."""
    if not math.isfinite(error) or error <= 0:
        return 2
    return min(3, max(0, 1 - math.floor(math.log10(error))))


def number(value: float | None, places: int = 2) -> str:
    """``value`` with ``places`` decimals and a true minus sign; a dash if there is none."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:,.{places}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def shortest(value: float, most: int) -> str:
    """``value`` with as few decimals as it needs, at most ``most``."""
    fewest = (places for places in range(most) if round(value, places) == round(value, most))
    return number(value, next(fewest, most))


def interval(low: float, high: float, places: int = 2) -> str:
    """``low to high``, which stays readable with negative numbers."""
    if math.isnan(low) or math.isnan(high):
        return MISSING
    return f"{number(low, places)} to {number(high, places)}"


def p_value(value: float | None) -> str:
    """Three decimals, or ``< 0.001``."""
    if value is None or math.isnan(value):
        return MISSING
    return "<\N{NO-BREAK SPACE}0.001" if value < 0.001 else f"{value:.3f}"


def p_statement(value: float) -> str:
    """``p = 0.012`` or ``p < 0.001``."""
    text = p_value(value)
    return (
        f"p\N{NO-BREAK SPACE}{text}"
        if text.startswith("<")
        else f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{text}"
    )


def percent(share: float | None, places: int = 0) -> str:
    """A share as a percentage."""
    if share is None or math.isnan(share):
        return MISSING
    return f"{number(100 * share, places)}%"


def counted(count: int, one: str, several: str | None = None) -> str:
    """``1 participant``, ``2 participants``."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(names: list[str]) -> str:
    """``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
