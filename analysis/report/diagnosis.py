"""What to look at before believing an estimate: who is missing, balance, checks, odd answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.diagnostics import (
    attrition,
    balance,
    cronbach_alpha,
    lee_bounds,
    suspicious_patterns,
)
from analysis.errors import AnalysisError
from analysis.exports.derived import BLOCK, SCALES, items
from analysis.planned.estimate import Notes
from analysis.planned.plan import ExperimentPlan, Plan
from analysis.report.figures import arm_name
from analysis.report.tables import Table
from analysis.words import counted, decimals, interval, number, p_value, percent

BEFORE = ("baseline_correct", "baseline_attempts", "psm", "motivation", "comprehension_errors")
"""What is compared between arms because it was measured before treatment."""

PERSONAL = ("age", "gender", "volunteered_before")
"""What is compared although asked at the end, because treatment cannot change it."""

RECALLED = {"facts": "nobody", "organisation": "organisation", "beneficiary": "beneficiary"}
"""The right answer to the fidelity check, by the message read."""


# ------------------------------------------------------------------------------------------ flow


def flow_before(everyone: pd.DataFrame) -> list[tuple[str, int]]:
    """Counts up to assignment."""
    consented = int((everyone["consent"] == 1).sum()) if "consent" in everyone else 0
    stages = [("Came", len(everyone)), ("Consented", consented)]
    return [*stages, ("Assigned", int(everyone["arm"].notna().sum()))]


def flow_by_arm(assigned: pd.DataFrame, planned: ExperimentPlan) -> pd.DataFrame:
    """Counts from assignment on: a row per arm, a column per stage.

    ``assigned`` are those whose arm was drawn; Exposed saw the treatment page, Analysed have the
    primary outcomes.
    """
    outcomes = [name for name in planned.primary.outcomes if name in assigned.columns]
    exposed = assigned[["information_started_at", "information_seconds"]].notna().any(axis=1)
    stages = {
        "Assigned": pd.Series(True, index=assigned.index),
        "Exposed": exposed,
        "Completed": (assigned["completed"] == 1).fillna(False).astype(bool),
        "Analysed": assigned[outcomes].notna().all(axis=1) & bool(outcomes),
    }
    counts = {
        stage: [int((mask & (assigned["arm"] == arm)).sum()) for arm in planned.arms]
        for stage, mask in stages.items()
    }
    return pd.DataFrame(counts, index=list(planned.arms))


def flow_table(by_arm: pd.DataFrame, planned: ExperimentPlan) -> Table:
    """The flow as numbers."""
    total = by_arm.sum()
    cells = [
        [arm_name(str(arm)), *(f"{int(count):,}" for count in row)]
        for arm, *row in by_arm.itertuples(name=None)
    ]
    cells.append(["all arms", *(f"{int(count):,}" for count in total)])
    return Table(
        name=f"{planned.name}_flow",
        caption=f"{planned.title}: participants from assignment to analysis.",
        headings=["Arm", *by_arm.columns],
        cells=cells,
        frame=by_arm.rename_axis("arm").reset_index(),
        notes="Exposed: the treatment page was shown. Completed: reached the last page. Analysed: "
        "has the primary outcome, also if they left after it was measured. Everyone stays in the "
        "arm that was drawn.",
    )


# ------------------------------------------------------------------------------------- attrition


def attempted(notes: Notes, what: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
    """The frame, or None and a sentence in ``notes`` if the data do not allow it."""
    try:
        return compute()
    except AnalysisError as error:
        notes.add(f"No {what}: {error}")
        return None


def attrition_table(
    assigned: pd.DataFrame, planned: ExperimentPlan, plan: Plan, notes: Notes
) -> Table | None:
    """Shares lost by arm: before the last page, and before the primary outcome."""
    control = planned.design.control
    frames = [
        attempted(
            notes,
            "comparison of dropout",
            lambda: attrition(assigned, "arm", control, "completed"),
        )
    ]
    for name in planned.primary.outcomes:
        frames.append(
            attempted(
                notes,
                f"comparison of missing {name}",
                lambda name=name: attrition(assigned, "arm", control, outcome=name),  # type: ignore[misc]
            )
        )
    kept = [frame for frame in frames if frame is not None]
    if not kept:
        return None
    frame = pd.concat(kept, ignore_index=True)
    cells = [
        [
            arm_name(str(row["term"])),
            "" if row["term"] == "any arm" else number(100 * row["estimate"], 1),
            ""
            if row["term"] == "any arm"
            else interval(100 * row["conf_low"], 100 * row["conf_high"], 1),
            p_value(row["p_value"]),
            str(row["n"]),
        ]
        for row in frame.to_dict("records")
    ]
    return Table(
        name=f"{planned.name}_attrition",
        caption=f"{planned.title}: attrition compared with {control}, percentage points.",
        headings=["Arm", "Difference", "95% interval", "p", "N"],
        cells=cells,
        frame=frame,
        groups=[variable_name(str(name)).capitalize() for name in frame["outcome"]],
        notes="Any arm: chi-squared test that all arms lose the same share.",
    )


def lee_table(
    assigned: pd.DataFrame, planned: ExperimentPlan, plan: Plan, notes: Notes
) -> Table | None:
    """Bounds on the effects on the primary outcomes for those who stay in either arm."""
    control = planned.design.control
    frames = [
        attempted(
            notes,
            f"Lee bounds for {name}",
            lambda name=name: lee_bounds(  # type: ignore[misc]
                assigned,
                name,
                "arm",
                control,
                draws=min(max(plan.draws, 100), 2_000),
                seed=plan.seed,
            ),
        )
        for name in planned.primary.outcomes
    ]
    kept = [frame for frame in frames if frame is not None]
    if not kept:
        return None
    frame = pd.concat(kept, ignore_index=True)
    cells = []
    for lower, upper in zip(
        frame.iloc[::2].to_dict("records"), frame.iloc[1::2].to_dict("records"), strict=True
    ):
        outcome = plan.outcomes[lower["outcome"]]
        scale, places = outcome.scale, decimals(lower["std_error"] * outcome.scale)
        cells.append(
            [
                outcome.label,
                arm_name(str(lower["term"]).removesuffix(" (lower)")),
                interval(lower["estimate"] * scale, upper["estimate"] * scale, places),
                interval(lower["conf_low"] * scale, upper["conf_high"] * scale, places),
                str(lower["n"]),
            ]
        )
    return Table(
        name=f"{planned.name}_lee_bounds",
        caption=f"{planned.title}: bounds on the effects against {control} in the presence of "
        "attrition.",
        headings=["Outcome", "Arm", "Bounds", "95% interval", "N"],
        cells=cells,
        frame=frame,
        words=2,
        notes="Lee’s bounds, for those whose outcome would be known in either arm; without "
        "covariates. Intervals cover the effect, after Imbens and Manski.",
    )


# --------------------------------------------------------------------------------------- balance


def blocked(data: pd.DataFrame, notes: Notes) -> tuple[pd.DataFrame, str | None]:
    """The participants whose permuted block is known, and the column that holds it.

    None if no block is known: then nothing but permuting over everybody is left.
    """
    known = data[BLOCK].notna() if BLOCK in data.columns else pd.Series(False, index=data.index)
    if not known.any():
        notes.add("No blocks were exported, so the balance test permutes everybody.")
        return data, None
    if not known.all():
        without = counted(int((~known).sum()), "participant")
        notes.add(f"{without} without a block left out of the balance test.")
    return data[known], BLOCK


def balance_frame(
    assigned: pd.DataFrame, planned: ExperimentPlan, notes: Notes
) -> pd.DataFrame | None:
    """Standardised differences; the joint test of what was measured before treatment last."""
    control = planned.design.control
    before, personal = (_varying(assigned, names) for names in (BEFORE, PERSONAL))
    if not before:
        return None
    known, block = blocked(assigned, notes)
    frame = attempted(
        notes,
        "balance table",
        lambda: balance(known, "arm", control, before, blocks=block),
    )
    if frame is None:
        return None
    extra = None
    if personal:
        extra = attempted(
            notes, "balance of age and gender", lambda: balance(assigned, "arm", control, personal)
        )
    if extra is None:
        return frame
    return pd.concat([frame.iloc[:-1], extra.iloc[:-1], frame.iloc[-1:]], ignore_index=True)


def variable_name(name: str) -> str:
    """A variable as it is written in tables: ``gender=woman`` becomes ``gender: woman``."""
    return name.replace("_", " ").replace("=", ": ")


def _varying(data: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that differ between people in every arm, so that they have a spread there."""
    arms = data.groupby("arm", observed=True)
    return [
        name
        for name in names
        if name in data.columns and (arms[name].nunique() > 1).all() and len(arms) > 1
    ]


