"""Income and education. The words of each are in the folder of its name; the wording is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steps.questions import Choice, given

INCOME = {
    "very_difficult": "finds it very difficult to live on present income",
    "difficult": "finds it difficult",
    "coping": "copes",
    "comfortable": "lives comfortably",
    "undisclosed": "prefers not to say",
}
BANDS = {
    "1": "lowest fifth of households",
    "2": "second fifth",
    "3": "middle fifth",
    "4": "fourth fifth",
    "5": "highest fifth",
    "undisclosed": "prefers not to say",
}
LEVELS = {
    "0": "no school, or less than primary school",
    "1": "primary school",
    "2": "lower secondary school",
    "3": "upper secondary school, or vocational training after it",
    "5": "short course of higher education",
    "6": "bachelor's degree or equivalent",
    "7": "master's degree or equivalent",
    "8": "doctorate",
}
LEVEL_SHARES = (0.01, 0.03, 0.08, 0.36, 0.14, 0.27, 0.09, 0.02)


@dataclass(frozen=True, eq=False)
class Income(Choice):
    """How the household gets by on its income: asked before anybody is paid.

    Source of the question: European Social Survey, household's feeling about its income.
    """

    about: str = "How the household lives on its present income."
    options: Mapping[str, str] = given(INCOME.items())
    shares: Mapping[str, float] = given(zip(INCOME, (0.06, 0.17, 0.42, 0.30, 0.05), strict=True))


@dataclass(frozen=True, eq=False)
class IncomeBand(Choice):
    """Fifth of household income; its number is the measure `income_level`.

    The cut points stand in the words of each language, with source and year; those that come with
    the platform are marked as samples.
    """

    about: str = "Net monthly income of the household, by fifths of the country's households."
    options: Mapping[str, str] = given(BANDS.items())
    shares: Mapping[str, float] = given(
        zip(BANDS, (0.17, 0.18, 0.18, 0.18, 0.17, 0.12), strict=True)
    )
    numbered: str = "income_level"


@dataclass(frozen=True, eq=False)
class Isced(Choice):
    """Highest education, by the levels of ISCED 2011 (UNESCO 2012); 4 is counted with 3.

    Its number is the measure `isced_level`. The certificates that belong to a level are named in
    each language; check them against the national mapping before a real study.
    """

    about: str = "Highest education completed, by level of ISCED 2011 (4 counted with 3)."
    options: Mapping[str, str] = given(LEVELS.items())
    shares: Mapping[str, float] = given(zip(LEVELS, LEVEL_SHARES, strict=True))
    numbered: str = "isced_level"
