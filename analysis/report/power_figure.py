"""The power curve as a figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.errors import AnalysisError
from analysis.planned.plan import Plan
from analysis.report.drawing import INK, PALE, SOFT, Look, looks, picture
from analysis.report.figures import contrast_name


def draw_power(curve: pd.DataFrame, plan: Plan, path: Path) -> None:
    """Draw the frame of `analysis.simulation.power.power` into ``path``, an SVG or PNG file.

    Left, power against the number of participants; right, the minimum detectable effect. Bars are
    95% Monte-Carlo intervals. Raises ``AnalysisError`` for another kind of file.
    """
    kind = path.suffix.lower()
    if kind not in (".svg", ".png"):
        raise AnalysisError(f"The figure {str(path)!r} must end in .svg or .png.")

    def draw(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2)
        styles = looks(list(dict.fromkeys(curve["hypothesis"])))
        for name, rows in curve.groupby("hypothesis", sort=False):
            look = styles[str(name)]
            label = f"{name}\N{EN SPACE}{contrast_name(rows.iloc[0].to_dict(), plan)}"
            _line(left, rows, "power", look, label)
            _line(right, rows, "minimum_detectable_effect", look, label)
        left.axhline(plan.power, color=SOFT, linewidth=0.8, linestyle=(0, (2, 2)))
        left.set_ylim(0, 1)
        left.set_title(f"Power (unadjusted test at {100 * plan.alpha:g}%)")
        right.set_ylim(bottom=0)
        right.set_title(f"Minimum detectable effect ({100 * plan.power:g}% power)")
        right.set_ylabel("Standard deviations")
        for axes in (left, right):
            axes.set_xlabel("Participants in all arms")
            axes.grid(axis="y", color=PALE)
            axes.set_axisbelow(True)
            axes.tick_params(colors=INK)
        handles, labels = left.get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower center", ncols=2, handlelength=3.2)

    made = picture("power", "", "", draw, height=3.7)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.svg.encode() if kind == ".svg" else made.png)


def _line(axes: Axes, rows: pd.DataFrame, column: str, look: Look, label: str) -> None:
    axes.errorbar(
        rows["n"],
        rows[column],
        yerr=1.96 * rows[f"{column}_error"],
        color=look.colour,
        marker=look.marker,
        linestyle=look.line,
        markersize=5,
        elinewidth=0.9,
        markeredgecolor="white",
        markeredgewidth=0.6,
        label=label,
    )
