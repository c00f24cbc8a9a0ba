"""The planned analysis: every estimate of an experiment, its p-values and what they decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError, unknown
from analysis.exports.derived import BLOCK, add_derived
from analysis.inference import claims, families
from analysis.inference.adjust import adjust
from analysis.inference.contrast import estimator_name, randomized
from analysis.inference.fit import Contrasts, Floats, contrasts, fit, joint
from analysis.inference.sample import RARE, Sample, prepare, sloping, unsloped
from analysis.planned.coding import coded
from analysis.planned.patterns import claimed
from analysis.planned.plan import SESSION, Family, Hypothesis, Plan, plans, read_plan
from analysis.planned.progress import Progress, progress
from analysis.planned.robustness import robustness
from analysis.tidy import COLUMNS as TIDY
from analysis.tidy import t_row
from analysis.words import counted, listed

COLUMNS = (
    "experiment",
    "family",
    "hypothesis",
    "claim",
    "contrast",
    "outcome",
    "term",
    "control",
    *TIDY[2:],
    "covariates",
    "imputed",
    "p_randomization",
    "p_claim",
    "p_adjusted",
    "adjustment",
    "simultaneous_low",
    "simultaneous_high",
    "level",
    "verdict",
    "size",
    "difference",
    "control_mean",
    "control_sd",
    "smallest_effect",
    "p_equivalence",
    "equivalence_low",
    "equivalence_high",
    "minimum_detectable_effect",
    "by_arm_estimate",
    "by_arm_p",
    "robustness",
    "robustness_estimate",
    "robustness_p",
)
"""The columns of the table and of ``estimates.csv``; effects in the unit of the outcome's column.

``p_value`` and ``p_randomization`` are those of the t (for several contrasts, of the F);
``p_claim`` is that of the claim, which ``p_adjusted`` is made from and never falls below.
``level`` is what ``p_adjusted`` is held against. ``difference`` says of a claimed difference
between arms or levels whether it matters (`analysis.inference.claims.DIFFERENCES`). An association
is in standard deviations of both. For several contrasts at once ``estimate`` is the root of their
mean square; for a conjunction it is that of the part which decides.
"""

TEXTS = ("estimator", "covariates", "verdict", "size", "difference", "robustness")
"""Those that are empty where there is nothing to say."""


@dataclass
class Notes:
    """What could not be done as planned, in sentences, each once."""

    departures: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        if sentence not in self.departures:
            self.departures.append(sentence)


def estimate(
    data: pd.DataFrame,
    plan: Plan | str | Path | Mapping[str, Plan] | None = None,
    *,
    experiment: str | None = None,
    interim: bool = False,
) -> pd.DataFrame:
    """Every planned estimate, its p-values and verdict: the whole table of the report.

    Parameters
    ----------
    data : participants as `load` gives them, of one or more studies. Who is left out is decided
        here, by the plan: those without an arm, with a forced arm, in an arm that is not planned.
    plan : that of one study, its file, or several by the study's name (`plans`); None: the
        `plan.toml` of each study.
    experiment : one study only. Needed if ``data`` has no column ``experiment``.
    interim : also show outcomes of real people before the planned size, where no look is planned.

    Returns
    -------
    One row per family, outcome and hypothesis, in the plan's order, with the columns of
    ``estimates.csv``. What cannot be estimated has no estimate and no p-value;
    ``frame.attrs["notes"]`` says why, and what else is not as planned.

    Raises
    ------
    AnalysisError : a broken plan; nobody in an arm of the study; fewer real participants than
        planned, where no look is planned.
    """
    if not isinstance(data, pd.DataFrame):
        raise AnalysisError(f"The data must be a pandas DataFrame, not {type(data).__name__}.")
    planned = _plans(plan)
    if experiment and experiment not in planned:
        raise unknown("experiment in the plan called", experiment, planned)
    if "arm" not in data.columns:
        raise unknown("column", "arm", data.columns)
    if "experiment" not in data.columns and experiment is None:
        raise AnalysisError("The data have no column 'experiment', so experiment= must name one.")
    names = [experiment] if experiment else list(planned)
    frames, notes = [], Notes()
    for name in names:
        rows = data[data["experiment"] == name] if "experiment" in data.columns else data
        each = planned[name]
        kept = analysed(add_derived(rows), each, notes)
        if kept.empty:
            continue
        reached = progress(kept, each)
        if not reached.shown and not interim:
            raise AnalysisError(interim_sentence(reached, each))
        frames.append(estimate_experiment(*coded(kept, each), notes, reached))
    if not frames:
        raise AnalysisError(f"Nobody in these data is in an arm of {' or '.join(names)}.")
    table = pd.concat(frames, ignore_index=True)
    table.attrs["notes"] = notes.departures
    return table


def _plans(plan: Plan | str | Path | Mapping[str, Plan] | None) -> Mapping[str, Plan]:
    if plan is None:
        return plans()
    if isinstance(plan, Mapping):
        return plan
    if not isinstance(plan, Plan | str | Path):
        raise AnalysisError(f"The plan must be a Plan or a file, not {type(plan).__name__}.")
    one = plan if isinstance(plan, Plan) else read_plan(plan)
    return {one.name: one}


def interim_sentence(reached: Progress, plan: Plan) -> str:
    """Why the outcomes of an experiment are not shown yet."""
    looks = [f"{look:,}" for look in plan.looks]
    before = f", or at the planned look at {listed(looks)}" if looks else ""
    return (
        f"{plan.title}: {reached.analysed:,} of {reached.size:,} planned participants. "
        f"Outcomes by arm are shown when all are there{before}."
    )


def assigned(data: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Those whose arm was drawn, without those whose arm was set by hand if the plan says so."""
    kept = data[data["arm"].notna()]
    if "forced_arm" in plan.exclusions and "arm_forced" in kept.columns:
        kept = kept[(kept["arm_forced"] != 1).fillna(True).astype(bool)]
    return kept.reset_index(drop=True)


