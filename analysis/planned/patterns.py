"""Several claims as one: the parts of conjunctions, and patterns over all families of a plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.inference import claims
from analysis.inference.claims import CLAIMS
from analysis.planned.tables import Table, choices

if TYPE_CHECKING:
    from analysis.planned.plan import Plan

PART = re.compile(r"^(?:(\w+)\(([\w.-]+)\)|([\w.-]+))$")
"""A part of a conjunction or a pattern: ``H7``, as it is claimed, or ``none(H4)``."""

AGAINST = {
    "below": "has an interval wholly below its smallest effect of interest",
    "matters": "shows a difference that matters",
}
"""By name: what contradicts a pattern."""


@dataclass(frozen=True)
class Part:
    """A part of a conjunction or a pattern: a claim about the contrast of a hypothesis."""

    hypothesis: str
    claim: str


@dataclass(frozen=True)
class Pattern:
    """One finding made of the claims of several families, on the first primary outcome.

    ``won`` if all of these parts hold: the largest of their unadjusted p-values is below the
    level, signs as claimed. ``contradicted`` if one of those holds. Otherwise undecided.
    """

    name: str
    statement: str
    won: tuple[Part, ...]
    contradicted: tuple[Part, ...] = ()


def read_parts(
    entry: Table, key: str, words: Collection[str], example: str, *, alone: bool = True
) -> tuple[Part, ...]:
    """The parts that ``key`` names: claims, each one of ``words``, about hypotheses.

    ``alone``: a hypothesis may stand without a claim. ``example`` is shown in refusals.
    """
    written = entry.raw(key)
    least, number = (2, "two hypotheses or more") if key == "all" else (1, "hypotheses")
    if not isinstance(written, list) or len(written) < least:
        entry.refuse(key, f"{key} must name {number}: {example}.")
    found = []
    for text in written:
        match = PART.match(text) if isinstance(text, str) else None
        if match is None or match[1] not in (*words, *([None] if alone else [])):
            said = "neither the id of a hypothesis nor a claim about one"
            entry.refuse(
                key,
                f"{text!r} is {said if alone else 'no claim about a hypothesis'}, as in {example}."
                f"{choices('', [*words])}",
            )
        found.append(Part(match[2] or match[3], match[1] or ""))
    return tuple(found)


def known_parts(entry: Table, key: str, parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """``parts`` once their hypotheses were found, with the claims of those that stand alone."""
    single = {each.id: each for each in plan.hypotheses if not each.all}
    for part in parts:
        if part.hypothesis not in single:
            names = choices(part.hypothesis, tuple(single))
            entry.refuse(key, f"{key} names {part.hypothesis!r}.{names}")
        if single[part.hypothesis].joint and part.claim not in ("", "differs"):
            entry.refuse(key, f"{part.hypothesis} can only be claimed to differ.")
    return tuple(replace(p, claim=p.claim or single[p.hypothesis].claim) for p in parts)


def read_patterns(root: Table, plan: Plan) -> tuple[Pattern, ...]:
    """The ``[[patterns]]`` of a plan whose hypotheses and families were read."""
    found = []
    for entry in root.tables("patterns", "name", optional=True):
        entry.only(*Pattern.__dataclass_fields__)
        won = read_parts(entry, "won", CLAIMS, '["H7", "none(H4)"]')
        against: tuple[Part, ...] = ()
        if "contradicted" in entry.values:
            example = '["matters(H4)", "below(H7)"]'
            against = read_parts(entry, "contradicted", AGAINST, example, alone=False)
        pattern = Pattern(
            entry.text("name"),
            entry.text("statement"),
            known_parts(entry, "won", won, plan),
            known_parts(entry, "contradicted", against, plan),
        )
        _refuse_untested(entry, pattern, plan)
        found.append(pattern)
    return tuple(found)


def _refuse_untested(entry: Table, pattern: Pattern, plan: Plan) -> None:
    """A part is tested on the first primary outcome, and has what its word needs."""
    outcome = plan.primary.outcomes[0]
    holding = [family for family in plan.families if outcome in family.outcomes]
    tested = {name for family in holding for name in family.hypotheses}
    for key, parts in (("won", pattern.won), ("contradicted", pattern.contradicted)):
        for part in parts:
            each = plan.hypothesis(part.hypothesis)
            if each.id not in tested:
                entry.refuse(key, f"no family tests {each.id} on {outcome}.")
            if part.claim == "matters" and not each.sized:
                entry.refuse(
                    key, f"{each.id} is no claim of a difference between two arms or levels."
                )
            needs = part.claim in ("none", "exceeds", *AGAINST)
            if needs and np.isnan(plan.bound(each, outcome)):
                entry.refuse(key, f"{part.claim}({each.id}) needs a smallest_effect.")


# -------------------------------------------------------------------------- what the data say


class Shown(NamedTuple):
    """A part, its unadjusted p-value (NaN: it has none) and whether it holds."""

    part: Part
    p_value: float
    holds: bool


@dataclass(frozen=True)
class Judged:
    """A pattern, and which of its parts hold; ``verdict``: won, contradicted or undecided.

    ``decides`` is the part of ``won`` with the largest p-value.
    """

    pattern: Pattern
    verdict: str
    won: tuple[Shown, ...]
    contradicted: tuple[Shown, ...]

    @property
    def decides(self) -> Shown:
        return max(self.won, key=lambda shown: shown.p_value)


def judge(table: pd.DataFrame, plan: Plan) -> list[Judged]:
    """What the planned table of a study says of the patterns of its plan."""
    rows = table[table["experiment"] == plan.name]
    rows = rows[(rows["outcome"] == plan.primary.outcomes[0]) & (rows["verdict"] != "described")]
    tested = rows.set_index("hypothesis")
    found = []
    for pattern in plan.patterns:
        won, against = (
            tuple(_shown(part, dict(tested.loc[part.hypothesis]), plan) for part in parts)
            for parts in (pattern.won, pattern.contradicted)
        )
        verdict = "won" if all(shown.holds for shown in won) else "undecided"
        if any(shown.holds for shown in against):
            verdict = "contradicted"
        found.append(Judged(pattern, verdict, won, against))
    return found


def _shown(part: Part, row: Mapping[Any, Any], plan: Plan) -> Shown:
    if part.claim == "matters":
        return Shown(part, np.nan, row["difference"] == "matters")
    if part.claim == "below":
        return Shown(part, np.nan, row["conf_high"] < row["smallest_effect"])
    found = claimed(part, row, plan.outcomes[str(row["outcome"])].claim(part.claim))
    return Shown(part, found, bool(found < row["level"]))


def claimed(part: Part, row: Mapping[Any, Any], claim: str) -> float:
    """The unadjusted p-value of a part; 1 if its sign is not that of ``claim``, NaN without one.

    ``row`` is that of its hypothesis, ``claim`` the part's as it reads on the row's outcome.
    """
    p_value = row["p_value"]
    if not np.isnan(row["std_error"]):
        numbers = row["estimate"], row["std_error"], row["df"], row["smallest_effect"]
        p_value = claims.p_value(part.claim, *numbers)
    return claims.conjunction([(claim, row["estimate"], p_value)])
