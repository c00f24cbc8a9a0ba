"""Whether exports of the two experiments are whole and consistent.

Every check is a function that takes the `Everyone` of an export and yields `Problem`s; `CHECKS`
lists them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.exports.cells import wanted
from analysis.exports.csv_files import FILE, ROW, Paths
from analysis.exports.participants import Everyone, assemble, assemble_table
from analysis.exports.problems import ERROR, WARNING, FileError, Problem
from analysis.exports.reading import Files, Raw, read_files
from study import pay
from study.columns import APPS, TABLES, Column, columns, table
from study.experiments import EXPERIMENTS, Experiment
from study.parameters import ParameterError, parameters
from study.randomization import COPIES, baseline_stratum, draw

__all__ = ["ERROR", "WARNING", "Problem", "check"]

Mask: TypeAlias = "pd.Series[Any]"

MANY = 20
"""How many problems of one kind in one column are listed one by one."""

PHASES = {
    "practice": ("intake", "practice"),
    "baseline": ("intake", "baseline"),
    "main": ("experiment", "effort"),
    "voluntary": ("experiment", "voluntary"),
}
"""By phase: where its answers are exported and the prefix of its counts."""

CENT = 0.005


def check(paths: Paths | Files) -> list[Problem]:
    """Everything that is wrong with the exports in ``paths``, in the order in which it was found.

    An empty list says: the files are whole, every cell has its type and range, nobody is there
    twice, pay adds up, counts equal the answers, and the assignment can be recomputed from its
    seed. ``severity`` of a problem is ``error``, or ``warning`` for what does not spoil the data.
    Raises ``AnalysisError`` if a path does not exist.
    """
    files = read_files(paths)
    problems = [error.problem for error in files.broken]
    problems += [_unfinished(path) for path in files.digests if path in files.unfinished]
    if any(problem.severity == ERROR for problem in problems):
        return problems
    try:
        raw = files.raw
        everyone = assemble(raw)
    except FileError as error:
        return [*problems, error.problem]
    except AnalysisError as error:
        return [*problems, Problem(str(error))]
    problems += everyone.problems
    custom = _custom(raw, problems)
    for run in CHECKS:
        problems += _limited(run(everyone))
    for name, compare in COMPARISONS.items():
        if (rows := custom[name]) is not None:
            problems += _limited(compare(everyone, rows))
    return problems


def _unfinished(path: Path) -> Problem:
    message = "does not end with a line break: the end may be cut off."
    return Problem(message, str(path), severity=WARNING)


def _custom(raw: Raw, problems: list[Problem]) -> dict[str, pd.DataFrame | None]:
    """The custom exports by name; whatever is wrong in them goes to ``problems``."""
    found: dict[str, pd.DataFrame | None] = {}
    for name in TABLES:
        rows, wrong = assemble_table(raw, name)
        problems += wrong
        if rows is not None:
            problems += _limited(_table_values(rows, name))
        found[name] = rows
    return found


def _table_values(rows: pd.DataFrame, name: str) -> Iterator[Problem]:
    for column in table(name).values():
        for at in np.flatnonzero(_out_of_range(rows[column.name], column)):
            value = rows[column.name].iloc[at]
            yield Problem(
                f"is {value!r}, but must be {_allowed(column)}.",
                str(rows[FILE].iloc[at]),
                int(rows[ROW].iloc[at]),
                column.name,
            )


# -------------------------------------------------------------------------------- reporting


def _limited(problems: Iterator[Problem]) -> Iterator[Problem]:
    """At most `MANY` problems of each column, and how many more there are."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for problem in problems:
        key = (problem.file, problem.column)
        counts[key] += 1
        if counts[key] <= MANY:
            yield problem
    for (file, column), count in counts.items():
        if count > MANY:
            yield Problem(f"{count - MANY} more rows have problems here.", file, None, column)


def _found(
    everyone: Everyone, mask: Mask, column: str, message: str, **more: pd.Series[Any]
) -> Iterator[Problem]:
    """One problem for each participant for whom ``mask`` holds (missing counts as no).

    ``{name}`` in ``message`` stands for the participant's value of that column, or of ``more``.
    """
    names = [name for _, name, _, _ in Formatter().parse(message) if name]
    holds = mask.fillna(False).astype(bool).to_numpy()
    for at in everyone.frame.index[holds]:
        values = {n: (more[n] if n in more else everyone.frame[n]).loc[at] for n in names}
        text = message.format_map({name: _shown(value) for name, value in values.items()})
        yield everyone.problem(at, column, text)


