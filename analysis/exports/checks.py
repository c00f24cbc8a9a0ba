"""Whether exports of the studies are whole and consistent.

Every check is a function that takes the `Everyone` of an export and yields `Problem`s; `CHECKS`
lists them. One that is made `_by_study` takes the participants of a study and says who is `Wrong`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.exports import declared
from analysis.exports.cells import wanted
from analysis.exports.csv_files import Paths
from analysis.exports.participants import Everyone, assemble, assemble_table
from analysis.exports.problems import ERROR, FILE, ROW, WARNING, FileError, Problem, shortened
from analysis.exports.reading import Files, Raw, read_files
from analysis.exports.seats import RowSeat
from steps.comprehension import Comprehension
from steps.information import Information, version
from steps.round import OfferedRound, phases
from study import words
from study.columns import Column
from study.parameters import ParameterError
from study.pay import Earnings
from study.randomization import COPIES, draw, removed_places, score_stratum
from study.step import Step
from study.study import Study

__all__ = ["ERROR", "WARNING", "Problem", "check"]

Mask: TypeAlias = "pd.Series[Any]"

MANY = 20
"""How many problems of one kind in one column are listed one by one."""

KEYS = ["session_code", "participant_code"]

PLACE = ("stratum", "block", "assignment_number")

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
        if (rows := custom.get(name)) is not None:
            problems += _limited(compare(everyone, rows))
    return problems


def _unfinished(path: Path) -> Problem:
    message = "does not end with a line break: the end may be cut off."
    return Problem(message, str(path), severity=WARNING)


def _custom(raw: Raw, problems: list[Problem]) -> dict[str, pd.DataFrame | None]:
    """The custom exports by name; whatever is wrong in them goes to ``problems``."""
    found: dict[str, pd.DataFrame | None] = {}
    for name in declared.tables():
        rows, wrong = assemble_table(raw, name)
        problems += wrong
        if rows is not None:
            problems += _limited(_table_values(rows, name))
        found[name] = rows
    return found


def _table_values(rows: pd.DataFrame, name: str) -> Iterator[Problem]:
    for column in declared.tables()[name].columns:
        for at in np.flatnonzero(_out_of_range(rows[column.name], column)):
            message = f"is {rows[column.name].iloc[at]!r}, but must be {_allowed(column)}."
            yield Problem.of(rows.iloc[at], column.name, message)


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


class Wrong(NamedTuple):
    """Participants for whom ``mask`` holds (missing counts as no), and what is wrong with them.

    ``{name}`` in ``message`` stands for the participant's value of that column, or of ``more``.
    """

    mask: Mask
    column: str
    message: str
    more: Mapping[str, Mask] = {}


def _found(everyone: Everyone, wrong: Wrong) -> Iterator[Problem]:
    names = [name for _, name, _, _ in Formatter().parse(wrong.message) if name]
    values = {**everyone.frame[[name for name in names if name not in wrong.more]], **wrong.more}
    for at in wrong.mask.index[wrong.mask.fillna(False).astype(bool)]:
        text = wrong.message.format_map({name: _shown(values[name].loc[at]) for name in names})
        yield everyone.problem(at, wrong.column, text)


def _by_study(rule: Callable[..., Iterator[Wrong]]) -> Callable[..., Iterator[Problem]]:
    """A check by a ``rule`` for the participants of one study, who are a part of the frame."""

    def run(everyone: Everyone, *tables: pd.DataFrame) -> Iterator[Problem]:
        for study in everyone.studies:
            for wrong in rule(everyone.frame[everyone.of(study)], study, *tables):
                yield from _found(everyone, wrong)

    return run


def _shown(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "empty"
    if isinstance(value, str):
        return shortened(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _same(a: Mask, b: Mask, tolerance: float) -> Mask:
    return (a.astype("Float64") - b.astype("Float64")).abs() <= tolerance


# ------------------------------------------------------------------- columns, types, ranges


def _required_columns(everyone: Everyone) -> Iterator[Problem]:
    """Every study must be there with all its columns."""
    files = ", ".join(sorted({str(f) for f in everyone.places["people"][FILE]}))
    own = [app for app in declared.apps() if app not in declared.EARLIER_APPS]
    if not {*own} & {*everyone.apps}:
        yield Problem(f"the export has columns of none of the apps {', '.join(own)}.", files)
    for app in declared.EARLIER_APPS:
        if {*declared.EARLIER_APPS} & {*everyone.apps} and app not in everyone.apps:
            yield Problem(f"the export has no columns of the app {app}.", files)
    for study in everyone.studies:
        for column in _missing(everyone, study):
            severity = WARNING if column.optional else ERROR
            message = f"the study {study.name} must have this column."
            yield Problem(message, files, 1, column.name, severity)
    for name in ("simulated", "demo", "visited"):
        if everyone.frame[name].isna().all():
            exported = {"simulated": "participant._is_bot", "demo": "session.is_demo"}
            message = "this column is missing: who belongs to the data cannot be told."
            yield Problem(message, files, 1, exported.get(name, "participant.visited"))


def _missing(everyone: Everyone, study: Study) -> list[Column]:
    """The columns of a study that no app of the export has, if all of its apps are there."""
    earlier = {*declared.EARLIER_APPS} & {*everyone.apps}
    if study.app not in everyone.apps or len(earlier) not in (0, len(declared.EARLIER_APPS)):
        return []
    absent = everyone.absent(study)
    return [c for c in study.columns.values() if c.name in absent and not c.since]


@_by_study
def _ranges(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    for name, column in study.columns.items():
        message = f"is {{{name}}}, but must be {_allowed(column)}."
        yield Wrong(_out_of_range(frame[name], column), name, message)


def _out_of_range(values: Mask, column: Column) -> Mask:
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
    return (wrong & values.notna()).fillna(False).astype(bool)


def _allowed(column: Column) -> str:
    if column.values:
        return f"one of {', '.join(column.values)}"
    low = "" if column.min is None else f" from {column.min:g}"
    high = "" if column.max is None else f" to {column.max:g}"
    if column.type == "text":
        return f"at most {column.max:g} characters"
    return f"{wanted(column)}{low}{high}"


# ---------------------------------------------------------------------------------- arms


@_by_study
def _factors(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    """The factors of the design say the same as the arm."""
    for factor in study.factors:
        levels = factor.levels(study).items()
        expected = frame["arm"].map({arm: level for level, arms in levels for arm in arms})
        wrong = frame[factor.name].astype("string") != expected.astype("string")
        message = f"is {{{factor.name}}}, which does not go with arm {{arm}}."
        yield Wrong(frame["arm"].isin(study.names) & wrong.fillna(True), factor.name, message)


@_by_study
def _forced(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    """Who was forced into an arm is marked, has that arm, and no place in the list."""
    if "config_force_arm" not in frame.columns:
        return
    asked = frame["config_force_arm"].notna() & frame["arm"].notna()
    unmarked = asked & (frame["arm_forced"] != 1).fillna(True)
    yield Wrong(
        unmarked, "arm_forced", "must be 1: the session forces the arm {config_force_arm}."
    )
    elsewhere = asked & (frame["arm"] != frame["config_force_arm"])
    yield Wrong(elsewhere, "arm", "is {arm}, but the session forces the arm {config_force_arm}.")


# ---------------------------------------------------------------------------- assignment


@_by_study
def _placed(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    """Who was drawn has a place in the list."""
    for name in PLACE if "arm" in frame.columns else ():
        yield Wrong(_drawn(frame) & frame[name].isna(), name, "is empty although an arm is set.")


def _drawn(frame: pd.DataFrame) -> Mask:
    return frame["arm"].notna() & (frame["arm_forced"] != 1).fillna(True)


def _assignment(everyone: Everyone) -> Iterator[Problem]:
    """Each stratum's list runs without gaps and is what the seed gives."""
    frame = everyone.frame
    if "arm" not in frame.columns:
        return
    needed = [*PLACE, "seed"]
    used = ["experiment", "session_code", "arm", *needed, "config_name", "config_arms"]
    drawn = frame.loc[_drawn(frame), [*used, "removed_places"]].dropna(subset=needed)
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
    first = group.iloc[0]
    removed = _removed(first["removed_places"], first["stratum"])
    if removed:
        places = ", ".join(map(str, sorted(removed)))
        message = f"place {places} of this stratum is empty: participants were removed for good."
        yield everyone.problem(group.index[-1], "assignment_number", message, WARNING)
    gaps = sorted(set(range(1, int(numbers.max()) + 1)) - set(numbers) - removed)
    if gaps:
        places = ", ".join(map(str, gaps[:5]))
        message = f"nobody has place {places} of this stratum: participants are missing."
        yield everyone.problem(group.index[-1], "assignment_number", message)
    yield from _recomputed(everyone, group)
    counts = Counter(group["arm"])
    arms = _arms_in_use(everyone, first)
    if arms is not None and not gaps:
        empty = (draw(first["seed"], first["stratum"], arms, number) for number in removed)
        counts.update(place.arm for place in empty)
        spread = max(counts.values()) - min(counts[arm] for arm in arms)
        if spread > COPIES:
            message = f"arms of this stratum differ by {spread}, more than {COPIES}."
            yield everyone.problem(group.index[-1], "arm", message)


