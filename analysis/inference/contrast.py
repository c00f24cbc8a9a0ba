"""One claim about a comparison, or a family of them, from a data frame."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError, unknown
from analysis.inference import families
from analysis.inference.claims import CLAIMS, p_value
from analysis.inference.fit import SE_TYPES, Contrasts, Fit, Floats, contrasts, fit, joint
from analysis.inference.randomization import Draws, randomize
from analysis.inference.sample import Sample, prepare, sloping, unsloped
from analysis.tidy import COLUMNS, as_names, t_row, tidy

Weights: TypeAlias = Mapping[Any, float]


def contrast(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    weights: Weights | Sequence[Weights] | None,
    *,
    covariates: str | Sequence[str] = (),
    sessions: str | Sequence[str] | None = None,
    blocks: str | Sequence[str] | None = None,
    by_arm: str | Sequence[str] = (),
    slope: str | None = None,
    claim: str = "differs",
    smallest_effect: float | None = None,
    se_type: str = "HC2",
    alpha: float = 0.05,
    draws: int = 10_000,
    seed: int | None = None,
) -> pd.DataFrame:
    """One claim about one comparison of arms, with every number of its row from one regression.

    Least squares of the outcome on arms, covariates and sessions. Standard errors are HC2, degrees
    of freedom Bell & McCaffrey's (Imbens & Kolesár 2016, 10.1162/REST_a_00552), and
    ``p_randomization`` is that of exactly the t in the row, recomputed with the labels of all arms
    redrawn within ``blocks``: (1 + hits) / (1 + draws), or hits / assignments where these are at
    most ``draws``.

    The estimate is for the people and sessions in the data: where effects differ between
    sessions, the interval covers these sessions' average and not that of all possible sessions
    (with a standard deviation of effects of .3 it errs with 11% there). The t test keeps its level
    within a point from n = 24 with arms of like spread; with standard deviations 3 : 1 it errs
    with up to 6.5% below n = 72. The randomization test is exact if no arm changes anybody's
    outcome; in small blocks of unequal shares (one treated in five) whose differences neither
    ``sessions`` nor ``covariates`` hold, it errs with 8%.

    Parameters
    ----------
    data : one row per participant. Rows that miss outcome or treatment are left out; rows in a
        session or block with one arm stay.
    weights : arm → weight, summing to 0: ``{"treated": 1, "control": -1}``. Arms not named
        have weight 0, and take part in the fit. Several such mappings make one claim that all
        comparisons are 0, by an F test. None, with ``slope``: an association.
    covariates : measured before treatment, one common slope each. A missing one is set to the mean
        of those known and counted in ``imputed``.
    sessions : additive effects of these groups.
    blocks : within which arms were drawn; they serve the randomization test alone.
    by_arm : covariates with a slope in each arm (Lin 2013, 10.1214/12-AOAS583); for arms whose
        planned shares differ by more than 2 to 1.
    slope : with ``weights``, how the outcome's slope on this covariate differs between the arms;
        without, its common slope, an association that has no randomization test. Rows without the
        covariate are left out. In units of the outcome per unit of the covariate.
    claim : ``differs``, ``increase``, ``decrease``, ``none`` (within ± ``smallest_effect``) or
        ``exceeds`` (above it); decides ``p_claim``.
    smallest_effect : in units of the outcome, above 0; for the claims ``none`` and ``exceeds``.
    draws : 0 for no randomization test.
    seed : a whole number from 0. One seed gives one result, in whatever order the rows come.

    Returns
    -------
    The tidy frame, one row, with the columns ``p_randomization``, ``claim``, ``smallest_effect``,
    ``p_claim``, ``p_equivalence`` (the claim ``none``; missing without ``smallest_effect``) and
    ``imputed``. For several comparisons ``estimate`` is missing and ``statistic`` the F.

    Raises
    ------
    AnalysisError : something does not exist, does not vary, or is not told apart by the rows; an
        arm has one row; a standard error is nothing but rounding.
    """
    check_draws(draws)
    check_alpha(alpha)
    _check_claim(claim, smallest_effect)
    listed = [weights] if weights is None or isinstance(weights, Mapping) else list(weights)
    along = [slope] if slope else []
    model = {
        "covariates": [*(along if weights is None else []), *as_names(covariates)],
        "by_arm": [*([] if weights is None else along), *as_names(by_arm)],
        "sessions": sessions,
        "blocks": blocks,
        "complete": along,
    }
    numbered = dict(enumerate(listed))
    compared = compare(data, outcome, treatment, numbered, se_type, slope, **model)
    sample = compared.sample
    bound = np.nan if smallest_effect is None else float(smallest_effect)
    label = estimator_name(sample, se_type)
    if len(listed) > 1:
        if claim != "differs":
            raise AnalysisError("Several comparisons at once can only be claimed to differ.")
        whole = joint(compared.fitted, compared.weights)
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan) | {
            "outcome": outcome,
            "term": "; ".join(_term(each, slope) for each in listed),
            "statistic": whole.statistic,
            "df": whole.df_residual,
            "p_value": whole.p_value,
            "n": sample.size,
            "estimator": f"{label}, F({whole.df:g}, {whole.df_residual:.1f})",
        }
        claimed, equivalent = whole.p_value, np.nan
    else:
        row = compared.row(0, label, alpha) | {"term": _term(listed[0], slope)}
        values = row["estimate"], row["std_error"], row["df"]
        claimed, equivalent = p_value(claim, *values, bound), p_value("none", *values, bound)
    drawn = np.nan
    if draws and weights is not None:
        check_seed(seed)
        together = [list(range(len(listed)))]
        drawn = compared.randomized(together, draws, seed)[0][0, 0]
    extra = {
        "p_randomization": drawn,
        "claim": claim,
        "smallest_effect": bound,
        "p_claim": claimed,
        "p_equivalence": equivalent,
        "imputed": sum(sample.imputed.values()),
    }
    return pd.DataFrame([row | extra])


def step_down(
    data: pd.DataFrame,
    outcomes: str | Sequence[str],
    treatment: str,
    comparisons: object,
    *,
    covariates: str | Sequence[str] = (),
    sessions: str | Sequence[str] | None = None,
    by_arm: str | Sequence[str] = (),
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """All outcomes and comparisons of arms as one family, each the t of `contrast`.

    The family-wise error rate is kept by closed testing, stepping down over the hypotheses that
    can be true together (Westfall 1997, 10.1080/01621459.1997.10473627), with the joint law of the
    estimates; so an adjusted p-value is never below its own. The intervals cover all true values
    together with 1 − ``alpha``; they belong to a single step, so a claim can be won whose interval
    holds 0.

    Parameters
    ----------
    outcomes : columns of numbers; each uses the rows that have it.
    comparisons : an arm, which all others are compared with, or name → weights of arms.
    seed : of the 50,000 draws of the joint law.
    data, treatment, covariates, sessions, by_arm : as in `contrast`.

    Returns
    -------
    The tidy frame, one row per outcome and comparison, with ``p_value`` unadjusted, and
    ``p_adjusted``, ``simultaneous_low``, ``simultaneous_high``.

    Raises
    ------
    AnalysisError : as in `contrast`; no outcomes, or no comparisons.
    """
    names = as_names(outcomes)
    if not names:
        raise AnalysisError("There is no outcome to test.")
    check_alpha(alpha)
    check_seed(seed)
    model: dict[str, Any] = {"covariates": covariates, "by_arm": by_arm, "sessions": sessions}
    frames, influence, groups, vectors = [], [], [], []
    for name in names:
        compared = compare(data, name, treatment, comparisons, **model)
        sample, found = compared.sample, compared.found
        frames.append(compared.frame(estimator_name(sample), alpha))
        wide = np.zeros((len(found.influence), len(data)))
        wide[:, sample.rows] = found.influence[:, 0]
        influence.append(wide)
        groups += [name] * len(wide)
        vectors += [tuple(arms) for arms in compared.weights[:, : sample.model.count]]
    frame = pd.concat(frames, ignore_index=True)
    law = families.joint_law(np.vstack(influence), seed=seed)
    p_values = frame["p_value"].to_numpy(dtype=float)
    frame["p_adjusted"] = families.step_down(p_values, law, groups, vectors)
    level = families.simultaneous(law, alpha)
    margin = stats.t.isf(level / 2, frame["df"].to_numpy(dtype=float)) * frame["std_error"]
    frame["simultaneous_low"] = frame["estimate"] - margin
    frame["simultaneous_high"] = frame["estimate"] + margin
    return frame


def view(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    terms: Mapping[str, Weights] | object,
    estimator: str,
    *,
    se_type: str = "HC2",
    alpha: float = 0.05,
    **model: Any,
) -> pd.DataFrame:
    """The tidy frame of several comparisons in one fit: what the simple estimators show.

    ``terms`` are name → weights, or the arm that all others are compared with; ``model`` are
    arguments of `prepare`. ``attrs["imputed"]`` counts the covariates that were set to their mean,
    ``attrs["notes"]`` says which of ``by_arm`` got one common slope instead (`sloping`).
    """
    _check_one(data, outcome)
    notes = []
    if model.get("by_arm"):
        known = data[data[outcome].notna()] if outcome in data else data
        model["by_arm"], common = sloping(known, treatment, model["by_arm"])
        model["covariates"] = [*as_names(model.get("covariates")), *common]
        notes = [unsloped(common)] if common else []
    compared = compare(data, outcome, treatment, terms, se_type, **model)
    frame = compared.frame(f"{estimator} ({se_type})", alpha)
    frame.attrs["notes"] = notes
    return frame


@dataclass(frozen=True)
class Compared:
    """Comparisons of arms in one fit of one outcome: ``weights`` (c, k) of ``terms`` (c)."""

    outcome: str
    sample: Sample
    terms: tuple[str, ...]
    weights: Floats
    fitted: Fit
    found: Contrasts

    def row(self, at: int, label: str, alpha: float = 0.05) -> dict[str, Any]:
        """One comparison as a row of the tidy frame."""
        estimate, error = self.found.estimate[at, 0], self.found.std_error[at, 0]
        shown = self.outcome, self.terms[at], estimate, error, self.found.df[at]
        return t_row(*shown, self.sample.size, label, level=1 - alpha)

    def frame(self, label: str, alpha: float = 0.05) -> pd.DataFrame:
        """The tidy frame; ``attrs["imputed"]`` counts covariates that were set to their mean."""
        frame = tidy(self.row(at, label, alpha) for at in range(len(self.terms)))
        frame.attrs["imputed"] = self.sample.imputed
        return frame

    def randomized(
        self, groups: Sequence[Sequence[int]], draws: int, seed: int | None
    ) -> tuple[Floats, Draws]:
        """`randomized` for ``groups`` of the comparisons."""
        return randomized(self.sample, self.fitted, self.found, self.weights, groups, draws, seed)


def compare(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    comparisons: object,
    se_type: str = "HC2",
    slope: str | None = None,
    **model: Any,
) -> Compared:
    """The fit of one outcome, and ``comparisons`` in it (of slopes on ``slope``); as `view`."""
    if se_type not in SE_TYPES:
        raise unknown("se_type", se_type, SE_TYPES)
    _check_one(data, outcome)
    sample = prepare(data, outcome, treatment, **model)
    named = _comparisons(sample, treatment, comparisons)
    weights = np.array([_weights(sample, each, slope) for each in named.values()])
    fitted = fit(sample.outcomes, sample.model)
    found = contrasts(fitted, weights, se_type)
    if np.isnan(found.estimate).any():
        raise AnalysisError(
            f"Outcome {outcome!r} does not vary within the arms compared, so its standard error "
            "would be zero."
        )
    return Compared(outcome, sample, tuple(named), weights, fitted, found)


def randomized(
    sample: Sample,
    fitted: Fit,
    found: Contrasts,
    weights: Floats,
    groups: Sequence[Sequence[int]],
    draws: int,
    seed: int | None,
) -> tuple[Floats, Draws]:
    """Randomization p-values (groups, outcomes) of the t of one contrast, or the F of several.

    ``groups`` are positions among ``weights`` (c, k), of which ``found`` are the contrasts.
    """
    width = sample.model.count * (1 + len(sample.by_arm))
    sets = [each for each in groups if len(each) > 1]
    drawn = randomize(
        sample.outcomes, sample.model, sample.blocks, weights[:, :width], draws, seed, sets
    )
    columns = range(len(sample.names))
    wald = [[joint(fitted, weights[each], column).wald for column in columns] for each in sets]
    observed = np.array(wald).reshape(len(sets), len(columns))
    together = iter(drawn.p_values(observed, joint=True))
    single = drawn.p_values(found.statistic**2)
    chosen = [next(together) if len(each) > 1 else single[each[0]] for each in groups]
    return np.array(chosen), drawn


# ------------------------------------------------------------------------------------- parts


def estimator_name(sample: Sample, se_type: str = "HC2") -> str:
    """What the fit is called: its slopes and its standard errors."""
    parts = ["common slopes" if sample.common else "", "slopes by arm" if sample.by_arm else ""]
    parts = [part for part in parts if part] or ["difference in means"]
    parts += ["session effects"] if sample.model.sessions is not None else []
    return f"{', '.join(parts)} ({se_type})"


def check_alpha(alpha: object) -> None:
    """Raises ``AnalysisError`` unless ``alpha`` is a number between 0 and 0.5."""
    if not isinstance(alpha, (int, float)) or not 0 < alpha < 0.5:
        raise AnalysisError(f"alpha must lie between 0 and 0.5, not {alpha!r}.")


def check_draws(draws: int) -> None:
    """Raises ``AnalysisError`` unless ``draws`` is a whole number from 0."""
    if not isinstance(draws, (int, np.integer)) or isinstance(draws, bool) or draws < 0:
        raise AnalysisError(f"The number of draws must be a whole number from 0, not {draws!r}.")


def check_seed(seed: int | None) -> None:
    """Raises ``AnalysisError`` unless ``seed`` is None or a whole number from 0."""
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if seed is not None and not (whole and seed >= 0):
        raise AnalysisError(f"The seed must be a whole number from 0, or None, not {seed!r}.")


def _check_one(data: pd.DataFrame, outcome: object) -> None:
    """An outcome is one column."""
    if not isinstance(outcome, str):
        raise unknown("column", outcome, getattr(data, "columns", ()))


def _check_claim(claim: str, smallest_effect: float | None) -> None:
    if claim not in CLAIMS:
        raise unknown("claim", claim, CLAIMS)
    if smallest_effect is None:
        if claim in ("none", "exceeds"):
            raise AnalysisError(f"The claim {claim!r} needs a smallest_effect.")
    elif not isinstance(smallest_effect, (int, float)) or not 0 < smallest_effect < np.inf:
        raise AnalysisError(
            f"smallest_effect is {smallest_effect!r}, but must be a number above 0."
        )


def _weights(sample: Sample, weights: Weights | None, slope: str | None) -> Floats:
    """Weights of all coefficients of the fit."""
    if weights is None:
        if slope is None:
            raise AnalysisError("A contrast needs weights of arms, a slope, or both.")
        return sample.model.common_slope(sample.common.index(slope)) / sample.scales[slope]
    if not isinstance(weights, Mapping) or not weights:
        raise AnalysisError(f"Weights are arm → number, not {weights!r}.")
    by_name = {}
    for arm, weight in weights.items():
        if not isinstance(weight, (int, float, np.number)) or not np.isfinite(weight):
            raise AnalysisError(f"The weight of arm {arm!r} is {weight!r}, not a number.")
        by_name[str(arm)] = float(weight)
    if abs(sum(by_name.values())) > 1e-9 * max(map(abs, by_name.values())) or not any(
        by_name.values()
    ):
        shown = ", ".join(f"{arm}: {weight:g}" for arm, weight in by_name.items())
        raise AnalysisError(f"Weights compare arms, so they must sum to 0, not all 0: {shown}.")
    arms = sample.arm_weights(by_name)
    if slope is None:
        return sample.model.weights(arms)
    return sample.model.weights(arms, sample.by_arm.index(slope)) / sample.scales[slope]


def _term(weights: Weights | None, slope: str | None) -> str:
    if weights is None:
        return f"slope of {slope}"
    parts = []
    for arm, weight in sorted(weights.items(), key=lambda each: -each[1]):
        sign = "-" if weight < 0 else "+"
        size = "" if abs(weight) == 1 else f"{abs(weight):g} "
        parts += [f"{sign} {size}{arm}"] if weight else []
    text = " ".join(parts).removeprefix("+ ")
    return f"slope of {slope}: {text}" if slope else text


def _comparisons(sample: Sample, treatment: str, comparisons: object) -> dict[str, Weights]:
    if isinstance(comparisons, Mapping):
        if not comparisons:
            raise AnalysisError("There are no comparisons to test.")
        return {str(name): each for name, each in comparisons.items()}
    control = "" if comparisons is None or comparisons is pd.NA else str(comparisons)
    if not isinstance(comparisons, Hashable) or control not in sample.labels:
        raise unknown(f"arm in column {treatment!r} called", comparisons, sample.labels)
    if len(sample.labels) < 2:
        raise AnalysisError(f"Column {treatment!r} holds one arm only: {control!r}.")
    return {arm: {arm: 1.0, control: -1.0} for arm in sample.labels if arm != control}
