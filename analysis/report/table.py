"""Tables: the same rows as HTML, CSV with full precision, and LaTeX that compiles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd
from markupsafe import Markup, escape

from analysis.planned.estimate import cells_of
from analysis.planned.plan import Plan
from analysis.report.units import Row, arm_name
from analysis.words import MINUS, MISSING, number, percent

LONG, WIDE = 40, 9
"""More rows than fit on a page, and so many columns that letters must be smaller."""

NEEDS = r"% Needs \usepackage[utf8]{inputenc}, \usepackage{booktabs} and \usepackage{longtable}."


Writer: TypeAlias = Callable[[Row], str]
Column: TypeAlias = tuple[str, Writer]
"""A heading, and what writes a row under it."""


@dataclass(frozen=True)
class Table:
    """A table of the report.

    ``cells`` are texts as a reader sees them under ``headings``; ``frame`` holds the values
    behind them, for the CSV file. ``words`` is how many columns from the left hold words; the
    others hold numbers and are set flush right. ``groups`` names, for each row, what it belongs
    to; the name stands above the first row of each group.
    """

    name: str
    caption: str
    headings: Sequence[str]
    cells: Sequence[Sequence[str]]
    frame: pd.DataFrame
    words: int = 1
    notes: str = ""
    groups: Sequence[str] = ()

    def csv(self) -> str:
        """The values with all digits that a float has."""
        return self.frame.to_csv(index=False, lineterminator="\n")

    def html(self) -> Markup:
        """A table whose rows and columns have headings that screen readers announce."""
        lines = [
            f'<figure class="table" id="table-{self.name}">',
            f"<figcaption>{escape(self.caption)}</figcaption>",
            '<div class="scroll" tabindex="0" role="region" '
            f'aria-label="{escape(self.caption)}"><table>',
            "<thead><tr>",
            *(self._cell("th", text, at, ' scope="col"') for at, text in enumerate(self.headings)),
            "</tr></thead>",
            "<tbody>",
            *(line for name, row in self._grouped() for line in self._html_row(name, row)),
            "</tbody></table></div>",
            f'<p class="notes">{escape(self.notes)}</p>' if self.notes else "",
            "</figure>",
        ]
        return Markup("\n".join(line for line in lines if line))

    def _grouped(self) -> list[tuple[str, Sequence[str]]]:
        """Each row with the name of the group that it opens, if it opens one."""
        groups = self.groups or [""] * len(self.cells)
        before = ["", *groups[:-1]]
        return [
            (name if name != last else "", row)
            for name, last, row in zip(groups, before, self.cells, strict=True)
        ]

    def _html_row(self, group: str, row: Sequence[str]) -> Iterator[str]:
        if group:
            columns = len(self.headings)
            yield (
                f'<tr class="group"><th colspan="{columns}" scope="rowgroup">{escape(group)}</th>'
                "</tr>"
            )
        head = self._cell("th", row[0], 0, ' scope="row"')
        rest = (self._cell("td", text, at + 1) for at, text in enumerate(row[1:]))
        yield f"<tr>{head}{''.join(rest)}</tr>"

    def _cell(self, tag: str, text: str, column: int, more: str = "") -> str:
        kind = "" if column < self.words else ' class="number"'
        return f"<{tag}{more}{kind}>{escape(text)}</{tag}>"

    def latex(self) -> str:
        """A table for a document that loads booktabs and longtable; long ones run over pages."""
        columns = "l" * self.words + "r" * (len(self.headings) - self.words)
        long = len(self.cells) > LONG
        caption = rf"\caption{{{latex(self.caption)}}}\label{{tab:{self.name.replace('_', '-')}}}"
        body = [
            r"\toprule",
            " & ".join(map(latex, self.headings)) + r" \\",
            r"\midrule",
            *([r"\endhead"] if long else []),
            *(line for name, row in self._grouped() for line in self._latex_row(name, row)),
            r"\bottomrule",
        ]
        shape = f"{{@{{}}{columns}@{{}}}}"
        size = r"\scriptsize" if len(self.headings) >= WIDE else r"\footnotesize"
        setting = [size, r"\setlength{\tabcolsep}{4pt}"]
        notes = (
            rf"\par\smallskip\raggedright\noindent {latex(self.notes)}\par" if self.notes else ""
        )
        if long:
            opening = ["{", *setting, rf"\begin{{longtable}}{shape}", caption + r" \\"]
            lines = [*opening, *body, r"\end{longtable}", notes, "}"]
        else:
            opening = [r"\begin{table}[htbp]", *setting, caption, r"\centering"]
            tabular = [rf"\begin{{tabular}}{shape}", *body, r"\end{tabular}"]
            lines = [*opening, *tabular, notes, r"\end{table}"]
        return "\n".join(line for line in [NEEDS, *lines] if line) + "\n"

    def _latex_row(self, group: str, row: Sequence[str]) -> Iterator[str]:
        if group:
            name = rf"\emph{{{latex(group)}}}"
            yield rf"\multicolumn{{{len(self.headings)}}}{{@{{}}l@{{}}}}{{{name}}} \\"
        yield " & ".join(map(latex, row)) + r" \\"


def table(
    plan: Plan,
    name: str,
    caption: str,
    rows: pd.DataFrame | Sequence[Row],
    columns: Sequence[Column],
    *,
    frame: pd.DataFrame | None = None,
    words: int = 1,
    notes: str = "",
    group: Writer | None = None,
) -> Table | None:
    """A table of one study, or None if there are no rows.

    ``group`` says what a row belongs to; ``frame`` is what the CSV file holds, if not the rows.
    """
    records = list(cells_of(rows)) if isinstance(rows, pd.DataFrame) else rows
    if not records:
        return None
    return Table(
        name=f"{plan.name}_{name}",
        caption=f"{plan.title}: {caption}",
        headings=[heading for heading, _ in columns],
        cells=[[write(row) for _, write in columns] for row in records],
        frame=pd.DataFrame(rows) if frame is None else frame,
        words=words,
        notes=notes,
        groups=[group(row) for row in records] if group else (),
    )


def text(name: str) -> Writer:
    """What writes a value as it is."""
    return lambda row: str(row[name])


def count(name: str) -> Writer:
    """What writes a count."""
    return lambda row: f"{int(row[name]):,}"


def written(name: str, places: int = 2) -> Writer:
    """What writes a number with so many decimals."""
    return lambda row: number(row[name], places)


def share(name: str, places: int = 0) -> Writer:
    """What writes a share as a percentage."""
    return lambda row: percent(row[name], places)


ARM: Column = ("Arm", lambda row: arm_name(row["arm"]))
N: Column = ("N", lambda row: str(int(row["n"])))


_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': "''",
    MINUS: r"$-$",
    MISSING: "--",
    "×": r"$\times$",
    "±": r"$\pm$",
    "²": r"\textsuperscript{2}",
    "½": r"$\frac{1}{2}$",
    "∞": r"$\infty$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "·": r"$\cdot$",
    "…": r"\ldots{}",
    "–": "--",
    "—": "---",
    "’": "'",
    "‘": "`",
    "“": "``",
    "”": "''",
    "\u00a0": "~",
    "\n": " ",
}
_SPECIAL = re.compile("|".join(map(re.escape, _LATEX)))


def latex(text: str) -> str:
    """``text`` as LaTeX that means the same; characters that pdfLaTeX cannot set become ``?``."""
    # utf8 input covers Latin letters; anything beyond would stop the compilation.
    known = "".join(sign if sign in _LATEX or ord(sign) < 0x180 else "?" for sign in text)
    # A row that starts with a bracket would be read as an option of the row end before it.
    escaped = _SPECIAL.sub(lambda match: _LATEX[match[0]], known)
    return "{}" + escaped if escaped.startswith(("[", "*")) else escaped


def latex_document(names: Sequence[str]) -> str:
    """A document with all tables, to look at them or to copy its first lines."""
    return "\n".join(
        [
            r"\documentclass[11pt]{article}",
            r"\usepackage[utf8]{inputenc}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage{textcomp}",
            r"\usepackage{booktabs}",
            r"\usepackage{longtable}",
            r"\usepackage[margin=2cm]{geometry}",
            r"\begin{document}",
            *(rf"\input{{{name}.tex}}" for name in names),
            r"\end{document}",
            "",
        ]
    )