def _removed(text: object, stratum: str) -> set[int]:
    return removed_places(text, stratum) if isinstance(text, str) else set()


def _recomputed(everyone: Everyone, group: pd.DataFrame) -> Iterator[Problem]:
    arms = _arms_in_use(everyone, group.iloc[0])
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


def _arms_in_use(everyone: Everyone, person: pd.Series[Any]) -> list[str] | None:
    """The arms of the participant's session; None: a per-app export cannot tell."""
    study = next((each for each in everyone.studies if each.name == person["experiment"]), None)
    if study is None or pd.isna(person["config_name"]):
        return None
    chosen = person["config_arms"]
    try:
        names = study.parameters["arms"].clean("" if pd.isna(chosen) else str(chosen))
    except ParameterError:
        return None
    return study.arms_in_use({"arms": names})


def _assignment_log_matches(everyone: Everyone, log: pd.DataFrame) -> Iterator[Problem]:
    """The log of draws says the same as the participants, and strata follow from it."""
    keys = KEYS
    names = ["arm", "block", "assignment_number", "stratum", "seed"]
    people = everyone.frame[[*keys, *names]].rename(columns={n: f"{n} of person" for n in names})
    both = log.merge(people, on=keys, how="left", indicator=True)
    removed = everyone.frame.groupby("session_code")["removed_places"].first()
    for at in np.flatnonzero(both["_merge"] == "left_only"):
        entry = both.iloc[at]
        gone = _removed(removed.get(entry[keys[0]]), entry["stratum"])
        if pd.isna(entry[keys[1]]) and entry["assignment_number"] in gone:
            continue
        message = f"there is no participant {entry[keys[0]]}/{entry[keys[1]]}."
        yield Problem.of(entry, "participant_code", message)
    for name in names:
        own = both[f"{name} of person"]
        for at in np.flatnonzero((own.notna() & (own != both[name])).fillna(False)):
            entry = both.iloc[at]
            message = f"is {entry[name]!r}, but {own.iloc[at]!r} with the participant."
            yield Problem.of(entry, name, message)
    # The order of a log that was written in the same moment is that of its rows.
    log = log.sort_values("drawn_at", kind="stable")
    for study in everyone.studies:
        yield from _strata(everyone.frame[everyone.of(study)], log)
        if study.of_type(Information):
            yield from _versions(everyone, study, log)


