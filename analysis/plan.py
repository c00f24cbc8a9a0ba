"""The pre-registered analysis, read from `plan.toml` and checked against what the data hold.

`report`, `power` and `preregister` all read the same `Plan`. A plan that names something that
does not exist, or that contradicts itself, is refused with its file and line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from analysis.derived import DERIVED
from analysis.errors import AnalysisError
from study import columns, toml
from study.experiments import EXPERIMENTS, Experiment

FILE = Path(__file__).with_name("plan.toml")

ESTIMATORS = ("difference_in_means", "lin")
SE_TYPES = ("HC2", "HC3", "classical")
KINDS = ("continuous", "count", "binary")
ADJUSTMENTS = ("holm", "bh", "westfall_young")
EXPECTATIONS = ("increase", "decrease", "none", "either")
EXCLUSIONS = {
    "bots": "participants played by oTree's bots",
    "demo": "sessions created from the demo page",
    "forced_arm": "participants whose arm was set by hand (force_arm)",
    "not_assigned": "participants who left before an arm was drawn",
}


@dataclass(frozen=True)
class Outcome:
    """One outcome: how it is named in sentences, measured, and judged.

    ``smallest_effect`` is in the column's own unit; ``scale`` turns that unit into ``unit``
    (100 for shares shown in percentage points), in which differences are written; levels are
    written in ``level_unit``.
    """

    name: str
    label: str
    phrase: str
    kind: str
    unit: str
    smallest_effect: float
    scale: float = 1.0
    level_unit: str = ""


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis: ``treatment`` against ``control``, or the ``interaction`` of two factors."""

    id: str
    statement: str
    expected: str
    treatment: str = ""
    control: str = ""
    interaction: tuple[str, ...] = ()

    @property
    def contrast(self) -> str:
        """What is compared, as a short label."""
        if self.interaction:
            return " × ".join(self.interaction)
        return f"{self.treatment} vs {self.control}"

    @property
    def term(self) -> str:
        """The name of the estimate in the tidy frame of the estimator."""
        return ":".join(self.interaction) if self.interaction else self.treatment


@dataclass(frozen=True)
class Family:
    """Tests that are judged together: every hypothesis of an experiment on each outcome."""

    name: str
    outcomes: tuple[str, ...]
    adjustment: str


@dataclass(frozen=True)
class ExperimentPlan:
    """The hypotheses of one experiment, its families of tests, its arms and factors in words."""

    name: str
    title: str
    question: str
    arms: Mapping[str, str]
    factors: Mapping[str, str]
    hypotheses: tuple[Hypothesis, ...]
    families: tuple[Family, ...]

    @property
    def primary(self) -> Family:
        return self.families[0]

    @property
    def outcomes(self) -> tuple[str, ...]:
        return tuple(name for family in self.families for name in family.outcomes)

    @property
    def design(self) -> Experiment:
        return EXPERIMENTS[self.name]


@dataclass(frozen=True)
class Plan:
    """The whole analysis: what is estimated, how, on whom, and what would count as small."""

    title: str
    alpha: float
    power: float
    estimator: str
    se_type: str
    draws: int
    seed: int
    covariates: tuple[str, ...]
    heterogeneity: tuple[str, ...]
    exclusions: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    experiments: Mapping[str, ExperimentPlan]


def load_plan(path: str | Path = FILE) -> Plan:
    """The plan in the TOML file at ``path``.

    Raises ``AnalysisError`` with file and line when the file cannot be read, is not TOML, or says
    something that the experiments, the columns or the estimators do not know.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise AnalysisError(f"{path}: the plan cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise AnalysisError(f"{path}: the plan is not UTF-8 text; save it as UTF-8.") from None
    return parse_plan(text, str(path))


def parse_plan(text: str, name: str = "plan") -> Plan:
    """The plan in ``text``; ``name`` stands for the file in messages. Raises like `load_plan`."""
    try:
        document = toml.loads(text)
    except toml.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        place = f"{name}:{line[1]}" if line else name
        raise AnalysisError(f"{place}: this is not valid TOML: {error}.") from None
    return _plan(_Table(document, _Source(name, _lines(text)), ()))


# ------------------------------------------------------------------------ where a value stands

_Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[{1,2})\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*["']?([\w-]+)["']?\s*=""")


def _lines(text: str) -> dict[_Path, int]:
    """The line on which each table and key of a TOML text starts."""
    found: dict[_Path, int] = {}
    counts: dict[_Path, int] = {}
    table: _Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _header_path(header[2], header[1] == "[[", counts)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def _header_path(name: str, is_list: bool, counts: dict[_Path, int]) -> _Path:
    parts = [part.strip().strip("\"'") for part in name.split(".")]
    path: _Path = ()
    for position, part in enumerate(parts, start=1):
        path = (*path, part)
        if is_list and position == len(parts):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


