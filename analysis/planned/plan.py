"""The pre-registered analysis of a study, from its `plan.toml`, checked against its design.

`estimate`, `report`, `power` and `preregister` all read the same `Plan`. A plan that names
something that does not exist, or that contradicts itself, is refused with its file and line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.inference.claims import CLAIMS
from analysis.planned.measured import before, measured_before, numeric_columns, one_before
from analysis.planned.patterns import Part, Pattern, known_parts, read_parts, read_patterns
from analysis.planned.tables import Table, choices, read_table
from analysis.planned.validity import Check, Sensitivity, read_checks, read_sensitivity
from study.finding import studies
from study.problems import shown
from study.study import Study

FILE = "plan.toml"
"""The plan of a study, in its folder."""

SESSION = "session_code"
"""The column that tells sessions apart."""

KINDS = {
    "continuous": "slopes by arm alone",
    "count": "the ratio of means by a count model with quasi-Poisson errors",
    "binary": "the odds ratio by a logit model",
    "bounded": "the rank test within blocks",
    "ceiling": "the share of participants at the highest value, by the same regression",
}
"""What an outcome is, and the robustness column that it gets beside the one with slopes by arm."""

ADJUSTMENTS = {
    "step_down": "closed step-down on the joint law of the estimates",
    "holm": "Holm's method",
    "bh": "Benjamini and Hochberg's method (false discovery rate)",
}
EXCLUSIONS = {
    "bots": "participants played by oTree's bots",
    "demo": "sessions created from the demo page",
    "pilot": "pilot sessions",
    "forced_arm": "participants whose arm was set by hand (force_arm)",
    "not_assigned": "participants who left before an arm was drawn",
}
ASSUMED = ("session_size", "session_correlation", "baseline_correlation", "attrition")
"""What a plan may assume for `power` (`analysis.simulation.power.Design`)."""


@dataclass(frozen=True)
class Outcome:
    """One outcome: how it is named in sentences, measured, and judged.

    Effects are in the column's own unit; ``scale`` turns that unit into ``unit`` (100 for shares
    shown in percentage points), in which differences are written; levels are written in
    ``level_unit``. ``smallest_effect`` is the smallest difference between arms that is of
    interest, ``smallest_interaction`` that between differences (0: nothing is said of their size).
    ``expected_sd`` is what the standard deviation within arms will be, for power (0: unknown).
    Where what a hypothesis says to increase shows as a decrease, the outcome is ``reversed``.
    ``drawn``: its distribution is drawn, as that of every primary outcome is.
    """

    name: str
    label: str
    phrase: str
    kind: str
    unit: str
    smallest_effect: float
    smallest_interaction: float = 0.0
    expected_sd: float = 0.0
    scale: float = 1.0
    level_unit: str = ""
    reversed: bool = False
    drawn: bool = False

    def claim(self, claim: str) -> str:
        """What a hypothesis' claim means on this outcome: on a ``reversed`` one, the contrary."""
        contrary = {"increase": "decrease", "decrease": "increase"}
        return contrary.get(claim, claim) if self.reversed else claim


