"""What to look at before an estimate is believed: who is missing, balance, scales, odd answers.

One file each. ``attrition``, ``balance`` and ``lee_bounds`` return the tidy frame of the
estimators; the others return a number or a plain table for a person to judge. None of them
removes anybody.
"""

from analysis.diagnostics.answer_patterns import suspicious_patterns
from analysis.diagnostics.attrition import attrition
from analysis.diagnostics.balance import balance
from analysis.diagnostics.cronbach_alpha import cronbach_alpha
from analysis.diagnostics.lee_bounds import lee_bounds

__all__ = [
    "attrition",
    "balance",
    "cronbach_alpha",
    "lee_bounds",
    "suspicious_patterns",
]
