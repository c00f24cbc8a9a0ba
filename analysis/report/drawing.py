"""How figures look and how they are saved: the same bytes on every run.

Arms differ in shape, line and shade as well as in colour (Okabe & Ito's palette), so that figures
can be read in grey and by colour-blind readers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

INK, SOFT, FAINT, PALE = "#1a1a1a", "#5c5c5c", "#c8c8c8", "#eeeeee"
WIDTH = 7.0
"""Inches; the width of the text of a report or paper."""


@dataclass(frozen=True)
class Look:
    """How an arm is drawn."""

    colour: str
    marker: str
    line: str | tuple[int, tuple[float, ...]]


LOOKS = (
    Look("#4d4d4d", "o", "-"),
    Look("#0072b2", "s", (0, (5, 2))),
    Look("#d55e00", "^", (0, (1, 1.5))),
    Look("#882255", "D", (0, (6, 2, 1, 2))),
    Look("#009e73", "v", (0, (4, 1, 1, 1, 1, 1))),
    Look("#b8860b", "P", (0, (3, 1))),
    Look("#56406e", "X", (0, (2, 2, 5, 2))),
)

STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "axes.unicode_minus": True,
    # Text stays text: searchable, selectable, and in the page's own letters.
    "svg.fonttype": "none",
    "svg.hashsalt": "coproduction",
    "path.simplify": False,
}


@dataclass(frozen=True)
class Picture:
    """A finished figure: its files, what it shows, and what it says to those who cannot see it."""

    name: str
    caption: str
    alternative: str
    svg: str
    png: bytes

    def html(self) -> Markup:
        """The figure for the page, its ids made unique there."""
        inline = self.svg[self.svg.index("<svg") :]
        inline = re.sub(r'\bid="', f'id="{self.name}-', inline)
        inline = re.sub(r"url\(#", f"url(#{self.name}-", inline)
        inline = re.sub(r'href="#', f'href="#{self.name}-', inline)
        label = escape(self.alternative)
        inline = inline.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
        caption = escape(self.caption)
        return Markup(
            f'<figure class="picture" id="figure-{self.name}">\n'
            f'<div class="scroll" tabindex="0" role="group" aria-label="{caption}">\n'
            f"{inline}</div>\n"
            f"<figcaption>{caption}</figcaption>\n</figure>"
        )


def picture(
    name: str,
    caption: str,
    alternative: str,
    draw: Callable[[Canvas], None],
    *,
    height: float,
    mark: str = "",
) -> Picture:
    """Draw and save one figure; ``mark`` is printed in its corner (simulated data)."""
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, height), layout="constrained")
        draw(canvas)
        if mark:
            room = 0.16 / height
            canvas.set_layout_engine("constrained", rect=(0, room, 1, 1 - room))
            canvas.text(
                1,
                0.005,
                mark[:1].upper() + mark[1:],
                ha="right",
                va="bottom",
                fontsize=7.5,
                color="#8a3b00",
            )
        canvas.draw_without_rendering()
        # The layout is found; finding it again for each file takes most of the time.
        canvas.set_layout_engine("none")
        svg = _saved(canvas, format="svg", metadata={"Date": None, "Creator": None})
        png = _saved(canvas, format="png", dpi=180, metadata={"Software": None})
        return Picture(name, caption, alternative, svg.decode("utf-8"), png)


def _saved(canvas: Canvas, **how: Any) -> bytes:
    buffer = io.BytesIO()
    canvas.savefig(buffer, **how)
    return buffer.getvalue()


def looks(arms: Sequence[str]) -> dict[str, Look]:
    """The look of each arm, the control first."""
    return dict(zip(arms, cycle(LOOKS), strict=False))


def zero_line(axes: Axes) -> None:
    """The line of no difference."""
    axes.axvline(0, color=SOFT, linewidth=0.8, zorder=1)


def bare(axes: Axes) -> None:
    """Without frame and ticks but those of the x axis."""
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", length=3)


def line(axes: Axes, x: Any, y: Any, error: Any, look: Look, label: str) -> None:
    """Means with their errors, joined in the look of an arm."""
    axes.errorbar(
        x,
        y,
        yerr=error,
        color=look.colour,
        marker=look.marker,
        linestyle=look.line,
        markersize=5,
        elinewidth=0.9,
        markeredgecolor="white",
        markeredgewidth=0.6,
        label=label,
    )
