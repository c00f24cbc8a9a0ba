"""What to look at before an estimate is believed: who is missing, balance, scales, odd answers.

One file each. ``attrition``, ``balance`` and ``lee_bounds`` return the tidy frame of the
estimators; the others return a number or a plain table for a person to judge. None of them
removes anybody.
"""

from analysis.diagnostics.answer_patterns import (
    focus_losses,
    implausibly_fast,
    pasted_answers,
    straight_lining,
    suspicious_patterns,
)
from analysis.diagnostics.attrition import attrition
from analysis.diagnostics.balance import balance
from analysis.diagnostics.cronbach_alpha import cronbach_alpha
from analysis.diagnostics.floor_ceiling import floor_ceiling
from analysis.diagnostics.lee_bounds import lee_bounds

__all__ = [
    "attrition",
    "balance",
    "cronbach_alpha",
    "floor_ceiling",
    "focus_losses",
    "implausibly_fast",
    "lee_bounds",
    "pasted_answers",
    "straight_lining",
    "suspicious_patterns",
]