def _strata(frame: pd.DataFrame, log: pd.DataFrame) -> Iterator[Problem]:
    """Strata follow from the scores of those who were drawn earlier."""
    if "config_stratify" not in frame.columns:
        return
    for score, people in frame.groupby("config_stratify"):
        column = f"{score}_correct"
        if column not in log.columns:
            continue
        scores: dict[str, list[int]] = {}
        entries = log[log["session_code"].isin(people["session_code"].unique())]
        needed = ["session_code", column, "stratum", FILE, ROW]
        for entry in entries[needed].to_dict("records"):
            earlier = scores.setdefault(entry["session_code"], [])
            own = 0 if pd.isna(entry[column]) else int(entry[column])
            expected = score_stratum(own, earlier)
            earlier.append(own)
            if entry["stratum"] != expected:
                message = f"is {entry['stratum']!r}, but the {score} scores give {expected!r}."
                yield Problem.of(entry, "stratum", message)


def _versions(everyone: Everyone, study: Study, log: pd.DataFrame) -> Iterator[Problem]:
    """The version of the message is what the seed gives, for the words of the session.

    A session with other words than today's may have had another number of versions.
    """
    frame = everyone.frame
    today = words.fingerprint(study)
    own = everyone.of(study) & frame["arm"].isin(study.names)
    own &= frame["message_version"].notna() & frame["seed"].notna()
    place = log.groupby(["session_code", "arm"]).cumcount() + 1
    keys = pd.MultiIndex.from_frame(log[KEYS])
    places = dict(zip(keys, place, strict=True))
    used = [*KEYS, "id_in_session", "seed", "arm", "arm_forced", "message_version"]
    for at, person in frame.loc[own & (frame["words"] == today), used].iterrows():
        forced = person["arm_forced"] == 1
        number = person["id_in_session"] if forced else places.get(tuple(person[KEYS]))
        if number is None:
            continue
        expected = version(study, person["seed"], person["arm"], int(number))
        if person["message_version"] != expected:
            message = f"is {person['message_version']}, but the seed gives version {expected}."
            yield everyone.problem(at, "message_version", message)


