"""Questions: a scale, a choice, yes or no, a number, a text; alone on a page or several on one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from study.acts import Act, Form
from study.columns import Column, Measure, items
from study.randomization import shuffled
from study.step import Seat, Step, own_name
from study.study import Study

READING_SECONDS = 5.0

MOST = 999_999_999
"""A form takes whole numbers of so many digits."""


@dataclass(frozen=True, eq=False)
class Question(Step):
    """One question, or a family of them. ``about`` explains its columns.

    seconds : how long an answer takes.
    """

    about: str = ""
    seconds: ClassVar[float] = 8.0

    @property
    def is_renamed(self) -> bool:  # type: ignore[override]
        return self.name != own_name(type(self))

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        """What a simulated person answers, by column."""
        raise NotImplementedError

    def problems(self, study: Study) -> Iterator[str]:
        if not self.about:
            yield f"{type(self).__name__} {self.name} needs 'about': what the answer says."

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        answers = self.answer(person, seat)
        yield Form(READING_SECONDS + self.seconds * len(answers) * person.pace, answers)

    def minutes(self, config: Mapping[str, Any]) -> float:
        return (READING_SECONDS + self.seconds * getattr(self, "items", 1)) / 60


@dataclass(frozen=True, eq=False)
class Scale(Question):
    """``items`` statements, answered from 1 to ``points``; ``mean`` also stores their mean.

    Missing answers leave the mean empty. ``shuffled``: the statements come in an order drawn for
    each participant, which is the column ``<name>_order``. The analysis has the mean of several
    items as the measure ``<name>``, also where it is not stored. Its words: ``label``, or
    ``items``, a list of as many texts; ``low`` and ``high``, the ends.
    """

    items: int = 1
    points: int = 7
    mean: bool = False
    shuffled: bool = False

    responds: ClassVar[bool] = True
    trait: ClassVar[str] = ""
    """The trait of simulated people behind it (`people.person.Person`); empty: one of its own."""

    middle: ClassVar[float] = 0.0
    loading: ClassVar[float] = 0.6
    """Where their answers lie without an effect, and how far they hang together."""

    def problems(self, study: Study) -> Iterator[str]:
        yield from super().problems(study)
        if not 1 <= self.items <= 60:
            yield f"items of {self.name} is {self.items}, but must be from 1 to 60."
        if self.items == 1 and (self.mean or self.shuffled):
            yield f"{self.name} has one item, so it has neither a mean nor an order."
        if not 2 <= self.points <= 11:
            yield f"points of {self.name} is {self.points}, but must be from 2 to 11."

    @property
    def names(self) -> list[str]:
        """The columns of its statements; that of a single one is called like the scale."""
        return items(self.name, self.items) if self.items > 1 else [self.name]

    def columns(self, study: Study) -> Iterator[Column]:
        for name in self.names:
            yield Column(name, "integer", self.about, min=1, max=self.points, answers=True)
        if self.mean:
            meaning = f"Mean of {self.name}_1 to {self.name}_{self.items}."
            yield Column(self.name, "number", meaning, 1, self.points, always=True)
        if self.shuffled:
            about = "Order in which the statements stood, drawn from the seed of the session."
            yield Column(f"{self.name}_order", "string", about, always=True)

    def on_arrival(self, seat: Seat) -> Mapping[str, Any]:
        if not self.shuffled:
            return {}
        order = shuffled(seat.config.get("seed", ""), self.name, self.items, seat.number)
        return {f"{self.name}_order": "-".join(map(str, order))}

    def shown(self, seat: Seat) -> Sequence[str]:
        order = seat.get(f"{self.name}_order") if self.shuffled else None
        return [f"{self.name}_{number}" for number in order.split("-")] if order else ()

    def derived(self, seat: Seat) -> Mapping[str, Any]:
        answers = [seat.get(name) for name in self.names]
        if not self.mean or None in answers:
            return {}
        return {self.name: sum(answers) / len(answers)}

    def measures(self, study: Study) -> Iterator[Measure]:
        if self.items > 1:
            about = f"{self.about.rstrip('.')} (mean of {self.items} items, 1 to {self.points})"
            yield Measure(self.name, "mean", tuple(self.names), about)

    def latent(self, person: Any, seat: Seat) -> list[float]:
        """The attitude behind each item: 0 is the middle of the scale, 1 a standard step."""
        own = person.dice(self.name, "own").gauss(0, 1)
        trait = getattr(person, self.trait) if self.trait else own
        effect = person.effect(self.name, seat)
        options = {"mean": self.middle, "loading": self.loading, "effect": effect}
        latent: list[float] = person.attitudes(self.name, self.items, trait=trait, **options)
        return latent

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        answers = person.on_scale(self.latent(person, seat), 1, self.points)
        return dict(zip(self.names, answers, strict=True))


def given(values: Iterable[tuple[str, Any]]) -> Any:
    """The default of a field that is a mapping."""
    found = dict(values)
    return field(default_factory=found.copy)


@dataclass(frozen=True, eq=False)
class Choice(Question):
    """One of several answers; ``options`` gives each value with its meaning.

    Its words: ``label`` and ``options``, a table with a text for each value, in this order.

    numbered : the measure that is the number of the answer, where the options are numbers; those
        that are none are missing in it.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    background: bool = False
    shares: Mapping[str, float] = field(default_factory=dict)
    numbered: str = ""

    def problems(self, study: Study) -> Iterator[str]:
        yield from super().problems(study)
        if len(self.options) < 2:
            yield f"Choice {self.name} needs at least two options."

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            self.name,
            "choice",
            self.about,
            values=self.options,
            answers=True,
            background=self.background,
        )

    def measures(self, study: Study) -> Iterator[Measure]:
        if self.numbered:
            about = f"{self.about.rstrip('.')}, as a number"
            yield Measure(self.numbered, "number", (self.name,), about)

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        shares = self.shares or dict.fromkeys(self.options, 1.0)
        return {self.name: person.picks(self.name, shares)}


