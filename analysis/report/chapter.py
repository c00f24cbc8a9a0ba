"""One experiment as a chapter of the report: its findings, figures, tables and estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pandas as pd

from analysis.planned.coding import coded
from analysis.planned.estimate import (
    COLUMNS,
    Notes,
    analysed,
    assigned,
    estimate_experiment,
    interim_sentence,
)
from analysis.planned.patterns import judge
from analysis.planned.plan import Family, Plan
from analysis.planned.progress import Progress, progress
from analysis.planned.validity import manipulated
from analysis.report import diagnosis, figures, planned_tables, validity
from analysis.report.drawing import Picture
from analysis.report.effort import pace
from analysis.report.findings import CLAIMED, Finding, findings
from analysis.report.methods import cautions
from analysis.report.table import Table
from analysis.report.units import arm_name
from analysis.words import counted, listed
from steps.round import main_round

T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; ``folded`` parts are opened by the reader."""

    name: str
    title: str
    paragraphs: Sequence[str]
    findings: Sequence[Finding]
    pictures: Sequence[Picture]
    tables: Sequence[Table]
    folded: Sequence[Table]


def section(
    name: str,
    title: str,
    *,
    paragraphs: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    pictures: Sequence[Picture | None] = (),
    tables: Sequence[Table | None] = (),
    folded: Sequence[Table | None] = (),
) -> Section | None:
    """A section of what there is; None if there is nothing."""
    parts = paragraphs, findings, pictures, tables, folded
    if not any(part for kind in parts for part in kind):
        return None
    told = [text for text in paragraphs if text]
    return Section(name, title, told, findings, _there(pictures), _there(tables), _there(folded))


def _there(parts: Sequence[T | None]) -> list[T]:
    return [part for part in parts if part is not None]


@dataclass(frozen=True)
class Chapter:
    """Everything on one experiment."""

    plan: Plan
    summary: str
    sections: Sequence[Section]
    estimates: pd.DataFrame
    departures: Sequence[str]
    progress: Progress | None = None

    @property
    def pictures(self) -> list[Picture]:
        return [picture for section in self.sections for picture in section.pictures]

    @property
    def tables(self) -> list[Table]:
        return [table for section in self.sections for table in (*section.tables, *section.folded)]


@dataclass
class _Writer:
    """What the sections of a chapter are made from.

    ``everyone`` came, ``assigned`` are those of them who are analysed in the arm that was drawn;
    ``mark`` goes into every figure.
    """

    everyone: pd.DataFrame
    assigned: pd.DataFrame
    answers: pd.DataFrame | None
    plan: Plan
    mark: str
    notes: Notes = field(default_factory=Notes)

    def known(self, outcome: str) -> bool:
        return outcome in self.assigned.columns and bool(self.assigned[outcome].notna().any())


def write_chapter(
    everyone: pd.DataFrame, answers: pd.DataFrame | None, plan: Plan, *, as_real: bool = False
) -> Chapter:
    """The chapter of one experiment; before its planned size and looks, without any outcome by
    arm.

    ``everyone`` came; ``answers`` is None if no answers were exported.
    """
    drawn = assigned(everyone, plan)
    mark = " · ".join(caution.mark for caution in cautions(drawn, [plan]))
    writer = _Writer(everyone, drawn, answers, plan, mark)
    counts = drawn["arm"].value_counts()
    absent = [arm_name(arm) for arm in plan.arms if counts.get(arm, 0) == 0]
    if absent:
        writer.notes.add(f"Nobody was assigned to {listed(absent)}.")
    if drawn.empty:
        sentence = (
            f"Nobody in these data was assigned to an arm of this experiment "
            f"({counted(len(everyone), 'participant')} came), so nothing can be estimated."
        )
        return Chapter(plan, sentence, [], pd.DataFrame(columns=list(COLUMNS)), [])
    kept = analysed(drawn, plan, writer.notes)
    kept = drawn if kept.empty else kept
    reached = progress(kept, plan, as_real=as_real)
    people, used = coded(kept, plan)
    compared = replace(writer, assigned=people, plan=used)
    notes, summary = writer.notes, _summary(compared, reached)
    if reached.shown:
        estimates = estimate_experiment(people, used, notes, reached)
        manipulation = manipulated(people, used, notes)
        sections = [
            _primary(compared, estimates, manipulation),
            _outcomes(compared),
            _secondary(compared, estimates),
            section(
                "sensitivity",
                "Does it hold up otherwise?",
                tables=[validity.sensitivity_table(people, used, notes, reached)],
            ),
            section(
                "heterogeneity",
                "For whom effects differ",
                tables=[planned_tables.heterogeneity_table(people, used, notes)],
            ),
            section(
                "versions",
                "Is it the effect of one version?",
                tables=[planned_tables.versions_table(people, used, notes)],
            ),
            _flow(writer, compared),
            _balance(compared),
            _checks(compared, manipulation),
            section("limits", "What this study cannot show", paragraphs=plan.limits),
        ]
    else:
        # What may be known before a look: who came, and whether the draw made arms alike.
        summary = f"{summary} {interim_sentence(reached, plan)}"
        estimates = pd.DataFrame(columns=list(COLUMNS))
        sections = [_came(writer), _balance(compared)]
    shown = [each for each in sections if each is not None]
    return Chapter(plan, summary, shown, estimates, notes.departures, reached)


