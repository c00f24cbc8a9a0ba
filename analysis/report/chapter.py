"""One experiment as a chapter of the report: its findings, figures, tables and estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from analysis.planned.coding import coded
from analysis.planned.estimate import (
    COLUMNS,
    Notes,
    analysed,
    estimate_experiment,
    interim_sentence,
)
from analysis.planned.heterogeneity import heterogeneity
from analysis.planned.patterns import judge
from analysis.planned.plan import Family, Plan
from analysis.planned.progress import Progress, progress
from analysis.planned.validity import manipulated
from analysis.planned.versions import by_version
from analysis.report import diagnosis, figures, planned_tables, validity
from analysis.report.drawing import Picture
from analysis.report.effort import pace
from analysis.report.findings import CLAIMED, Finding, findings
from analysis.report.table import Table
from analysis.words import counted, listed
from steps.round import main_round


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; ``folded`` parts are opened by the reader."""

    name: str
    title: str
    paragraphs: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    folded: Sequence[Table] = ()


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
    def primary(self) -> Sequence[Finding]:
        """The findings on the primary outcomes."""
        return [finding for section in self.sections[:1] for finding in section.findings]

    @property
    def pictures(self) -> list[Picture]:
        return [picture for section in self.sections for picture in section.pictures]

    @property
    def tables(self) -> list[Table]:
        return [table for section in self.sections for table in (*section.tables, *section.folded)]


@dataclass
class _Writer:
    """What the sections of a chapter are made from."""

    everyone: pd.DataFrame
    assigned: pd.DataFrame
    answers: pd.DataFrame | None
    plan: Plan
    mark: str
    notes: Notes = field(default_factory=Notes)
    reached: Progress | None = None


def write_chapter(
    everyone: pd.DataFrame,
    assigned: pd.DataFrame,
    answers: pd.DataFrame | None,
    plan: Plan,
    mark: str,
    *,
    as_real: bool = False,
) -> Chapter:
    """The chapter of one experiment; before its planned size and looks, without any outcome by
    arm.

    ``everyone`` came, ``assigned`` are those of them who are analysed in the arm that was drawn;
    ``answers`` is None if no answers were exported; ``mark`` goes into every figure.
    """
    writer = _Writer(everyone, assigned, answers, plan, mark)
    counts = assigned["arm"].value_counts()
    absent = [figures.arm_name(arm) for arm in plan.arms if counts.get(arm, 0) == 0]
    if absent:
        writer.notes.add(f"Nobody was assigned to {listed(absent)}.")
    if not len(assigned):
        return _empty(writer)
    kept = analysed(assigned, plan, writer.notes)
    compared = replace(writer, assigned=assigned if kept.empty else kept)
    reached = progress(compared.assigned, plan, as_real=as_real)
    people, used = coded(compared.assigned, plan)
    compared = replace(compared, assigned=people, plan=used, reached=reached)
    if not reached.shown:
        return _interim(writer, compared, reached)
    estimates = estimate_experiment(people, used, writer.notes, reached)
    manipulation = manipulated(people, used, writer.notes)
    sections = [
        _primary(compared, estimates, manipulation),
        _outcomes(compared),
        _secondary(compared, estimates),
        _sensitivity(compared),
        _heterogeneity(compared),
        _versions(compared),
        _flow(writer, compared),
        _balance(compared),
        _checks(compared, manipulation),
        Section("limits", "What this study cannot show", plan.limits) if plan.limits else None,
    ]
    shown = [section for section in sections if section is not None]
    notes = writer.notes.departures
    return Chapter(plan, _summary(compared), shown, estimates, notes, reached)


def _interim(writer: _Writer, compared: _Writer, reached: Progress) -> Chapter:
    """What may be known before a look: who came, and whether the draw made arms alike."""
    sections = [_came(writer), _balance(compared)]
    shown = [section for section in sections if section is not None]
    summary = f"{_summary(compared)} {interim_sentence(reached, writer.plan)}"
    empty = pd.DataFrame(columns=list(COLUMNS))
    return Chapter(writer.plan, summary, shown, empty, writer.notes.departures, reached)