@dataclass(frozen=True)
class _Source:
    """The file, and the line of each of its keys."""

    name: str
    lines: Mapping[_Path, int]

    def place(self, path: _Path) -> str:
        """File and line of ``path``, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return f"{self.name}:{self.lines[path[:length]]}"
        return self.name


# ------------------------------------------------------------------------------ reading values


@dataclass(frozen=True)
class _Table:
    """A table of the plan that knows where it stands."""

    values: Mapping[str, Any]
    source: _Source
    path: _Path

    def refuse(self, key: str | None, problem: str) -> NoReturn:
        path = self.path if key is None else (*self.path, key)
        raise AnalysisError(f"{self.source.place(path)}: {problem}")

    def only(self, *allowed: str) -> None:
        for key in self.values:
            if key not in allowed:
                self.refuse(key, f"there is no key {key!r} here.{_choices(key, allowed)}")

    def raw(self, key: str, default: Any = None) -> Any:
        if key in self.values:
            return self.values[key]
        if default is None:
            where = ".".join(map(str, self.path)) or "the plan"
            self.refuse(None, f"{key!r} is missing in {where}.")
        return default

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw(key, default)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, f"{key} is {value!r}, but must be text in quotation marks.")
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in allowed:
            self.refuse(key, f"{key} is {value!r}.{_choices(value, allowed)}")
        return value

    def number(
        self, key: str, low: float, high: float, allowed: str, default: float | None = None
    ) -> float:
        value = self.raw(key, default)
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not low < value < high:
            self.refuse(key, f"{key} is {value!r}, but must be {allowed}.")
        return float(value)

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.raw(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(
                key, f"{key} is {value!r}, but must be a whole number from {low} to {high}."
            )
        return value

    def names(self, key: str, allowed: Sequence[str], *, empty: bool = True) -> tuple[str, ...]:
        value = self.raw(key, [] if empty else None)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(key, f'{key} is {value!r}, but must be a list of names: ["…", "…"].')
        if not value and not empty:
            self.refuse(key, f"{key} is empty, but needs at least one name.")
        for item in value:
            if item not in allowed:
                self.refuse(key, f"{key} names {item!r}.{_choices(item, allowed)}")
        if len(set(value)) != len(value):
            self.refuse(key, f"{key} names something twice: {', '.join(value)}.")
        return tuple(value)

    def table(self, key: str) -> _Table:
        value = self.raw(key)
        if not isinstance(value, dict):
            self.refuse(key, f"{key} is {value!r}, but must be a table: [{key}].")
        return _Table(value, self.source, (*self.path, key))

    def tables(self, key: str) -> Iterator[_Table]:
        value = self.raw(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, f"{key} must be tables written as [[…{key}]].")
        if not value:
            self.refuse(key, f"{key} is empty, but needs at least one table.")
        for index, item in enumerate(value):
            yield _Table(item, self.source, (*self.path, key, index))


def _choices(value: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(value, allowed, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{hint} Allowed: {', '.join(allowed)}."


# ---------------------------------------------------------------------------- from text to plan


def numeric_columns(experiment: str) -> tuple[str, ...]:
    """The columns of an experiment's participants that can be an outcome or a covariate."""
    apps = EXPERIMENTS[experiment].app_sequence
    declared = {name: column for app in apps for name, column in columns.columns(app).items()}
    numeric = ("boolean", "integer", "number", "money")
    return (*(name for name, column in declared.items() if column.type in numeric), *DERIVED)


def baseline_columns() -> tuple[str, ...]:
    """The columns measured before assignment, which alone may be covariates or moderators."""
    declared = columns.columns("intake").items()
    numeric = ("boolean", "integer", "number")
    return (*(name for name, column in declared if column.type in numeric), "psm", "motivation")


def _plan(root: _Table) -> Plan:
    root.only(*Plan.__dataclass_fields__)
    before = baseline_columns()
    outcomes = _outcomes(root.table("outcomes"))
    return Plan(
        title=root.text("title"),
        alpha=root.number("alpha", 0, 0.5, "a number between 0 and 0.5"),
        power=root.number("power", 0.5, 1, "a number between 0.5 and 1"),
        estimator=root.choice("estimator", ESTIMATORS),
        se_type=root.choice("se_type", SE_TYPES),
        draws=root.whole("draws", 99, 10_000_000),
        seed=root.whole("seed", 0, 2**32 - 1),
        covariates=root.names("covariates", before),
        heterogeneity=root.names("heterogeneity", before),
        exclusions=root.names("exclusions", tuple(EXCLUSIONS)),
        outcomes=outcomes,
        experiments=_experiments(root.table("experiments"), tuple(outcomes)),
    )