def balance_table(frame: pd.DataFrame, planned: ExperimentPlan) -> Table:
    """A row per variable, a column per arm."""
    differences = frame[frame["estimate"].notna()]
    arms = [arm for arm in planned.arms if arm in set(differences["term"])]
    cells = []
    for name, rows in differences.groupby("outcome", sort=False):
        by_arm = rows.set_index("term")["estimate"]
        shown = [number(by_arm.get(arm, np.nan)) for arm in arms]
        cells.append([variable_name(str(name)), *shown, str(int(rows["n"].iloc[0]))])
    joint = frame.iloc[-1]
    return Table(
        name=f"{planned.name}_balance",
        caption=f"{planned.title}: standardised differences from {planned.design.control}.",
        headings=["Variable", *(arm_name(arm) for arm in arms), "N"],
        cells=cells,
        frame=frame,
        notes=f"Joint test of what was measured before treatment: chi-squared = "
        f"{number(joint['statistic'], 1)}, {int(joint['df'])} degrees of freedom, p = "
        f"{p_value(joint['p_value'])}. It tests the draw; the covariates of the plan are adjusted "
        "for whatever it says. Age and gender were asked at the end.",
    )


# -------------------------------------------------------------------------------- fidelity checks


def fidelity_table(assigned: pd.DataFrame, planned: ExperimentPlan) -> Table:
    """What participants noticed, by arm: reported, never conditioned on."""
    rows = []
    for arm in planned.arms:
        people = assigned[assigned["arm"] == arm]
        right = RECALLED[planned.design.arms[arm].message]
        asked = people["source_recalled"].dropna()
        rows.append(
            {
                "arm": arm,
                "n": len(asked),
                **{
                    f"recalled_{answer}": (asked == answer).mean() if len(asked) else np.nan
                    for answer in ("nobody", "organisation", "beneficiary", "unsure")
                },
                "recalled_right": (asked == right).mean() if len(asked) else np.nan,
                "impact_perceived": _mean(people, "impact_perceived"),
                "information_seconds": _median(people, "information_seconds"),
                "media_seconds": _median(people, "media_seconds"),
            }
        )
    cells = [
        [
            arm_name(str(row["arm"])),
            str(row["n"]),
            *(
                percent(row[f"recalled_{answer}"])  # type: ignore[arg-type]
                for answer in ("nobody", "organisation", "beneficiary", "unsure", "right")
            ),
            number(row["impact_perceived"]),  # type: ignore[arg-type]
            number(row["information_seconds"], 0),  # type: ignore[arg-type]
            number(row["media_seconds"], 0),  # type: ignore[arg-type]
        ]
        for row in rows
    ]
    return Table(
        name=f"{planned.name}_fidelity",
        caption=f"{planned.title}: fidelity checks by arm.",
        headings=[
            "Arm",
            "N",
            "Nobody",
            "Organisation",
            "Beneficiary",
            "Unsure",
            "Right",
            "Impact",
            "Reading, s",
            "Playing, s",
        ],
        cells=cells,
        frame=pd.DataFrame(rows),
        notes="Nobody to unsure: who the information came from, as recalled. Right: recalled as "
        "it was. Impact: perceived impact of one’s work, mean, 1 to 7. Reading and playing: "
        "median seconds with the treatment page in view and of recordings played. No estimate "
        "conditions on these checks, because treatment can change them.",
    )


