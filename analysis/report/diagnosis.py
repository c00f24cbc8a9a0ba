"""What to look at before believing an estimate: who is missing, balance, checks, odd answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
from analysis.exports.derived import BLOCK
from analysis.planned.estimate import Notes
from analysis.planned.plan import Plan
from analysis.report.figures import arm_name
from analysis.report.table import Table
from analysis.words import counted, decimals, interval, listed, number, p_value, percent
from steps.ending import STATUS, STATUSES
from steps.information import Information
from steps.instruments.source_recalled import SourceRecalled
from study.study import Study

# ------------------------------------------------------------------------------------------ flow


def flow_before(everyone: pd.DataFrame, assigned: int, study: Study) -> list[tuple[str, int]]:
    """Counts up to assignment, after which ``assigned`` are followed."""
    stages = [("Came", len(everyone))]
    if "consent" in study.columns:
        stages.append(("Consented", int((everyone["consent"] == 1).sum())))
    return [*stages, ("Assigned", assigned)]


def flow_by_arm(assigned: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Counts from assignment on: a row per arm, a column per stage.

    ``assigned`` are those whose arm was drawn; Exposed saw the treatment page, Analysed have the
    primary outcomes.
    """
    outcomes = [name for name in plan.primary.outcomes if name in assigned.columns]
    shown = [name for name in _exposure(plan.study) if name in assigned.columns]
    stages = {
        "Assigned": pd.Series(True, index=assigned.index),
        "Exposed": assigned[shown].notna().any(axis=1),
        "Completed": (assigned["completed"] == 1).fillna(False).astype(bool),
        "Analysed": assigned[outcomes].notna().all(axis=1) & bool(outcomes),
    }
    counts = {
        stage: [int((mask & (assigned["arm"] == arm)).sum()) for arm in plan.arms]
        for stage, mask in stages.items()
    }
    return pd.DataFrame(counts, index=list(plan.arms))


def _exposure(study: Study) -> list[str]:
    """The columns that are filled once the first page after the draw is shown."""
    behind = study.path[len(study.before_assignment()) + 1 :]
    columns = [c for step in [s for s in behind if s.page][:1] for c in step.columns(study)]
    timed = [c.name for c in columns if c.type == "timestamp" or c.unit == "seconds"]
    return timed or [c.name for c in columns]


def flow_table(by_arm: pd.DataFrame, plan: Plan) -> Table:
    """The flow as numbers."""
    total = by_arm.sum()
    cells = [
        [arm_name(str(arm)), *(f"{int(count):,}" for count in row)]
        for arm, *row in by_arm.itertuples(name=None)
    ]
    cells.append(["all arms", *(f"{int(count):,}" for count in total)])
    return Table(
        name=f"{plan.name}_flow",
        caption=f"{plan.title}: participants from assignment to analysis.",
        headings=["Arm", *by_arm.columns],
        cells=cells,
        frame=by_arm.rename_axis("arm").reset_index(),
        notes="Exposed: the treatment page was shown. Completed: reached the last page. Analysed: "
        "has the primary outcome, also if they left after it was measured. Everyone stays in the "
        "arm that was drawn.",
    )


def panel_table(everyone: pd.DataFrame, plan: Plan) -> Table | None:
    """How everybody who came ended, for the panel that sent them; None: no panel did."""
    if STATUS not in plan.study.columns or STATUS not in everyone.columns:
        return None
    counts = everyone[STATUS].value_counts()
    rows = [(meaning, int(counts.get(value, 0))) for value, meaning in STATUSES.items()]
    rows.append(("left on the way", int(everyone[STATUS].isna().sum())))
    return Table(
        name=f"{plan.name}_panel",
        caption=f"{plan.title}: how participants ended, as their panel is told.",
        headings=["Status", "Participants"],
        cells=[[name, f"{count:,}"] for name, count in rows],
        frame=pd.DataFrame(rows, columns=["status", "participants"]),
    )


