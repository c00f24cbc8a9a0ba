"""The power curve as a figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.planned.plan import Plan
from analysis.report.drawing import INK, PALE, SOFT, line, looks, picture
from analysis.report.units import contrast_name


def draw_power(curve: pd.DataFrame, plan: Plan, path: Path) -> None:
    """Draw the frame of `analysis.simulation.power.power` into ``path``, an SVG or PNG file.

    Left, power against the number of participants; right, the minimum detectable effect. Bars are
    95% Monte-Carlo intervals.
    """

    def draw(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2)
        styles = looks(list(dict.fromkeys(curve["hypothesis"])))
        for name, rows in curve.groupby("hypothesis", sort=False):
            look = styles[str(name)]
            label = f"{name}\N{EN SPACE}{contrast_name(rows.iloc[0].to_dict(), plan)}"
            for axes, column in ((left, "power"), (right, "minimum_detectable_effect")):
                line(axes, rows["n"], rows[column], 1.96 * rows[f"{column}_error"], look, label)
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
    path.write_bytes(made.svg.encode() if path.suffix.lower() == ".svg" else made.png)
