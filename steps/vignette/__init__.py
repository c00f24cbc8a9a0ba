"""A vignette: a short text in which a sentence for each factor says what somebody's arm is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from steps.information import Exposure
from study.columns import Column
from study.parameters import Parameter, rate
from study.randomization import draw
from study.step import Seat
from study.study import Study
from study.words import placeholders

LONGER_BY = 2
"""By so many words the sentences on the parts of one factor may differ."""


@dataclass(frozen=True, eq=False)
class Vignette(Exposure):
    """The same text for everybody but for a sentence on each of two factors, in random order.

    The words hold a sentence for each part of a factor, of equal length; the text quotes them as
    ``{sentence_1}`` and ``{sentence_2}``. On the pages ``unfolds_on`` it can be opened again.

    first : the column that says whether the sentence on the first factor came first.
    amounts : session parameters that are amounts of money, quoted in a sentence; with defaults.
    """

    first: str = "first_factor_first"
    amounts: Mapping[str, float] = field(default_factory=dict)
    unfolds_on: Sequence[str] = ()

    what: ClassVar[str] = "vignette"
    about_minutes: ClassVar[float] = 0.8
    texts: ClassVar[tuple[str, ...]] = ("title", "paragraphs", "sentences", "again")
    quotes: ClassVar[tuple[str, ...]] = ("sentence_1", "sentence_2")

    @property
    def reopened(self) -> str:
        return f"{self.name}_reopened"

    def problems(self, study: Study) -> Iterator[str]:
        if len(study.factors) != 2 or not all(factor.parts for factor in study.factors):
            yield f"{self.name} needs a study with two factors that have parts."
        names = [step.name for step in study.path]
        for name in self.unfolds_on:
            if name not in names[names.index(self.name) + 1 :]:
                yield f"unfolds_on: {name!r} is no step behind {self.name}."

    def word_problems(self, study: Study, texts: Mapping[str, Any]) -> Iterator[str]:
        sentences = texts.get("sentences", {})
        for factor in study.factors:
            told = sentences.get(factor.name, {})
            if list(told) != list(factor.parts):
                said = f"a sentence for each of {', '.join(factor.parts)}, in this order"
                yield f"sentences.{factor.name} needs {said}."
                continue
            lengths = {part: len(text.split()) for part, text in told.items()}
            if max(lengths.values()) - min(lengths.values()) > LONGER_BY:
                said = ", ".join(f"{part} {count}" for part, count in lengths.items())
                yield (
                    f"the sentences on {factor.name} must be alike in length, within {LONGER_BY} "
                    f"words, but have: {said}."
                )
        if set(self.quotes) - placeholders(texts.get("paragraphs", [])):
            yield "paragraphs must quote {sentence_1} and {sentence_2}."

    def sentences(self, seat: Seat, texts: Mapping[str, Any]) -> dict[str, str]:
        """What somebody's text quotes: the sentences on the parts of their arm, in their order."""
        assert seat.arm is not None
        told = [texts["sentences"][name][part] for name, part in seat.arm.parts.items()]
        ordered = told if seat.get(self.first) else told[::-1]
        return dict(zip(self.quotes, ordered, strict=True))

    def columns(self, study: Study) -> Iterator[Column]:
        first, second = (factor.name for factor in study.factors)
        yield Column(
            self.first,
            "boolean",
            f"1: the sentence on {first} came before that on {second}; drawn from the seed of the "
            "session.",
        )
        yield from super().columns(study)
        yield Column(
            self.reopened,
            "integer",
            "How often the vignette was opened again on later pages. Empty: they could not count.",
            min=0,
        )

    def parameters(self, study: Study) -> Iterator[Parameter]:
        for name, amount in self.amounts.items():
            yield rate(name, amount, "amount of money named in the vignette", 1_000_000_000)

    def on_arrival(self, seat: Seat) -> Mapping[str, Any]:
        seed = seat.config.get("seed", "")
        first = draw(seed, self.first, ("no", "yes"), seat.number).arm == "yes"
        return {self.first: first}
