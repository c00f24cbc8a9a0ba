"""One plain sentence per hypothesis, made from the estimates and no bolder than they are."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.plan import ExperimentPlan, Hypothesis, Outcome, Plan
from analysis.report.estimates import places_by_outcome
from analysis.report.numbers import interval, number, p_statement


@dataclass(frozen=True)
class Finding:
    """What the data say about one hypothesis on one outcome.

    ``verdict`` is a key of `VERDICTS`; ``sentence`` is the answer, ``detail`` how far to trust it.
    """

    hypothesis: Hypothesis
    outcome: Outcome
    verdict: str
    sentence: str
    detail: str


VERDICTS = {
    "evidence": "Evidence for it",
    "opposite": "Evidence of the opposite",
    "difference": "Evidence of a difference",
    "small": "No evidence; larger effects unlikely",
    "open": "No evidence; not settled",
    "missing": "Not estimated",
}
"""What each verdict is called in the report."""


def findings(
    estimates: pd.DataFrame, planned: ExperimentPlan, plan: Plan, family: str
) -> list[Finding]:
    """The findings on one family of tests, in the order of the estimates."""
    hypotheses = {each.id: each for each in planned.hypotheses}
    places = places_by_outcome(estimates, plan)
    return [
        _finding(row, hypotheses[row["hypothesis"]], planned, plan, places[row["outcome"]])
        for row in estimates[estimates["family"] == family].to_dict("records")
    ]


def verdict(row: dict[Hashable, Any], hypothesis: Hypothesis, alpha: float) -> str:
    """The key of `VERDICTS` that an estimate deserves."""
    if pd.isna(row["estimate"]):
        return "missing"
    if row["p_adjusted"] < alpha:
        signs = {"increase": 1, "decrease": -1}
        expected = signs.get(hypothesis.expected)
        if expected is None:
            return "difference"
        return "evidence" if expected * row["estimate"] > 0 else "opposite"
    return "small" if row["p_equivalence"] < alpha else "open"


def _finding(
    row: dict[Hashable, Any],
    hypothesis: Hypothesis,
    planned: ExperimentPlan,
    plan: Plan,
    places: int,
) -> Finding:
    outcome = plan.outcomes[row["outcome"]]
    reached = verdict(row, hypothesis, plan.alpha)
    if reached == "missing":
        sentence = f"The data do not allow an estimate for {outcome.phrase}."
        return Finding(hypothesis, outcome, reached, sentence, "See the departures from the plan.")
    amount = Amount(row, outcome, plan, places)
    if reached in ("small", "open"):
        sentence = _no_evidence(amount, hypothesis, planned)
        detail = _how_small(amount, reached)
    else:
        sentence = _some_evidence(amount, hypothesis, planned)
        detail = _how_large(amount)
    return Finding(hypothesis, outcome, reached, sentence, f"{detail} {_tests(amount)}")


class Amount:
    """The numbers of one estimate, written in the outcome's unit."""

    def __init__(
        self, row: dict[Hashable, Any], outcome: Outcome, plan: Plan, places: int
    ) -> None:
        self.row, self.outcome, self.plan, self.places = row, outcome, plan, places

    def value(self, column: str) -> float:
        return float(self.row[column]) * self.outcome.scale

    def size(self) -> str:
        """The estimate without its sign, with its unit."""
        return f"{number(abs(self.value('estimate')), self.places)} {self.unit()}"

    def unit(self) -> str:
        return self.outcome.unit

    def direction(self) -> str:
        return "higher" if self.row["estimate"] >= 0 else "lower"

    def interval(self) -> str:
        level = f"{100 * (1 - self.plan.alpha):g}%"
        text = interval(self.value("conf_low"), self.value("conf_high"), self.places)
        return f"{level} confidence interval {text}"

    def text(self, column: str) -> str:
        return number(self.value(column), self.places)


def _parenthesis(amount: Amount) -> str:
    p_value = p_statement(amount.row["p_adjusted"])
    return f"({amount.interval()}; adjusted {p_value})"


def _some_evidence(amount: Amount, hypothesis: Hypothesis, planned: ExperimentPlan) -> str:
    phrase = amount.outcome.phrase
    if hypothesis.interaction:
        first, second = (planned.factors[name] for name in hypothesis.interaction)
        return (
            f"The effect of {first} on {phrase} was estimated to be {amount.size()} "
            f"{amount.direction()} with {second} than without {_parenthesis(amount)}."
        )
    treatment, control = planned.arms[hypothesis.treatment], planned.arms[hypothesis.control]
    return (
        f"With {treatment}, {phrase} was estimated to be {amount.size()} {amount.direction()} "
        f"than with {control} {_parenthesis(amount)}."
    )


def _no_evidence(amount: Amount, hypothesis: Hypothesis, planned: ExperimentPlan) -> str:
    phrase = amount.outcome.phrase
    if hypothesis.interaction:
        first, second = (planned.factors[name] for name in hypothesis.interaction)
        return (
            f"{_hedge(amount)} no evidence that the effect of {first} on {phrase} depends on "
            f"{second}: it was estimated to be {amount.size()} {amount.direction()} with {second} "
            f"than without {_parenthesis(amount)}."
        )
    treatment, control = planned.arms[hypothesis.treatment], planned.arms[hypothesis.control]
    return (
        f"{_hedge(amount)} no evidence that {phrase} differs between {treatment} and {control}: "
        f"with the former it was estimated to be {amount.size()} {amount.direction()} "
        f"{_parenthesis(amount)}."
    )


def _hedge(amount: Amount) -> str:
    """How a null begins: whoever sees an interval without 0 must be told why it is one."""
    if amount.row["p_value"] >= amount.plan.alpha:
        return "There is"
    if amount.row["adjustment"] == "westfall_young" and amount.row["control"]:
        return "In the permutation test that adjusts for the number of tests, there is"
    return "After adjustment for the number of tests, there is"


def _how_large(amount: Amount) -> str:
    bound = f"{amount.text('smallest_effect')} {amount.unit()}"
    nearest = min(abs(amount.row["conf_low"]), abs(amount.row["conf_high"]))
    if nearest >= amount.row["smallest_effect"]:
        return f"The whole interval lies beyond the smallest effect of interest ({bound})."
    farthest = max(abs(amount.row["conf_low"]), abs(amount.row["conf_high"]))
    if farthest < amount.row["smallest_effect"]:
        return f"The whole interval lies below the smallest effect of interest ({bound})."
    return (
        "Whether the effect is as large as the smallest effect of interest "
        f"({bound}) is not settled."
    )


def _how_small(amount: Amount, reached: str) -> str:
    bound = f"{amount.text('smallest_effect')} {amount.unit()}"
    test = f"equivalence test {p_statement(amount.row['p_equivalence'])}"
    detectable = f"{amount.text('minimum_detectable_effect')} {amount.unit()}"
    power = f"{100 * amount.plan.power:g}%"
    judged = (
        f"The data speak against an effect of {bound} or more in either direction ({test})."
        if reached == "small"
        else f"Effects of {bound}, the smallest of interest, cannot be excluded ({test})."
    )
    return (
        f"{judged} Before adjustment for the number of tests, an effect of {detectable} would "
        f"have been detected with {power} power."
    )


def _tests(amount: Amount) -> str:
    size = f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{amount.row['n']}"
    robust = f"Unadjusted {p_statement(amount.row['p_value'])}"
    if pd.isna(amount.row["p_randomization"]):
        return f"{robust}; {size}."
    randomization = p_statement(amount.row["p_randomization"])
    return f"{robust}, randomization test {randomization}; {size}."
