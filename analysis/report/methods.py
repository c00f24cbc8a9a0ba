"""How it was done, what was left out, and whom to cite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.exports.participants import REASONS
from analysis.inference.sample import RARE
from analysis.planned.plan import EXCLUSIONS, Plan
from analysis.report.units import confidence
from analysis.words import counted, listed
from steps.ending import STATUS, STATUSES

REFERENCES = {
    "otree": "Chen, D. L., Schonger, M., & Wickens, C. (2016). oTree: An open-source platform for "
    "laboratory, online, and field experiments. Journal of Behavioral and Experimental Finance, "
    "9, 88–97. 10.1016/j.jbef.2015.12.001",
    "bh": "Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of "
    "the Royal Statistical Society B, 57(1), 289–300. 10.1111/j.2517-6161.1995.tb02031.x",
    "bloom": "Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review, 19(5), 547–556. "
    "10.1177/0193841X9501900504",
    "chung": "Chung, E., & Romano, J. P. (2013). Exact and asymptotically robust permutation "
    "tests. Annals of Statistics, 41(2), 484–507. 10.1214/13-AOS1090",
    "hansen": "Hansen, B. B., & Bowers, J. (2008). Covariate balance in simple, stratified and "
    "clustered comparative studies. Statistical Science, 23(2), 219–236. 10.1214/08-STS254",
    "holm": "Holm, S. (1979). A simple sequentially rejective multiple test procedure. "
    "Scandinavian Journal of Statistics, 6(2), 65–70.",
    "lakens": "Lakens, D. (2017). Equivalence tests. Social Psychological and Personality "
    "Science, 8(4), 355–362. 10.1177/1948550617697177",
    "lee": "Lee, D. S. (2009). Training, wages, and sample selection: Estimating sharp bounds on "
    "treatment effects. Review of Economic Studies, 76(3), 1071–1102. "
    "10.1111/j.1467-937X.2009.00536.x",
    "lin": "Lin, W. (2013). Agnostic notes on regression adjustments to experimental data. Annals "
    "of Applied Statistics, 7(1), 295–318. 10.1214/12-AOAS583",
    "neyman": "Samii, C., & Aronow, P. M. (2012). On equivalencies between design-based and "
    "regression-based variance estimators for randomized experiments. Statistics & Probability "
    "Letters, 82(2), 365–370. 10.1016/j.spl.2011.10.024",
    "phipson": "Phipson, B., & Smyth, G. K. (2010). Permutation p-values should never be zero. "
    "Statistical Applications in Genetics and Molecular Biology, 9(1). 10.2202/1544-6115.1585",
    "berger": "Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. "
    "Technometrics, 24(4), 295–300. 10.1080/00401706.1982.10487790",
    "imbens": "Imbens, G. W., & Kolesár, M. (2016). Robust standard errors in small samples: Some "
    "practical advice. Review of Economics and Statistics, 98(4), 701–712. 10.1162/REST_a_00552",
    "looks": "Lan, K. K. G., & DeMets, D. L. (1983). Discrete sequential boundaries for clinical "
    "trials. Biometrika, 70(3), 659–663. 10.1093/biomet/70.3.659",
    "westfall": "Westfall, P. H. (1997). Multiple testing of general contrasts using logical "
    "constraints and correlations. Journal of the American Statistical Association, 92(437), "
    "299–306. 10.1080/01621459.1997.10473627",
}

_ADJUSTED_BY = {
    "step_down": "closed step-down over all claims on the joint law of their estimates (Westfall "
    "1997)",
    "holm": "Holm’s method (1979)",
    "bh": "Benjamini and Hochberg’s method (1995)",
}


def methods(plan: Plan) -> list[str]:
    """The methods paragraphs, for a paper."""
    level = confidence(plan)
    slopes = [
        f"{_named(names, plan)} with {words}"
        for names, words in (
            ([c for c in plan.covariates if c not in plan.by_arm], "one common slope each"),
            (plan.by_arm, "a slope in each arm (Lin 2013)"),
        )
        if names
    ]
    adjusted = f", adjusted for {' and '.join(slopes)}" if slopes else ""
    sessions = " and additive effects of the sessions" if plan.session_effects else ""
    return [
        "Participants were assigned to arms in permuted blocks at the moment the treatment would "
        "be shown, and are analysed in the arm that was drawn. Each outcome has one least-squares "
        f"regression on the arms{adjusted}{sessions}; every hypothesis is a contrast of it. "
        f"{_own_covariates(plan)}"
        "Standard errors are HC2 (Samii and Aronow 2012), degrees of freedom Bell and McCaffrey’s "
        f"(Imbens and Kolesár 2016), and {level} intervals and two-sided tests from the t "
        "distribution; several contrasts at once have the F of the same covariance. A missing "
        "covariate is set to the mean of those known. Participants in sessions or blocks that "
        "hold one arm stay in; an outcome with two values of which the rarer one is there fewer "
        f"than {RARE} times among those compared is not estimated. The effects are those of "
        "these people in these sessions.",
        "Randomization p-values redraw the labels of all arms within the blocks that the "
        "experiment used, and compute exactly this t anew; there are "
        f"{plan.draws:,} draws with seed {plan.seed}, and the real assignment counts as one of "
        "them (Phipson and Smyth 2010). They are exact for the hypothesis that no arm changes "
        "anybody’s outcome; for averages they rest, as the t does, on large samples (Chung and "
        f"Romano 2013). The t decides; it has the interval. {_families(plan)} Intervals said to "
        "hold together cover all true values of a family at once with the same probability.",
        "A claim is won if its adjusted p-value is below the level and its sign is the claimed "
        "one; the wrong sign is evidence of the opposite. A claim that a difference does not "
        "matter is tested by two one-sided tests against the smallest effect of interest (Lakens "
        "2017). A conjunction has the largest of its parts’ unadjusted p-values (Berger 1982); if "
        "it is won, so are its parts. The minimum detectable effect is the one that a test at "
        f"{100 * plan.alpha:g}% detects with {100 * plan.power:g}% power, given its standard "
        f"error (Bloom 1995). {_looks(plan)}Balance is tested after Hansen and Bowers (2008); "
        "bounds under attrition are Lee’s (2009).",
    ]


def _named(names: Sequence[str], plan: Plan) -> str:
    return listed([plan.word(name) for name in names])


def _own_covariates(plan: Plan) -> str:
    """The hypotheses that are adjusted for something else."""
    own: dict[tuple[str, ...], list[str]] = {}
    for each in plan.hypotheses:
        if each.covariates is not None:
            own.setdefault(each.covariates, []).append(each.id)
    parts = [f"{listed(ids)} for {_named(names, plan) or 'nothing'}" for names, ids in own.items()]
    return f"Instead are adjusted: {'; '.join(parts)}. " if parts else ""


def _families(plan: Plan) -> str:
    named = {
        kind: listed([family.name for family in plan.families if family.adjustment == kind])
        for kind in dict.fromkeys(family.adjustment for family in plan.families)
    }
    parts = [f"{names}: {_ADJUSTED_BY[kind]}" for kind, names in named.items()]
    return f"p-values are adjusted within families of claims ({'; '.join(parts)})."


def _looks(plan: Plan) -> str:
    if not plan.looks:
        return ""
    sizes = listed([f"{n:,}" for n in (*plan.looks, plan.size)])
    return (
        "Looks before the planned size spend the error by the function of O’Brien–Fleming type "
        f"(Lan and DeMets 1983): {sizes} participants. "
    )


def references(plans: Sequence[Plan]) -> list[str]:
    """What the methods of these plans rest on, oTree first."""
    used = {family.adjustment for plan in plans for family in plan.families}
    needed = {"bh": "bh" in used, "holm": "holm" in used, "westfall": "step_down" in used}
    needed["looks"] = any(plan.looks for plan in plans)
    first, *others = (text for key, text in REFERENCES.items() if needed.get(key, True))
    return [first, *sorted(others)]


def by_study(plans: Sequence[Plan]) -> list[tuple[str, list[str]]]:
    """The methods paragraphs, once for all studies whose plans say the same, with their titles.

    One entry without a title if it holds for all.
    """
    titles: dict[tuple[str, ...], list[str]] = {}
    for plan in plans:
        titles.setdefault(tuple(methods(plan)), []).append(plan.title)
    if len(titles) == 1:
        return [("", list(text)) for text in titles]
    return [(listed(names), list(text)) for text, names in titles.items()]


def left_out(
    everyone: pd.DataFrame, excluded: Mapping[str, int], plans: Iterable[Plan]
) -> list[tuple[str, int]]:
    """Everybody who is not analysed: the reason and how many; ``excluded`` are `load`'s."""
    rows = [(REASONS[reason], int(count)) for reason, count in excluded.items() if count]
    without = everyone[everyone["arm"].isna()]
    refused = pd.Series(False, index=without.index)
    if "consent" in without:
        refused = (without["consent"] == 0).fillna(False).astype(bool)
    declined, ended = int(refused.sum()), _ended(without[~refused])
    unassigned = len(without) - declined - sum(count for _, count in ended)
    forced = _marked(everyone, "arm_forced")
    if declined:
        rows.append(("did not consent", declined))
    rows += ended
    if unassigned > 0:
        rows.append(("left before an arm was drawn", unassigned))
    if forced and _forced_are_left_out(plans):
        rows.append((EXCLUSIONS["forced_arm"], forced))
    return rows


