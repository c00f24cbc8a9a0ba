"""The plan as text under the headings that registries ask for (OSF, AsPredicted)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analysis.inference.sample import RARE
from analysis.planned.patterns import AGAINST, Pattern
from analysis.planned.plan import (
    ADJUSTMENTS,
    EXCLUSIONS,
    KINDS,
    Family,
    Hypothesis,
    Outcome,
    Plan,
)
from analysis.planned.validity import Check, Sensitivity
from analysis.words import listed
from study import randomization

CLAIMED = {
    "differs": "The contrast is claimed not to be 0, in either direction; the test is two-sided",
    "increase": "The contrast is claimed to be positive; the test is two-sided",
    "decrease": "The contrast is claimed to be negative; the test is two-sided",
    "none": "The contrast is claimed to be smaller than the smallest effect of interest, in "
    "either direction, by two one-sided tests",
    "exceeds": "The contrast is claimed to be above the smallest effect of interest; the test is "
    "one-sided",
}


def preregistration(plan: Plan) -> str:
    """The preregistration as Markdown; the same plan gives the same text.

    It says what the plan says. What only the laboratory knows (dates, sample size and why) is
    left open in brackets.
    """
    sections = (
        _study,
        _hypotheses,
        _design,
        _sample,
        _variables,
        _analysis,
        _inference,
        _exclusions,
        _other,
    )
    parts = (part for section in sections for part in section(plan) if part)
    return "\n\n".join(parts) + "\n"


def _bullets(points: Iterable[str]) -> str:
    return "\n".join(f"- {point}" for point in points)


def _study(plan: Plan) -> Iterator[str]:
    yield f"# Preregistration: {plan.title}"
    yield "## Study information"
    yield "**Have any data been collected for this study already?** [No, none.]"
    yield "**Research question**"
    yield f"- {plan.question}"


def _hypotheses(plan: Plan) -> Iterator[str]:
    yield "## Hypotheses"
    said = [f"**{each.id}.** {each.statement} {_claim(each, plan)}" for each in plan.hypotheses]
    said += [f"**The {each.name}.** {each.statement} {_pattern(each)}" for each in plan.patterns]
    yield _bullets(said)


def _pattern(pattern: Pattern) -> str:
    parts = listed([f"{part.hypothesis} ({part.claim})" for part in pattern.won])
    said = (
        f"Won if all of {parts} hold together: the largest of their unadjusted p-values, signs as "
        "claimed, is below the level"
    )
    if pattern.contradicted:
        against = [f"{part.hypothesis} {AGAINST[part.claim]}" for part in pattern.contradicted]
        said += f"; contradicted if {' or '.join(against)}"
    return f"{said}; otherwise undecided, naming the parts that do not hold."


def _claim(each: Hypothesis, plan: Plan) -> str:
    """What is claimed, and of what; true for every form of hypothesis."""
    if each.all:
        parts = [f"{part.hypothesis} ({part.claim})" for part in each.all]
        return (
            f"Claimed is all of {listed(parts)} together: the largest of their unadjusted "
            "p-values, signs as claimed, is below the level."
        )
    if each.descriptive:
        return "It is described and not tested."
    said = CLAIMED[each.claim]
    if each.joint:
        said = "It is claimed that they are not all alike, by an F test of all comparisons at once"
    if each.association:
        said += "; an association between two things that are both measured"
    if each.covariates is not None:
        names = ", ".join(f"`{name}`" for name in each.covariates) or "none"
        said += f"; covariates of its own: {names}"
    if each.smallest_effect is not None:
        said += f"; smallest effect of interest: {each.smallest_effect:g}"
    contrary = [f"`{o.name}`" for o in plan.outcomes.values() if o.reversed]
    if contrary and each.claim in ("increase", "decrease"):
        said += f" (on {', '.join(contrary)}: the contrary sign)"
    return f"{said}."


def _design(plan: Plan) -> Iterator[str]:
    yield "## Design plan"
    yield (
        "**Study type.** Experiment. Participants are randomly assigned to one arm each (between "
        "subjects)."
    )
    yield "**Arms.**"
    yield _bullets(f"`{arm}`: {words}" for arm, words in plan.arms.items())
    yield (
        "**Randomization.** Permuted blocks, in which each arm appears "
        f"{randomization.COPIES} times in random order, separately in each session (and within "
        "its strata, if the session is stratified). The arm is drawn at the "
        "moment the treatment would be shown. The seed is stored with the data, and the list can "
        "be recomputed from it."
    )
    yield (
        "**Blinding.** Participants are not told about other arms. The draw is made by the "
        "server, so the experimenter does not know it in advance."
    )


def _sample(plan: Plan) -> Iterator[str]:
    yield "## Sampling plan"
    yield "**Data collection procedures.** [Where, when, who is invited, how they are paid.]"
    yield "**Sample size and stopping rule.**"
    yield f"{plan.size:,} analysed participants. {_looks(plan)}"
    yield (
        "[Why this number.] Power, minimum detectable effect and the smallest bound that can be "
        f"claimed come from `python -m analysis power`, at {100 * plan.power:g}% power and a "
        f"{100 * plan.alpha:g}% level."
    )


def _looks(plan: Plan) -> str:
    if not plan.looks:
        return "Outcomes are not looked at by arm before."
    numbers = listed([f"{look:,}" for look in plan.looks])
    return (
        f"Outcomes are looked at by arm before at {numbers}; the level of each look comes from "
        "the spending function of O'Brien-Fleming type (Lan and DeMets 1983, "
        "10.1093/biomet/70.3.659)."
    )


def _variables(plan: Plan) -> Iterator[str]:
    yield "## Variables"
    others = dict.fromkeys(name for family in plan.others for name in family.outcomes)
    shown = {"Primary": plan.primary.outcomes, "Secondary": others, "Described": plan.described}
    for kind, outcomes in shown.items():
        if not outcomes:
            continue
        yield f"**{kind} outcomes**"
        yield _bullets(_outcome(plan.outcomes[name], plan) for name in outcomes)
    yield (
        f"**Covariates**, measured before treatment: {_names(plan.covariates)}. "
        f"**Moderators**: {_names(_moderators(plan))}."
    )


def _moderators(plan: Plan) -> tuple[str, ...]:
    """Those of hypotheses, and those along which comparisons are explored."""
    claimed = [each.moderator for each in plan.hypotheses if each.moderator]
    return tuple(dict.fromkeys([*claimed, *plan.heterogeneity]))


def _outcome(outcome: Outcome, plan: Plan) -> str:
    declared = plan.study.columns.get(outcome.name)
    meaning = f" {declared.description}" if declared else ""
    smallest = f"{outcome.smallest_effect * outcome.scale:g} {outcome.unit}"
    if outcome.smallest_interaction and any(each.interaction for each in plan.hypotheses):
        smallest += (
            f"; of interactions: {outcome.smallest_interaction * outcome.scale:g} {outcome.unit}"
        )
    return (
        f"{outcome.label} (`{outcome.name}`, {outcome.kind}).{meaning} Smallest effect of "
        f"interest: {smallest}."
    )


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _analysis(plan: Plan) -> Iterator[str]:
    yield "## Analysis plan"
    common = tuple(name for name in plan.covariates if name not in plan.by_arm)
    yield (
        "**Statistical models.** One least-squares regression per outcome: a mean for each arm; "
        f"covariates with one common slope each ({_names(common)}) or one in each arm (Lin 2013, "
        f"10.1214/12-AOAS583; {_names(plan.by_arm)})"
        f"{'; additive effects of the sessions' if plan.session_effects else ''}. Every "
        "hypothesis is a contrast of it, with HC2 standard errors and Bell and McCaffrey's "
        "degrees of freedom (Imbens and Kolesár 2016, 10.1162/REST_a_00552). Participants are "
        "analysed in the arm that was drawn. A missing covariate is set to the mean of those "
        "known; for an association with it, complete cases are taken."
    )
    primary = ", ".join(f"`{name}`" for name in plan.primary.outcomes)
    rows = [f"| {each.id} | {_estimate(each)} | {primary} |" for each in plan.hypotheses]
    yield "\n".join(["| hypothesis | estimate | primary outcome |", "|---|---|---|", *rows])
    yield (
        "**Randomization inference.** Beside every contrast stands the randomization p-value of "
        "exactly its t: the labels of all arms are redrawn within the blocks used; "
        f"{plan.draws:,} draws, seed {plan.seed}. The t decides."
    )
    yield (
        "**Robustness**, shown beside each estimate and deciding nothing: each covariate with a "
        "slope in each arm (a common one where it has two values, one of them of fewer than "
        f"{RARE} people in some arm), and by kind of outcome: {_robust(plan)}."
    )
    if plan.versions:
        yield (
            "**Versions**, as robustness and no hypothesis: each comparison of two arms on the "
            f"primary outcomes for every version of a message (`{plan.versions}`) by itself and "
            "with all versions weighing the same, from the same regression with a mean for each "
            "version."
        )
    for each in plan.sensitivity:
        yield f"**{each.hypothesis} otherwise**, deciding nothing: {_otherwise(each)}."
    if plan.heterogeneity:
        yield (
            f"**Heterogeneity.** The change of each comparison with {_names(plan.heterogeneity)} "
            "on the primary outcomes, from the same regression with a slope of the moderator in "
            "each arm, reported without adjustment for the number of tests."
        )


def _otherwise(each: Sensitivity) -> str:
    parts = []
    if each.adding:
        parts.append(f"with {_names(each.adding)} among the covariates")
    if each.within:
        parts.append(f"within each value of `{each.within}`")
    if each.instead:
        parts.append(f"with {_names(each.instead)} in its place, one at a time")
    return "; ".join(parts)


def _robust(plan: Plan) -> str:
    kinds = dict.fromkeys(outcome.kind for outcome in plan.outcomes.values())
    return "; ".join(f"{kind}: {KINDS[kind]}" for kind in kinds)


def _estimate(each: Hypothesis) -> str:
    if each.all:
        return "the parts named"
    if each.association:
        return f"slope on `{each.association}`, both in standard deviations"
    if each.interaction:
        first, second = each.interaction
        between = f" ({each.treatment} less {each.control})" if each.treatment else ""
        shown = (
            f"effect of `{first}`{between} at the second level of `{second}` less that at its "
            "first"
        )
    elif each.joint:
        shown = f"all differences between the levels of `{each.factor}` at once"
    elif each.factor:
        shown = (
            f"mean of the arms with `{each.factor}` = {each.treatment} less mean of those with "
            f"{each.control}"
        )
    else:
        shown = f"mean in `{each.treatment}` less mean in `{each.control}`"
    return (
        f"change per standard deviation of `{each.moderator}` of: {shown}"
        if each.moderator
        else shown
    )


def _inference(plan: Plan) -> Iterator[str]:
    yield "## Inference criteria"
    yield (
        f"A claim is won if its adjusted p-value is below {100 * plan.alpha:g}% (or the level of "
        "the look) and its sign is the claimed one; the wrong sign is evidence of the opposite. "
        f"{100 * (1 - plan.alpha):g}% confidence intervals are shown before adjustment, and "
        "beside them intervals that hold for all claims of a family together. Families:"
    )
    yield _bullets(f"{family.name}: {_family(family)}" for family in plan.families)
    yield (
        "**Conjunctions** have the largest of their parts' unadjusted p-values and need no "
        "further adjustment; one that is won carries its parts."
    )
    yield (
        "**Rare events.** A comparison on an outcome with two values, of which the rarer one is "
        f"there fewer than {RARE} times among those compared, is not estimated."
    )
    yield (
        "**Nulls.** A p-value above the level is reported as no evidence of an effect, not as "
        "absence of one. Absence of a difference that matters is claimed only where it is a "
        "hypothesis, by two one-sided tests against the smallest effect of interest "
        "(10.1177/1948550617697177)."
    )
    if any(each.sized for each in plan.hypotheses):
        yield (
            "**Whether a difference matters.** Each claimed difference between arms or levels "
            "gets one of four verdicts. It matters if its simultaneous interval lies wholly "
            "beyond the smallest effect of interest; there is no difference that matters if that "
            "is claimed of the same comparison and outcome and this claim is won, also where the "
            "interval excludes 0; else there is a difference, size open, if its adjusted p-value "
            "is below the level, and otherwise it is undecided."
        )


def _family(family: Family) -> str:
    ids = ", ".join(family.hypotheses)
    return f"{ids} on {_names(family.outcomes)}, adjusted by {ADJUSTMENTS[family.adjustment]}."


def _exclusions(plan: Plan) -> Iterator[str]:
    yield "## Data exclusion and missing data"
    yield "Left out of the analysis, and counted in the report:"
    yield _bullets(EXCLUSIONS[name] for name in plan.exclusions)
    yield (
        "Nobody is left out for failing a comprehension, attention or fidelity check, nor for an "
        "extreme value. An estimate uses everyone whose outcome is known; no outcome is imputed. "
        "Attrition is compared between arms and bounded after Lee (2009, "
        "10.1111/j.1467-937X.2009.00536.x)."
    )


def _other(plan: Plan) -> Iterator[str]:
    yield "## Other"
    for limit in plan.limits:
        yield f"**Limit.** {limit}"
    for check in plan.checks:
        yield f"**Did `{check.factor}` come across?** {_check(check)}"
    yield (
        "Reported, never conditioned on: what checks whether the treatment came across, and the "
        "time on its page. Balance before treatment, reliability of scales, floor and ceiling "
        "effects, and suspicious answer patterns are described. This text was generated from the "
        "study's `plan.toml`; the report is produced from the same file and lists departures."
    )


def _check(check: Check) -> str:
    parts = []
    if check.recalled:
        right = listed([f"{answer} at level {level}" for level, answer in check.right.items()])
        parts.append(
            f"`{check.recalled}`, of which the right answer is {right}, has to be right more "
            "often than by guessing"
        )
    if check.moves:
        parts.append(f"{_names(check.moves)} has to be higher than at the first level")
    if check.stays:
        parts.append(f"{_names(check.stays)} has to be alike within its smallest effect")
    return (
        f"{'; '.join(parts)}. Otherwise the report says that a null may be a failed manipulation."
    )
