"""One plain sentence per hypothesis, made from the estimates and no bolder than they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.inference.claims import DIFFERENCES, size
from analysis.planned.estimate import cells_of
from analysis.planned.plan import Family, Hypothesis, Outcome, Plan
from analysis.report.units import Row, Units, confidence
from analysis.words import interval, listed, number, p_statement

VERDICTS = {
    "won": "Evidence for it",
    "carried": "Evidence for it, as part of a conjunction",
    "difference": "Evidence of a difference",
    "opposite": "Evidence of the opposite",
    "open": "Not settled",
    "described": "Described, not tested",
    "missing": "Not estimated",
}
"""What each verdict of the table is called."""

CLAIMED = ("won", "carried", "difference", "opposite")
"""The verdicts that say something of the world."""

LABELS = {**VERDICTS, "smaller": "No evidence; larger effects unlikely", "null": "Not shown"}
"""What each kind of finding is called in the report."""


@dataclass(frozen=True)
class Finding:
    """What the data say about one hypothesis on one outcome.

    ``verdict`` is a key of `VERDICTS`, ``label`` what it is called here, ``kind`` how it looks;
    ``sentence`` is the answer, ``detail`` how far to trust it.
    """

    hypothesis: Hypothesis
    outcome: Outcome
    verdict: str
    label: str
    kind: str
    sentence: str
    detail: str


def findings(estimates: pd.DataFrame, plan: Plan, families: Sequence[Family]) -> list[Finding]:
    """The findings on ``families`` of claims, in the order of the estimates."""
    units = Units(estimates, plan)
    names = [family.name for family in families]
    rows = cells_of(estimates[estimates["family"].isin(names)])
    return [_finding(_Row(row, units)) for row in rows]


def _finding(row: _Row) -> Finding:
    verdict, kind = str(row.values["verdict"]), _kind(row)
    sentence, detail = _told(row, verdict)
    label = _label(row, kind)
    return Finding(row.hypothesis, row.outcome, verdict, label, kind, sentence, detail)


def _told(row: _Row, verdict: str) -> tuple[str, str]:
    """The answer, and how far to trust it."""
    if verdict == "missing":
        answer = f"The data do not allow an estimate for {row.outcome.phrase}."
        return answer, "See the departures from the plan."
    if row.hypothesis.all:
        return _conjunction(row), row.tests()
    if verdict == "described":
        return f"{row.opened()} ({row.interval()}).", row.tests()
    details = [_size(row), row.power() if verdict == "open" else "", row.tests()]
    if verdict == "carried":
        details.insert(0, "Its own adjusted p-value does not show it; the conjunction does.")
    return _sentence(row), " ".join(filter(None, details))


def _label(row: _Row, kind: str) -> str:
    """What a finding is called: where a difference alone is claimed, whether it matters."""
    if row.claim == "differs" and row.values["difference"]:
        return DIFFERENCES[str(row.values["difference"])]
    return LABELS[kind].replace("effect", row.noun)


def _kind(row: _Row) -> str:
    """How a finding looks: a verdict, or one of the ways to be open."""
    verdict = str(row.values["verdict"])
    if verdict != "open":
        return verdict
    if row.claim in ("none", "exceeds", "all"):
        return "null"
    return "smaller" if row.values["size"] == "smaller" else "open"


def _sentence(row: _Row) -> str:
    verdict, claim = row.values["verdict"], row.claim
    found = f"{row.opened()} {row.parenthesis()}"
    if claim in ("none", "exceeds"):
        bound = f"{row.text('smallest_effect')} {row.unit}"
        than, contrary, end = "more than", "less than", ""
        if claim == "none":
            than, contrary, end = "smaller than", "larger than", " in either direction"
        if verdict == "opposite":
            start = "There is evidence of the opposite:"
            return f"{start} {row.effect} is {contrary} {bound}. {found}."
        shown = verdict in ("won", "carried")
        start = "There is evidence that" if shown else "It is not shown that"
        return f"{start} {row.effect} is {than} {bound}{end}. {found}."
    if verdict in ("won", "difference", "opposite", "carried"):
        return f"{found}."
    return f"{row.hedge()} no evidence that {row.differs}. {found}."


def _conjunction(row: _Row) -> str:
    """A conjunction: which of its parts hold by themselves, and its p-value."""
    decides = str(row.values["term"]).removeprefix("decided by ")
    p_value = p_statement(row.values["p_adjusted"])
    names = listed([_part_name(part.claim, part.hypothesis) for part in row.hypothesis.all])
    if row.values["verdict"] == "won":
        return (
            f"All parts hold: {names}. The largest of their p-values, that of {decides}, decides "
            f"({p_value})."
        )
    return (
        f"It is not shown that all parts hold ({names}): what {decides} claims is not shown by "
        "itself."
    )


def _part_name(claim: str, hypothesis: str) -> str:
    names = {"none": "no difference that matters", "exceeds": "more than the smallest effect"}
    return f"{hypothesis} ({names.get(claim, claim)})"


def _size(row: _Row) -> str:
    """How the interval that holds with all others lies to the smallest effect of interest."""
    if row.hypothesis.joint or pd.isna(row.values["smallest_effect"]):
        return ""
    bound = f"{row.text('smallest_effect')} {row.unit}"
    ends = row.value("simultaneous_low"), row.value("simultaneous_high")
    together = interval(*ends, row.apart(*ends))
    within = f"The interval that holds together with all others of the family, {together},"
    if row.values["difference"] == "none":
        return (
            f"{DIFFERENCES['none']}, as is claimed of the same comparison: {_inside(row, bound)}."
        )
    if row.claim == "exceeds":
        return f"{within} is to be held against {bound}."
    if row.values["size"] == "larger":
        return f"{within} lies wholly beyond the smallest {row.noun} of interest ({bound})."
    if row.values["size"] == "smaller":
        return f"{within} lies wholly within the smallest {row.noun} of interest ({bound})."
    if row.values["difference"] in ("open", "undecided") and row.equivalent:
        return f"Before adjustment, {_inside(row, bound)}; that alone is no claim."
    if row.values["verdict"] == "open":
        return f"{within} does not exclude {row.noun}s of {bound}, the smallest of interest."
    if row.claim == "none":
        return f"{within} is wider than the 90% one by which this claim is tested."
    return (
        f"{within} leaves open whether the {row.noun} is as large as {bound}, the smallest of "
        "interest."
    )


def _inside(row: _Row, bound: str) -> str:
    low, high = row.value("equivalence_low"), row.value("equivalence_high")
    beyond = ", although it excludes 0" if low > 0 or high < 0 else ""
    return (
        f"the {row.level()} interval, {interval(low, high, row.apart(low, high))}, lies inside "
        f"{bound} in either direction{beyond}"
    )


class _Row:
    """The numbers of one estimate, written in its unit, and their words."""

    def __init__(self, values: Row, units: Units) -> None:
        self.values, self.units, self.plan = values, units, units.plan
        self.hypothesis = self.plan.hypothesis(str(values["hypothesis"]))
        self.outcome, self.unit = units.outcome(values), units.unit(values)
        self.claim = str(values["claim"])
        # What is estimated.
        self.noun = "association" if self.hypothesis.association else "effect"

    # --------------------------------------------------------------------------- numbers

    def value(self, column: str) -> float:
        return self.units.value(self.values, column)

    def text(self, column: str) -> str:
        return self.units.number(self.values, column)

    def apart(self, *values: float) -> int:
        """So many decimals that none of ``values`` looks like the smallest effect."""
        bound, least = self.value("smallest_effect"), self.units.places(self.values)
        for places in range(least, least + 3):
            if number(bound, places) not in [number(abs(value), places) for value in values]:
                return places
        return least + 3

    @property
    def equivalent(self) -> bool:
        """Whether the interval of the equivalence test lies inside the smallest effect."""
        ends = self.value("equivalence_low"), self.value("equivalence_high")
        return size(ends, self.value("smallest_effect")) == "smaller"

    def interval(self) -> str:
        return f"{confidence(self.plan)} confidence interval {self.units.interval(self.values)}"

    def level(self) -> str:
        """Of the interval of the equivalence test."""
        return f"{100 * (1 - 2 * float(self.values['level'])):.3g}%"

    def parenthesis(self) -> str:
        adjusted = f"adjusted {p_statement(self.values['p_adjusted'])}"
        if self.claim in ("none", "exceeds"):
            name = "equivalence test" if self.claim == "none" else "test against that bound"
            adjusted = f"{name}, {adjusted}"
        if self.hypothesis.joint:
            return f"({adjusted})"
        return f"({self.interval()}; {adjusted})"

    def power(self) -> str:
        """What could have been found; for a null, which bound could have been claimed."""
        if self.hypothesis.joint or pd.isna(self.values["equivalence_low"]):
            return ""
        if self.claim == "none":
            widest = max(abs(self.value("equivalence_low")), abs(self.value("equivalence_high")))
            return (
                "Before adjustment, the smallest bound that could have been claimed is "
                f"{number(widest, self.apart(widest))} {self.unit}."
            )
        return (
            f"Before adjustment for the number of tests, an {self.noun} of "
            f"{self.text('minimum_detectable_effect')} {self.unit} would have been detected with "
            f"{100 * self.plan.power:g}% power."
        )

    def tests(self) -> str:
        size = f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{int(self.values['n'])}"
        if self.hypothesis.all:
            return f"{size}."
        said = f"{p_statement(self.values['p_value'])} of no difference"
        if self.claim in ("none", "exceeds"):
            said = f"{p_statement(self.values['p_claim'])} of this claim; {said}"
        if not pd.isna(self.values["p_randomization"]):
            said += f", randomization test {p_statement(self.values['p_randomization'])}"
        return f"Unadjusted {said}; {size}."

    # ----------------------------------------------------------------------------- words

    def hedge(self) -> str:
        """How a null begins: whoever sees an interval without 0 must be told why it is one."""
        if self.values["p_claim"] >= self.values["level"]:
            return "There is"
        return "After adjustment for the number of tests, there is"

    def opened(self) -> str:
        """What was estimated, as the beginning of a sentence."""
        clause = self.clause()
        return clause[:1].upper() + clause[1:]

    def sizes(self) -> str:
        direction = "higher" if float(self.values["estimate"]) >= 0 else "lower"
        size = number(abs(self.value("estimate")), self.units.places(self.values))
        return f"{size} {self.unit} {direction}"

    def _sides(self) -> tuple[str, str]:
        """The two things compared, in words."""
        each = self.hypothesis
        if not each.factor:
            return self.plan.arms[each.treatment], self.plan.arms[each.control]
        return self._level(each.factor, each.treatment), self._level(each.factor, each.control)

    def _level(self, factor: str, level: str) -> str:
        """A level of a factor in words."""
        words = self.plan.factors.get(factor, {})
        return words.get(level, f"{factor.replace('_', ' ')} {level!r}")

    def _interacting(self) -> tuple[str, str, str]:
        """The level of the first factor whose effect is compared, and those of the second."""
        first, second = self.hypothesis.interaction
        *_, high = self.plan.levels[first]
        without, with_ = self.plan.levels[second]
        return (
            self._level(first, self.hypothesis.treatment or high),
            self._level(second, with_),
            self._level(second, without),
        )

    def clause(self) -> str:
        """What was estimated; true whatever its sign."""
        each, phrase = self.hypothesis, self.outcome.phrase
        if each.joint:
            count = len(each.weights)
            return (
                f"the {count} comparisons of {phrase} between the levels of "
                f"{each.factor.replace('_', ' ')} have a root mean square of "
                f"{self.text('estimate')} {self.unit}"
            )
        if each.association:
            return (
                f"with one standard deviation more of {self.plan.word(each.association)}, "
                f"{phrase} is {self.sizes()}, an association between two things that were both "
                "measured"
            )
        estimated = f"was estimated to be {self.sizes()}"
        if each.moderator:
            return (
                f"for each standard deviation more of {self.plan.word(each.moderator)}, the "
                f"difference in {phrase} between {self.compared} {estimated}"
            )
        if each.interaction:
            first, with_, without = self._interacting()
            return (
                f"the effect of {first} on {phrase} {estimated} with {with_} than with {without}"
            )
        high, low = self._sides()
        average = "averaged over the other factors, " if each.factor else ""
        return f"{average}with {high}, {phrase} {estimated} than with {low}"

    @property
    def compared(self) -> str:
        each = self.hypothesis
        if each.interaction:
            first, with_, without = self._interacting()
            return f"the effects of {first} with {with_} and with {without}"
        return " and ".join(self._sides())

    @property
    def effect(self) -> str:
        """The thing whose size is claimed."""
        each, phrase = self.hypothesis, self.outcome.phrase
        if each.association:
            return f"the association of {self.plan.word(each.association)} with {phrase}"
        change = ""
        if each.moderator:
            change = f" for each standard deviation of {self.plan.word(each.moderator)}"
        return f"the difference in {phrase} between {self.compared}{change}"

    @property
    def differs(self) -> str:
        """What a test of no difference found no evidence of."""
        each, phrase = self.hypothesis, self.outcome.phrase
        if each.joint:
            return f"{phrase} differs between the levels of {each.factor.replace('_', ' ')}"
        if each.association:
            return f"{phrase} goes with {self.plan.word(each.association)}"
        if each.interaction and not each.moderator:
            first, with_, without = self._interacting()
            return f"the effect of {first} on {phrase} differs between {with_} and {without}"
        if each.moderator:
            moderator = self.plan.word(each.moderator)
            return f"the difference in {phrase} between {self.compared} changes with {moderator}"
        return f"{phrase} differs between {self.compared}"