def analysed(data: pd.DataFrame, plan: Plan, notes: Notes) -> pd.DataFrame:
    """Those `assigned` whom the plan analyses, in the arm that was drawn.

    An arm that is not planned, or holds one person, is left out and said.
    """
    kept = assigned(data, plan)
    counts = kept["arm"].value_counts()
    strays = [str(arm) for arm, count in counts.items() if 0 < count < 2 or arm not in plan.arms]
    if strays:
        notes.add(
            f"No estimates for {listed(sorted(strays))}: a single participant, or no arm of the "
            "plan."
        )
    return kept[~kept["arm"].isin(strays)].reset_index(drop=True)


def estimate_experiment(
    data: pd.DataFrame,
    plan: Plan,
    notes: Notes,
    reached: Progress,
) -> pd.DataFrame:
    """The table of one experiment, from its `analysed` participants; `COLUMNS`."""
    cells = [
        _Cell(family, outcome, each)
        for family in plan.families
        for outcome in family.outcomes
        for each in plan.rows(family)
    ]
    work = _Work(data, plan, notes, reached.level)
    for members in _tasks(cells, work):
        work.run(members)
    for family in plan.families:
        _judge([cell for cell in cells if cell.family == family], plan, family, reached.level)
    _differences(cells, plan, reached.level)
    robustness(data, cells, plan, notes)
    return pd.DataFrame([cell.row(plan, reached.level) for cell in cells], columns=list(COLUMNS))


# -------------------------------------------------------------------------------------- cells


@dataclass
class _Cell:
    """One hypothesis on one outcome: a row in the making."""

    family: Family
    outcome: str
    hypothesis: Hypothesis
    values: dict[str, Any] = field(default_factory=dict)
    influence: Floats | None = None

    @property
    def tested(self) -> bool:
        return self.hypothesis.id in self.family.hypotheses

    @property
    def covariates(self) -> list[str]:
        """Those of its regression."""
        return str(self.values["covariates"]).split()

    def claim(self, plan: Plan, claim: str | None = None) -> str:
        """The claim of the hypothesis, or another one, as it reads on this outcome."""
        return plan.outcomes[self.outcome].claim(claim or self.hypothesis.claim)

    def number(self, name: str) -> float:
        return float(self.values.get(name, np.nan))

    def row(self, plan: Plan, level: float) -> dict[str, Any]:
        """All columns; what is not known is missing."""
        each = self.hypothesis
        described = {
            "experiment": plan.name,
            "family": self.family.name,
            "hypothesis": each.id,
            "claim": "all" if each.all else "" if each.descriptive else self.claim(plan),
            "contrast": each.contrast,
            "outcome": self.outcome,
            "term": each.term,
            "control": "" if each.factor or each.interaction else each.control,
            "adjustment": self.family.adjustment if self.tested else "",
            "smallest_effect": plan.bound(each, self.outcome),
            "level": level,
            "n": 0,
            "imputed": 0,
        }
        unknown = {name: "" if name in TEXTS else np.nan for name in COLUMNS}
        return {**unknown, **described, **self.values}


