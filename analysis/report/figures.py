"""The figures of the report. Each function draws one from data and estimates, and describes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure as Canvas

from analysis.planned.estimate import cells_of
from analysis.planned.plan import Outcome, Plan
from analysis.report.drawing import (
    FAINT,
    INK,
    PALE,
    SOFT,
    Look,
    Picture,
    bare,
    line,
    looks,
    picture,
    zero_line,
)
from analysis.report.effort import mean_interval
from analysis.report.units import Row, Units, arm_name, confidence, contrast_name, standardised
from analysis.words import listed, number
from steps.round import Round

Floats = npt.NDArray[np.float64]


def _tick(row: Row, plan: Plan) -> str:
    """Hypothesis and contrast of an estimate, as they are written on an axis."""
    return f"{row['hypothesis']}\N{EN SPACE}{contrast_name(row, plan)}"


def values(data: pd.DataFrame, outcome: Outcome, arm: str) -> Floats:
    """The known values of an outcome in one arm, in the outcome's unit."""
    known = data.loc[data["arm"] == arm, outcome.name].dropna().astype(float)
    return known.to_numpy() * outcome.scale


# ------------------------------------------------------------------- effects, with the raw data


def effects(
    data: pd.DataFrame, estimates: pd.DataFrame, plan: Plan, outcome: Outcome, mark: str
) -> Picture:
    """Every participant by arm on the left, the planned estimates on the right."""
    rows = _drawable(estimates[estimates["outcome"] == outcome.name])
    arms = [arm for arm in plan.arms if len(values(data, outcome, arm))]
    units = Units(rows, plan)
    found = [
        f"{row['hypothesis']}, {contrast_name(row, plan)}: {units.number(row, 'estimate')} "
        f"({units.interval(row)})"
        for row in cells_of(rows)
    ]

    def draw(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2, width_ratios=(1.1, 1))
        _raw(left, data, arms, plan, outcome)
        _forest(right, rows, units, outcome)

    return picture(
        f"{plan.name}_effects_{outcome.name}",
        f"{outcome.label}. Left: every participant (points), arm means with "
        f"{confidence(plan)} intervals. Right: planned comparisons with intervals (thin: "
        "those that hold all together); grey bands mark effects below the smallest one of "
        f"interest.{_hollow(rows)}",
        f"{outcome.label}: estimates and intervals in {outcome.unit}. {'; '.join(found)}.",
        draw,
        height=0.9 + 0.62 * max(len(arms), len(rows), 3),
        mark=mark,
    )


def _drawable(estimates: pd.DataFrame) -> pd.DataFrame:
    """The estimates that are differences between arms with an interval, each once."""
    kept = estimates["conf_low"].notna() & (estimates["claim"] != "all")
    associations = estimates["contrast"].map(standardised).astype(bool)
    return estimates[kept & ~associations].drop_duplicates(["outcome", "contrast"])


def _raw(
    axes: Axes, data: pd.DataFrame, arms: Sequence[str], plan: Plan, outcome: Outcome
) -> None:
    styles = looks(list(plan.arms))
    for row, arm in enumerate(arms):
        sample = values(data, outcome, arm)
        axes.plot(
            sample,
            row - 0.05 + _spread(sample),
            linestyle="none",
            marker=styles[arm].marker,
            markersize=2.3,
            markerfacecolor=styles[arm].colour,
            markeredgecolor="none",
            alpha=0.8,
            zorder=2,
            # Thousands of points are one image, so that the page stays light.
            rasterized=len(sample) > 1_000,
        )
        _mean(axes, sample, row - 0.24, styles[arm], plan.alpha)
    axes.set_yticks(range(len(arms)), [arm_name(arm) for arm in arms])
    axes.set_ylim(len(arms) - 0.4, -0.55)
    axes.set_xlabel(f"{outcome.label}, {outcome.level_unit}")
    axes.set_title("Participants")
    bare(axes)


def _mean(axes: Axes, sample: Floats, height: float, look: Look, alpha: float) -> None:
    axes.plot(mean_interval(sample, alpha), [height, height], color=INK, linewidth=1.4, zorder=4)
    axes.plot(
        sample.mean(),
        height,
        marker=look.marker,
        markersize=6,
        color=look.colour,
        markeredgecolor="white",
        markeredgewidth=0.8,
        zorder=5,
    )


