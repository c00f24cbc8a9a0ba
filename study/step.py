"""A step: one thing that participants live through, and all that follows from it.

A study is a list of steps. A step declares what it writes (`columns`, `tables`), what a session
may change (`parameters`), which words it needs (`texts`, `problems`), whether somebody comes to it
(`takes_place`, `ends`), what follows from answers (`derived`, `measures`), how long it takes
(`minutes`), and what a simulated person does there (`acts`). Most have one page; one without is
named by no page (`page`). Everything here is pure: the server, the simulation and the checks of
exports read the same declarations.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from study.acts import Act
from study.columns import Column, Measure, Table
from study.parameters import Parameter
from study.problems import Declared

if TYPE_CHECKING:
    from study.study import Arm, Study


class Seat(Protocol):
    """One participant as steps know them: in the server, simulated, or a row of an export."""

    @property
    def study(self) -> Study:
        """Their study."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The parameters of their session."""

    @property
    def arm(self) -> Arm | None:
        """Their arm; None before assignment."""

    @property
    def number(self) -> int:
        """Their number in the session, from 1."""

    def get(self, column: str) -> Any:
        """What is stored in ``column``; None: nothing."""


@dataclass(frozen=True, eq=False)
class Step(Declared):
    """The base of all steps. ``name`` tells it apart, in words, pages and columns."""

    name: str = ""

    texts: ClassVar[tuple[str, ...]] = ("title",)
    """The texts of its page that each language must hold, beside those of its questions."""

    may: ClassVar[tuple[str, ...]] = ("text", "paragraphs", "next")
    """Texts that a language may hold; what is neither is refused."""

    by_arm: ClassVar[tuple[str, ...]] = ()
    """Texts of which each arm has its own, in a table by the names of the arms. Other texts of the
    page quote them by their names; what is quoted is the text of one's arm."""

    table: ClassVar[str] = ""
    """The table of its folder's words that is its own; empty: all that stands in no table."""

    asks_for_itself: ClassVar[bool] = False
    """Whether the texts of its questions are texts of the page."""

    counted: ClassVar[bool] = True
    """Whether the page is one of the steps that participants see counted."""

    assigns: ClassVar[bool] = False
    """Whether the arm is drawn here, when somebody arrives."""

    responds: ClassVar[bool] = False
    """Whether simulated people's answers to it respond to the arm (`person.effect`)."""

    needs_arm: ClassVar[bool] = False
    """Whether it can only stand behind the assignment."""

    quotes: ClassVar[tuple[str, ...]] = ()
    """What its texts may quote beside what every text may (`Study.quotable`)."""

    may_be_advanced: ClassVar[bool] = True
    """Whether the experimenter may move somebody on from it."""

    is_renamed: ClassVar[bool] = False
    """Whether a question has another name than its instrument, and so asks something else."""

    about_minutes: ClassVar[float] = 0.5
    """How long it takes where that depends on no parameter."""

    again: ClassVar[bool] = False
    """Whether it is the same step at another place of a random order (`InRandomOrder`)."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.by_arm:
            cls.needs_arm = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name:
            object.__setattr__(self, "name", own_name(type(self)))
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", self.name):
            raise self.error(
                f"the name of a step is {self.name!r}, but must be small letters, digits and _."
            )

    @property
    def page(self) -> str:
        """The name of its page; empty: it has none."""
        return camel(self.name)

    @property
    def folder(self) -> Path:
        """Where its template and its own words are."""
        return folder_of(type(self))

    def asks(self) -> Sequence[Step]:
        """The questions on its page that bring words of their own."""
        return ()

    def columns(self, study: Study) -> Iterator[Column]:
        """What it writes of each participant."""
        yield from ()

    def tables(self, study: Study) -> Iterator[Table]:
        """What it writes in several rows for each participant."""
        yield from ()

    def parameters(self, study: Study) -> Iterator[Parameter]:
        """What a session may change."""
        yield from ()

    def problems(self, study: Study) -> Iterator[str]:
        """What the design lacks for it, a sentence each."""
        yield from ()

    def word_problems(self, study: Study, texts: Mapping[str, Any]) -> Iterator[str]:
        """What its texts in one language lack, beyond what holds for all, a sentence each."""
        yield from ()

    def unfolded(self) -> Sequence[Step]:
        """The steps that it stands for, each with at most one page."""
        return (self,)

    def marks(self) -> Sequence[Sequence[Step]]:
        """Its parts, in groups that are counted as one step each."""
        return [self.unfolded()]

    def takes_place(self, seat: Seat) -> bool:
        """Whether somebody who has come so far comes to it."""
        return self.is_offered(seat.config)

    def is_way_out(self, seat: Seat) -> bool:
        """Whether somebody has left for it, wherever they were."""
        return False

    def on_arrival(self, seat: Seat) -> Mapping[str, Any]:
        """Columns that are stored when somebody comes to it, or behind it, for the first time."""
        return {}

    def is_offered(self, config: Mapping[str, Any]) -> bool:
        """Whether a session with these parameters has it at all."""
        return True

    def shown(self, seat: Seat) -> Sequence[str]:
        """The columns of its form in the order in which they are asked; empty: as declared."""
        return ()

    def ends(self, seat: Seat) -> bool:
        """Whether the study is over for somebody behind it."""
        return False

    def derived(self, seat: Seat) -> Mapping[str, Any]:
        """Columns that follow from the answers to it."""
        return {}

    def measures(self, study: Study) -> Iterator[Measure]:
        """What the analysis computes from its columns."""
        yield from ()

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        """What a simulated person does here. Whoever plays an act stores it before the next."""
        yield from ()

    def minutes(self, config: Mapping[str, Any]) -> float:
        """How long it takes, at the most in timed rounds and about in others."""
        return self.about_minutes


def own_name(kind: type[Step]) -> str:
    """What steps of a kind are called unless told otherwise."""
    return str(kind.__dataclass_fields__["name"].default or snake(kind.__name__))


def folder_of(kind: type[Step]) -> Path:
    """The folder of a kind of step: that of its name beside its module, else the module's own."""
    module = Path(str(sys.modules[kind.__module__].__file__)).parent
    named = module / own_name(kind)
    return named if (named / "words").is_dir() else module


@dataclass(frozen=True, eq=False)
class Pageless(Step):
    """The base of steps without a page: nobody sees them, and they take no time."""

    texts: ClassVar[tuple[str, ...]] = ()
    about_minutes: ClassVar[float] = 0.0

    @property
    def page(self) -> str:
        return ""

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        """Nothing: whoever plays it stores what is stored when somebody arrives."""
        yield Act()


def questions(step: Step, study: Study) -> list[Column]:
    """The columns of a step that participants answer in its form."""
    return [column for column in step.columns(study) if column.answers]


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