def _ended(without: pd.DataFrame) -> list[tuple[str, int]]:
    """Those without an arm whom a study took no further, as their panel is told."""
    if STATUS not in without.columns:
        return []
    counts = without[STATUS].value_counts()
    return [(words, int(counts[status])) for status, words in STATUSES.items() if status in counts]


def _forced_are_left_out(plans: Iterable[Plan]) -> bool:
    return all("forced_arm" in plan.exclusions for plan in plans)


def data_departures(everyone: pd.DataFrame, plans: Mapping[str, Plan]) -> list[str]:
    """What in the data is not as the plans suppose."""
    trials = _trials(everyone).items()
    found = [f"{said} included." for name, said in trials if name != "sample_message"]
    forced = _marked(everyone, "arm_forced")
    if forced and not _forced_are_left_out(plans.values()):
        found.append(f"{counted(forced, 'participant')} with a forced arm included.")
    drawn = everyone[everyone["arm"].notna() & (everyone["arm_forced"] != 1).fillna(True)]
    for name, rows in drawn.groupby("experiment", sort=True):
        if str(name) in plans:
            found += pooled(rows, plans[str(name)])
    return found


def pooled(rows: pd.DataFrame, plan: Plan) -> list[str]:
    """The parameters and words in which the sessions of a study differ that are analysed as one.

    A sentence each, with the sessions of each value. Those that have to differ do not count.
    """
    names = [*plan.study.parameters, "participation_fee"]
    columns = {name: f"config_{name}" for name in names if name not in MAY_DIFFER}
    columns["the words that participants read"] = "words"
    found = []
    for name, column in columns.items():
        known = rows.dropna(subset=[column]) if column in rows else rows.iloc[:0]
        sessions = known.groupby(column, sort=True)["session_code"].unique()
        if len(sessions) > 1:
            shown = "; ".join(f"{value}: {listed(sorted(who))}" for value, who in sessions.items())
            found.append(f"{plan.title}: sessions that are pooled differ in {name} ({shown}).")
    return found


