"""What to look at before believing an estimate: who is missing, balance, checks, odd answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec

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
from analysis.planned.estimate import Notes, cells_of
from analysis.planned.plan import Plan
from analysis.planned.validity import Check
from analysis.report.table import ARM, N, Table, count, share, table, text, written
from analysis.report.units import Row, arm_name
from analysis.words import counted, decimals, interval, listed, number, p_value
from steps.ending import STATUS, STATUSES
from steps.information import Information
from steps.instruments.checks import SourceRecalled
from steps.vignette import Vignette
from study.study import Study

P = ParamSpec("P")

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
    counts = pd.DataFrame(stages).groupby(assigned["arm"]).sum()
    return counts.reindex(list(plan.arms), fill_value=0).rename_axis("arm")


def _exposure(study: Study) -> list[str]:
    """The columns that are filled once the first page after the draw is shown."""
    behind = study.path[len(study.before_assignment()) + 1 :]
    columns = [c for step in [s for s in behind if s.page][:1] for c in step.columns(study)]
    timed = [c.name for c in columns if c.type == "timestamp" or c.unit == "seconds"]
    return timed or [c.name for c in columns]


def flow_table(by_arm: pd.DataFrame, plan: Plan) -> Table | None:
    """The flow as numbers."""
    frame = by_arm.reset_index()
    return table(
        plan,
        "flow",
        "participants from assignment to analysis.",
        [*cells_of(frame), {"arm": "all arms", **by_arm.sum()}],
        [ARM, *((stage, count(stage)) for stage in by_arm.columns)],
        frame=frame,
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
    return table(
        plan,
        "panel",
        "how participants ended, as their panel is told.",
        pd.DataFrame(rows, columns=["status", "participants"]),
        [("Status", text("status")), ("Participants", count("participants"))],
    )


# ------------------------------------------------------------------------------------- attrition


def attempted(
    notes: Notes,
    what: str,
    compute: Callable[P, pd.DataFrame],
    *given: P.args,
    **named: P.kwargs,
) -> pd.DataFrame | None:
    """What is computed, or None and a sentence in ``notes`` if the data do not allow it."""
    try:
        return compute(*given, **named)
    except AnalysisError as error:
        notes.add(f"No {what}: {error}")
        return None


def together(frames: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """Those that could be computed, one below the other."""
    kept = [frame for frame in frames if frame is not None]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def attrition_table(assigned: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """Shares lost by arm: before the last page, and before the primary outcome."""
    control = plan.study.control
    lost: dict[str, str | None] = {"comparison of dropout": None}
    lost |= {f"comparison of missing {name}": name for name in plan.primary.outcomes}
    frame = together(
        attempted(notes, what, attrition, assigned, "arm", control, outcome=name)
        for what, name in lost.items()
    )
    return table(
        plan,
        "attrition",
        f"attrition compared with {control}, percentage points.",
        frame,
        [
            ("Arm", lambda row: arm_name(row["term"])),
            ("Difference", lambda row: "" if _any(row) else number(100 * row["estimate"], 1)),
            (
                "95% interval",
                lambda row: (
                    "" if _any(row) else interval(100 * row["conf_low"], 100 * row["conf_high"], 1)
                ),
            ),
            ("p", lambda row: p_value(row["p_value"])),
            N,
        ],
        group=lambda row: variable_name(row["outcome"]).capitalize(),
        notes="Any arm: chi-squared test that all arms lose the same share.",
    )


def _any(row: Row) -> bool:
    """Whether a row is the test of all arms."""
    return bool(row["term"] == "any arm")


def lee_table(assigned: pd.DataFrame, plan: Plan, notes: Notes) -> Table | None:
    """Bounds on the effects on the primary outcomes for those who stay in either arm."""
    control, draws = plan.study.control, min(max(plan.draws, 100), 2_000)
    frame = together(
        attempted(
            notes,
            f"Lee bounds for {name}",
            lee_bounds,
            assigned,
            name,
            "arm",
            control,
            draws=draws,
            seed=plan.seed,
        )
        for name in plan.primary.outcomes
    )
    rows, sides = [], list(cells_of(frame))
    # The lower and the upper bound of an arm are two rows.
    for low, high in zip(sides[::2], sides[1::2], strict=True):
        outcome = plan.outcomes[low["outcome"]]
        scale, places = outcome.scale, decimals(low["std_error"] * outcome.scale)
        ends = interval(low["conf_low"] * scale, high["conf_high"] * scale, places)
        bounds = interval(low["estimate"] * scale, high["estimate"] * scale, places)
        rows.append({**low, "label": outcome.label, "bounds": bounds, "ends": ends})
    return table(
        plan,
        "lee_bounds",
        f"bounds on the effects against {control} in the presence of attrition.",
        rows,
        [
            ("Outcome", text("label")),
            ("Arm", lambda row: arm_name(row["term"].removesuffix(" (lower)"))),
            ("Bounds", text("bounds")),
            ("95% interval", text("ends")),
            N,
        ],
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
    frame = attempted(notes, "balance table", balance, known, "arm", control, before, blocks=block)
    if frame is None or not personal:
        return frame
    what = "balance of answers on the person"
    extra = attempted(notes, what, balance, assigned, "arm", control, personal)
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


def balance_table(frame: pd.DataFrame, plan: Plan) -> Table | None:
    """A row per variable, a column per arm."""
    differences = frame[frame["estimate"].notna()]
    wide = differences.pivot(index="outcome", columns="term", values="estimate")
    rows = differences.drop_duplicates("outcome")[["outcome", "n"]].join(wide, on="outcome")
    joint, names = frame.iloc[-1], {str(name).partition("=")[0] for name in frame["outcome"]}
    return table(
        plan,
        "balance",
        f"standardised differences from {plan.study.control}.",
        rows,
        [
            ("Variable", lambda row: plan.word(row["outcome"])),
            *((arm_name(arm), written(arm)) for arm in plan.arms if arm in wide.columns),
            N,
        ],
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
    first, *_, last = check.options
    answers = (*check.options, "right")
    said = "".join(
        f"{variable_name(name).capitalize()}: {about[:1].lower()}{about[1:]}. "
        for name, about in ((name, study.measures[name].about) for name in beside)
    )
    rows = []
    for arm in plan.arms:
        people, right = assigned[assigned["arm"] == arm], check.right[study.arm(arm).message]
        shares = _recalled(assigned, arm, check.name, check.options, right)
        found: dict[str, Any] = {"arm": arm, "n": shares.pop("n")}
        found |= {f"recalled_{answer}": value for answer, value in shares.items()}
        found |= {name: _known(people, name).mean() for name in beside}
        found |= {column: _known(people, column).median() for _, column in times}
        rows.append(found)
    return table(
        plan,
        "fidelity",
        "fidelity checks by arm.",
        rows,
        [
            ARM,
            N,
            *((name.capitalize(), share(f"recalled_{name}")) for name in answers),
            *((variable_name(name).capitalize(), written(name)) for name in beside),
            *((heading, written(name, 0)) for heading, name in times),
        ],
        notes=f"{first.capitalize()} to {last}: who the information came from, as recalled. "
        f"Right: recalled as it was. {said}Reading and playing: median seconds with the treatment "
        "page in view and of recordings played. No estimate conditions on these checks, because "
        "treatment can change them.",
    )


def recall_table(data: pd.DataFrame, plan: Plan, check: Check) -> Table | None:
    """What participants remember of a factor, arm by arm."""
    if check.recalled not in data.columns or data[check.recalled].isna().all():
        return None
    levels = {a: level for level, arms in plan.levels[check.factor].items() for a in arms}
    answers = plan.study.columns[check.recalled].values
    rows = [
        {"arm": arm, **_recalled(data, arm, check.recalled, answers, check.right[levels[arm]])}
        for arm in plan.arms
    ]
    return table(
        plan,
        f"recall_{check.factor}",
        f"{check.recalled.replace('_', ' ')}, by arm.",
        rows,
        [ARM, N, *((name.capitalize(), share(name)) for name in (*answers, "right"))],
        notes="Of those who answered. No estimate conditions on it, because treatment can "
        "change it.",
    )


def _recalled(
    data: pd.DataFrame, arm: str, column: str, answers: Iterable[str], right: str
) -> dict[str, Any]:
    """How many of an arm answered, and the share of each answer and of the right one."""
    given = data.loc[data["arm"] == arm, column].dropna()
    shares = {each: (given == each).sum() / (len(given) or np.nan) for each in answers}
    return {"n": len(given), **shares, "right": shares[right]}


def speed_table(assigned: pd.DataFrame, plan: Plan) -> Table | None:
    """How fast the vignette was read, by arm; None: there is none."""
    names = [f"{step.name}_seconds" for step in plan.study.of_type(Vignette)]
    if not names or names[0] not in assigned.columns:
        return None
    seconds = assigned[names[0]].dropna().astype(float)
    half = seconds.median() / 2
    read = pd.DataFrame({"arm": assigned["arm"], "seconds": seconds, "fast": seconds < half})
    by_arm = read.loc[seconds.index].groupby("arm")
    frame = by_arm.agg(n=("seconds", "size"), median=("seconds", "median"), fast=("fast", "mean"))
    return table(
        plan,
        "speed",
        "how fast the vignette was read.",
        frame.loc[[arm for arm in plan.arms if arm in frame.index]].reset_index(),
        [ARM, N, ("Median, s", written("median", 0)), ("Under half", share("fast"))],
        notes=f"Seconds with the vignette in view. Under half: less than {number(half, 1)} s, "
        "half of the median of all arms. It is a sign of haste and proves nothing; nobody was "
        "left out for it.",
    )


def medium(assigned: pd.DataFrame, plan: Plan) -> str:
    """How the messages were told, by arm, in a sentence; nothing if it is not known."""
    name = "message_medium"
    if not plan.study.of_type(Information) or name not in assigned.columns:
        return ""
    words = plan.study.columns[name].values
    said = {}
    for arm in plan.arms:
        told = assigned.loc[assigned["arm"] == arm, name].dropna()
        if len(told):
            said[arm] = listed([words.get(each, each) for each in sorted(told.unique())])
    if len(set(said.values())) == 1:
        return f"In every arm the message was {next(iter(said.values()))}."
    by_arm = "; ".join(f"{how} in {arm_name(arm)}" for arm, how in said.items())
    return f"The message was {by_arm}." if said else ""


def _known(people: pd.DataFrame, column: str) -> pd.Series[float]:
    """The numbers in a column that may not exist."""
    if column not in people.columns:
        return pd.Series(dtype=float)
    return people[column].dropna().astype(float)


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
    return table(
        plan,
        "scales",
        "scales.",
        rows,
        [
            ("Scale", lambda row: plan.word(row["scale"])),
            ("Items", count("items")),
            N,
            ("Alpha", written("alpha")),
            ("Mean", written("mean")),
            ("SD", written("sd")),
            ("At floor", share("share_floor")),
            ("At ceiling", share("share_ceiling")),
        ],
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
    what = "list of answer patterns"
    frame = attempted(notes, what, suspicious_patterns, data, here, scales)
    if frame is None:
        return None
    return table(
        plan,
        "patterns",
        "answer patterns to look at.",
        frame,
        [
            ("Participant", text("participant_code")),
            ("Pattern", text("pattern")),
            ("Where", lambda row: row["detail"].replace("_", " ")),
            ("Answers", text("count")),
            ("Share", share("share")),
        ],
        words=3,
        notes="A list for a person to judge. It proves nothing, and nobody was left out for it.",
    )