def _came(writer: _Writer) -> Section:
    """The flow up to assignment, and no further."""
    before = diagnosis.flow_before(writer.everyone, len(writer.assigned), writer.plan.study)
    by_arm = diagnosis.flow_by_arm(writer.assigned, writer.plan)[["Assigned"]]
    return Section(
        "flow",
        "Who took part so far",
        paragraphs=_forced(writer),
        pictures=[figures.flow(before, by_arm, writer.plan, writer.mark)],
    )


def _empty(writer: _Writer) -> Chapter:
    sentence = (
        f"Nobody in these data was assigned to an arm of this experiment "
        f"({counted(len(writer.everyone), 'participant')} came), so nothing can be estimated."
    )
    return Chapter(writer.plan, sentence, [], pd.DataFrame(columns=list(COLUMNS)), [])


def _summary(writer: _Writer) -> str:
    counts = writer.assigned["arm"].value_counts()
    arms = [f"{int(counts.get(a, 0))} {figures.arm_name(a)}" for a in writer.plan.arms]
    sessions = writer.assigned["session_code"].nunique()
    reached = writer.reached
    look = ""
    if reached is not None and reached.shown and reached.last > 1:
        which = "the complete data" if reached.complete else f"planned look {reached.look}"
        look = (
            f" This is {which} of {reached.size:,} participants; p-values are held against "
            f"{reached.level:.3g}, the share of {writer.plan.alpha:g} that this look spends."
        )
    return (
        f"{counted(len(writer.assigned), 'participant')} in {counted(sessions, 'session')} "
        f"were assigned, and stay in the arm that was drawn for them: {listed(arms)}.{look}"
    )


def _known(writer: _Writer, outcome: str) -> bool:
    return outcome in writer.assigned.columns and bool(writer.assigned[outcome].notna().any())


