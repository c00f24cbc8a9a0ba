"""The plan as text under the headings that registries ask for (OSF, AsPredicted)."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.plan import EXCLUSIONS, ExperimentPlan, Family, Hypothesis, Outcome, Plan
from study import columns, randomization

ADJUSTED_BY = {
    "holm": "Holm's method",
    "bh": "Benjamini and Hochberg's method (false discovery rate)",
    "westfall_young": "Westfall and Young's step-down permutation method over all outcomes and "
    "arms compared with the same arm (Holm's method for interactions), times the number of these "
    "groups (Bonferroni)",
}

EXPECTED = {
    "increase": "The effect is expected to be positive",
    "decrease": "The effect is expected to be negative",
    "none": "No effect is expected",
    "either": "No direction is expected",
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
    return "\n".join(line for section in sections for line in (*section(plan), "")).rstrip() + "\n"


def _study(plan: Plan) -> Iterator[str]:
    yield f"# Preregistration: {plan.title}"
    yield ""
    yield "## Study information"
    yield ""
    yield "**Have any data been collected for this study already?** [No, none.]"
    yield ""
    yield "**Research questions**"
    yield ""
    for planned in plan.experiments.values():
        yield f"- {planned.title}. {planned.question}"


def _hypotheses(plan: Plan) -> Iterator[str]:
    yield "## Hypotheses"
    for planned in plan.experiments.values():
        yield ""
        yield f"### {planned.title}"
        yield ""
        for hypothesis in planned.hypotheses:
            expected = EXPECTED[hypothesis.expected]
            yield f"- **{hypothesis.id}.** {hypothesis.statement} {expected}; tests are two-sided."


def _design(plan: Plan) -> Iterator[str]:
    yield "## Design plan"
    yield ""
    yield (
        "**Study type.** Laboratory experiments. Participants are randomly assigned to one arm "
        "each (between subjects)."
    )
    for planned in plan.experiments.values():
        yield ""
        yield f"**Arms: {planned.title}.**"
        yield ""
        for arm, words in planned.arms.items():
            yield f"- `{arm}`: {words}"
    yield ""
    yield (
        "**Randomization.** Permuted blocks, in which each arm appears "
        f"{randomization.COPIES} times in random order, separately in each session (and within "
        "strata of the baseline score, if the session is stratified). The arm is drawn at the "
        "moment the treatment would be shown. The seed is stored with the data, and the list can "
        "be recomputed from it."
    )
    yield ""
    yield (
        "**Blinding.** Participants are not told about other arms. The draw is made by the "
        "server, so the experimenter does not know it in advance."
    )


def _sample(plan: Plan) -> Iterator[str]:
    yield "## Sampling plan"
    yield ""
    yield "**Data collection procedures.** [Where, when, who is invited, how they are paid.]"
    yield ""
    yield (
        "**Sample size and stopping rule.** [Number of participants per experiment, and when "
        "collection ends.] Power and minimum detectable effect for a number of participants come "
        f"from `python -m analysis power`, at {100 * plan.power:g}% power and a "
        f"{100 * plan.alpha:g}% level."
    )


def _variables(plan: Plan) -> Iterator[str]:
    yield "## Variables"
    for planned in plan.experiments.values():
        yield ""
        yield f"### {planned.title}"
        yield ""
        for family in planned.families:
            yield f"**{family.name.capitalize()} outcomes**"
            yield ""
            for name in family.outcomes:
                yield f"- {_outcome(plan.outcomes[name], planned)}"
            yield ""
    yield (
        f"**Covariates**, measured before treatment: {_names(plan.covariates)}. "
        f"**Moderators**: {_names(plan.heterogeneity)}."
    )


def _outcome(outcome: Outcome, planned: ExperimentPlan) -> str:
    declared = columns.columns(planned.design.app).get(outcome.name)
    meaning = f" {declared.description}" if declared else ""
    smallest = f"{outcome.smallest_effect * outcome.scale:g} {outcome.unit}"
    return f"{outcome.label} (`{outcome.name}`).{meaning} Smallest effect of interest: {smallest}."


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _analysis(plan: Plan) -> Iterator[str]:
    yield "## Analysis plan"
    yield ""
    if plan.estimator == "lin":
        how = (
            "least squares with the covariates centred and interacted with the arms (Lin 2013, "
            "10.1214/12-AOAS583)"
        )
    else:
        how = "differences in means (Samii and Aronow 2012, 10.1016/j.spl.2011.10.024)"
    yield (
        f"**Statistical models.** {how[:1].upper()}{how[1:]}, with {plan.se_type} standard errors "
        "and the t distribution. Participants are analysed in the arm that was drawn."
    )
    yield ""
    yield "| hypothesis | estimate | primary outcome |"
    yield "|---|---|---|"
    for planned in plan.experiments.values():
        primary = ", ".join(f"`{name}`" for name in planned.primary.outcomes)
        for hypothesis in planned.hypotheses:
            yield f"| {hypothesis.id} | {_estimate(hypothesis)} | {primary} |"
    yield ""
    yield (
        "**Randomization inference.** Beside every comparison of two arms stands a permutation "
        "test within the blocks used: its statistic is the effect as estimated within blocks over "
        f"its standard error; {plan.draws:,} draws, seed {plan.seed}."
    )
    yield ""
    yield (
        f"**Heterogeneity.** The interaction of each comparison with {_names(plan.heterogeneity)} "
        "on the primary outcomes, with Bell and McCaffrey's degrees of freedom (Imbens and "
        "Kolesár 2016), reported without adjustment for the number of tests."
    )


def _estimate(hypothesis: Hypothesis) -> str:
    if hypothesis.interaction:
        first, second = hypothesis.interaction
        return f"effect of `{first}` with `{second}` less its effect without"
    return f"mean in `{hypothesis.treatment}` less mean in `{hypothesis.control}`"


def _inference(plan: Plan) -> Iterator[str]:
    yield "## Inference criteria"
    yield ""
    yield (
        f"Two-sided tests at {100 * plan.alpha:g}% after adjustment, with "
        f"{100 * (1 - plan.alpha):g}% confidence intervals before it. Families of tests:"
    )
    yield ""
    for planned in plan.experiments.values():
        for family in planned.families:
            yield f"- {planned.title}, {family.name}: {_family(planned, family)}"
    yield ""
    yield (
        "**Nulls.** A p-value above the level is reported as no evidence of an effect, together "
        "with two one-sided tests against the smallest effect of interest "
        "(10.1177/1948550617697177) and the minimum detectable effect, not as absence of an "
        "effect."
    )


def _family(planned: ExperimentPlan, family: Family) -> str:
    ids = ", ".join(hypothesis.id for hypothesis in planned.hypotheses)
    return f"{ids} on {_names(family.outcomes)}, adjusted by {ADJUSTED_BY[family.adjustment]}."


def _exclusions(plan: Plan) -> Iterator[str]:
    yield "## Data exclusion and missing data"
    yield ""
    yield "Left out of the analysis, and counted in the report:"
    yield ""
    for name in plan.exclusions:
        yield f"- {EXCLUSIONS[name]}"
    yield ""
    yield (
        "Nobody is left out for failing a comprehension, attention or fidelity check, nor for an "
        "extreme value. An estimate uses everyone whose outcome and covariates are known; nothing "
        "is imputed. Attrition is compared between arms and bounded after Lee (2009, "
        "10.1111/j.1467-937X.2009.00536.x)."
    )


def _other(plan: Plan) -> Iterator[str]:
    yield "## Other"
    yield ""
    yield (
        "Reported, never conditioned on: source recalled, perceived impact, time on the treatment "
        "page. Balance before treatment, reliability of scales, floor and ceiling effects, and "
        "suspicious answer patterns are described. This text was generated from "
        "`analysis/plan.toml`; the report is produced from the same file and lists departures."
    )