def _mean(people: pd.DataFrame, column: str) -> float:
    return float(people[column].astype("Float64").mean()) if _known(people, column) else np.nan


def _median(people: pd.DataFrame, column: str) -> float:
    return float(people[column].astype("Float64").median()) if _known(people, column) else np.nan


def _known(people: pd.DataFrame, column: str) -> bool:
    return column in people.columns and bool(people[column].notna().any())


# ---------------------------------------------------------------------------- scales and patterns


SCALE_ITEMS = {"willingness": [f"willingness_{item}" for item in range(1, 5)]} | {
    name: items(name) for name in SCALES
}


def scales_table(data: pd.DataFrame, planned: ExperimentPlan) -> Table:
    """Each scale: reliability, mean, and how many sit at its ends."""
    rows = []
    for scale, columns in SCALE_ITEMS.items():
        if not set(columns) <= set(data.columns):
            continue
        answers = data[columns].astype("Float64").astype(float)
        means = answers.mean(axis=1, skipna=False).dropna()
        low, high = (1, 5) if scale == "psm" else (1, 7)
        rows.append(
            {
                "scale": scale,
                "items": len(columns),
                "n": len(means),
                "alpha": _alpha(answers),
                "mean": means.mean(),
                "sd": means.std(ddof=1),
                "share_floor": (means == low).mean() if len(means) else np.nan,
                "share_ceiling": (means == high).mean() if len(means) else np.nan,
            }
        )
    cells = [
        [
            str(row["scale"]).replace("_", " "),
            str(row["items"]),
            str(row["n"]),
            *(number(row[key]) for key in ("alpha", "mean", "sd")),  # type: ignore[arg-type]
            percent(row["share_floor"]),  # type: ignore[arg-type]
            percent(row["share_ceiling"]),  # type: ignore[arg-type]
        ]
        for row in rows
    ]
    return Table(
        name=f"{planned.name}_scales",
        caption=f"{planned.title}: scales.",
        headings=["Scale", "Items", "N", "Alpha", "Mean", "SD", "At floor", "At ceiling"],
        cells=cells,
        frame=pd.DataFrame(rows),
        notes="Alpha: Cronbach’s. Motivation mixes two subscales (the task, and others), so its "
        "alpha understates each.",
    )


