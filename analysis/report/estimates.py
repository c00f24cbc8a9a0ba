"""Every planned estimate of one experiment, with its randomization and adjusted p-values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.derived import BLOCK
from analysis.errors import AnalysisError
from analysis.estimators import difference_in_means, factorial, heterogeneity, lin
from analysis.multiple_testing import adjust, westfall_young
from analysis.plan import ExperimentPlan, Family, Hypothesis, Plan
from analysis.randomization_inference import randomization_inference
from analysis.report.numbers import counted, decimals, listed

COLUMNS = (
    "experiment",
    "family",
    "hypothesis",
    "contrast",
    "outcome",
    "term",
    "control",
    "estimate",
    "std_error",
    "statistic",
    "df",
    "p_value",
    "conf_low",
    "conf_high",
    "n",
    "estimator",
    "covariates",
    "p_randomization",
    "p_adjusted",
    "adjustment",
    "control_mean",
    "control_sd",
    "smallest_effect",
    "p_equivalence",
    "equivalence_low",
    "equivalence_high",
    "minimum_detectable_effect",
)
"""The columns of ``estimates.csv``; effects are in the unit of the outcome's column."""


@dataclass
class Notes:
    """What could not be done as planned, in sentences, each once."""

    departures: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        if sentence not in self.departures:
            self.departures.append(sentence)


def estimate_all(
    data: pd.DataFrame, planned: ExperimentPlan, plan: Plan, notes: Notes
) -> pd.DataFrame:
    """One row per family, outcome and hypothesis, in the plan's order; `COLUMNS`.

    What cannot be estimated has an empty estimate, and a sentence in ``notes`` says why.
    """
    families = [_family(data, planned, plan, family, notes) for family in planned.families]
    frame = pd.concat([frame for frame in families if len(frame)], ignore_index=True)
    return frame[list(COLUMNS)]


def comparable(data: pd.DataFrame, planned: ExperimentPlan, notes: Notes) -> pd.DataFrame:
    """Those in arms of the plan with two participants or more: one stray spoils all tests.

    Everybody, if that leaves nobody.
    """
    counts = data["arm"].value_counts()
    strays = [
        str(arm) for arm, count in counts.items() if 0 < count < 2 or arm not in planned.arms
    ]
    if strays:
        notes.add(
            f"No estimates for {listed(sorted(strays))}: a single participant, or no arm of the "
            "plan."
        )
    kept = data[~data["arm"].isin(strays)]
    return data if kept.empty else kept


def _family(
    data: pd.DataFrame, planned: ExperimentPlan, plan: Plan, family: Family, notes: Notes
) -> pd.DataFrame:
    rows = [
        _row(data, planned, plan, family, outcome, hypothesis, notes)
        for outcome in family.outcomes
        for hypothesis in planned.hypotheses
    ]
    frame = pd.DataFrame(rows)
    frame["p_randomization"] = _randomization(data, plan, frame, notes)
    frame["p_adjusted"] = _adjusted(data, plan, family, frame, notes)
    return frame


def places_by_outcome(rows: pd.DataFrame, plan: Plan) -> dict[str, int]:
    """Decimals for each outcome, by its largest standard error; the same wherever it is shown."""
    return {
        str(name): decimals(errors.max() * plan.outcomes[str(name)].scale)
        for name, errors in rows.groupby("outcome", sort=False)["std_error"]
    }


# ------------------------------------------------------------------------------ one estimate


def _row(
    data: pd.DataFrame,
    planned: ExperimentPlan,
    plan: Plan,
    family: Family,
    outcome: str,
    hypothesis: Hypothesis,
    notes: Notes,
) -> dict[str, Any]:
    control = hypothesis.control
    reference = _known(data, outcome)
    if control:
        reference = reference[data.loc[reference.index, "arm"] == control]
    described = {
        "experiment": planned.name,
        "family": family.name,
        "hypothesis": hypothesis.id,
        "contrast": hypothesis.contrast,
        "outcome": outcome,
        "term": hypothesis.term,
        "control": control,
        "adjustment": family.adjustment,
        "control_mean": reference.mean() if control and len(reference) else np.nan,
        "control_sd": reference.std(ddof=1) if len(reference) > 1 else np.nan,
        "smallest_effect": plan.outcomes[outcome].smallest_effect,
    }
    found, covariates = _estimate(data, planned, plan, outcome, hypothesis, notes)
    return {
        **found,
        **described,
        "covariates": " ".join(covariates),
        **_judged(found, plan, outcome),
    }


def _known(data: pd.DataFrame, outcome: str) -> pd.Series[float]:
    if outcome not in data.columns:
        return pd.Series(dtype=float)
    return data.loc[data["arm"].notna(), outcome].dropna().astype(float)


EMPTY: dict[str, Any] = {
    "estimate": np.nan,
    "std_error": np.nan,
    "statistic": np.nan,
    "df": np.nan,
    "p_value": np.nan,
    "conf_low": np.nan,
    "conf_high": np.nan,
    "n": 0,
    "estimator": "",
}