def _spread(sample: Floats) -> Floats:
    """Heights that keep points of similar value apart, without chance: a folded swarm."""
    width = np.ptp(sample) / 70 or 1.0
    bins = np.round(sample / width).astype(int)
    order = np.argsort(bins, kind="stable")
    places = np.zeros(len(sample))
    _, starts, counts = np.unique(bins[order], return_index=True, return_counts=True)
    for start, count in zip(starts, counts, strict=True):
        places[order[start : start + count]] = np.arange(count)
    step = min(0.06, 0.6 / max(places.max(), 1))
    return np.asarray(places * step)


def _forest(axes: Axes, rows: pd.DataFrame, units: Units, outcome: Outcome) -> None:
    zero_line(axes)
    for height, row in enumerate(cells_of(rows)):
        bound = units.value(row, "smallest_effect")
        if bound > 0:
            axes.barh(height, 2 * bound, 1.0, left=-bound, color=PALE, zorder=0, linewidth=0)
        _interval(axes, row, height, outcome.scale)
        axes.annotate(
            units.number(row, "estimate"),
            (units.value(row, "estimate"), height),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
        )
    names = [_tick(row, units.plan) for row in cells_of(rows)]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.08)
    axes.set_xlabel(f"Difference, {outcome.unit}")
    axes.set_title("Estimated effects")
    bare(axes)


def _hollow(rows: pd.DataFrame) -> str:
    """What hollow points mean, if there are any."""
    return " Hollow: described, not tested." if (rows["verdict"] == "described").any() else ""


def _interval(axes: Axes, row: Row, height: float, scale: float) -> None:
    """An estimate with its intervals, ``scale`` times as large; hollow if described only."""
    for ends, width in (("simultaneous", 0.7), ("conf", 1.8)):
        low, high = (row[f"{ends}_{side}"] * scale for side in ("low", "high"))
        axes.plot([low, high], [height, height], color=INK, linewidth=width, zorder=3)
    hollow = row["verdict"] == "described"
    axes.plot(
        row["estimate"] * scale,
        height,
        "o",
        markersize=6,
        color="white" if hollow else INK,
        markeredgecolor=INK if hollow else "white",
        zorder=4,
    )


# --------------------------------------------------------------------------------- distribution