def _summary(writer: _Writer, reached: Progress) -> str:
    counts = writer.assigned["arm"].value_counts()
    arms = [f"{int(counts.get(a, 0))} {arm_name(a)}" for a in writer.plan.arms]
    sessions = writer.assigned["session_code"].nunique()
    look = ""
    if reached.shown and reached.last > 1:
        which = "the complete data" if reached.complete else f"planned look {reached.look}"
        look = (
            f" This is {which} of {reached.size:,} participants; p-values are held against "
            f"{reached.level:.3g}, the share of {writer.plan.alpha:g} that this look spends."
        )
    return (
        f"{counted(len(writer.assigned), 'participant')} in {counted(sessions, 'session')} "
        f"were assigned, and stay in the arm that was drawn for them: {listed(arms)}.{look}"
    )


def _primary(
    writer: _Writer, estimates: pd.DataFrame, manipulation: pd.DataFrame
) -> Section | None:
    plan = writer.plan
    pictures = [
        figures.effects(writer.assigned, estimates, plan, plan.outcomes[name], writer.mark)
        for name in plan.primary.outcomes
        if writer.known(name)
    ]
    judged = judge(estimates, plan)
    failed = validity.failed(manipulation, estimates, plan)
    found = [
        replace(each, detail=f"{validity.doubt(failed[each.hypothesis.id])} {each.detail}")
        if each.hypothesis.id in failed
        else each
        for each in findings(estimates, plan, plan.first)
    ]
    tables = [validity.pattern_table(each, plan) for each in judged]
    tables += _effects(estimates, plan, plan.first, "primary")
    if len(plan.members) == 2 and len(plan.arms) == 4:
        tables.append(planned_tables.factorial_table(writer.assigned, plan, writer.notes))
    return section(
        "answers",
        "The answers",
        paragraphs=[
            *(validity.pattern_sentence(each, plan, failed) for each in judged),
            *validity.manipulation_sentences(manipulation, estimates, plan),
        ],
        findings=found,
        pictures=pictures,
        tables=tables,
    )


def _effects(
    estimates: pd.DataFrame, plan: Plan, families: Sequence[Family], name: str
) -> list[Table | None]:
    return [
        planned_tables.effects_table(estimates, plan, families, name),
        planned_tables.robustness_table(estimates, plan, families, name),
    ]


def _outcomes(writer: _Writer) -> Section | None:
    plan = writer.plan
    names = [
        name for name in plan.judged if name in plan.primary.outcomes or plan.outcomes[name].drawn
    ]
    pictures = [
        figures.distribution(writer.assigned, plan, plan.outcomes[name], writer.mark)
        for name in names
        if writer.known(name)
    ]
    over_time, missing = _effort_over_time(writer)
    return section(
        "outcomes",
        "Outcomes by arm",
        paragraphs=[missing],
        pictures=[*pictures, over_time],
        tables=[planned_tables.describe(writer.assigned, plan)],
    )


def _effort_over_time(writer: _Writer) -> tuple[Picture | None, str]:
    round = main_round(writer.plan.study)
    if round is None:
        return None, ""
    if writer.answers is None:
        return None, (
            "There is no figure of effort over time, because the exports hold no answers. Export "
            "the apps’ custom exports too and name them, or their folder, on the command line."
        )
    found = pace(writer.assigned, writer.answers, round, writer.plan.alpha)
    if found.empty:
        return None, f"There is no figure of effort over time, because no {round.about} was timed."
    worked = writer.assigned[f"{round.name}_correct"].notna()
    answered = writer.answers["phase"] == round.phase
    without = set(writer.assigned.loc[worked, "session_code"]) - set(
        writer.answers.loc[answered, "session_code"]
    )
    sentence = (
        f"Effort over time leaves out {counted(len(without), 'session')}, because the exports "
        f"hold no answers of a {round.about} from there."
        if without
        else ""
    )
    return figures.effort_over_time(found, round, writer.plan, writer.mark), sentence