# ------------------------------------------------------------------------------- outcomes


@_by_study
def _means(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    """The mean of a scale is there when all its items are, and is their mean."""
    for name, measure in study.measures.items():
        if measure.kind != "mean" or name not in study.columns:
            continue
        mean, known = (
            frame[list(measure.of)].astype("Float64").mean(axis=1, skipna=False),
            frame[name],
        )
        message = "is empty although all its items are answered."
        yield Wrong(mean.notna() & known.isna(), name, message)
        other = known.notna() & ~_same(known, mean, 1e-6).fillna(False)
        yield Wrong(other, name, f"is {{{name}}}, which is not the mean of its items.")


@_by_study
def _counts(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    """Nobody has more correct cards than answered ones, and counts come together."""
    for round in phases(study).values():
        name, of = f"{round.prefix}_correct", f"{round.prefix}_attempts"
        correct, attempts = frame[name], frame[of]
        yield Wrong(correct > attempts, name, f"is {{{name}}}, more than {{{of}}} answers.")
        message = f"and {of} must be both empty or both filled."
        yield Wrong(correct.isna() != attempts.isna(), name, message)


@_by_study
def _times(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    """No round lasts longer than its session allows."""
    for round in phases(study).values():
        name, limit = f"{round.prefix}_seconds", f"config_{round.parameter}"
        if name in study.columns and limit in frame.columns:
            message = f"is {{{name}}}, but the round lasts {{{limit}}} seconds."
            yield Wrong(frame[name] > frame[limit].astype("Float64") + 0.5, name, message)


def _answers_match_counts(everyone: Everyone, answers: pd.DataFrame) -> Iterator[Problem]:
    """What the participants' counts say is what the answers say."""
    frame = everyone.frame
    owners = pd.MultiIndex.from_frame(frame[KEYS])
    yield from _uncounted(answers)
    strangers = ~pd.MultiIndex.from_frame(answers[KEYS]).isin(owners)
    absent = "there is no participant {session_code}/{participant_code}."
    yield from _limited(
        Problem.of(row, "participant_code", absent.format_map(row))
        for _, row in answers[strangers].iterrows()
    )
    here = frame["session_code"].isin(answers["session_code"])
    rounds = [(study, *each) for study in everyone.studies for each in phases(study).items()]
    for study, phase, round in rounds:
        own, prefix = everyone.of(study), round.prefix
        rows = answers[(answers["phase"] == phase) & answers["correct"].notna()]
        groups = rows.groupby(KEYS)["correct"]
        yield from _uncovered(everyone, own & ~here, f"{prefix}_attempts")
        for what, series in {"attempts": groups.count(), "correct": groups.sum()}.items():
            name = f"{prefix}_{what}"
            expected = series.reindex(owners).fillna(0).astype("Int64")
            expected.index = frame.index
            wrong = own & here & (frame[name].fillna(0) != expected)
            message = (
                f"is {{{name}}}, but the answer export has {{expected}} such answers of phase "
                f"{phase}."
            )
            yield from _found(everyone, Wrong(wrong, name, message, {"expected": expected}))


def _uncounted(answers: pd.DataFrame) -> Iterator[Problem]:
    """Only what came too late stays without a verdict."""
    wrong = answers["correct"].isna() & (answers["late"] != 1).fillna(True)
    for at in np.flatnonzero(wrong):
        yield Problem.of(answers.iloc[at], "correct", "is empty although the answer is not late.")


@_by_study
def _comprehension(frame: pd.DataFrame, study: Study, log: pd.DataFrame) -> Iterator[Wrong]:
    """Errors are the wrong answers of the log, in the sessions that the log covers."""
    asked = study.of_type(Comprehension)
    if len(asked) != 1:  # the log does not say which of several
        return
    name = f"{asked[0].name}_errors"
    wrong = log[log["correct"] == 0].groupby(KEYS).size()
    expected = wrong.reindex(pd.MultiIndex.from_frame(frame[KEYS])).fillna(0).astype("Int64")
    expected.index = frame.index
    covered = frame["session_code"].isin(log["session_code"]) & frame[name].notna()
    message = f"is {{{name}}}, but the comprehension export has {{expected}} wrong answers."
    yield Wrong(covered & (frame[name] != expected), name, message, {"expected": expected})


def _uncovered(everyone: Everyone, mask: Mask, name: str) -> Iterator[Problem]:
    """Sessions whose answers were not exported although those of others were."""
    missing = everyone.frame[mask & (everyone.frame[name] > 0).fillna(False)]
    for at in missing.drop_duplicates("session_code").index:
        session = everyone.frame.loc[at, "session_code"]
        message = f"the answer exports hold no such answers of session {session}."
        yield everyone.problem(at, name, message, WARNING)


# ------------------------------------------------------------------------------------ pay


@_by_study
def _pay(frame: pd.DataFrame, study: Study) -> Iterator[Wrong]:
    """Pay adds up, and is what rates and cards give."""
    if study.pay is None:
        return
    total, fixed, piece = (frame[f"earnings_{name}"] for name in ("total", "fixed", "piece"))
    paid = total.notna()
    yield Wrong(
        paid & ~_same(total, fixed + piece, CENT).fillna(False),
        "earnings_total",
        "is {earnings_total}, but fixed pay {earnings_fixed} and piece pay {earnings_piece} "
        "must add up to it.",
    )
    other = paid & ~_same(frame["payoff"], piece, CENT).fillna(False)
    yield Wrong(other, "payoff", "is {payoff}, but the piece pay is {earnings_piece}.")
    expected = [_earned(study, person) for person in frame[paid].to_dict("records")]
    for name in ("earnings_fixed", "earnings_piece", "donation"):
        part = name.removeprefix("earnings_")
        values = [None if each is None else float(getattr(each, part)) for each in expected]
        due = pd.Series(values, frame.index[paid], "Float64").reindex(frame.index)
        other = due.notna() & ~_same(frame[name], due, CENT).fillna(False)
        message = f"is {{{name}}}, but the cards and rates give {{due}}."
        yield Wrong(other, name, message, {"due": due})


def _earned(study: Study, person: dict[Hashable, Any]) -> Earnings | None:
    """What a participant must have earned; None: the export does not hold the rates."""
    seat = RowSeat(study, person)
    if study.pay is None or "participation_fee" not in seat.config:
        return None
    counts = study.pay.counts(study, seat.arm.name if seat.arm else None, seat.get)
    return study.pay.of(seat.config, counts)


# ---------------------------------------------------------------------------------- the way


def _way(everyone: Everyone) -> Iterator[Problem]:
    """What was not reached is empty; whoever completed the study has answered and been paid.

    Whom the experimenter moved on from a page may have left it empty.
    """
    frame = everyone.frame
    message = "is 0, but must be 1, or empty for those who did not reach the last page."
    yield from _found(everyone, Wrong(frame["completed"] == 0, "completed", message))
    for study in everyone.studies:
        if any(not column.optional for column in _missing(everyone, study)):
            continue
        pay = study.pay.columns() if study.pay is not None else ()
        stored = [column.name for column in pay if column.always]
        own, absent, earlier = everyone.of(study), everyone.absent(study), everyone.earlier
        columns = {
            step.name: [column for column in step.columns(study) if column.name not in absent]
            for step in study.path
        }
        for at, row in zip(frame.index[own], frame[own].to_dict("records"), strict=True):
            seat = RowSeat(study, row)
            moved = seat.get("advanced_from") is not None
            needed, reason = [*stored], None
            for step, reason in seat.way():
                if reason is not None:
                    for column in columns[step.name]:
                        if seat.get(column.name) is not None:
                            yield everyone.problem(at, column.name, f"is filled, but {reason}.")
                # What the server stores by itself is there, whoever was moved on.
                elif step.assigns or not moved:
                    needed += _needed(step, columns[step.name], earlier.loc[at])
            if seat.get("completed") != 1:
                continue
            if reason is not None:
                yield everyone.problem(at, "completed", f"is 1, but {reason}.")
                continue
            for name in needed:
                if seat.get(name) is None:
                    yield everyone.problem(at, name, "is empty, but the study is completed.")


def _needed(step: Step, columns: list[Column], earlier: bool) -> list[str]:
    """What is there once somebody has been at a step, its optional questions apart."""
    found = [
        column.name
        for column in columns
        if (column.always or (column.answers and not column.optional))
        and not (earlier and column.since)
    ]
    if isinstance(step, OfferedRound):
        found.append(f"{step.prefix}_correct")
    return found


# --------------------------------------------------------------------------------- sessions


def _alike(everyone: Everyone) -> Iterator[Problem]:
    """Sessions of a study that will be pooled have the same words and parameters."""
    frame = everyone.frame
    for study in everyone.studies:
        people = frame[everyone.of(study)]
        for name in ("demo", "pilot", "arm_forced"):
            if name in people.columns:
                people = people[(people[name] != 1).fillna(True)]
        parameters = [name for name in study.parameters if name not in ("seed", "pilot")]
        for name in ("words", *(f"config_{each}" for each in ["participation_fee", *parameters])):
            known = people["words" if name == "words" else "config_name"].notna()
            sessions = people[known].drop_duplicates("session_code")
            groups = sessions.groupby(name, dropna=False, sort=False)["session_code"].agg(list)
            if len(groups) > 1:
                told = [f"{_shown(value)} in {_listed(codes)}" for value, codes in groups.items()]
                message = f"differs between sessions of {study.name}: {'; '.join(told)}."
                yield everyone.problem(sessions.index[-1], name, message, WARNING)


def _listed(codes: list[str]) -> str:
    return ", ".join(codes[:3]) + (f" and {len(codes) - 3} more" if len(codes) > 3 else "")


CHECKS: tuple[Callable[[Everyone], Iterator[Problem]], ...] = (
    _required_columns,
    _ranges,
    _factors,
    _forced,
    _placed,
    _assignment,
    _means,
    _counts,
    _times,
    _pay,
    _way,
    _alike,
)

COMPARISONS: dict[str, Callable[..., Iterator[Problem]]] = {
    "answers": _answers_match_counts,
    "comprehension": _comprehension,
    "assignment": _assignment_log_matches,
}