def _tasks(cells: Sequence[_Cell], work: _Work) -> list[list[_Cell]]:
    """Cells that one fit can serve: the same rows, hypotheses and covariates."""
    by_outcome: dict[tuple[Any, ...], list[_Cell]] = {}
    for cell in cells:
        each = cell.hypothesis
        if not each.all:
            key = (cell.outcome, work.plan.adjusts_for(each), each.association, each.moderator)
            by_outcome.setdefault(key, []).append(cell)
    found: dict[tuple[Any, ...], list[_Cell]] = {}
    for (outcome, *model), members in by_outcome.items():
        ids = tuple(cell.hypothesis.id for cell in members)
        # Standardising an outcome is for associations; they are fitted one at a time.
        pattern = outcome if any(model[1:]) else work.known(outcome).tobytes()
        found.setdefault((pattern, ids, *model), []).extend(members)
    return list(found.values())


@dataclass
class _Work:
    """Fits tasks on the data of an experiment and writes what they give into their cells."""

    data: pd.DataFrame
    plan: Plan
    notes: Notes
    level: float

    def known(self, outcome: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Who has an outcome."""
        return self.data.reindex(columns=[outcome])[outcome].notna().to_numpy(dtype=bool)

    def run(self, cells: list[_Cell]) -> None:
        known = self.known(cells[0].outcome)
        counts = self.data.loc[known, "arm"].value_counts()
        present = [arm for arm in self.plan.arms if counts.get(arm, 0) > 1]
        rows = self.data[known & self.data["arm"].isin(present).to_numpy()]
        for cell in cells:
            if reason := self._absent(cell, present, rows):
                self._lost(cell, reason)
        cells = [cell for cell in cells if "n" not in cell.values]
        sample = self._sample(rows, cells) if cells else None
        if sample is not None:
            self._fill(sample, cells, rows)

    def _absent(self, cell: _Cell, present: list[str], rows: pd.DataFrame) -> str:
        """Why nothing can be compared, in a sentence, or nothing."""
        association = bool(cell.hypothesis.association)
        missing = [arm for arm in self._compared(cell.hypothesis) if arm not in present]
        if rows.empty and (association or not self.known(cell.outcome).any()):
            return f"nobody has {cell.outcome}."
        if missing and not association:
            return f"nobody, or one person, in {listed(missing)} has {cell.outcome}."
        if len(present) < 2 and not association:
            return "there is one arm only."
        values = rows[cell.outcome].astype("Float64").to_numpy(dtype=float)
        return "" if np.ptp(values) > 0 else f"it is {values[0]:g} for all."

    def _compared(self, each: Hypothesis) -> list[str]:
        """The arms with a weight; of an association, all."""
        used = np.abs(each.weights or np.ones((1, len(self.plan.arms)))).max(axis=0) > 0
        return [arm for arm, one in zip(self.plan.study.names, used, strict=True) if one]

    def _lost(self, cell: _Cell, reason: str) -> None:
        cell.values["n"] = 0
        self.notes.add(f"{cell.hypothesis.id} on {cell.outcome} was not estimated: {reason}")

    def _sample(self, rows: pd.DataFrame, cells: list[_Cell]) -> Sample | None:
        """The planned sample; without the covariates that the data do not hold."""
        each = cells[0].hypothesis
        named = [c for c in self.plan.adjusts_for(each) if c != each.slope]
        covariates = [c for c in named if self._usable(rows, c)]
        by_arm, common = sloping(rows, "arm", [c for c in self.plan.by_arm if c in covariates])
        if common:
            self.notes.add(unsloped(common))
        if self.plan.session_effects and SESSION not in rows.columns:
            self.notes.add(f"The data have no {SESSION}, so estimates do without session effects.")
        try:
            return prepare(
                rows,
                list(dict.fromkeys(cell.outcome for cell in cells)),
                "arm",
                covariates=[*filter(None, [each.association]), *covariates],
                by_arm=[*filter(None, [each.moderator]), *by_arm],
                sessions=self.plan.sessions_in(rows),
                blocks=BLOCK if self._blocked(rows) else None,
                complete=[*filter(None, [each.slope])],
            )
        except AnalysisError as error:
            for cell in cells:
                self._lost(cell, str(error))
            return None

    def _usable(self, rows: pd.DataFrame, covariate: str) -> bool:
        values = rows[covariate].dropna() if covariate in rows.columns else pd.Series(dtype=float)
        if values.nunique() > 1:
            return True
        what = "is missing" if values.empty else "is the same for everybody"
        self.notes.add(f"Estimates do without the covariate {covariate}, which {what}.")
        return False

    def _blocked(self, rows: pd.DataFrame) -> bool:
        if BLOCK not in rows.columns or rows[BLOCK].isna().all():
            self.notes.add("No blocks were exported, so randomization tests permute everybody.")
            return False
        without = int(rows[BLOCK].isna().sum())
        if without:
            self.notes.add(
                f"{counted(without, 'participant')} without a block, who keep their arm in "
                "randomization tests."
            )
        return True

    def _fill(self, sample: Sample, cells: list[_Cell], rows: pd.DataFrame) -> None:
        """Estimates, p-values and influences of all cells of a sample."""
        fitted = fit(sample.outcomes, sample.model)
        weights: Floats = np.empty((0, len(fitted.back)))
        at: dict[str, list[int]] = {}
        for name in dict.fromkeys(cell.hypothesis.id for cell in cells):
            mine = self._weights(sample, self.plan.hypothesis(name))
            try:
                contrasts(fitted, mine)
            except AnalysisError as error:
                for cell in cells:
                    if cell.hypothesis.id == name:
                        self._lost(cell, str(error))
                continue
            at[name] = list(range(len(weights), len(weights) + len(mine)))
            weights = np.vstack([weights, mine])
        if not at:
            return
        found = contrasts(fitted, weights)
        drawn: Floats = np.full((len(at), len(sample.names)), np.nan)
        try:
            if not cells[0].hypothesis.association:
                options = list(at.values()), self.plan.draws, self.plan.seed
                drawn, _ = randomized(sample, fitted, found, weights, *options)
        except AnalysisError as error:
            names = listed(list(sample.names))
            self.notes.add(f"No randomization test of {names}: {error}")
        for name, count in sample.imputed.items():
            self.notes.add(
                f"{name} was missing for {counted(count, 'participant')} and set to the mean of "
                "the others."
            )
        for cell in cells:
            if cell.hypothesis.id not in at:
                continue
            column, place = sample.names.index(cell.outcome), at[cell.hypothesis.id]
            if np.isnan(found.estimate[place, column]).any():
                self._lost(cell, f"{cell.outcome} does not vary within the arms compared.")
                continue
            if (count := self._rarer(sample, column, cell.hypothesis)) < RARE:
                self._lost(
                    cell,
                    f"all but {count} of those compared have the same value, too few for a "
                    "standard error.",
                )
                continue
            cell.values |= self._numbers(sample, found, place, column, cell.hypothesis)
            if cell.hypothesis.joint:
                whole = joint(fitted, weights[place], column)
                cell.values |= {"statistic": whole.statistic, "df": whole.df_residual}
                cell.values |= {"p_value": whole.p_value, "p_claim": whole.p_value}
            cell.values |= {
                "n": sample.size,
                "estimator": estimator_name(sample),
                "covariates": " ".join([*sample.by_arm, *sample.common]),
                "imputed": sum(sample.imputed.values()),
                "p_randomization": drawn[list(at).index(cell.hypothesis.id), column],
                **self._reference(rows, cell),
            }
            cell.values |= _judged(cell, self.plan, self.level)
            cell.influence = np.zeros(len(self.data))
            positions = rows.index.to_numpy()[sample.rows]
            cell.influence[positions] = _direction(found, place, column)

    def _rarer(self, sample: Sample, column: int, each: Hypothesis) -> int:
        """How many of those compared have the rarer one of two values; many if there are more."""
        values = sample.outcomes[:, column]
        if len(np.unique(values)) > 2:
            return len(values)
        named = self._compared(each)
        codes = [at for at, label in enumerate(sample.labels) if label in named]
        compared = values[np.isin(sample.model.arms, codes)]
        ones = int((compared == values.max()).sum())
        return min(ones, len(compared) - ones)

    def _weights(self, sample: Sample, each: Hypothesis) -> Floats:
        if each.association:
            return sample.model.common_slope(sample.common.index(each.association))[None]
        arms = [sample.arm_weights(row) for row in self.plan.weights(each)]
        number = sample.by_arm.index(each.moderator) if each.moderator else None
        return np.array([sample.model.weights(row, number) for row in arms])

    def _numbers(
        self, sample: Sample, found: Contrasts, place: list[int], column: int, each: Hypothesis
    ) -> dict[str, Any]:
        """The estimate with its error and test; of several contrasts, their root mean square."""
        if each.joint:
            return {"estimate": float(np.sqrt(np.mean(found.estimate[place, column] ** 2)))}
        unit = 1.0
        if each.association:
            unit = 1 / float(sample.outcomes[:, column].std(ddof=1))
        return t_row(
            sample.names[column],
            each.term,
            unit * found.estimate[place[0], column],
            unit * found.std_error[place[0], column],
            found.df[place[0]],
            sample.size,
            estimator_name(sample),
            level=1 - self.plan.alpha,
        )

    def _reference(self, rows: pd.DataFrame, cell: _Cell) -> dict[str, float]:
        """Mean and spread of the arm compared with; without one, the spread of all."""
        values = rows[cell.outcome].astype(float)
        each = cell.hypothesis
        compared = bool(each.control) and not each.factor and not each.interaction
        if compared:
            values = values[rows["arm"] == each.control]
        return {
            "control_mean": float(values.mean()) if compared else np.nan,
            "control_sd": float(values.std(ddof=1)),
        }


def _direction(found: Contrasts, place: list[int], column: int) -> Floats:
    """The influence of a contrast; of several, that of the combination farthest from 0."""
    influence = found.influence[place, column]
    if len(place) == 1:
        return np.asarray(influence[0])
    values = found.estimate[place, column]
    return np.asarray(np.linalg.pinv(influence @ influence.T) @ values @ influence)


def _judged(cell: _Cell, plan: Plan, level: float) -> dict[str, float]:
    """The claim's p-value, equivalence, and what could have been detected.

    Minimum detectable effect after Bloom 1995, 10.1177/0193841X9501900504.
    """
    if cell.hypothesis.joint:
        return {}
    value, error, df = cell.number("estimate"), cell.number("std_error"), cell.number("df")
    bound = plan.bound(cell.hypothesis, cell.outcome)
    margin = float(stats.t.isf(level, df)) * error
    factor = float(stats.t.isf(level / 2, df) + stats.t.ppf(plan.power, df))
    return {
        "p_claim": claims.p_value(cell.claim(plan), value, error, df, bound),
        "p_equivalence": claims.p_value("none", value, error, df, bound),
        "equivalence_low": value - margin,
        "equivalence_high": value + margin,
        "minimum_detectable_effect": factor * error,
    }


# ------------------------------------------------------------------------------------ families


def _judge(cells: list[_Cell], plan: Plan, family: Family, level: float) -> None:
    """Adjusted p-values, simultaneous intervals, conjunctions and verdicts of a family."""
    tested = [cell for cell in cells if cell.tested and not np.isnan(cell.number("p_claim"))]
    if tested:
        _adjust(tested, plan, family, level)
    carried = set()
    whole = [cell for cell in cells if cell.hypothesis.all]
    for cell in whole:
        parts = {c.hypothesis.id: c for c in cells if c.outcome == cell.outcome}
        _conjoin(cell, parts, plan, len(whole))
        if cell.values.get("p_adjusted", 1.0) < level:
            # A part that claims something else than its hypothesis does cannot carry it.
            own = (
                p for p in cell.hypothesis.all if plan.hypothesis(p.hypothesis).claim == p.claim
            )
            carried |= {(cell.outcome, part.hypothesis) for part in own}
    for cell in cells:
        cell.values |= _verdict(cell, plan, level, (cell.outcome, cell.hypothesis.id) in carried)


def _adjust(cells: list[_Cell], plan: Plan, family: Family, level: float) -> None:
    p_values = np.array([cell.number("p_claim") for cell in cells])
    influence = np.array([cell.influence for cell in cells])
    law = families.joint_law(influence, seed=plan.seed)
    if family.adjustment == "step_down":
        # Hypotheses on one outcome's means, or its slopes, can imply each other.
        groups = [(cell.outcome, cell.hypothesis.slope) for cell in cells]
        vectors = [cell.hypothesis.vector for cell in cells]
        adjusted = families.step_down(p_values, law, groups, vectors)
    else:
        adjusted = adjust(p_values, family.adjustment)
    own = families.simultaneous(law, level)
    for cell, p_value in zip(cells, adjusted, strict=True):
        cell.values["p_adjusted"] = float(p_value)
        if not cell.hypothesis.joint:
            margin = float(stats.t.isf(own / 2, cell.number("df"))) * cell.number("std_error")
            cell.values["simultaneous_low"] = cell.number("estimate") - margin
            cell.values["simultaneous_high"] = cell.number("estimate") + margin


def _conjoin(cell: _Cell, parts: Mapping[str, _Cell], plan: Plan, number: int) -> None:
    """The conjunction's p: the largest of its parts', with the estimate of the part that decides.

    Several conjunctions of a family share alpha out evenly (Bonferroni).
    """
    alone = []
    for part in cell.hypothesis.all:
        member = parts[part.hypothesis]
        row = member.row(plan, plan.alpha)
        alone.append(claimed(part, row, member.claim(plan, part.claim)))
    together = float(max(alone))
    cell.values["n"] = 0
    if np.isnan(alone).any():
        return
    decides = parts[cell.hypothesis.all[int(np.argmax(alone))].hypothesis]
    taken = (
        "estimate",
        "std_error",
        "statistic",
        "df",
        "conf_low",
        "conf_high",
        "n",
        "covariates",
        "imputed",
    )
    cell.values |= {name: decides.values[name] for name in taken if name in decides.values}
    cell.values |= {
        "term": f"decided by {decides.hypothesis.id}",
        "estimator": f"conjunction, {decides.values['estimator']}",
        "p_claim": together,
        "p_adjusted": min(1.0, together * number),
        "adjustment": "conjunction",
    }


def _verdict(cell: _Cell, plan: Plan, level: float, carried: bool) -> dict[str, str]:
    each = cell.hypothesis
    if np.isnan(cell.number("estimate")):
        return {"verdict": "missing"}
    if each.all:
        return {"verdict": "won" if cell.number("p_adjusted") < level else "open"}
    if not cell.tested:
        return {"verdict": "described"}
    interval = cell.number("simultaneous_low"), cell.number("simultaneous_high")
    value, adjusted = cell.number("estimate"), cell.number("p_adjusted")
    bound = plan.bound(each, cell.outcome)
    reached = claims.verdict(cell.claim(plan), value, adjusted, interval, bound, level)
    if carried and reached not in ("won", "difference"):
        reached = "carried"
    return {"verdict": reached, "size": claims.size(interval, bound)}


def _differences(cells: Sequence[_Cell], plan: Plan, level: float) -> None:
    """Whether each claimed difference matters; that it does not is for a claim of none to win."""
    won = [cell for cell in cells if cell.values["verdict"] in ("won", "carried")]
    nulls = {
        (cell.outcome, plan.hypothesis(name).weights)
        for cell in won
        for name, claim in (
            [(part.hypothesis, part.claim) for part in cell.hypothesis.all]
            or [(cell.hypothesis.id, cell.hypothesis.claim)]
        )
        if claim == "none" and plan.hypothesis(name).compares
    }
    for cell in cells:
        if cell.hypothesis.sized and cell.tested and not np.isnan(cell.number("estimate")):
            cell.values["difference"] = claims.difference(
                cell.number("p_adjusted"),
                (cell.number("simultaneous_low"), cell.number("simultaneous_high")),
                plan.bound(cell.hypothesis, cell.outcome),
                level,
                (cell.outcome, cell.hypothesis.weights) in nulls,
            )


def cells_of(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of a table as dictionaries with text keys."""
    for row in frame.to_dict("records"):
        yield {str(key): value for key, value in row.items()}