def _estimate(
    data: pd.DataFrame,
    planned: ExperimentPlan,
    plan: Plan,
    outcome: str,
    hypothesis: Hypothesis,
    notes: Notes,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The planned estimate; failing that, the nearest one that the data allow."""
    label = f"{hypothesis.id} on {outcome}"
    if missing := _missing(data, planned, outcome, hypothesis):
        notes.add(f"{label} was not estimated: {missing}.")
        return EMPTY, ()
    reasons = []
    for name, covariates, rows in _attempts(data, plan, hypothesis):
        try:
            frame = _fit(rows, outcome, hypothesis, covariates, plan.se_type)
        except AnalysisError as error:
            reasons.append(str(error))
            continue
        if reasons:
            notes.add(f"{label} was estimated by {name}, not as planned: {reasons[0]}")
        found = frame.loc[frame["term"] == hypothesis.term].iloc[0]
        return {column: found[column] for column in EMPTY}, covariates
    notes.add(f"{label} was not estimated: {reasons[-1]}")
    return EMPTY, ()


def _missing(
    data: pd.DataFrame, planned: ExperimentPlan, outcome: str, hypothesis: Hypothesis
) -> str:
    """Why the estimate cannot exist, if it cannot."""
    known = _known(data, outcome)
    if known.empty:
        return f"nobody has {outcome}"
    arms = set(data.loc[known.index, "arm"])
    needed = [hypothesis.treatment, hypothesis.control] if hypothesis.control else planned.arms
    absent = [arm for arm in needed if arm not in arms]
    return f"nobody in {' or '.join(absent)} has {outcome}" if absent else ""


def _attempts(
    data: pd.DataFrame, plan: Plan, hypothesis: Hypothesis
) -> Iterator[tuple[str, tuple[str, ...], pd.DataFrame]]:
    """Ways to estimate, the planned one first."""
    if plan.estimator == "lin" and plan.covariates:
        yield "Lin's estimator", plan.covariates, data
    yield "the difference in means, without covariates", (), data
    if not hypothesis.interaction:
        pair = data[data["arm"].isin([hypothesis.treatment, hypothesis.control])]
        yield "the difference in means of its two arms alone", (), pair


def _fit(
    data: pd.DataFrame,
    outcome: str,
    hypothesis: Hypothesis,
    covariates: tuple[str, ...],
    se_type: str,
) -> pd.DataFrame:
    if hypothesis.interaction:
        factors = list(hypothesis.interaction)
        return factorial(data, outcome, factors, covariates=covariates or None, se_type=se_type)
    if covariates:
        control = hypothesis.control
        return lin(data, outcome, "arm", control, covariates, se_type=se_type)
    return difference_in_means(data, outcome, "arm", hypothesis.control, se_type=se_type)


def _judged(found: dict[str, Any], plan: Plan, outcome: str) -> dict[str, float]:
    """Equivalence to within the smallest effect of interest, and what could have been detected.

    Two one-sided tests as in `analysis.equivalence`, here for interactions too; minimum
    detectable effect after Bloom 1995, 10.1177/0193841X9501900504.
    """
    error, df = found["std_error"], found["df"]
    bound = plan.outcomes[outcome].smallest_effect
    nearer = bound - abs(found["estimate"])
    margin = stats.t.ppf(1 - plan.alpha, df) * error
    factor = stats.t.ppf(1 - plan.alpha / 2, df) + stats.t.ppf(plan.power, df)
    return {
        "p_equivalence": float(stats.t.sf(nearer / error, df)),
        "equivalence_low": float(found["estimate"] - margin),
        "equivalence_high": float(found["estimate"] + margin),
        "minimum_detectable_effect": float(factor * error),
    }


# ------------------------------------------------------------- randomization and multiplicity


def _randomization(
    data: pd.DataFrame, plan: Plan, frame: pd.DataFrame, notes: Notes
) -> pd.Series[float]:
    """p-values of the sharp null hypothesis of no effect, for comparisons of two arms."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    pairs = frame[(frame["control"] != "") & frame["estimate"].notna()]
    for (outcome, control), rows in pairs.groupby(["outcome", "control"], sort=False):
        covariates = list(rows["covariates"].iloc[0].split())
        found[outcome, control] = _randomized(
            data, plan, str(outcome), str(control), covariates, notes
        )
    values = [
        found.get((row["outcome"], row["control"]), {}).get(row["term"], np.nan)
        for row in frame.to_dict("records")
    ]
    return pd.Series(values, index=frame.index, dtype=float)


def _randomized(
    data: pd.DataFrame,
    plan: Plan,
    outcome: str,
    control: str,
    covariates: Sequence[str],
    notes: Notes,
) -> dict[str, float]:
    known, block = blocked(data, notes)
    counts = known.dropna(subset=[outcome, *covariates])["arm"].value_counts()
    known = known[known["arm"].isin(counts.index[counts > 1])]
    try:
        frame = randomization_inference(
            known,
            outcome,
            "arm",
            control,
            blocks=block,
            covariates=list(covariates) or None,
            draws=plan.draws,
            seed=plan.seed,
        )
    except AnalysisError as error:
        notes.add(f"No randomization test of {outcome} against {control}: {error}")
        return {}
    return dict(zip(frame["term"], frame["p_value"], strict=True))


def blocked(data: pd.DataFrame, notes: Notes) -> tuple[pd.DataFrame, str | None]:
    """The participants whose permuted block is known, and the column that holds it.

    None if no block is known: then nothing but permuting over everybody is left.
    """
    known = data[BLOCK].notna() if BLOCK in data.columns else pd.Series(False, index=data.index)
    if not known.any():
        notes.add(
            "No blocks were exported, so randomization and balance tests permute over everybody."
        )
        return data, None
    if not known.all():
        notes.add(
            f"{counted(int((~known).sum()), 'participant')} without a block left out of "
            "randomization and balance tests."
        )
    return data[known], BLOCK


def _adjusted(
    data: pd.DataFrame, plan: Plan, family: Family, frame: pd.DataFrame, notes: Notes
) -> pd.Series[float]:
    p_values = frame["p_value"].astype(float).copy()
    tested = p_values.notna()
    if not tested.any():
        return p_values
    if family.adjustment == "westfall_young":
        return _westfall_young(data, plan, family, frame, notes)
    p_values[tested] = adjust(p_values[tested].to_numpy(), method=family.adjustment)
    return p_values


def _westfall_young(
    data: pd.DataFrame, plan: Plan, family: Family, frame: pd.DataFrame, notes: Notes
) -> pd.Series[float]:
    """Step-down over the planned comparisons with one arm; interactions by Holm.

    Bonferroni's factor, the number of such groups, makes it hold for the whole family.
    """
    adjusted = pd.Series(np.nan, index=frame.index)
    known, block = blocked(data, notes)
    groups = frame[frame["estimate"].notna()].groupby("control", sort=False)
    for control, rows in groups:
        if control == "":
            adjusted[rows.index] = adjust(rows["p_value"].to_numpy(), method="holm")
            continue
        outcomes = [name for name in family.outcomes if name in set(rows["outcome"])]
        try:
            result = westfall_young(
                known[known["arm"].isin([control, *rows["term"]])],
                outcomes,
                "arm",
                control,
                blocks=block,
                draws=plan.draws,
                seed=plan.seed,
            )
        except AnalysisError as error:
            notes.add(f"Holm's method replaces Westfall and Young's against {control}: {error}")
            adjusted[rows.index] = adjust(rows["p_value"].to_numpy(), method="holm")
            continue
        by_test = result.set_index(["outcome", "term"])["p_value"]
        adjusted[rows.index] = [by_test.get((row.outcome, row.term)) for row in rows.itertuples()]
    return (adjusted * groups.ngroups).clip(upper=1)


# ------------------------------------------------------------------------------ heterogeneity


def moderated(
    data: pd.DataFrame, planned: ExperimentPlan, plan: Plan, notes: Notes
) -> pd.DataFrame:
    """How the effect on the primary outcomes changes per standard deviation of each moderator.

    The tidy frame with ``hypothesis`` and ``moderator``; comparisons of two arms only.
    """
    rows = []
    for outcome in planned.primary.outcomes:
        for moderator in plan.heterogeneity:
            scaled = standardised(data, moderator)
            for hypothesis in planned.hypotheses:
                if hypothesis.interaction or scaled is None:
                    continue
                row = _slope(scaled, outcome, hypothesis, moderator, plan, notes)
                if row is not None:
                    described = {"hypothesis": hypothesis.id, "moderator": moderator}
                    rows.append({**described, "contrast": hypothesis.contrast, **row})
    return pd.DataFrame(rows)


def standardised(data: pd.DataFrame, column: str) -> pd.DataFrame | None:
    """``data`` with ``column`` in standard deviations; None if it does not vary."""
    if column not in data.columns:
        return None
    values = data[column].astype("Float64").astype(float)
    spread = values.std(ddof=1)
    if not spread > 0:
        return None
    return data.assign(**{column: (values - values.mean()) / spread})


def _slope(
    data: pd.DataFrame,
    outcome: str,
    hypothesis: Hypothesis,
    moderator: str,
    plan: Plan,
    notes: Notes,
) -> dict[str, Any] | None:
    others = [name for name in plan.covariates if name != moderator]
    try:
        frame = heterogeneity(
            data,
            outcome,
            "arm",
            hypothesis.control,
            moderator,
            covariates=others or None,
            se_type=plan.se_type,
        )
    except AnalysisError as error:
        notes.add(f"No heterogeneity of {hypothesis.id} along {moderator}: {error}")
        return None
    found = frame[frame["term"] == f"{hypothesis.treatment}:{moderator}"]
    return None if found.empty else {str(k): v for k, v in found.iloc[0].items()}