@dataclass(frozen=True, eq=False)
class YesNo(Question):
    """Yes or no, stored as 1 and 0. ``share`` of simulated people say yes.

    Its words: ``label`` and ``options = { True = "…", False = "…" }``.
    """

    background: bool = False
    share: float = 0.5

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(self.name, "boolean", self.about, answers=True, background=self.background)

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        return {self.name: person.chance(self.name, self.share)}


@dataclass(frozen=True, eq=False)
class Number(Question):
    """A whole number from ``low`` to ``high``, counted in ``unit``.

    Its words: ``label``, perhaps a ``hint``; with at most eleven answers it is shown as a scale,
    with ``low`` and ``high``, the ends. Simulated people answer by chance, whatever their arm: a
    question that responds is a class of one's own, with ``responds = True`` and ``answer``.
    """

    low: int = 0
    high: int = 100
    unit: str = ""
    optional: bool = False
    background: bool = False

    def problems(self, study: Study) -> Iterator[str]:
        yield from super().problems(study)
        for name in ("low", "high"):
            value = getattr(self, name)
            if not isinstance(value, int) or abs(value) > MOST:
                yield f"{name} of {self.name} is {value!r}, but must be a whole number."
                return
        if self.low >= self.high:
            yield f"low of {self.name} is {self.low}, but must be less than high, {self.high}."

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            self.name,
            "integer",
            self.about,
            min=self.low,
            max=self.high,
            unit=self.unit,
            answers=True,
            optional=self.optional,
            background=self.background,
        )

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        dice = person.dice(self.name)
        return {self.name: dice.randint(self.low, self.high)}


@dataclass(frozen=True, eq=False)
class Text(Question):
    """A text of at most ``length`` characters, which may be left empty. Its words: ``label``."""

    length: int = 2000

    def columns(self, study: Study) -> Iterator[Column]:
        about = (
            f"{self.about} A leading = + - @ is preceded by an apostrophe, so that no spreadsheet "
            "reads it as a formula."
        )
        yield Column(self.name, "text", about, max=self.length, answers=True, optional=True)

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        return {self.name: person.remark(self.name)}


@dataclass(frozen=True, eq=False)
class Page(Step):
    """Several questions on one page.

    Its words: ``title``, and those of each question in a table ``[questions.<name>]``; what a
    study says of them stands in its own words, ``[<page>.questions.<name>]``.
    """

    parts: Sequence[Question] = ()

    def asks(self) -> Sequence[Step]:
        return self.parts

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.parts:
            raise self.error(f"Page {self.name} needs parts: the questions on it.")
        for part in self.parts:
            if not isinstance(part, Question):
                hint = f" Write {part.__name__}()." if isinstance(part, type) else ""
                raise self.error(f"{part!r} on page {self.name} is no question.{hint}")

    @property
    def needs_arm(self) -> bool:  # type: ignore[override]
        return any(part.needs_arm for part in self.parts)

    def problems(self, study: Study) -> Iterator[str]:
        for part in self.parts:
            yield from part.problems(study)

    def columns(self, study: Study) -> Iterator[Column]:
        for part in self.parts:
            yield from part.columns(study)

    def derived(self, seat: Seat) -> Mapping[str, Any]:
        return {name: value for part in self.parts for name, value in part.derived(seat).items()}

    def measures(self, study: Study) -> Iterator[Measure]:
        for part in self.parts:
            yield from part.measures(study)

    def answer(self, person: Any, seat: Seat) -> Mapping[str, Any]:
        return {n: v for part in self.parts for n, v in part.answer(person, seat).items()}

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        answers = self.answer(person, seat)
        yield Form(READING_SECONDS + Question.seconds * len(answers) * person.pace, answers)

    def minutes(self, config: Mapping[str, Any]) -> float:
        return sum(part.minutes(config) for part in self.parts)