def _outcomes(table: _Table) -> dict[str, Outcome]:
    known = {name for experiment in EXPERIMENTS for name in numeric_columns(experiment)}
    found = {}
    for name in table.values:
        entry = table.table(name)
        if name not in known:
            entry.refuse(None, f"there is no outcome {name!r}.{_choices(name, sorted(known))}")
        found[name] = _outcome(entry, name)
    return found


def _outcome(entry: _Table, name: str) -> Outcome:
    entry.only(*(field for field in Outcome.__dataclass_fields__ if field != "name"))
    positive = "a number above 0"
    return Outcome(
        name=name,
        label=entry.text("label"),
        phrase=entry.text("phrase"),
        kind=entry.choice("kind", KINDS),
        unit=entry.text("unit"),
        smallest_effect=entry.number("smallest_effect", 0, math.inf, positive),
        scale=entry.number("scale", 0, math.inf, positive, default=1.0),
        level_unit=entry.text("level_unit", default=entry.text("unit")),
    )


def _experiments(table: _Table, outcomes: tuple[str, ...]) -> dict[str, ExperimentPlan]:
    table.only(*EXPERIMENTS)
    if not table.values:
        table.refuse(None, f"no experiment is planned.{_choices('', tuple(EXPERIMENTS))}")
    plans = {name: _experiment(table.table(name), name, outcomes) for name in table.values}
    _refuse_repeated_ids(table, plans)
    return plans


def _experiment(entry: _Table, name: str, outcomes: tuple[str, ...]) -> ExperimentPlan:
    entry.only(*(field for field in ExperimentPlan.__dataclass_fields__ if field != "name"))
    design = EXPERIMENTS[name]
    measured = tuple(outcome for outcome in outcomes if outcome in numeric_columns(name))
    families = tuple(_family(each, measured) for each in entry.tables("families"))
    _refuse_repeated_outcomes(entry, families)
    return ExperimentPlan(
        name=name,
        title=entry.text("title"),
        question=entry.text("question"),
        arms=_words(entry, "arms", tuple(design.arms)),
        factors=_words(entry, "factors", tuple(design.factors)) if design.factors else {},
        hypotheses=tuple(_hypothesis(each, design) for each in entry.tables("hypotheses")),
        families=families,
    )


def _words(entry: _Table, key: str, names: tuple[str, ...]) -> dict[str, str]:
    words = entry.table(key)
    words.only(*names)
    return {name: words.text(name) for name in names}


def _hypothesis(entry: _Table, design: Experiment) -> Hypothesis:
    entry.only(*Hypothesis.__dataclass_fields__)
    hypothesis = Hypothesis(
        id=entry.text("id"),
        statement=entry.text("statement"),
        expected=entry.choice("expected", EXPECTATIONS),
    )
    if "interaction" in entry.values:
        return replace(hypothesis, interaction=_interaction(entry, design))
    arms = tuple(design.arms)
    treatment, control = entry.choice("treatment", arms), entry.choice("control", arms)
    if treatment == control:
        entry.refuse("control", f"treatment and control are both {control!r}.")
    return replace(hypothesis, treatment=treatment, control=control)


def _interaction(entry: _Table, design: Experiment) -> tuple[str, ...]:
    if not design.factors:
        entry.refuse("interaction", f"{design.name} has no factors that could interact.")
    for key in ("treatment", "control"):
        if key in entry.values:
            entry.refuse(key, f"a hypothesis has an interaction or a {key}, not both.")
    factors = entry.names("interaction", tuple(design.factors), empty=False)
    if len(factors) != 2:
        entry.refuse("interaction", "interaction must name two factors.")
    return factors


def _family(entry: _Table, outcomes: tuple[str, ...]) -> Family:
    entry.only(*Family.__dataclass_fields__)
    return Family(
        name=entry.text("name"),
        outcomes=entry.names("outcomes", outcomes, empty=False),
        adjustment=entry.choice("adjustment", ADJUSTMENTS),
    )


def _refuse_repeated_outcomes(entry: _Table, families: Sequence[Family]) -> None:
    seen: dict[str, str] = {}
    for index, family in enumerate(families):
        place = _Table({}, entry.source, (*entry.path, "families", index))
        for outcome in family.outcomes:
            if outcome in seen:
                other = seen[outcome]
                place.refuse("outcomes", f"{outcome!r} is already in the family {other!r}.")
            seen[outcome] = family.name


def _refuse_repeated_ids(table: _Table, plans: Mapping[str, ExperimentPlan]) -> None:
    seen: set[str] = set()
    for name, plan in plans.items():
        for index, hypothesis in enumerate(plan.hypotheses):
            place = _Table({}, table.source, (*table.path, name, "hypotheses", index))
            if hypothesis.id in seen:
                place.refuse("id", f"two hypotheses have the id {hypothesis.id!r}.")
            seen.add(hypothesis.id)