def _secondary(writer: _Writer, estimates: pd.DataFrame) -> Section | None:
    plan = writer.plan
    families = plan.others
    if not families:
        return None
    found = findings(estimates, plan, families)
    tested = [each for each in found if each.verdict not in ("missing", "described")]
    claimed = [each for each in found if each.verdict in CLAIMED]
    level = 100 * float(estimates["level"].iloc[0])
    sentence = (
        f"After adjustment, {len(claimed)} of {counted(len(tested), 'claim')} about secondary "
        f"outcomes {'has' if len(claimed) == 1 else 'have'} an answer at the {level:.3g}% level"
        f"{'; the others are not settled' if len(claimed) < len(tested) else ''}."
    )
    return section(
        "secondary",
        "Secondary outcomes",
        paragraphs=[sentence],
        findings=claimed,
        pictures=[figures.overview(estimates, plan, writer.mark)],
        tables=_effects(estimates, plan, families, "secondary"),
    )


def _forced(writer: _Writer) -> list[str]:
    """Who came and is not counted as assigned, if there is somebody."""
    forced = int(writer.everyone["arm"].notna().sum()) - len(writer.assigned)
    if not forced:
        return []
    return [
        f"{counted(forced, 'participant')} whose arm was set by hand "
        f"{'is' if forced == 1 else 'are'} counted up to consent, and left out from there on."
    ]


def _came(writer: _Writer) -> Section | None:
    """The flow up to assignment, and no further."""
    by_arm = diagnosis.flow_by_arm(writer.assigned, writer.plan)[["Assigned"]]
    return section(
        "flow",
        "Who took part so far",
        paragraphs=_forced(writer),
        pictures=[_drawn_flow(writer, by_arm)],
    )


def _flow(writer: _Writer, compared: _Writer) -> Section | None:
    """Everybody who was assigned; attrition of those who are compared."""
    plan, notes = writer.plan, writer.notes
    by_arm = diagnosis.flow_by_arm(writer.assigned, plan)
    return section(
        "flow",
        "Who took part, and who is missing",
        paragraphs=_forced(writer),
        pictures=[_drawn_flow(writer, by_arm)],
        tables=[
            diagnosis.panel_table(writer.everyone, plan),
            diagnosis.flow_table(by_arm, plan),
            diagnosis.attrition_table(compared.assigned, plan, notes),
            diagnosis.lee_table(compared.assigned, plan, notes),
        ],
    )


def _drawn_flow(writer: _Writer, by_arm: pd.DataFrame) -> Picture:
    before = diagnosis.flow_before(writer.everyone, len(writer.assigned), writer.plan.study)
    return figures.flow(before, by_arm, writer.plan, writer.mark)


def _balance(writer: _Writer) -> Section | None:
    frame = diagnosis.balance_frame(writer.assigned, writer.plan, writer.notes)
    if frame is None:
        return None
    return section(
        "balance",
        "Were the arms alike before treatment?",
        pictures=[figures.balance_plot(frame, writer.plan, writer.mark)],
        tables=[
            diagnosis.balance_table(frame, writer.plan),
            validity.missing_table(writer.assigned, writer.plan),
        ],
    )


def _checks(writer: _Writer, manipulation: pd.DataFrame) -> Section | None:
    plan, data = writer.plan, writer.assigned
    patterns = diagnosis.suspicious_table(data, writer.answers, plan, writer.notes)
    paragraphs = [diagnosis.medium(data, plan)]
    if patterns is not None:
        people = patterns.frame["participant_code"].nunique()
        seen = listed(list(patterns.frame["pattern"].unique()))
        paragraphs.append(
            f"{counted(people, 'participant')} gave answers that a person should look at ({seen})."
        )
    return section(
        "checks",
        "Did the treatment come across, and were answers careful?",
        paragraphs=paragraphs,
        tables=[
            validity.manipulation_table(manipulation, plan),
            *(diagnosis.recall_table(data, plan, check) for check in plan.checks),
            diagnosis.fidelity_table(data, plan),
            diagnosis.speed_table(data, plan),
            diagnosis.scales_table(data, plan),
        ],
        folded=[patterns],
    )
