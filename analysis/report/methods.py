"""How it was done, what was left out, and whom to cite."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.participants import REASONS
from analysis.plan import EXCLUSIONS, Plan
from analysis.report.numbers import counted

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
    "factorial": "Dasgupta, T., Pillai, N. S., & Rubin, D. B. (2015). Causal inference from 2^K "
    "factorial designs by using potential outcomes. Journal of the Royal Statistical Society B, "
    "77(4), 727–753. 10.1111/rssb.12085",
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
    "wy": "Westfall, P. H., & Young, S. S. (1993). Resampling-based multiple testing. Wiley.",
}

_ADJUSTED_BY = {
    "holm": "Holm’s method (1979)",
    "bh": "Benjamini and Hochberg’s method (1995)",
    "westfall_young": "Westfall and Young’s step-down permutation method (1993) in each group of "
    "tests that share the arm compared with, times the number of groups (Bonferroni)",
}


def methods(plan: Plan) -> list[str]:
    """The methods paragraphs, for a paper."""
    level = f"{100 * (1 - plan.alpha):g}%"
    covariates = " and ".join(name.replace("_", " ") for name in plan.covariates)
    lin = (
        f"Effects are differences between arms, adjusted for {covariates} by least squares with "
        "centred covariates interacted with the arms (Lin 2013)"
        if plan.estimator == "lin"
        else "Effects are differences in means between arms"
    )
    return [
        f"Participants were assigned to arms in permuted blocks at the moment the treatment would "
        f"be shown, and are analysed in the arm that was drawn. {lin}, with {plan.se_type} "
        f"standard errors (Samii and Aronow 2012) and {level} intervals and two-sided tests from "
        "the t distribution. Interactions are differences of differences between cells (Dasgupta, "
        "Pillai and Rubin 2015).",
        "Randomization p-values permute the arms within the blocks that the experiment used. "
        "Their statistic is the effect as estimated in these blocks, which the estimates above "
        "leave aside, over its standard error (Chung and Romano 2013); there are "
        f"{plan.draws:,} draws with seed {plan.seed}, and the real assignment counts as one of "
        "them (Phipson and Smyth 2010). "
        f"{_families(plan)}",
        "Where there is no evidence of an effect, two one-sided tests say whether the data speak "
        "against effects as large as the smallest one of interest (Lakens 2017); the minimum "
        f"detectable effect is the one that a test at {100 * plan.alpha:g}% detects with "
        f"{100 * plan.power:g}% power, given the standard error (Bloom 1995). Balance is tested "
        "after Hansen and Bowers (2008); bounds under attrition are Lee’s (2009).",
    ]


def _families(plan: Plan) -> str:
    sentences = []
    for planned in plan.experiments.values():
        parts = [
            f"{family.name} outcomes by {_ADJUSTED_BY[family.adjustment]}"
            for family in planned.families
        ]
        sentences.append(f"{planned.title}: {', '.join(parts)}")
    return f"p-values are adjusted within families of tests ({'; '.join(sentences)})."


def references(plan: Plan) -> list[str]:
    """What the methods of this plan rest on, oTree first."""
    used = {family.adjustment for each in plan.experiments.values() for family in each.families}
    unused = set()
    if "bh" not in used:
        unused.add("bh")
    if "westfall_young" not in used:
        unused.add("wy")
    if not used & {"holm", "westfall_young"}:
        unused.add("holm")
    if plan.estimator != "lin":
        unused.add("lin")
    first, *others = (text for key, text in REFERENCES.items() if key not in unused)
    return [first, *sorted(others)]


def left_out(everyone: pd.DataFrame, plan: Plan) -> list[tuple[str, int]]:
    """Everybody who is not analysed: the reason and how many."""
    excluded = everyone.attrs.get("excluded", {})
    rows = [(REASONS[reason], int(count)) for reason, count in excluded.items() if count]
    declined = int((everyone["consent"] == 0).sum())
    unassigned = int(everyone["arm"].isna().sum()) - declined
    forced = int((everyone["arm_forced"] == 1).sum())
    if declined:
        rows.append(("did not consent", declined))
    if unassigned > 0:
        rows.append(("left before an arm was drawn", unassigned))
    if forced and "forced_arm" in plan.exclusions:
        rows.append((EXCLUSIONS["forced_arm"], forced))
    return rows


def data_departures(everyone: pd.DataFrame, plan: Plan) -> list[str]:
    """What in the data is not as the plan supposes."""
    found = []
    if simulated := int((everyone["simulated"] == 1).sum()):
        found.append(f"{counted(simulated, 'simulated participant')} included.")
    if demo := int((everyone["demo"] == 1).sum()):
        found.append(f"{counted(demo, 'participant')} of demo sessions included.")
    forced = int((everyone["arm_forced"] == 1).sum())
    if forced and "forced_arm" not in plan.exclusions:
        found.append(f"{counted(forced, 'participant')} with a forced arm included.")
    for name in ("baseline_seconds", "task_seconds", "voluntary_seconds", "piece_rate", "task"):
        column = f"config_{name}"
        for experiment, rows in everyone.groupby("experiment", sort=True):
            values = sorted(rows[column].dropna().unique()) if column in rows else []
            if len(values) > 1:
                shown = ", ".join(f"{value}" for value in values)
                found.append(f"{experiment}: sessions differ in {name} ({shown}).")
    return found


@dataclass(frozen=True)
class Caution:
    """Something about the data that every reader must know, in a sentence and in two words.

    ``spoils`` says whether the estimates rest on it, so that they are no result.
    """

    sentence: str
    mark: str
    spoils: bool = True


def cautions(everyone: pd.DataFrame, plan: Plan) -> list[Caution]:
    """Simulated, sample, demo and forced data among ``everyone``."""
    found = []
    if number := _marked(everyone, "simulated"):
        found.append(Caution(counted(number, "simulated participant"), "simulated data"))
    if number := _marked(everyone, "sample_message"):
        sentence = f"{counted(number, 'participant')} read a sample message"
        found.append(Caution(sentence, "sample messages"))
    if number := _marked(everyone, "demo"):
        sentence = f"{counted(number, 'participant')} of demo sessions"
        found.append(Caution(sentence, "demo sessions"))
    if number := _marked(everyone, "arm_forced"):
        left_out = "forced_arm" in plan.exclusions
        sentence = f"{counted(number, 'participant')} with an arm that was set by hand"
        sentence += ", left out of the estimates" if left_out else ""
        found.append(Caution(sentence, "forced arms", spoils=not left_out))
    return found


def _marked(everyone: pd.DataFrame, column: str) -> int:
    return int((everyone[column] == 1).sum()) if column in everyone else 0