# ------------------------------------------------------------------------------------- attrition


def attempted(notes: Notes, what: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
    """The frame, or None and a sentence in ``notes`` if the data do not allow it."""
    try:
        return compute()
    except AnalysisError as error:
        notes.add(f"No {what}: {error}")
        return None


def attrition_table(assigned: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """Shares lost by arm: before the last page, and before the primary outcome."""
    control = plan.study.control
    frames = [
        attempted(
            notes,
            "comparison of dropout",
            lambda: attrition(assigned, "arm", control, "completed"),
        )
    ]
    for name in plan.primary.outcomes:
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
        name=f"{plan.name}_attrition",
        caption=f"{plan.title}: attrition compared with {control}, percentage points.",
        headings=["Arm", "Difference", "95% interval", "p", "N"],
        cells=cells,
        frame=frame,
        groups=[variable_name(str(name)).capitalize() for name in frame["outcome"]],
        notes="Any arm: chi-squared test that all arms lose the same share.",
    )


def lee_table(assigned: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """Bounds on the effects on the primary outcomes for those who stay in either arm."""
    control = plan.study.control
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
        for name in plan.primary.outcomes
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
        name=f"{plan.name}_lee_bounds",
        caption=f"{plan.title}: bounds on the effects against {control} in the presence of "
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


def balance_frame(assigned: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame | None:
    """Standardised differences; the joint test of what was measured before treatment last."""
    control = plan.study.control
    before, personal = (_varying(assigned, names) for names in compared(plan))
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
            notes,
            "balance of answers on the person",
            lambda: balance(assigned, "arm", control, personal),
        )
    if extra is None:
        return frame
    return pd.concat([frame.iloc[:-1], extra.iloc[:-1], frame.iloc[-1:]], ignore_index=True)


def compared(plan: Plan) -> tuple[list[str], list[str]]:
    """What is compared between arms because treatment cannot have changed it.

    First what was measured before and joins the test: the covariates of the plan; scales, counts
    and yes or no, no item of a scale and nothing that is only a time or a trace of the platform.
    Then what describes people in words, or was asked afterwards although treatment cannot change
    it.
    """
    study, adjusted = plan.study, [*plan.covariates]
    for each in plan.hypotheses:
        adjusted += each.covariates or ()
    adjusted = list(dict.fromkeys(name.partition("=")[0] for name in adjusted))
    items = {each.name: set(each.of) for each in study.measures.values() if each.is_scale}
    # A part of a scale says nothing that the scale does not say.
    scales = [name for name in items if not any(items[name] < other for other in items.values())]
    parts = set(items).difference(scales).union(*items.values())
    parts.update(*(study.measures[name].of for name in adjusted if name in study.measures))
    before, described = adjusted, []
    for name in dict.fromkeys(study.written_before):
        column = study.columns.get(name)
        if name in before:
            continue
        if name in scales:
            before.append(name)
        elif column is None or name in parts or not (column.always or column.answers):
            continue
        elif column.type in ("integer", "boolean"):
            before.append(name)
        elif column.type == "choice":
            described.append(name)
    background = [c.name for c in study.columns.values() if c.background]
    return before, [*described, *(n for n in background if n not in (*before, *described))]


def variable_name(name: str) -> str:
    """A variable as it is written in tables."""
    return name.replace("_", " ")


def _outside(plan: Plan, names: set[str]) -> str:
    """Which of the variables ``names`` the joint test leaves out."""
    outside = [plan.word(name) for name in compared(plan)[1] if name in names]
    return f" Outside of it, as descriptions of the person: {listed(outside)}." if outside else ""


def _varying(data: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that differ between people in every arm, so that they have a spread there."""
    arms = data.groupby("arm", observed=True)
    return [
        name
        for name in names
        if name in data.columns and (arms[name].nunique() > 1).all() and len(arms) > 1
    ]


def balance_table(frame: pd.DataFrame, plan: Plan) -> Table:
    """A row per variable, a column per arm."""
    differences = frame[frame["estimate"].notna()]
    arms = [arm for arm in plan.arms if arm in set(differences["term"])]
    cells = []
    for name, rows in differences.groupby("outcome", sort=False):
        by_arm = rows.set_index("term")["estimate"]
        shown = [number(by_arm.get(arm, np.nan)) for arm in arms]
        cells.append([plan.word(str(name)), *shown, str(int(rows["n"].iloc[0]))])
    joint, names = frame.iloc[-1], {str(name).partition("=")[0] for name in frame["outcome"]}
    return Table(
        name=f"{plan.name}_balance",
        caption=f"{plan.title}: standardised differences from {plan.study.control}.",
        headings=["Variable", *(arm_name(arm) for arm in arms), "N"],
        cells=cells,
        frame=frame,
        notes=f"Joint test of what was measured before treatment: chi-squared = "
        f"{number(joint['statistic'], 1)}, {int(joint['df'])} degrees of freedom, p = "
        f"{p_value(joint['p_value'])}. It tests the draw; the covariates of the plan are adjusted "
        f"for whatever it says.{_outside(plan, names)}",
    )


# -------------------------------------------------------------------------------- fidelity checks


def fidelity_table(assigned: pd.DataFrame, plan: Plan) -> Table | None:
    """What participants noticed, by arm: reported, never conditioned on. None: not asked."""
    study = plan.study
    asked = [
        (step, part)
        for step in study.path
        for part in (step, *step.asks())
        if isinstance(part, SourceRecalled)
    ]
    if not asked:
        return None
    page, check = asked[0]
    beside = [measure.name for measure in page.measures(study) if measure.is_scale]
    times = [
        (f"{name}, s", column)
        for step in study.of_type(Information)
        for name, column in (("Reading", f"{step.name}_seconds"), ("Playing", "media_seconds"))
    ]
    rows = []
    for arm in plan.arms:
        people = assigned[assigned["arm"] == arm]
        recalled = people[check.name].dropna()
        shares = {f"recalled_{answer}": _share(recalled, answer) for answer in check.options}
        shares["recalled_right"] = _share(recalled, check.right[study.arm(arm).message])
        found: dict[str, Any] = {"arm": arm, "n": len(recalled), **shares}
        found |= {name: _mean(people, name) for name in beside}
        found |= {column: _median(people, column) for _, column in times}
        rows.append((found, shares))
    cells = [
        [
            arm_name(found["arm"]),
            str(found["n"]),
            *(percent(share) for share in shares.values()),
            *(number(found[name]) for name in beside),
            *(number(found[column], 0) for _, column in times),
        ]
        for found, shares in rows
    ]
    return Table(
        name=f"{plan.name}_fidelity",
        caption=f"{plan.title}: fidelity checks by arm.",
        headings=[
            "Arm",
            "N",
            *(answer.capitalize() for answer in check.options),
            "Right",
            *(variable_name(name).capitalize() for name in beside),
            *(heading for heading, _ in times),
        ],
        cells=cells,
        frame=pd.DataFrame([found for found, _ in rows]),
        notes=f"{_listed_answers(check)}: who the information came from, as recalled. Right: "
        f"recalled as it was. {_measured(plan, beside)}Reading and playing: median seconds with "
        "the treatment page in view and of recordings played. No estimate conditions on these "
        "checks, because treatment can change them.",
    )


def _listed_answers(check: SourceRecalled) -> str:
    first, *_, last = check.options
    return f"{first.capitalize()} to {last}"


def _measured(plan: Plan, names: Sequence[str]) -> str:
    """A sentence for each measure that stands beside the checks."""
    said = {name: plan.study.measures[name].about for name in names}
    return "".join(
        f"{variable_name(name).capitalize()}: {about[:1].lower()}{about[1:]}. "
        for name, about in said.items()
    )


def _share(answers: pd.Series[Any], answer: str) -> float:
    return float((answers == answer).mean()) if len(answers) else np.nan


def medium(assigned: pd.DataFrame, plan: Plan) -> str:
    """How the messages were told, by arm, in a sentence; nothing if it is not known."""
    name = "message_medium"
    if not plan.study.of_type(Information) or not _known(assigned, name):
        return ""
    words = plan.study.columns[name].values
    said = {}
    for arm in plan.arms:
        told = assigned.loc[assigned["arm"] == arm, name].dropna()
        if len(told):
            said[arm] = listed([words.get(each, each) for each in sorted(told.unique())])
    if len(set(said.values())) == 1:
        return f"In every arm the message was {next(iter(said.values()))}."
    return (
        f"The message was {'; '.join(f'{text} in {arm_name(arm)}' for arm, text in said.items())}."
    )


def _mean(people: pd.DataFrame, column: str) -> float:
    return float(people[column].astype("Float64").mean()) if _known(people, column) else np.nan


def _median(people: pd.DataFrame, column: str) -> float:
    return float(people[column].astype("Float64").median()) if _known(people, column) else np.nan


def _known(people: pd.DataFrame, column: str) -> bool:
    return column in people.columns and bool(people[column].notna().any())


# ---------------------------------------------------------------------------- scales and patterns


def _scales(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The items of each scale of several items."""
    measures = plan.study.measures
    return {name: each.of for name, each in measures.items() if each.is_scale}


def scales_table(data: pd.DataFrame, plan: Plan) -> Table | None:
    """Each scale: reliability, mean, and how many sit at its ends; None: there are none."""
    rows = []
    for scale, columns in _scales(plan).items():
        if not set(columns) <= set(data.columns):
            continue
        answers = data[list(columns)].astype("Float64").astype(float)
        means = answers.mean(axis=1, skipna=False).dropna()
        item = plan.study.columns[columns[0]]
        rows.append(
            {
                "scale": scale,
                "items": len(columns),
                "n": len(means),
                "alpha": _alpha(answers),
                "mean": means.mean(),
                "sd": means.std(ddof=1),
                "share_floor": (means == item.min).mean() if len(means) else np.nan,
                "share_ceiling": (means == item.max).mean() if len(means) else np.nan,
            }
        )
    if not rows:
        return None
    cells = [
        [
            plan.word(str(row["scale"])),
            str(row["items"]),
            str(row["n"]),
            *(number(row[key]) for key in ("alpha", "mean", "sd")),  # type: ignore[arg-type]
            percent(row["share_floor"]),  # type: ignore[arg-type]
            percent(row["share_ceiling"]),  # type: ignore[arg-type]
        ]
        for row in rows
    ]
    return Table(
        name=f"{plan.name}_scales",
        caption=f"{plan.title}: scales.",
        headings=["Scale", "Items", "N", "Alpha", "Mean", "SD", "At floor", "At ceiling"],
        cells=cells,
        frame=pd.DataFrame(rows),
        notes="Alpha: Cronbach’s. That of a scale which mixes subscales understates each.",
    )


def _alpha(answers: pd.DataFrame) -> float:
    try:
        return cronbach_alpha(answers)
    except AnalysisError:
        return np.nan


def suspicious_table(
    data: pd.DataFrame, answers: pd.DataFrame | None, plan: Plan, notes: Notes
) -> Table | None:
    """Answer patterns for a person to judge; nobody is removed for them."""
    scales = [
        columns
        for columns in _scales(plan).values()
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
        name=f"{plan.name}_patterns",
        caption=f"{plan.title}: answer patterns to look at.",
        headings=["Participant", "Pattern", "Where", "Answers", "Share"],
        cells=cells,
        frame=frame,
        words=3,
        notes="A list for a person to judge. It proves nothing, and nobody was left out for it.",
    )