def distribution(data: pd.DataFrame, plan: Plan, outcome: Outcome, mark: str) -> Picture:
    """A histogram per arm on a common scale, the arm's mean marked."""
    styles = looks(list(plan.arms))
    samples = {arm: values(data, outcome, arm) for arm in plan.arms}
    edges = _edges(np.concatenate(list(samples.values())), outcome, plan)

    def draw(canvas: Canvas) -> None:
        panels = canvas.subplots(len(samples), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (arm, sample) in zip(panels, samples.items(), strict=True):
            _histogram(axes, sample, edges, styles[arm])
            axes.set_title(f"{arm_name(arm)}  (n = {len(sample)})", pad=3)
        panels[-1].set_xlabel(f"{outcome.label}, {outcome.level_unit}")
        canvas.supylabel("Share of the arm, %", fontsize=8.5)

    summary = listed(
        [
            f"{arm_name(arm)} {number(float(np.median(sample)), 1)}"
            for arm, sample in samples.items()
            if len(sample)
        ]
    )
    return picture(
        f"{plan.name}_distribution_{outcome.name}",
        f"Distribution of {outcome.label.lower()} by arm. The line marks the arm's mean.",
        f"Histograms of {outcome.label.lower()} by arm. Medians: {summary}.",
        draw,
        height=0.6 + 0.95 * len(samples),
        mark=mark,
    )


def _edges(sample: Floats, outcome: Outcome, plan: Plan) -> Floats:
    low, high = float(sample.min()), float(sample.max())
    if outcome.kind == "count":
        step = max(1.0, np.ceil((high - low) / 30))
        return np.asarray(np.arange(low - 0.5, high + step + 0.5, step), dtype=float)
    scale = plan.study.measures.get(outcome.name)
    if scale is not None and scale.is_scale:
        # A mean of k items moves in steps of 1 / k.
        item, step = plan.study.columns[scale.of[0]], 1 / len(scale.of)
        low, high = float(item.min or 0), float(item.max or 0)
        return np.asarray(np.arange(low - step / 2, high + step, step), dtype=float)
    return np.asarray(np.linspace(low, high if high > low else low + 1, 25), dtype=float)


def _histogram(axes: Axes, sample: Floats, edges: Floats, look: Look) -> None:
    if len(sample):
        heights = np.histogram(sample, edges)[0] * 100 / len(sample)
        corners = [
            [(left, 0.0), (left, height), (right, height), (right, 0.0)]
            for left, right, height in zip(edges[:-1], edges[1:], heights, strict=True)
            if height
        ]
        bars = PolyCollection(corners, facecolor=look.colour, alpha=0.75, edgecolor="white")
        axes.add_collection(bars)
        axes.autoscale_view()
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(bottom=0)
        axes.axvline(sample.mean(), color=INK, linewidth=1.3)
        axes.plot(
            sample.mean(),
            1.0,
            marker="v",
            color=INK,
            markersize=5,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )


# ----------------------------------------------------------------------------- effort over time


def effort_over_time(pace: pd.DataFrame, round: Round, plan: Plan, mark: str) -> Picture:
    """Correct cards per minute in each part of a round; see `analysis.report.effort`."""
    styles = looks(list(plan.arms))

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        shift = np.linspace(-1, 1, len(plan.arms)) if len(plan.arms) > 1 else [0.0]
        for offset, arm in zip(shift, plan.arms, strict=True):
            rows = pace[pace["arm"] == arm]
            if len(rows):
                errors = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
                middle = rows["middle"] + offset * 1.6
                line(axes, middle, rows["mean"], errors, styles[arm], arm_name(arm))
        axes.set_xlabel(f"Seconds since the start of the {round.about}")
        axes.set_ylabel("Correct cards per minute")
        axes.grid(axis="y", color=PALE, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=3.2)

    first, last = pace["middle"].min(), pace["middle"].max()
    parts = []
    for arm in plan.arms:
        rows = pace[pace["arm"] == arm].set_index("middle")["mean"]
        if {first, last} <= set(rows.index):
            parts.append(f"{arm_name(arm)} {number(rows[first], 1)} to {number(rows[last], 1)}")
    return picture(
        f"{plan.name}_effort_over_time",
        f"Effort over time: correct cards per minute in the {round.about}, mean by arm with "
        f"{confidence(plan)} intervals. Rounds of the usual length; those who "
        "stopped early count as 0 afterwards.",
        f"Correct cards per minute from the first to the last part of the {round.about}: "
        f"{'; '.join(parts)}.",
        draw,
        height=2.8,
        mark=mark,
    )


# ---------------------------------------------------------------------------- all effects at once


def overview(estimates: pd.DataFrame, plan: Plan, mark: str) -> Picture | None:
    """Secondary outcomes: effects in standard deviations of the comparison arm."""
    others = estimates[estimates["family"].isin([family.name for family in plan.others])]
    secondary = _drawable(others[others["control_sd"] > 0])
    if secondary.empty:
        return None
    rows = list(cells_of(secondary))
    lines = len(rows) + 1.35 * secondary["outcome"].nunique()

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        zero_line(axes)
        height, before = 0.0, ""
        ticks: list[tuple[float, str]] = []
        for row in rows:
            if row["outcome"] != before:
                before = row["outcome"]
                height += 1.35 if ticks else 0.6
                axes.text(
                    -0.01,
                    height - 0.85,
                    plan.outcomes[before].label,
                    transform=axes.get_yaxis_transform(),
                    ha="right",
                    va="center",
                    fontweight="bold",
                )
            _interval(axes, row, height, 1 / row["control_sd"])
            ticks.append((height, _tick(row, plan)))
            height += 1
        axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
        axes.set_ylim(height - 0.4, -0.9)
        axes.set_xlabel("Effect in standard deviations of the comparison arm")
        bare(axes)

    return picture(
        f"{plan.name}_effects_secondary",
        "Secondary outcomes: planned comparisons in standard deviations of the comparison arm "
        "(for an interaction or levels of a factor, of all participants), with "
        f"{confidence(plan)} intervals before adjustment (thin: those that hold all "
        f"together).{_hollow(secondary)}",
        "Standardised effects on the secondary outcomes: "
        + "; ".join(
            f"{row['hypothesis']} on {plan.outcomes[row['outcome']].label.lower()} "
            f"{number(row['estimate'] / row['control_sd'])}"
            for row in rows
        )
        + ".",
        draw,
        height=0.7 + 0.235 * lines,
        mark=mark,
    )


# --------------------------------------------------------------------------------------- balance


def balance_plot(balance: pd.DataFrame, plan: Plan, mark: str) -> Picture:
    """Standardised differences before treatment, arm by arm."""
    rows = balance[balance["estimate"].notna()]
    names = list(dict.fromkeys(rows["outcome"]))
    styles = looks(list(plan.arms))

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.axvspan(-0.25, 0.25, color=PALE, zorder=0, linewidth=0)
        zero_line(axes)
        for arm in plan.arms:
            part = rows[rows["term"] == arm]
            if len(part):
                axes.plot(
                    part["estimate"],
                    [names.index(name) for name in part["outcome"]],
                    linestyle="none",
                    marker=styles[arm].marker,
                    color=styles[arm].colour,
                    markersize=6,
                    markeredgecolor="white",
                    label=arm_name(arm),
                )
        axes.set_yticks(range(len(names)), [plan.word(name) for name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.grid(axis="y", color=PALE)
        axes.set_axisbelow(True)
        axes.set_xlabel(f"Standardised difference from {arm_name(plan.study.control)}")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        bare(axes)

    largest = rows.iloc[int(rows["estimate"].abs().to_numpy().argmax())].to_dict()
    return picture(
        f"{plan.name}_balance",
        f"Balance before treatment: difference from {arm_name(plan.study.control)} in standard "
        "deviations. The grey band spans 0.25 in both directions.",
        f"Standardised differences of {len(names)} variables; the largest is "
        f"{number(largest['estimate'])} ({plan.word(largest['outcome'])}, "
        f"{arm_name(largest['term'])}).",
        draw,
        height=0.7 + 0.22 * len(names),
        mark=mark,
    )


# ------------------------------------------------------------------------------------------ flow


def flow(
    before: Sequence[tuple[str, int]], by_arm: pd.DataFrame, plan: Plan, mark: str
) -> Picture:
    """Boxes from arrival to analysis. ``by_arm`` has a column per stage and a row per arm."""
    stages = list(by_arm.columns)
    arms = list(by_arm.index)
    depth = len(before) + 1 + len(stages)

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.set_xlim(-0.5, len(arms) - 0.5)
        axes.set_ylim(depth - 0.5, -0.5)
        axes.set_axis_off()
        middle, branch = (len(arms) - 1) / 2, len(before) - 0.5
        axes.vlines(middle, 0, branch, SOFT, linewidth=0.8, zorder=1)
        axes.hlines(branch, 0, len(arms) - 1, SOFT, linewidth=0.8, zorder=1)
        axes.vlines(range(len(arms)), branch, depth - 1, SOFT, linewidth=0.8, zorder=1)
        for row, (stage, count) in enumerate(before):
            _box(axes, middle, row, f"{stage}: {count:,}")
        for column, arm in enumerate(arms):
            name = arm_name(arm).replace(" + ", " +\n") if len(arms) > 4 else arm_name(arm)
            _box(axes, column, len(before), name, bold=True)
            for row, stage in enumerate(stages, len(before) + 1):
                _box(axes, column, row, f"{stage}: {int(by_arm.loc[arm, stage]):,}")

    summary = "; ".join(
        f"{arm_name(arm)}: "
        + ", ".join(f"{stage} {int(by_arm.loc[arm, stage])}" for stage in stages)
        for arm in arms
    )
    return picture(
        f"{plan.name}_flow",
        "Flow of participants, from arrival to the analysis of the primary outcome. Analysed are "
        "all whose primary outcome was measured, also if they left afterwards."
        if "Analysed" in stages
        else "Flow of participants, from arrival to assignment.",
        f"{', '.join(f'{stage} {count}' for stage, count in before)}. {summary}.",
        draw,
        height=0.2 + 0.52 * depth,
        mark=mark,
    )


def _box(axes: Axes, x: float, y: float, text: str, *, bold: bool = False) -> None:
    axes.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontweight="bold" if bold else "normal",
        zorder=3,
        bbox={
            "boxstyle": "round,pad=0.45,rounding_size=0.2",
            "facecolor": "white",
            "edgecolor": "none" if bold else FAINT,
            "linewidth": 0.9,
        },
    )
