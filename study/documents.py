"""What designs and steps say of themselves, as pages: each study's README and `docs/steps.md`.

``python -m study.documents`` writes them; a test holds that they are up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields
from inspect import getdoc
from pathlib import Path
from typing import Any

import steps
from study import messages, parameters
from study.columns import Column
from study.finding import checked, project, studies
from study.parameters import Parameter
from study.problems import DesignError
from study.step import Step
from study.study import Study

WRITTEN = "<!-- Written by `python -m study.documents` from the design; do not edit. -->"


def readme(study: Study) -> str:
    """The design of a study as Markdown: arms, steps, columns, parameters, pay."""
    parts = [f"# {study.title}", WRITTEN, study.question]
    if study.arms:
        factors = [factor.name for factor in study.factors]
        rows = [
            [f"`{arm.name}`", arm.about, *_versions(study, arm.message)]
            + [_level(factor.value(arm)) for factor in study.factors]
            for arm in study.arms
        ]
        parts += ["## Arms", _table(["arm", "is", "message", "versions", *factors], rows)]
    parts += ["## Steps", _table(["page", "step", "writes"], _rows(study))]
    if study.pay is not None:
        parts += ["## Pay", _pay(study)]
    rows = [[f"`{p.name}`", p.meaning, _default(p), p.allowed] for p in study.parameters.values()]
    parts += [
        "## Parameters of a session",
        _table(["name", "meaning", "default", "allowed"], rows),
    ]
    minutes = round(study.minutes(parameters.defaults(study.parameters)))
    parts.append(
        f"Languages: {', '.join(study.languages)}. Takes about {minutes} minutes. The "
        "words of the steps are in their folders, what this study says otherwise in `content/`. "
        "How simulated people respond is in `people.py`, the planned analysis in `plan.toml`."
    )
    return "\n\n".join(parts) + "\n"


def _level(value: bool | str) -> str:
    return f"`{value}`" if isinstance(value, str) else str(int(value))


def _versions(study: Study, message: str) -> list[str]:
    return [f"`{message}`", str(messages.versions(study, message))] if message else ["", ""]


def _rows(study: Study) -> Iterator[list[str]]:
    for step in study.once:
        written = [column.name for column in step.columns(study)]
        about, *_ = (getdoc(type(step)) or "").split("\n")
        yield [f"`{step.page}`" if step.page else "(none)", about, _names(written)]


def _names(names: list[str]) -> str:
    """The names of columns, families written as ``psm_1`` … ``psm_8``."""
    families: dict[str, list[str]] = {}
    for name in names:
        stem, _, number = name.rpartition("_")
        families.setdefault(f"{stem}_" if number.isdigit() else name, []).append(f"`{name}`")
    return ", ".join(
        f"{family[0]} … {family[-1]}" if len(family) > 2 else ", ".join(family)
        for family in families.values()
    )


def _pay(study: Study) -> str:
    assert study.pay is not None
    said = ["Everybody receives the fee for taking part."]
    paid = [f"`{arm.name}`" for arm in study.arms if arm.piece_rate]
    if paid:
        said.append(
            f"In the arms {', '.join(paid)} each correct card of the round `{study.pay.piece}` "
            "also pays `piece_rate`."
        )
    if study.pay.donates:
        rounds = ", ".join(f"`{name}`" for name in study.pay.donates)
        said.append(
            f"Each correct card of the rounds {rounds} brings `donation_rate` to the service."
        )
    return " ".join(said)


def _default(parameter: Parameter) -> str:
    return f"`{parameter.default}`" if parameter.default not in ("", False) else ""


def _table(headings: list[str], rows: Iterable[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# ------------------------------------------------------------------------------- the steps


def steps_page() -> str:
    """Every step that a design may use: what it is, what can be set, what it writes."""
    parts = [
        "# Steps",
        WRITTEN,
        "A design is a list of these. Each is a folder of its own in `steps/` with its columns, "
        "parameters, words, page and simulated answers. *Writes* is what it writes with its "
        "default values in a study that uses it; outcomes, covariates and moderators of a plan "
        "are these and what the analysis computes of them.",
    ]
    for name in steps.__all__:
        kind = getattr(steps, name)
        parts += [f"## {name}", getdoc(kind) or ""]
        if options := [each for each in fields(kind) if each.init]:
            rows = [[f"`{each.name}`", str(each.type), _value(each)] for each in options]
            parts.append(_table(["may be set", "type", "default"], rows))
        if used := list(_used(kind)):
            study, step = used[0]
            parts.append(f"Used in: {', '.join(f'`{each.name}`' for each, _ in used)}.")
            parts += list(_written(study, step))
    return "\n\n".join(parts) + "\n"


def _value(each: Field[Any]) -> str:
    if each.default is not MISSING:
        return f"`{each.default!r}`"
    return "(its own)" if each.default_factory is not MISSING else ""


def _used(kind: type) -> Iterator[tuple[Study, Step]]:
    for study in studies().values():
        step = next((step for step in study.path if type(step) is kind), None)
        if step is not None:
            yield study, step


def _written(study: Study, step: Step) -> Iterator[str]:
    columns = [[f"`{c.name}`", _kind(c), c.description] for c in step.columns(study)]
    if columns:
        yield _table(["writes", "type", "meaning"], columns)
    measures = [[f"`{m.name}`", m.kind, m.about] for m in step.measures(study)]
    if measures:
        yield _table(["the analysis computes", "kind", "meaning"], measures)
    settings = [[f"`{p.name}`", p.meaning, p.allowed] for p in step.parameters(study)]
    if settings:
        yield _table(["parameter", "meaning", "allowed"], settings)


def _kind(column: Column) -> str:
    if column.min is not None and column.max is not None:
        return f"{column.type}, {column.min:g} to {column.max:g}"
    return column.type


# ------------------------------------------------------------------------------- writing


def pages() -> dict[Path, str]:
    """Every page with where it stands."""
    found = {study.folder / "README.md": readme(study) for study in studies().values()}
    return found | {project() / "docs" / "steps.md": steps_page()}


def main() -> None:
    try:
        checked()
        written = pages()
    except DesignError as error:
        sys.exit(str(error))
    for path, text in written.items():
        path.write_text(text, "utf-8")
        print(f"wrote {path.relative_to(project())}")


if __name__ == "__main__":
    main()