@dataclass(frozen=True)
class Hypothesis:
    """One claim about one contrast, about several at once, or a conjunction of others.

    It compares ``treatment`` with ``control``; or is the ``interaction`` of two factors, of the
    first between these two levels where it has more; the effect of a ``factor``, between two of
    its levels or among all; an ``association`` with something measured before treatment; or
    ``all`` of several parts. With a ``moderator``, the comparison is of the outcome's slopes on
    it. ``weights`` are those of the arms, in the design's order, one row per contrast.
    ``covariates`` None: those of the plan. A ``descriptive`` one is not tested.
    """

    id: str
    statement: str
    claim: str
    treatment: str = ""
    control: str = ""
    interaction: tuple[str, ...] = ()
    factor: str = ""
    association: str = ""
    moderator: str = ""
    all: tuple[Part, ...] = ()
    smallest_effect: float | None = None
    covariates: tuple[str, ...] | None = None
    descriptive: bool = False
    weights: tuple[tuple[float, ...], ...] = ()

    @property
    def contrast(self) -> str:
        """What is compared, as a short label of the names in the data."""
        return self.label(_spaced, lambda factor, level: level)

    def label(self, word: Callable[[str], str], part: Callable[[str, str], str]) -> str:
        """What is compared; ``word`` names variables, ``part`` the levels of factors."""
        if self.all:
            return " and ".join(
                f"{part.claim}({part.hypothesis})" if part.claim == "none" else part.hypothesis
                for part in self.all
            )
        if self.association:
            return f"{word(self.association)} (association)"
        sides = [self.treatment, self.control]
        if of := self.factor or (self.interaction[0] if self.interaction else ""):
            sides = [part(of, level) for level in sides if level]
        shown = " vs ".join(sides) if self.treatment else "any level"
        if self.interaction:
            first, second = map(word, self.interaction)
            shown = f"{first} ({shown}) × {second}" if self.treatment else f"{first} × {second}"
        elif self.factor:
            shown = f"{word(self.factor)}: {shown}"
        return f"{word(self.moderator)} × ({shown})" if self.moderator else shown

    @property
    def term(self) -> str:
        """A short name of the estimate."""
        if self.all:
            return "conjunction"
        return self.association or ":".join(self.interaction) or self.treatment or self.factor

    @property
    def joint(self) -> bool:
        """Whether it claims something of several contrasts at once."""
        return len(self.weights) > 1

    @property
    def slope(self) -> str:
        """What a slope on it is claimed about, or nothing."""
        return self.association or self.moderator

    @property
    def vector(self) -> tuple[float, ...] | None:
        """The combination of arms that is claimed not to be 0, if that is what is claimed."""
        if self.joint or self.association or self.claim in ("none", "exceeds"):
            return None
        return self.weights[0]

    @property
    def compares(self) -> bool:
        """Whether it is the difference between the means of two arms, or of two levels."""
        return bool(self.control) and not self.interaction and not self.moderator

    @property
    def sized(self) -> bool:
        """Whether it claims such a difference, so that it is said whether that matters."""
        differs = self.claim in ("differs", "increase", "decrease")
        return self.compares and differs and not self.descriptive


def _spaced(name: str) -> str:
    return name.replace("_", " ")


@dataclass(frozen=True)
class Family:
    """Claims that are judged together: each of ``hypotheses`` (by id) on each outcome."""

    name: str
    outcomes: tuple[str, ...]
    hypotheses: tuple[str, ...] = ()
    adjustment: str = "step_down"