def _shown(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "empty"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _same(a: Mask, b: Mask, tolerance: float) -> Mask:
    return (a.astype("Float64") - b.astype("Float64")).abs() <= tolerance


# ------------------------------------------------------------------- columns, types, ranges


def _required_columns(everyone: Everyone) -> Iterator[Problem]:
    """Every app of an experiment must be there with all its columns."""
    apps = everyone.apps
    files = ", ".join(sorted({str(f) for f in everyone.places["people"][FILE]}))
    ran = {e.app for e in EXPERIMENTS.values()}
    for app in APPS:
        if app not in apps and app not in ran:
            yield Problem(f"the export has no columns of the app {app}.", files)
    if not ran & set(apps):
        yield Problem(
            f"the export has columns of none of the apps {', '.join(sorted(ran))}.", files
        )
    for app, missing in everyone.missing_columns.items():
        for name in missing:
            if columns(app)[name].since:
                continue
            severity = WARNING if columns(app)[name].optional else ERROR
            yield Problem(f"the app {app} must have this column.", files, 1, name, severity)
    for name in ("simulated", "demo", "visited"):
        if everyone.frame[name].isna().all():
            exported = {"simulated": "participant._is_bot", "demo": "session.is_demo"}
            message = "this column is missing: who belongs to the data cannot be told."
            yield Problem(message, files, 1, exported.get(name, "participant.visited"))


def _declared() -> dict[str, Column]:
    found: dict[str, Column] = {}
    for app in APPS:
        found |= columns(app)
    return found


def _ranges(everyone: Everyone) -> Iterator[Problem]:
    for name, column in _declared().items():
        values = everyone.frame[name]
        mask = pd.Series(_out_of_range(values, column), index=values.index)
        yield from _found(everyone, mask, name, f"is {{{name}}}, but must be {_allowed(column)}.")


def _out_of_range(values: pd.Series[Any], column: Column) -> np.ndarray[Any, np.dtype[np.bool_]]:
    wrong = pd.Series(False, index=values.index)
    if column.values:
        wrong = ~values.isin(list(column.values))
    elif column.type == "text" and column.max is not None:
        wrong = values.str.len() > int(column.max)
    elif column.type not in ("string", "text"):
        if column.min is not None:
            wrong = wrong | (values < column.min)
        if column.max is not None:
            wrong = wrong | (values > column.max)
    return (wrong & values.notna()).fillna(False).astype(bool).to_numpy()


def _allowed(column: Column) -> str:
    if column.values:
        return f"one of {', '.join(column.values)}"
    low = "" if column.min is None else f" from {column.min:g}"
    high = "" if column.max is None else f" to {column.max:g}"
    if column.type == "text":
        return f"at most {column.max:g} characters"
    return f"{wanted(column)}{low}{high}"


# ---------------------------------------------------------------------------------- arms


def _arms(everyone: Everyone) -> Iterator[Problem]:
    """The arm is one of its experiment, and the factors say the same."""
    frame = everyone.frame
    for experiment in EXPERIMENTS.values():
        own = (frame["experiment"] == experiment.name) & frame["arm"].notna()
        names = ", ".join(experiment.arms)
        yield from _found(
            everyone,
            own & ~frame["arm"].isin(list(experiment.arms)),
            "arm",
            f"is {{arm}}, but {experiment.name} has the arms {names}.",
        )
        for factor, arms in experiment.factors.items():
            expected = frame["arm"].isin(arms).astype("Int64")
            yield from _found(
                everyone,
                own & ((frame[factor] != expected) | frame[factor].isna()),
                factor,
                f"is {{{factor}}}, which does not go with arm {{arm}}.",
            )
    yield from _found(
        everyone,
        (frame["consent"] == 0) & frame["arm"].notna(),
        "arm",
        "is set although the participant declined to take part.",
    )


def _forced(everyone: Everyone) -> Iterator[Problem]:
    """Who was forced into an arm is marked, has that arm, and no place in the list."""
    frame = everyone.frame
    asked = frame["config_force_arm"].notna() & frame["arm"].notna()
    yield from _found(
        everyone,
        asked & ((frame["arm_forced"] != 1) | frame["arm_forced"].isna()),
        "arm_forced",
        "must be 1: the session forces the arm {config_force_arm}.",
    )
    yield from _found(
        everyone,
        asked & (frame["arm"] != frame["config_force_arm"]),
        "arm",
        "is {arm}, but the session forces the arm {config_force_arm}.",
    )


# ---------------------------------------------------------------------------- assignment


def _assignment(everyone: Everyone) -> Iterator[Problem]:
    """Each stratum's list runs without gaps and is what the seed gives."""
    frame = everyone.frame
    drawn = frame[frame["arm"].notna() & (frame["arm_forced"] != 1).fillna(True)]
    needed = ["stratum", "block", "assignment_number", "seed"]
    for name in needed[:3]:
        without = frame.index.isin(drawn.index[drawn[name].isna()])
        yield from _found(
            everyone,
            pd.Series(without, index=frame.index),
            name,
            "is empty although an arm is set.",
        )
    drawn = drawn.dropna(subset=needed)
    for _, people in drawn.groupby("session_code"):
        if people["seed"].nunique() > 1:
            yield everyone.problem(
                people.index[-1], "assignment_number", "the session has more than one seed."
            )
            continue
        for _, group in people.groupby("stratum"):
            yield from _list_of_stratum(everyone, group.sort_values("assignment_number"))


def _list_of_stratum(everyone: Everyone, group: pd.DataFrame) -> Iterator[Problem]:
    numbers = group["assignment_number"].astype(int)
    for at, number in numbers[numbers.duplicated()].items():
        message = f"place {number} of the stratum is taken by somebody else, too."
        yield everyone.problem(at, "assignment_number", message)
    gaps = sorted(set(range(1, int(numbers.max()) + 1)) - set(numbers))
    if gaps:
        places = ", ".join(map(str, gaps[:5]))
        message = f"nobody has place {places} of this stratum: participants are missing."
        yield everyone.problem(group.index[-1], "assignment_number", message)
    yield from _recomputed(everyone, group)
    counts = Counter(group["arm"])
    arms = _arms_in_use(group.iloc[0])
    if arms is not None and not gaps:
        spread = max(counts.values()) - min(counts[arm] for arm in arms)
        if spread > COPIES:
            message = f"arms of this stratum differ by {spread}, more than {COPIES}."
            yield everyone.problem(group.index[-1], "arm", message)


def _recomputed(everyone: Everyone, group: pd.DataFrame) -> Iterator[Problem]:
    arms = _arms_in_use(group.iloc[0])
    if arms is None:
        return
    needed = ["seed", "stratum", "assignment_number", "arm", "block"]
    for at, person in zip(group.index, group[needed].to_dict("records"), strict=True):
        place = draw(person["seed"], person["stratum"], arms, int(person["assignment_number"]))
        for name in ("arm", "block"):
            if person[name] != getattr(place, name):
                given = getattr(place, name)
                message = (
                    f"is {person[name]!r}, but seed {person['seed']!r} gives {given!r} at place "
                    f"{place.number} of stratum {place.stratum!r}."
                )
                yield everyone.problem(at, name, message)


def _arms_in_use(person: pd.Series[Any]) -> list[str] | None:
    """The arms of the participant's session; None: a per-app export cannot tell."""
    experiment = EXPERIMENTS.get(str(person["experiment"]))
    if experiment is None or pd.isna(person["config_name"]):
        return None
    chosen = person["config_arms"]
    try:
        names = parameters()["arms"].clean("" if pd.isna(chosen) else str(chosen), experiment)
    except ParameterError:
        return None
    return names.split(",") if names else list(experiment.arms)


def _assignment_log_matches(everyone: Everyone, log: pd.DataFrame) -> Iterator[Problem]:
    """The log of draws says the same as the participants, and strata follow from it."""
    keys = ["session_code", "participant_code"]
    names = ["arm", "block", "assignment_number", "stratum", "seed"]
    people = everyone.frame[[*keys, *names]].rename(columns={n: f"{n} of person" for n in names})
    both = log.merge(people, on=keys, how="left", indicator=True)
    for at in np.flatnonzero(both["_merge"] == "left_only"):
        entry = both.iloc[at]
        message = f"there is no participant {entry[keys[0]]}/{entry[keys[1]]}."
        yield Problem(message, str(entry[FILE]), int(entry[ROW]), "participant_code")
    for name in names:
        own = both[f"{name} of person"]
        for at in np.flatnonzero((own.notna() & (own != both[name])).fillna(False)):
            entry = both.iloc[at]
            message = f"is {entry[name]!r}, but {own.iloc[at]!r} with the participant."
            yield Problem(message, str(entry[FILE]), int(entry[ROW]), name)
    yield from _strata(everyone.frame, log)


def _strata(frame: pd.DataFrame, log: pd.DataFrame) -> Iterator[Problem]:
    """Strata follow from the baseline scores of those who were drawn earlier."""
    stratified = frame.loc[frame["config_stratify"] == "baseline", "session_code"].unique()
    entries = log[log["session_code"].isin(stratified)].sort_values("drawn_at")
    scores: dict[str, list[int]] = {}
    needed = ["session_code", "baseline_correct", "stratum", FILE, ROW]
    for entry in entries[needed].to_dict("records"):
        earlier = scores.setdefault(entry["session_code"], [])
        score = 0 if pd.isna(entry["baseline_correct"]) else int(entry["baseline_correct"])
        expected = baseline_stratum(score, earlier)
        earlier.append(score)
        if entry["stratum"] != expected:
            message = f"is {entry['stratum']!r}, but the baseline scores give {expected!r}."
            yield Problem(message, str(entry[FILE]), int(entry[ROW]), "stratum")


# ------------------------------------------------------------------------------- outcomes


def _willingness(everyone: Everyone) -> Iterator[Problem]:
    """The mean is there when all items are, and is their mean."""
    frame = everyone.frame
    items = [name for name in columns(APPS[1]) if name.startswith("willingness_")]
    mean = frame[items].astype("Float64").mean(axis=1, skipna=False)
    yield from _found(
        everyone,
        mean.notna() & frame["willingness"].isna(),
        "willingness",
        "is empty although all its items are answered.",
    )
    yield from _found(
        everyone,
        frame["willingness"].notna() & ~_same(frame["willingness"], mean, 1e-6).fillna(False),
        "willingness",
        "is {willingness}, which is not the mean of its items.",
    )


def _counts(everyone: Everyone) -> Iterator[Problem]:
    """Nobody has more correct cards than answered ones, and counts come together."""
    frame = everyone.frame
    for _, prefix in PHASES.values():
        correct, attempts = frame[f"{prefix}_correct"], frame[f"{prefix}_attempts"]
        yield from _found(
            everyone,
            correct > attempts,
            f"{prefix}_correct",
            f"is {{{prefix}_correct}}, more than {{{prefix}_attempts}} answers.",
        )
        yield from _found(
            everyone,
            correct.isna() != attempts.isna(),
            f"{prefix}_correct",
            f"and {prefix}_attempts must be both empty or both filled.",
        )


def _times(everyone: Everyone) -> Iterator[Problem]:
    """No round lasts longer than its session allows."""
    frame = everyone.frame
    for prefix, parameter in (
        ("baseline", "baseline_seconds"),
        ("effort", "task_seconds"),
        ("voluntary", "voluntary_seconds"),
    ):
        allowed = frame[f"config_{parameter}"].astype("Float64")
        yield from _found(
            everyone,
            frame[f"{prefix}_seconds"] > allowed + 0.5,
            f"{prefix}_seconds",
            f"is {{{prefix}_seconds}}, but the round lasts {{config_{parameter}}} seconds.",
        )


def _answers_match_counts(everyone: Everyone, answers: pd.DataFrame) -> Iterator[Problem]:
    """What the participants' counts say is what the answers say."""
    frame = everyone.frame
    keys = ["session_code", "participant_code"]
    owners = pd.MultiIndex.from_frame(frame[keys])
    yield from _uncounted(answers)
    strangers = ~pd.MultiIndex.from_frame(answers[keys]).isin(owners)
    yield from _limited(
        Problem(
            f"there is no participant {row['session_code']}/{row['participant_code']}.",
            str(row[FILE]),
            int(row[ROW]),
            "participant_code",
        )
        for _, row in answers[strangers].iterrows()
    )
    covered = set(zip(answers["session_code"], _place(answers["phase"]), strict=True))
    for phase, (app, prefix) in PHASES.items():
        rows = answers[(answers["phase"] == phase) & answers["correct"].notna()]
        groups = rows.groupby(keys)["correct"]
        counted = {"attempts": groups.count(), "correct": groups.sum()}
        here = frame["session_code"].isin([session for session, part in covered if part == app])
        yield from _uncovered(
            everyone, here, f"{prefix}_attempts", any(p == app for _, p in covered)
        )
        for what, series in counted.items():
            name = f"{prefix}_{what}"
            expected = series.reindex(owners).fillna(0).astype("Int64")
            expected.index = frame.index
            yield from _found(
                everyone,
                here & (frame[name].fillna(0) != expected),
                name,
                f"is {{{name}}}, but the answer export has {{expected}} such answers of phase "
                f"{phase}.",
                expected=expected,
            )


def _uncounted(answers: pd.DataFrame) -> Iterator[Problem]:
    """Only what came too late stays without a verdict."""
    wrong = answers["correct"].isna() & (answers["late"] != 1).fillna(True)
    for at in np.flatnonzero(wrong):
        place = (str(answers[FILE].iloc[at]), int(answers[ROW].iloc[at]))
        yield Problem("is empty although the answer is not late.", *place, "correct")


def _comprehension(everyone: Everyone, log: pd.DataFrame) -> Iterator[Problem]:
    """Errors are the wrong answers of the log, in the sessions that the log covers."""
    frame = everyone.frame
    keys = ["session_code", "participant_code"]
    wrong = log[log["correct"] == 0].groupby(keys).size()
    expected = wrong.reindex(pd.MultiIndex.from_frame(frame[keys])).fillna(0).astype("Int64")
    expected.index = frame.index
    covered = frame["session_code"].isin(log["session_code"])
    yield from _found(
        everyone,
        covered
        & frame["comprehension_errors"].notna()
        & (frame["comprehension_errors"] != expected),
        "comprehension_errors",
        "is {comprehension_errors}, but the comprehension export has {expected} wrong answers.",
        expected=expected,
    )


def _uncovered(everyone: Everyone, here: Mask, name: str, exported: bool) -> Iterator[Problem]:
    """Sessions whose answers were not exported although those of others were."""
    worked = (everyone.frame[name] > 0).fillna(False)
    missing = everyone.frame[worked & ~here] if exported else everyone.frame[:0]
    for at in missing.drop_duplicates("session_code").index:
        session = everyone.frame.loc[at, "session_code"]
        message = f"the answer exports hold no such answers of session {session}."
        yield everyone.problem(at, name, message, WARNING)


def _place(phases: pd.Series[Any]) -> pd.Series[Any]:
    """Which app's custom export the answers of a phase are in."""
    return phases.map({phase: app for phase, (app, _) in PHASES.items()})


# ------------------------------------------------------------------------------------ pay


def _pay(everyone: Everyone) -> Iterator[Problem]:
    """Pay adds up, and is what rates and cards give."""
    frame = everyone.frame
    parts = frame["earnings_fixed"] + frame["earnings_piece"]
    yield from _found(
        everyone,
        frame["earnings_total"].notna()
        & ~_same(frame["earnings_total"], parts, CENT).fillna(False),
        "earnings_total",
        "is {earnings_total}, but fixed pay {earnings_fixed} and piece pay {earnings_piece} must "
        "add up to it.",
    )
    paid = frame[frame["earnings_total"].notna() & frame["config_name"].notna()]
    people = zip(paid.index, paid.to_dict("records"), strict=True)
    expected = {at: _earned(person) for at, person in people}
    for name, part in (
        ("earnings_fixed", "fixed"),
        ("earnings_piece", "piece"),
        ("donation", "donation"),
    ):
        due = pd.Series({at: float(getattr(e, part)) for at, e in expected.items() if e})
        due = due.reindex(frame.index).astype("Float64")
        yield from _found(
            everyone,
            due.notna() & ~_same(frame[name], due, CENT).fillna(False),
            name,
            f"is {{{name}}}, but the cards and rates give {{due}}.",
            due=due,
        )


def _payoff(everyone: Everyone) -> Iterator[Problem]:
    """What oTree pays out is what the participant was told."""
    frame = everyone.frame
    yield from _found(
        everyone,
        frame["earnings_piece"].notna()
        & ~_same(frame["payoff"], frame["earnings_piece"], CENT).fillna(False),
        "payoff",
        "is {payoff}, but the piece pay is {earnings_piece}.",
    )


def _earned(person: Mapping[Hashable, Any]) -> pay.Earnings | None:
    experiment = EXPERIMENTS.get(str(person["experiment"]))
    rates = [person[f"config_{n}"] for n in ("participation_fee", "piece_rate", "donation_rate")]
    if experiment is None or any(pd.isna(rate) for rate in rates):
        return None
    fee, piece_rate, donation_rate = map(float, rates)
    cards = [person[f"{prefix}_correct"] for prefix in ("baseline", "effort", "voluntary")]
    baseline, effort, voluntary = (0 if pd.isna(n) else int(n) for n in cards)
    return pay.earnings(
        fixed=fee,
        piece_rate=piece_rate,
        paid_cards=effort if _is_paid(experiment, person["arm"]) else 0,
        donation_rate=donation_rate,
        donated_cards=baseline + effort + voluntary,
    )


def _is_paid(experiment: Experiment, arm: object) -> bool:
    return isinstance(arm, str) and arm in experiment.arms and experiment.arms[arm].reward


# ------------------------------------------------------------------------------ completed


def _completed(everyone: Everyone) -> Iterator[Problem]:
    """Whoever reached the last page has answered and been paid.

    Whom the experimenter moved on from a page may have left it empty.
    """
    frame = everyone.frame
    done = frame["completed"] == 1
    answered = done & frame["advanced_from"].isna()
    yield from _found(
        everyone,
        (frame["completed"] == 0),
        "completed",
        "is 0, but must be 1, or empty for those who did not reach the last page.",
    )
    yield from _found(
        everyone, done & (frame["consent"] != 1), "consent", "must be 1: the study is completed."
    )
    offered = (frame["config_voluntary_seconds"] > 0).fillna(False)
    refused = (frame["voluntary_accepted"] != 1).fillna(True)
    for name in (*_always_measured(), *ALWAYS_STORED):
        expected = (done if name in ALWAYS_STORED else answered) & frame[name].isna()
        if name == "voluntary_accepted":
            expected &= offered
        yield from _found(everyone, expected, name, "is empty, but the study is completed.")
    yield from _found(
        everyone,
        answered & ~refused & frame["voluntary_correct"].isna(),
        "voluntary_correct",
        "is empty, but the participant agreed to the voluntary round and completed the study.",
    )
    yield from _found(
        everyone,
        frame["voluntary_accepted"].eq(0) & frame["voluntary_correct"].notna(),
        "voluntary_correct",
        "is filled, but the participant refused the voluntary round.",
    )


ALWAYS_STORED = (
    "arm",
    "arm_forced",
    "earnings_fixed",
    "earnings_piece",
    "earnings_total",
    "donation",
)
"""What nobody needs to do anything for."""


def _always_measured() -> list[str]:
    answered = [c.name for c in _declared().values() if c.answers and not c.optional]
    measured = ["willingness", "comprehension_errors"]
    for prefix in ("baseline", "effort"):
        measured += [f"{prefix}_{what}" for what in ("correct", "attempts", "seconds")]
    return [*answered, *measured]


CHECKS: tuple[Callable[[Everyone], Iterator[Problem]], ...] = (
    _required_columns,
    _ranges,
    _arms,
    _forced,
    _assignment,
    _willingness,
    _counts,
    _times,
    _pay,
    _payoff,
    _completed,
)

COMPARISONS: dict[str, Callable[[Everyone, pd.DataFrame], Iterator[Problem]]] = {
    "answers": _answers_match_counts,
    "comprehension": _comprehension,
    "assignment": _assignment_log_matches,
}
