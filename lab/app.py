"""A study as an oTree app: its database, its pages, its exports, made from its design.

`<study>/__init__.py` holds nothing but ``__getattr__ = app_of(STUDY)``: oTree finds its app there,
made when it first asks for it. Until then nothing of oTree is imported, because oTree reads the
settings first, and the settings read the designs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from lab import door
from steps.consent import Consent
from steps.ending import End, has_panel
from study.finding import project
from study.problems import DesignError, shown
from study.step import Step, folder_of, own_name, questions
from study.study import Study

NAMES = (
    *("C", "Subsession", "Group", "Player", "page_sequence", "doc"),
    *("creating_session", "vars_for_admin_report"),
)


def app_of(study: Study) -> Callable[[str], Any]:
    """The ``__getattr__`` of the package of ``study``."""
    is_being_made = False
    sys.modules[f"{study.app}.tests"] = _Bots(f"{study.app}.tests")

    def __getattr__(name: str) -> Any:
        nonlocal is_being_made
        package = sys.modules[study.app]
        if name not in NAMES or is_being_made:
            raise AttributeError(f"module {study.app!r} has no attribute {name!r}")
        is_being_made = True
        try:
            vars(package).update(_made(study))
        except DesignError as error:
            door.refuse(str(error))
        finally:
            is_being_made = False
        return vars(package)[name]

    return __getattr__


class _Bots(ModuleType):
    """Where oTree looks for the bots of an app."""

    def __getattr__(self, name: str) -> Any:
        if name != "PlayerBot":
            raise AttributeError(name)
        from people.bots.player import PlayerBot

        return PlayerBot


def _made(study: Study) -> dict[str, Any]:
    """All that oTree looks for in an app."""
    from otree.api import BaseConstants, BaseGroup, BasePlayer, BaseSubsession

    from lab import fields, report, sessions, setup, tables

    setup.install()

    def model(name: str, base: type, **members: Any) -> type:
        return type(name, (base,), {"__module__": study.app, **members})

    return {
        "doc": study.question,
        "C": model(
            "C", BaseConstants, NAME_IN_URL=study.address, PLAYERS_PER_GROUP=None, NUM_ROUNDS=1
        ),
        "Subsession": model("Subsession", BaseSubsession, **fields.of(study.session_columns)),
        "Group": model("Group", BaseGroup),
        "Player": model("Player", BasePlayer, **fields.of(study.columns)),
        "creating_session": sessions.creating_session,
        "vars_for_admin_report": report.vars_for_admin_report,
        "page_sequence": _pages(study),
        **tables.made(study),
    }


def _pages(study: Study) -> list[type]:
    pages = [_page(study, step) for step in study.path if step.page]
    for page in pages:
        names = getattr(page.step, "unfolds_on", ())  # type: ignore[attr-defined]
        for later in pages:
            if later.step.name in names:  # type: ignore[attr-defined]
                later.folds = (*later.folds, page)  # type: ignore[attr-defined]
    return pages


def _page(study: Study, step: Step) -> type:
    """The page of a step. A class of its own: two of one name in an app would be one to oTree."""
    from lab.page import StudyPage

    base: type = StudyPage
    for kind in _kinds(step):
        if (folder_of(kind) / "page.py").is_file():
            pages = import_module(f"{kind.__module__}.page")
            if hasattr(pages, kind.__name__):
                base = getattr(pages, kind.__name__)
                break
    own = step.folder / "page.py"
    if base is StudyPage and own.is_file() and step.folder.name == own_name(type(step)):
        name = f"class {type(step).__name__}(StudyPage)"
        raise DesignError(f"{shown(own)}: there is no {name}, the page of the step.")
    if step.quotes and base.values.__func__ is StudyPage.values.__func__:  # type: ignore[attr-defined]
        quoted = ", ".join(step.quotes)
        raise step.error(f"the page of {step.name} must say what its texts quote: {quoted}.")
    members: dict[str, Any] = {
        "__module__": study.app,
        "study": study,
        "step": step,
        "template_name": _template(step),
        "may_be_advanced": step.may_be_advanced and not has_panel(study),
        "needs_arm": _needs_arm(study, step),
        "may_withdraw": _may_withdraw(study, step),
        "arrivals": _arrivals(study, step),
    }
    if names := [column.name for column in questions(step, study)]:
        members |= {"form_model": "player", "form_fields": names}
    return type(step.page, (base,), members)


def _needs_arm(study: Study, step: Step) -> bool:
    """It stands behind the assignment, and whoever comes to it came past it."""
    return bool(study.arms) and step not in (*study.before_assignment(), *study.ways_out)


def _may_withdraw(study: Study, step: Step) -> bool:
    """Whoever comes by a panel can say that they stop, from their consent on until all is sent."""
    number = study.path.index(step)
    agreed = any(isinstance(each, Consent) for each in study.path[:number])
    asked = any([*each.columns(study)] for each in study.path[number:])
    return has_panel(study) and agreed and asked and not isinstance(step, End)


def _arrivals(study: Study, step: Step) -> list[Step]:
    """The step, and those without a page before it, as far as they store when one arrives."""
    before = study.path[: study.path.index(step)]
    passed = [*(each for each in before if not each.page), step]
    return [each for each in passed if type(each).on_arrival is not Step.on_arrival]


def _template(step: Step) -> str:
    """Its own, if there is one beside it; else that of pages that only ask."""
    for kind in _kinds(step):
        path = folder_of(kind) / f"{kind.__name__}.html"
        if path.is_file():
            return path.relative_to(project()).as_posix()
    return "global/Questions.html"


def _kinds(step: Step) -> list[type]:
    """The class of a step and those it is made from, up to the bare step."""
    return [kind for kind in type(step).__mro__ if issubclass(kind, Step) and kind is not Step]