@dataclass(frozen=True)
class Plan:
    """The whole analysis of one study: what is estimated, how, on whom, and what counts as small.

    ``size`` is the planned number of analysed participants, ``looks`` the smaller numbers at which
    the outcomes are looked at before. ``by_arm`` are those of the ``covariates`` that have a slope
    in each arm. ``described`` outcomes are shown by arm and belong to no hypothesis. ``versions``
    is the column that tells the versions of a treatment apart, over which effects are compared.
    ``arms``, the levels of ``factors`` and what was ``measured`` are in words; ``levels`` name the
    arms of each level of a factor. ``limits`` say what the study cannot show. ``file`` is where it
    was read.
    """

    study: Study
    title: str
    question: str
    alpha: float
    power: float
    draws: int
    seed: int
    covariates: tuple[str, ...]
    by_arm: tuple[str, ...]
    session_effects: bool
    heterogeneity: tuple[str, ...]
    exclusions: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    described: tuple[str, ...]
    versions: str
    arms: Mapping[str, str]
    factors: Mapping[str, Mapping[str, str]]
    measured: Mapping[str, str]
    size: int
    looks: tuple[int, ...]
    levels: Mapping[str, Mapping[str, tuple[str, ...]]]
    assumed: Mapping[str, float]
    hypotheses: tuple[Hypothesis, ...] = ()
    families: tuple[Family, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    checks: tuple[Check, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()
    limits: tuple[str, ...] = ()
    file: Path | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The study's."""
        return self.study.name

    @property
    def primary(self) -> Family:
        return self.families[0]

    @property
    def first(self) -> tuple[Family, ...]:
        """The families on the primary outcomes, the primary one first."""
        return tuple(f for f in self.families if f.outcomes == self.primary.outcomes)

    @property
    def others(self) -> tuple[Family, ...]:
        """The families on secondary outcomes."""
        return tuple(family for family in self.families if family not in self.first)

    @property
    def judged(self) -> tuple[str, ...]:
        """The outcomes of all families."""
        names = (name for family in self.families for name in family.outcomes)
        return tuple(dict.fromkeys(names))

    @property
    def members(self) -> dict[str, tuple[str, ...]]:
        """For each factor of the design that is there or not, the arms in which it is."""
        named = {factor.name: self.levels[factor.name] for factor in self.study.factors}
        return {name: levels["1"] for name, levels in named.items() if set(levels) == {"0", "1"}}

    @property
    def comparisons(self) -> list[Hypothesis]:
        """The hypotheses that compare the means of two arms or levels, each comparison once."""
        found = {h.weights: h for h in reversed(self.hypotheses) if h.compares}
        return [h for h in self.hypotheses if found.get(h.weights) is h]

    @property
    def pairs(self) -> list[Hypothesis]:
        """Those that compare two arms."""
        return [each for each in self.comparisons if not each.factor]

    def hypothesis(self, name: str) -> Hypothesis:
        return next(each for each in self.hypotheses if each.id == name)

    def weights(self, hypothesis: Hypothesis) -> list[dict[str, float]]:
        """The arms that each of its contrasts compares, with their weights."""
        rows = (zip(self.study.names, row, strict=True) for row in hypothesis.weights)
        return [{arm: weight for arm, weight in row if weight} for row in rows]

    def word(self, name: str) -> str:
        """What a variable, or a value of one (``gender=woman``), is called in sentences."""
        name, _, value = name.partition("=")
        found = self.measured.get(name, _spaced(name))
        if not value:
            return found
        return f"{found}: {_spaced(self.study.columns[name].values.get(value, value))}"

    def label(self, hypothesis: Hypothesis) -> str:
        """What a hypothesis compares, in the words of plan and design."""
        return hypothesis.label(self.word, self._part)

    def _part(self, factor: str, level: str) -> str:
        """The part of the design that a level of a factor stands for; without one, the level."""
        parts = {
            self.study.arm(arm).parts.get(factor, level) for arm in self.levels[factor][level]
        }
        return parts.pop() if len(parts) == 1 else level

    def rows(self, family: Family) -> list[Hypothesis]:
        """What stands under each outcome of a family: tested, described, and conjunctions."""
        return [
            each
            for each in self.hypotheses
            if each.id in family.hypotheses
            or each.descriptive
            or (each.all and family == self.home(each))
        ]

    def home(self, each: Hypothesis) -> Family | None:
        """The first family that holds all parts of a conjunction, in which it is judged."""
        described = {h.id for h in self.hypotheses if h.descriptive}
        parts = {part.hypothesis for part in each.all} - described
        return next((f for f in self.families if parts <= set(f.hypotheses)), None)

    def bound(self, hypothesis: Hypothesis, outcome: str) -> float:
        """The smallest effect of interest of a hypothesis on an outcome; NaN: it has none."""
        if hypothesis.smallest_effect is not None:
            return hypothesis.smallest_effect
        if hypothesis.association or hypothesis.moderator or hypothesis.joint or hypothesis.all:
            return math.nan
        found = self.outcomes[outcome]
        if hypothesis.interaction:
            return found.smallest_interaction or math.nan
        return found.smallest_effect

    def sessions_in(self, data: pd.DataFrame) -> str | None:
        """The column of the sessions if they have effects in the regression and are known."""
        return SESSION if self.session_effects and SESSION in data.columns else None

    def covariates_in(self, data: pd.DataFrame) -> list[str]:
        """The covariates that are there and vary."""
        return [c for c in self.covariates if c in data.columns and data[c].nunique() > 1]

    def adjusts_for(self, hypothesis: Hypothesis) -> tuple[str, ...]:
        """The covariates of a hypothesis."""
        return self.covariates if hypothesis.covariates is None else hypothesis.covariates


def plans(files: Iterable[str | Path] = ()) -> dict[str, Plan]:
    """The plan of each study that has one, by the study's name, in the order of the studies.

    Each of ``files`` takes the place of the plan of the study that it names. Raises like
    `read_plan`, and `study.problems.DesignError` for a broken design.
    """
    found = {plan.name: plan for plan in map(read_plan, files)}
    for study in studies().values():
        path = study.folder / FILE
        if study.name not in found and path.is_file():
            found[study.name] = read_plan(path)
    return {name: found[name] for name in studies() if name in found}


def read_plan(path: str | Path) -> Plan:
    """The plan in the TOML file at ``path``.

    Raises ``AnalysisError`` with file and line when the file cannot be read, is not TOML, or says
    something that the study, its columns or the engine do not know.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise AnalysisError(f"{path}: the plan cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise AnalysisError(f"{path}: the plan is not UTF-8 text; save it as UTF-8.") from None
    return replace(parse_plan(text, shown(path)), file=path)


def parse_plan(text: str, name: str = "plan") -> Plan:
    """The plan in ``text``; ``name`` stands for the file in messages. Raises like `read_plan`."""
    root = read_table(text, name)
    root.only(*(key for key in Plan.__dataclass_fields__ if key != "file"))
    study = studies()[root.choice("study", tuple(studies()))]
    if not study.arms:
        root.refuse("study", f"the study {study.name} has no arms, so nothing can be compared.")
    outcomes = _outcomes(root.table("outcomes"), study)
    covariates = before(root, "covariates", study, words=True)
    size = root.whole("size", 4 * len(study.arms), 10_000_000)
    plan = Plan(
        study=study,
        title=root.text("title"),
        question=root.text("question"),
        alpha=root.number("alpha", 0, 0.5, "a number between 0 and 0.5"),
        power=root.number("power", 0.5, 1, "a number between 0.5 and 1"),
        draws=root.whole("draws", 99, 10_000_000),
        seed=root.whole("seed", 0, 2**32 - 1),
        covariates=covariates,
        by_arm=root.names("by_arm", covariates),
        session_effects=root.flag("session_effects", True),
        heterogeneity=before(root, "heterogeneity", study),
        exclusions=root.names("exclusions", tuple(EXCLUSIONS)),
        outcomes=outcomes,
        described=root.names("described", tuple(outcomes)),
        versions=root.choice("versions", tuple(study.columns), ""),
        arms=_words(root.table("arms"), tuple(study.names)),
        factors=_factors(root, study),
        measured=_measured(root, study),
        size=size,
        looks=_looks(root, size, len(study.arms)),
        levels=_levels(root, study),
        assumed=_assumed(root),
    )
    entries = list(root.tables("hypotheses", "id"))
    plan = replace(plan, hypotheses=tuple(_hypothesis(each, plan) for each in entries))
    placed = list(zip(entries, plan.hypotheses, strict=True))
    known = (replace(h, all=known_parts(entry, "all", h.all, plan)) for entry, h in placed)
    plan = replace(plan, hypotheses=tuple(known))
    families = tuple(_family(each, plan) for each in root.tables("families", "name"))
    _refuse_repeated_outcomes(root, families)
    plan = replace(plan, families=families)
    _check_claims(entries, plan)
    return replace(
        plan,
        patterns=read_patterns(root, plan),
        checks=read_checks(root, plan),
        sensitivity=read_sensitivity(root, plan),
        limits=_limits(root),
    )


# ---------------------------------------------------------------------------- from text to plan


def _outcomes(table: Table, study: Study) -> dict[str, Outcome]:
    known = numeric_columns(study)
    found = {}
    for name in table.values:
        entry = table.table(name)
        if name not in known:
            entry.refuse(None, f"there is no outcome {name!r}.{choices(name, sorted(known))}")
        found[name] = _outcome(entry, name)
    return found


def _outcome(entry: Table, name: str) -> Outcome:
    entry.only(*(field for field in Outcome.__dataclass_fields__ if field != "name"))

    def above_0(key: str, default: float | None = None) -> float:
        return entry.number(key, 0, math.inf, "a number above 0", default=default)

    return Outcome(
        name=name,
        label=entry.text("label"),
        phrase=entry.text("phrase"),
        kind=entry.choice("kind", tuple(KINDS)),
        unit=entry.text("unit"),
        smallest_effect=above_0("smallest_effect"),
        smallest_interaction=above_0("smallest_interaction", 0.0),
        expected_sd=above_0("expected_sd", 0.0),
        scale=above_0("scale", 1.0),
        level_unit=entry.text("level_unit", default=entry.text("unit")),
        reversed=entry.flag("reversed", False),
        drawn=entry.flag("drawn", False),
    )


def _looks(entry: Table, size: int, arms: int) -> tuple[int, ...]:
    looks = entry.values.get("looks", [])
    whole = isinstance(looks, list) and all(
        isinstance(n, int) and not isinstance(n, bool) and 4 * arms <= n < size for n in looks
    )
    if not whole or sorted(set(looks)) != looks:
        entry.refuse(
            "looks",
            f"looks is {looks!r}, but must be rising whole numbers of participants from "
            f"{4 * arms} to below size, which is {size}.",
        )
    return tuple(looks)


def _words(entry: Table, names: Iterable[str]) -> dict[str, str]:
    """A text for each of ``names``, and nothing else."""
    entry.only(*names)
    return {name: entry.text(name) for name in names}


def _factors(root: Table, study: Study) -> dict[str, dict[str, str]]:
    """The levels of the design's factors in words."""
    if not study.factors:
        return {}
    table = root.table("factors")
    table.only(*(factor.name for factor in study.factors))
    return {f.name: _words(table.table(f.name), f.levels(study)) for f in study.factors}


def _measured(root: Table, study: Study) -> dict[str, str]:
    table = root.table("measured", optional=True)
    table.only(*measured_before(study, words=True))
    return {name: table.text(name) for name in table.values}


def _limits(root: Table) -> tuple[str, ...]:
    """What the study cannot show, in sentences."""
    said = root.values.get("limits", [])
    if not isinstance(said, list) or not all(isinstance(each, str) and each for each in said):
        root.refuse("limits", f'limits is {said!r}, but must be a list of sentences: ["…"].')
    return tuple(said)


def _assumed(root: Table) -> dict[str, float]:
    """What `power` assumes instead of its own values."""
    table = root.table("assumed", optional=True)
    table.only(*ASSUMED)
    numbers = (name for name in table.values if name != "session_size")
    found = {name: table.number(name, -1, 1, "a number above -1 and below 1") for name in numbers}
    if "session_size" in table.values:
        found["session_size"] = table.whole("session_size", 1, 10_000_000)
    return found


def _levels(entry: Table, study: Study) -> dict[str, dict[str, tuple[str, ...]]]:
    """The arms of each level of each factor: those of the design, and those named in the plan."""
    found = {
        factor.name: {level: tuple(arms) for level, arms in factor.levels(study).items()}
        for factor in study.factors
    }
    table = entry.table("levels", optional=True)
    for name in table.values:
        factor = table.table(name)
        found[name] = {
            level: factor.names(level, tuple(study.names), empty=False) for level in factor.values
        }
        held = [arm for arms in found[name].values() for arm in arms]
        if len(found[name]) < 2 or len(set(held)) != len(held):
            table.refuse(name, f"{name} needs two levels or more, and no arm in two of them.")
    return found


# ---------------------------------------------------------------------------------- hypotheses

FORMS = ("treatment", "interaction", "factor", "association", "all")


def _hypothesis(entry: Table, plan: Plan) -> Hypothesis:
    known = tuple(f for f in Hypothesis.__dataclass_fields__ if f != "weights")
    if "expected" in entry.values:
        entry.refuse("expected", f"'expected' is called 'claim' now.{choices('', tuple(CLAIMS))}")
    entry.only(*known)
    forms = [form for form in FORMS if form in entry.values]
    if "treatment" in forms and {"factor", "interaction"} & set(forms):
        forms.remove("treatment")
    if len(forms) != 1:
        said = " and ".join(forms) or "none of them"
        entry.refuse(
            None, f"a hypothesis has one of {', '.join(FORMS)} (with control); this has {said}."
        )
    form = forms[0]
    both = ("treatment", "control")
    own = {"treatment": ("control",), "factor": both, "interaction": both}.get(form, ())
    for key in ("treatment", "control"):
        if key in entry.values and key != form and key not in own:
            entry.refuse(key, f"a hypothesis has {form} or {key}, not both.")
    hypothesis = Hypothesis(
        id=entry.text("id"),
        statement=entry.text("statement"),
        claim="differs" if form == "all" else entry.choice("claim", tuple(CLAIMS)),
        smallest_effect=entry.number("smallest_effect", 0, math.inf, "a number above 0")
        if "smallest_effect" in entry.values
        else None,
        covariates=before(entry, "covariates", plan.study, words=True)
        if "covariates" in entry.values
        else None,
        descriptive=entry.flag("descriptive", False),
    )
    if form == "all":
        for key in ("claim", "smallest_effect", "covariates", "descriptive", "moderator"):
            if key in entry.values:
                entry.refuse(key, f"a conjunction has no {key}; its parts have.")
        parts = read_parts(entry, "all", CLAIMS, '["none(H4)", "H7"]')
        return replace(hypothesis, all=parts)
    if form == "association":
        return replace(hypothesis, association=one_before(entry, "association", plan.study))
    hypothesis = _compared(entry, form, hypothesis, plan)
    if hypothesis.joint and hypothesis.claim != "differs":
        entry.refuse("claim", "a claim about several contrasts at once must be 'differs'.")
    if "moderator" in entry.values:
        hypothesis = replace(hypothesis, moderator=one_before(entry, "moderator", plan.study))
    return hypothesis


def _compared(entry: Table, form: str, hypothesis: Hypothesis, plan: Plan) -> Hypothesis:
    """The hypothesis with what it compares, and the weights of the arms."""
    arms = tuple(plan.study.names)
    if form == "interaction":
        return _interacting(entry, hypothesis, plan)
    levels: Mapping[str, tuple[str, ...]] = {arm: (arm,) for arm in arms}
    factor = ""
    if form == "factor":
        if not plan.levels:
            entry.refuse("factor", f"{plan.name} has no factors and names no levels.")
        factor = entry.choice("factor", tuple(plan.levels))
        levels = plan.levels[factor]
        if "treatment" not in entry.values and "control" not in entry.values:
            first, *others = levels
            rows = tuple(_difference(arms, levels[each], levels[first]) for each in others)
            return replace(hypothesis, factor=factor, weights=rows)
    treatment = entry.choice("treatment", tuple(levels))
    control = entry.choice("control", tuple(levels))
    _refuse_alike(entry, treatment, control)
    row = _difference(arms, levels[treatment], levels[control])
    return replace(hypothesis, factor=factor, treatment=treatment, control=control, weights=(row,))


def _difference(arms: Sequence[str], high: Sequence[str], low: Sequence[str]) -> tuple[float, ...]:
    """Weights of the mean of the arms ``high`` less the mean of the arms ``low``."""
    return tuple((arm in high) / len(high) - (arm in low) / len(low) for arm in arms)


def _interacting(entry: Table, hypothesis: Hypothesis, plan: Plan) -> Hypothesis:
    """The difference that the second factor makes to the effect of the first."""
    if not plan.study.factors:
        entry.refuse("interaction", f"{plan.name} has no factors that could interact.")
    factors = entry.names("interaction", tuple(f.name for f in plan.study.factors), empty=False)
    if len(factors) != 2:
        entry.refuse("interaction", "interaction must name two factors.")
    first, second = (plan.levels[name] for name in factors)
    if len(second) > 2:
        entry.refuse("interaction", f"{factors[1]} has more than two levels; name it first.")
    low, high, *_ = first
    if len(first) > 2 or {"treatment", "control"} & set(entry.values):
        high, low = (entry.choice(key, tuple(first)) for key in ("treatment", "control"))
        hypothesis = replace(hypothesis, treatment=high, control=low)
    _refuse_alike(entry, high, low)
    without, with_ = second.values()
    cells = [
        [a for a in first[at] if a in arms] for arms in (with_, without) for at in (high, low)
    ]
    if not all(cells):
        entry.refuse("interaction", f"not every combination of {' and '.join(factors)} is an arm.")
    more, less = (_difference(plan.study.names, *cells[at : at + 2]) for at in (0, 2))
    row = tuple(a - b for a, b in zip(more, less, strict=True))
    return replace(hypothesis, interaction=factors, weights=(row,))


def _refuse_alike(entry: Table, treatment: str, control: str) -> None:
    if treatment == control:
        entry.refuse("control", f"treatment and control are both {control!r}.")


def _check_claims(entries: Sequence[Table], plan: Plan) -> None:
    """A conjunction is judged in a family, and a claim against a smallest effect has one."""
    claims = {each.id: {each.claim} for each in plan.hypotheses}
    for each in plan.hypotheses:
        for part in each.all:
            claims[part.hypothesis] |= {part.claim}
    for place, each in zip(entries, plan.hypotheses, strict=True):
        if each.all and plan.home(each) is None:
            place.refuse("all", f"no family holds all parts of {each.id}.")
        for family in plan.families:
            if each not in plan.rows(family) or each.all:
                continue
            for outcome in family.outcomes:
                bound = plan.bound(each, outcome)
                if "exceeds" in claims[each.id] and plan.outcomes[outcome].reversed:
                    place.refuse(
                        "claim", f"{each.id} claims 'exceeds', but {outcome} is reversed."
                    )
                if claims[each.id] & {"none", "exceeds"} and np.isnan(bound):
                    place.refuse("claim", f"this claim of {each.id} needs a smallest_effect.")


# ------------------------------------------------------------------------------------ families


def _family(entry: Table, plan: Plan) -> Family:
    entry.only(*Family.__dataclass_fields__)
    tested = tuple(h.id for h in plan.hypotheses if not h.all and not h.descriptive)
    if not tested:
        entry.refuse(None, "every hypothesis is descriptive, so there is nothing to test.")
    named = entry.names("hypotheses", tested, empty=False) if "hypotheses" in entry.values else ()
    return Family(
        name=entry.text("name"),
        outcomes=entry.names("outcomes", tuple(plan.outcomes), empty=False),
        hypotheses=named or tested,
        adjustment=entry.choice("adjustment", tuple(ADJUSTMENTS), "step_down"),
    )


def _refuse_repeated_outcomes(entry: Table, families: Sequence[Family]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for place, family in zip(entry.tables("families"), families, strict=True):
        for outcome in family.outcomes:
            for hypothesis in family.hypotheses:
                if (outcome, hypothesis) in seen:
                    other = seen[outcome, hypothesis]
                    place.refuse(
                        "outcomes",
                        f"{hypothesis} on {outcome!r} is already in the family {other!r}.",
                    )
                seen[outcome, hypothesis] = family.name
