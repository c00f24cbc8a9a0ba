"""The page: chapters, methods and sources set as one HTML file that requests nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from analysis.planned.plan import Plan
from analysis.report import methods
from analysis.report.chapter import Chapter
from analysis.words import listed

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """What the page shows."""

    chapters: Sequence[Chapter]
    cautions: Sequence[methods.Caution]
    left_out: Sequence[tuple[str, int]]
    departures: Sequence[str]
    unknown_columns: Sequence[str]
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def plans(self) -> list[Plan]:
        return [chapter.plan for chapter in self.chapters]

    @property
    def title(self) -> str:
        """The titles of the studies."""
        return listed([plan.title for plan in self.plans])

    @property
    def caution(self) -> str:
        """How the banner begins."""
        spoilt = any(caution.spoils for caution in self.cautions)
        return "Not a result" if spoilt else "Previews among the data"

    @property
    def marks(self) -> str:
        """The cautions in few words: simulated data, sample messages."""
        return ", ".join(caution.mark for caution in self.cautions)


def render(page: Page) -> str:
    """The HTML of the report."""
    environment = Environment(
        loader=FileSystemLoader(str(FOLDER)),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["linked"] = linked
    environment.filters["unbroken"] = unbroken
    return str(
        environment.get_template("page.html").render(
            page=page,
            style=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),
            methods=methods.by_study(page.plans),
            references=methods.references(page.plans),
        )
    )


def unbroken(text: str) -> str:
    """``text`` with hyphens at which no line breaks, for headings."""
    return text.replace("-", "\N{NON-BREAKING HYPHEN}")


DOI = re.compile(r"\b(10\.\d{4,9}/[^\s;,]+[^\s;,.)])")


def linked(text: str) -> Markup:
    """``text`` with its DOIs as links."""
    return Markup(DOI.sub(r'<a href="https://doi.org/\1">\1</a>', str(escape(text))))
