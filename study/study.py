"""A study: who is compared, what participants live through, and what they are paid.

`design.py` in a study's folder declares one, as ``STUDY``. It reads as the method section of a
paper and holds nothing but the declaration.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from study import platform
from study.columns import Column, Measure, Table
from study.parameters import Parameter
from study.pay import Pay
from study.problems import Declared, unknown
from study.step import Seat, Step

NAME = r"[a-z][a-z0-9_]{0,30}"
NAMED = "small letters, digits and _"


@dataclass(frozen=True, eq=False)
class Arm(Declared):
    """One treatment.

    name : as it stands in the data.
    about : what it is, in words that complete "the arm is …".
    message : the message that its participants read, if the study has any.
    piece_rate : whether the correct cards of the round that pays (`Pay.piece`) also pay the
        participant.
    parts : by factor, the part that it is made of, if the factors of the study have parts.
    """

    name: str
    about: str
    message: str = ""
    piece_rate: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Factor(Declared):
    """A factor of the design, which is a column of the data.

    Either it is present in some ``arms``: the column is 1 there, else 0. Or it has ``parts``, each
    with what it is in words; then the arms of the study are all combinations of the parts of its
    factors, named by them. The column holds the name of the part; of a ``binary`` factor with two
    parts 0 and 1.

    about : what is present, or what the parts tell apart, in words.
    """

    name: str
    about: str
    arms: Sequence[str] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    binary: bool = False

    @property
    def values(self) -> dict[str, str]:
        """What its column may hold, with the meaning of each; nothing: 0 and 1."""
        return {} if self.binary or not self.parts else dict(self.parts)

    def value(self, arm: Arm) -> bool | str:
        """What its column holds in an arm."""
        if not self.parts:
            return arm.name in self.arms
        part = arm.parts[self.name]
        return list(self.parts).index(part) == 1 if self.binary else part

    def levels(self, study: Study) -> dict[str, list[str]]:
        """The arms of each of its levels, named as in the data: the parts, or 0 and 1."""
        found: dict[str, list[str]] = {level: [] for level in self.values or ("0", "1")}
        for arm in study.arms:
            value = self.value(arm)
            found[value if isinstance(value, str) else str(int(value))].append(arm.name)
        return found

    def problems(self, names: Sequence[str]) -> Iterator[ValueError]:
        for name in self.arms:
            if name not in names:
                yield self.error(unknown("arm", name, names))
        if bool(self.arms) == bool(self.parts):
            yield self.error(f"the factor {self.name!r} needs arms or parts, one of them.")
        if self.parts and len(self.parts) < 2:
            yield self.error(f"the factor {self.name!r} needs at least two parts.")
        if self.binary and len(self.parts) != 2:
            yield self.error(f"the factor {self.name!r} is binary, so it needs two parts.")


class FromName(str):
    """An address that nobody gave: a study made anew under another name has another one."""


@dataclass(frozen=True, eq=False)
class Study(Declared):
    """One study: its arms, the first of them the control, its steps in order, and its pay.

    Of factors that have parts, the arms are all combinations, and the control is that of the first
    parts.

    name : of the session config; title and question : as a reader knows them.
    address : what stands in the address of its pages. It says nothing of the study.
    """

    name: str
    title: str
    question: str
    steps: Sequence[Step]
    arms: Sequence[Arm] = ()
    factors: Sequence[Factor] = ()
    pay: Pay | None = None
    languages: Sequence[str] = ("en",)
    address: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.address or isinstance(self.address, FromName):
            digest = hashlib.sha256(self.name.encode()).hexdigest()
            object.__setattr__(self, "address", FromName(f"s{digest[:7]}"))
        if not self.arms and any(getattr(factor, "parts", {}) for factor in self.factors):
            object.__setattr__(self, "arms", self._cells())
        for problem in self._problems():
            raise problem

    def _cells(self) -> list[Arm]:
        """An arm for each combination of the parts of the factors."""
        names = [factor.name for factor in self.factors]
        cells = [
            dict(zip(names, parts, strict=True))
            for parts in product(*(factor.parts for factor in self.factors))
        ]
        return [
            Arm(
                "_".join(cell.values()),
                "; ".join(factor.parts[cell[factor.name]] for factor in self.factors),
                parts=cell,
            )
            for cell in cells
        ]

    def _problems(self) -> Iterator[ValueError]:
        """What is wrong in the design, each as an error that names its line."""
        yield from self._not_a_part()
        yield from self._names()
        yield from self._twice("step", [(step.name, step) for step in self.once])
        yield from self._twice("page", [(s.page.lower(), s) for s in self.path if s.page])
        yield from self._twice("arm", [(arm.name, arm) for arm in self.arms])
        yield from self._what_steps_write()
        for factor in self.factors:
            yield from factor.problems(self.names)
            if bool(factor.parts) != any(arm.parts for arm in self.arms):
                yield factor.error("either all factors have parts and no arms are named, or none.")
        if self.pay is not None:
            yield from self.pay.problems(self)
        yield from self._assignment()
        for step in self.path:
            yield from (step.error(problem) for problem in step.problems(self))

    def _what_steps_write(self) -> Iterator[ValueError]:
        """Nothing has two writers."""
        own = [*platform.before(self), *platform.after(self)]
        own += self.pay.columns() if self.pay is not None else []
        columns: list[tuple[str, Declared]] = [(column.name, self) for column in own]
        columns += [(name, self) for name in platform.RESERVED]
        tables: list[tuple[str, Declared]] = []
        phases: list[tuple[str, Declared]] = []
        parameters: list[tuple[str, Declared]] = []
        for step in self.once:
            columns += [(column.name, step) for column in step.columns(self)]
            tables += [(table.name, step) for table in step.tables(self) if not table.shared]
            parameters += [(p.name, step) for p in step.parameters(self) if not p.shared]
            phases += [(step.phase, step)] if hasattr(step, "phase") else []
        yield from self._twice("column", columns)
        yield from self._twice("table", tables)
        yield from self._twice("phase", phases)
        yield from self._twice("parameter", parameters)

    def _assignment(self) -> Iterator[ValueError]:
        draws = [step for step in self.path if step.assigns]
        if len(self.arms) == 1:
            yield self.arms[0].error("one arm alone compares nothing: there must be two, or none.")
        if self.arms and not draws:
            yield self.error("it has arms but no step Assignment() that draws them.")
        if draws and not self.arms:
            yield draws[0].error("there are no arms to draw.")
        for step in self.path:
            if step.needs_arm and (not self.arms or step in self.before_assignment()):
                yield step.error(f"{step.name} needs an arm, so it stands behind Assignment().")

    def _names(self) -> Iterator[ValueError]:
        """Names that stand in data, addresses and session parameters."""
        if not re.fullmatch(NAME, self.name):
            yield self.error(f"its name is {self.name!r}, but must be {NAMED}.")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,30}", self.address):
            yield self.error(f"its address is {self.address!r}, but must be letters and digits.")
        named: tuple[Arm | Factor, ...] = (*self.arms, *self.factors)
        for part in named:
            if not re.fullmatch(NAME, part.name):
                yield part.error(f"the name is {part.name!r}, but must be {NAMED}.")
        for factor in self.factors:
            for name in factor.parts:
                if not re.fullmatch(NAME, name):
                    yield factor.error(f"the name of a part is {name!r}, but must be {NAMED}.")

    def _not_a_part(self) -> Iterator[ValueError]:
        parts = (
            (self.steps, Step, "step"),
            (self.arms, Arm, "arm"),
            (self.factors, Factor, "factor"),
        )
        for values, kind, what in parts:
            for value in values:
                if not isinstance(value, kind):
                    hint = f" Write {value.__name__}()." if isinstance(value, type) else ""
                    yield self.error(f"{value!r} is no {what}.{hint}")
        if not self.steps:
            yield self.error("a study needs at least one step.")
        if self.pay is not None and not isinstance(self.pay, Pay):
            yield self.error(f"pay is {self.pay!r}, but must be Pay(...).")
        if isinstance(self.languages, str) or not self.languages:
            yield self.error(f'languages is {self.languages!r}, but must be a list, as ["en"].')

    def _twice(self, what: str, named: Sequence[tuple[str, Declared]]) -> Iterator[ValueError]:
        first: dict[str, Declared] = {}
        for name, part in named:
            if name in first:
                yield part.error(
                    f"the {what} {name!r} is there twice; the first is in {first[name].place}."
                )
            first.setdefault(name, part)

    # ------------------------------------------------------------------------ where it is

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def app(self) -> str:
        """Its oTree app, which is its folder's name."""
        return self.folder.name

    # ------------------------------------------------------------------------------- arms

    @cached_property
    def names(self) -> list[str]:
        """The names of the arms, the control first."""
        return [arm.name for arm in self.arms]

    @property
    def control(self) -> str:
        return self.arms[0].name

    def arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)

    def arms_in_use(self, config: Mapping[str, Any]) -> list[str]:
        """The arms of a session, in the order of the design."""
        chosen = str(config.get("arms") or "").split(",") if config.get("arms") else []
        return [name for name in self.names if not chosen or name in chosen]

    def pays_in(self, round: str, arm: str | None) -> bool:
        """Whether somebody in ``arm`` is paid by the correct card in a round."""
        return self.pay is not None and self.pay.pays_in(self, round, arm)

    def factors_of(self, arm: str) -> dict[str, bool | str]:
        """The value of each factor in an arm."""
        return {factor.name: factor.value(self.arm(arm)) for factor in self.factors}

    # ------------------------------------------------------------------------------ steps

    @cached_property
    def path(self) -> tuple[Step, ...]:
        """The steps as participants meet them, one after the other."""
        return tuple(_unfolded(self.steps))

    @cached_property
    def once(self) -> tuple[Step, ...]:
        """The steps in which something is written, each once, whatever order they come in."""
        return tuple(step for step in self.path if not step.again)

    def turns(self, step: Step) -> list[Step]:
        """The same step at all places where it may stand."""
        return [each for each in self.path if each.name == step.name]

    def step(self, name: str) -> Step:
        """The step called ``name``. Raises ``KeyError``."""
        for step in self.path:
            if step.name == name:
                return step
        raise KeyError(name)

    def of_type(self, kind: type) -> list[Any]:
        """The steps of a type, in order."""
        return [step for step in self.path if isinstance(step, kind)]

    def before_assignment(self) -> list[Step]:
        """The steps before the arm is drawn: what they measure, treatment cannot change."""
        found: list[Step] = []
        for step in self.path:
            if step.assigns:
                return found
            found.append(step)
        return []

    def reaches(self, step: Step, seat: Seat) -> bool:
        """Whether somebody comes to ``step``: it takes place, and no earlier one was the end.

        Somebody who has left by a way out (`Step.is_way_out`) comes to that step alone.
        """
        for way_out in self.ways_out:
            if way_out.is_way_out(seat):
                return step is way_out
        for earlier in self.path:
            if earlier is step:
                return step.takes_place(seat)
            if earlier.ends(seat) and earlier.takes_place(seat):
                return False
        raise KeyError(step.name)

    @cached_property
    def ways_out(self) -> tuple[Step, ...]:
        """The steps to which somebody may leave from wherever they are."""
        return tuple(s for s in self.path if type(s).is_way_out is not Step.is_way_out)

    # ---------------------------------------------------------------- what follows from them

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns of each participant by name, in the order of the steps."""
        found = list(platform.before(self))
        for step in self.once:
            found += step.columns(self)
        if self.pay is not None:
            found += self.pay.columns()
        found += platform.after(self)
        return {column.name: column for column in found}

    @cached_property
    def session_columns(self) -> dict[str, Column]:
        """The columns of each session by name."""
        return {column.name: column for column in platform.of_session(self)}

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables beside the participants, by name; first the one that several steps write."""
        found = {table.name: table for step in self.path for table in step.tables(self)}
        return dict(sorted(found.items(), key=lambda each: not each[1].shared))

    @property
    def custom_exports(self) -> dict[str, str]:
        """By table: the function of the app by which oTree exports it."""
        return {
            name: f"custom_export_{name}" if number else "custom_export"
            for number, name in enumerate(self.tables)
        }

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters of its sessions, by name."""
        found = list(platform.parameters(self))
        for step in self.once:
            found += step.parameters(self)
        if self.pay is not None:
            found += self.pay.parameters(self)
        found += platform.last_parameters(self)
        return {parameter.name: parameter for parameter in found}

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """What the analysis computes for each participant, by name."""
        return {measure.name: measure for step in self.path for measure in step.measures(self)}

    @cached_property
    def written_before(self) -> list[str]:
        """Columns and measures that stand before assignment, and so cannot depend on it."""
        found: list[str] = []
        for step in self.before_assignment():
            if step.again:
                continue
            found += [column.name for column in step.columns(self) if not column.late]
            found += [measure.name for measure in step.measures(self)]
        return found

    @cached_property
    def quotable(self) -> dict[str, str]:
        """What every text may quote: the name of each value, and the parameter that it shows.

        The minutes in all, and the fee where the study pays (no parameter); each parameter that is
        a number, under its name; and lengths in seconds as ``<name>_minutes``.
        """
        found = {"total_minutes": ""} | ({"fee": ""} if self.pay is not None else {})
        for name, parameter in self.parameters.items():
            if name.endswith("_seconds"):
                found[f"{name.removesuffix('_seconds')}_minutes"] = name
            elif isinstance(parameter.default, int | float) and parameter.default is not False:
                found[name] = name
        return found

    def minutes(self, config: Mapping[str, Any]) -> float:
        """How long it takes, at the most."""
        return sum(step.minutes(config) for step in self.once)


def _unfolded(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        for part in step.unfolded():
            yield from [part] if part is step else _unfolded([part])