MAY_DIFFER = ("seed", "force_arm", "pilot")
"""Parameters that differ by design, or are said elsewhere."""


@dataclass(frozen=True)
class Caution:
    """Something about the data that every reader must know, in a sentence and in two words.

    ``spoils`` says whether the estimates rest on it, so that they are no result.
    """

    sentence: str
    mark: str
    spoils: bool = True


def cautions(everyone: pd.DataFrame, plans: Iterable[Plan]) -> list[Caution]:
    """Simulated, sample, demo, pilot and forced data among ``everyone``."""
    found = [Caution(said, TRIALS[name][2]) for name, said in _trials(everyone).items()]
    if number := _marked(everyone, "arm_forced"):
        left_out = _forced_are_left_out(plans)
        sentence = f"{counted(number, 'participant')} with an arm that was set by hand"
        sentence += ", left out of the estimates" if left_out else ""
        found.append(Caution(sentence, "forced arms", spoils=not left_out))
    return found


TRIALS = {
    "simulated": ("simulated participant", "", "simulated data"),
    "sample_message": ("participant", " read a sample message", "sample messages"),
    "demo": ("participant", " of demo sessions", "demo sessions"),
    "pilot": ("participant", " of pilot sessions", "pilot sessions"),
}
"""The marks of data that are no result: who they are, in a sentence and in two words."""


def _trials(everyone: pd.DataFrame) -> dict[str, str]:
    """How many have each mark that somebody has, in words."""
    counts = {name: _marked(everyone, name) for name in TRIALS}
    return {name: counted(n, TRIALS[name][0]) + TRIALS[name][1] for name, n in counts.items() if n}


def _marked(everyone: pd.DataFrame, column: str) -> int:
    return int((everyone[column] == 1).sum()) if column in everyone else 0
