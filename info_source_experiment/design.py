"""Does the source of the information change the willingness to co-produce?

Everyone learns the same about a public service. What differs is who tells it. The main outcome is
willingness to co-produce, asked right after the message.
"""

from steps import (
    AboutYou,
    Assignment,
    Baseline,
    Comprehension,
    Consent,
    Debriefing,
    Earnings,
    Effort,
    HoursPledged,
    ImpactPerceived,
    Income,
    Information,
    Instructions,
    Knowledge,
    Motivation,
    Page,
    Practice,
    PublicServiceMotivation,
    SourceRecalled,
    TaskMotivation,
    Voluntary,
    Willingness,
)
from study import Arm, Pay, Study

STUDY = Study(
    name="info_source",
    title="Information source and willingness to co-produce",
    question="Does the source of the information change the willingness to co-produce?",
    arms=[
        Arm("control", "a neutral sheet of facts", message="facts"),
        Arm("organisation", "the facts told by the organisation", message="organisation"),
        Arm("beneficiary", "the facts told by a beneficiary", message="beneficiary"),
    ],
    steps=[
        Consent(),
        Instructions(),
        Practice(items=2),
        Comprehension(solutions="bacb"),
        PublicServiceMotivation(),
        Income(),
        Motivation(),
        Baseline(seconds=120),
        Assignment(),
        Information(),
        Willingness(),
        HoursPledged(),
        Effort(seconds=300),
        Voluntary(seconds=300),
        Page("checks", [SourceRecalled(), ImpactPerceived()]),
        TaskMotivation(),
        Knowledge(solutions="bcab"),
        AboutYou(),
        Debriefing(),
        Earnings(),
    ],
    pay=Pay(donates=["baseline", "effort", "voluntary"], piece="effort"),
    languages=["en", "it"],
)