def _primary(writer: _Writer, estimates: pd.DataFrame, manipulation: pd.DataFrame) -> Section:
    plan = writer.plan
    pictures = [
        figures.effects(writer.assigned, estimates, plan, plan.outcomes[name], writer.mark)
        for name in plan.primary.outcomes
        if _known(writer, name)
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
        table = planned_tables.factorial_table(writer.assigned, plan, writer.notes)
        tables += [table] if table else []
    return Section(
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
) -> list[Table]:
    robust = planned_tables.robustness_table(estimates, plan, families, name)
    found = [planned_tables.effects_table(estimates, plan, families, name)]
    return [*found, robust] if robust else found


def _outcomes(writer: _Writer) -> Section:
    plan = writer.plan
    names = [
        name for name in plan.judged if name in plan.primary.outcomes or plan.outcomes[name].drawn
    ]
    pictures = [
        figures.distribution(writer.assigned, plan, plan.outcomes[name], writer.mark)
        for name in names
        if _known(writer, name)
    ]
    paragraphs = []
    over_time, missing = _effort_over_time(writer)
    if missing:
        paragraphs.append(missing)
    if over_time is not None:
        pictures.append(over_time)
    return Section(
        "outcomes",
        "Outcomes by arm",
        paragraphs=paragraphs,
        pictures=pictures,
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
    overview = figures.overview(estimates, plan, writer.mark)
    found = findings(estimates, plan, families)
    tested = [each for each in found if each.verdict not in ("missing", "described")]
    claimed = [each for each in found if each.verdict in CLAIMED]
    level = 100 * float(estimates["level"].iloc[0])
    sentence = (
        f"After adjustment, {len(claimed)} of {counted(len(tested), 'claim')} about secondary "
        f"outcomes {'has' if len(claimed) == 1 else 'have'} an answer at the {level:.3g}% level"
        f"{'; the others are not settled' if len(claimed) < len(tested) else ''}."
    )
    return Section(
        "secondary",
        "Secondary outcomes",
        paragraphs=[sentence],
        findings=claimed,
        pictures=[overview] if overview else [],
        tables=_effects(estimates, plan, families, "secondary"),
    )


def _sensitivity(writer: _Writer) -> Section | None:
    assert writer.reached is not None
    table = validity.sensitivity_table(writer.assigned, writer.plan, writer.notes, writer.reached)
    if table is None:
        return None
    return Section("sensitivity", "Does it hold up otherwise?", tables=[table])


def _heterogeneity(writer: _Writer) -> Section | None:
    slopes = heterogeneity(writer.assigned, writer.plan, writer.notes)
    table = planned_tables.heterogeneity_table(slopes, writer.plan)
    if table is None:
        return None
    return Section("heterogeneity", "For whom effects differ", tables=[table])


def _versions(writer: _Writer) -> Section | None:
    table = planned_tables.versions_table(
        by_version(writer.assigned, writer.plan, writer.notes), writer.plan
    )
    if table is None:
        return None
    return Section("versions", "Is it the effect of one version?", tables=[table])


def _forced(writer: _Writer) -> list[str]:
    """Who came and is not counted as assigned, if there is somebody."""
    forced = int(writer.everyone["arm"].notna().sum()) - len(writer.assigned)
    if not forced:
        return []
    return [
        f"{counted(forced, 'participant')} whose arm was set by hand "
        f"{'is' if forced == 1 else 'are'} counted up to consent, and left out from there on."
    ]


def _flow(writer: _Writer, compared: _Writer) -> Section:
    """Everybody who was assigned; attrition of those who are compared."""
    plan = writer.plan
    before = diagnosis.flow_before(writer.everyone, len(writer.assigned), writer.plan.study)
    by_arm = diagnosis.flow_by_arm(writer.assigned, plan)
    tables = [
        diagnosis.panel_table(writer.everyone, plan),
        diagnosis.flow_table(by_arm, plan),
        diagnosis.attrition_table(compared.assigned, plan, writer.notes),
        diagnosis.lee_table(compared.assigned, plan, writer.notes),
    ]
    return Section(
        "flow",
        "Who took part, and who is missing",
        paragraphs=_forced(writer),
        pictures=[figures.flow(before, by_arm, plan, writer.mark)],
        tables=[table for table in tables if table is not None],
    )


def _balance(writer: _Writer) -> Section | None:
    frame = diagnosis.balance_frame(writer.assigned, writer.plan, writer.notes)
    if frame is None:
        return None
    missing = validity.missing_table(writer.assigned, writer.plan)
    return Section(
        "balance",
        "Were the arms alike before treatment?",
        pictures=[figures.balance_plot(frame, writer.plan, writer.mark)],
        tables=[diagnosis.balance_table(frame, writer.plan), *([missing] if missing else [])],
    )


def _checks(writer: _Writer, manipulation: pd.DataFrame) -> Section | None:
    plan = writer.plan
    tables = [
        table
        for table in (
            validity.manipulation_table(manipulation, plan),
            *validity.recall_tables(writer.assigned, plan),
            diagnosis.fidelity_table(writer.assigned, plan),
            diagnosis.scales_table(writer.assigned, plan),
        )
        if table is not None
    ]
    patterns = diagnosis.suspicious_table(writer.assigned, writer.answers, plan, writer.notes)
    medium = diagnosis.medium(writer.assigned, plan)
    paragraphs = [medium] if medium else []
    if patterns is not None and patterns.cells:
        people = patterns.frame["participant_code"].nunique()
        seen = listed(list(patterns.frame["pattern"].unique()))
        paragraphs.append(
            f"{counted(people, 'participant')} gave answers that a person should look at ({seen})."
        )
    if not tables and not paragraphs:
        return None
    return Section(
        "checks",
        "Did the treatment come across, and were answers careful?",
        paragraphs=paragraphs,
        tables=tables,
        folded=[patterns] if patterns is not None and patterns.cells else [],
    )