def _alpha(answers: pd.DataFrame) -> float:
    try:
        return cronbach_alpha(answers)
    except AnalysisError:
        return np.nan


def suspicious_table(
    data: pd.DataFrame, answers: pd.DataFrame | None, planned: ExperimentPlan, notes: Notes
) -> Table | None:
    """Answer patterns for a person to judge; nobody is removed for them."""
    scales = [
        columns
        for columns in SCALE_ITEMS.values()
        if set(columns) <= set(data.columns) and len(columns) >= 4
    ]
    if answers is None:
        columns = ["session_code", "participant_code", "phase", "response_ms", "pasted"]
        answers = pd.DataFrame(columns=[*columns, "focus_lost"])
    here = answers[answers["participant_code"].isin(data["participant_code"])]
    frame = attempted(
        notes, "list of answer patterns", lambda: suspicious_patterns(data, here, scales)
    )
    if frame is None:
        return None
    cells = [
        [
            str(row["participant_code"]),
            str(row["pattern"]),
            str(row["detail"]).replace("_", " "),
            str(row["count"]),
            percent(row["share"]),
        ]
        for row in frame.to_dict("records")
    ]
    return Table(
        name=f"{planned.name}_patterns",
        caption=f"{planned.title}: answer patterns to look at.",
        headings=["Participant", "Pattern", "Where", "Answers", "Share"],
        cells=cells,
        frame=frame,
        words=3,
        notes="A list for a person to judge. It proves nothing, and nobody was left out for it.",
    )
