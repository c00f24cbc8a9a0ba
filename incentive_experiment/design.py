"""Do a private incentive and a beneficiary's message change effort?

A 2 × 2: a piece rate in the main round (no, yes) times a beneficiary's message in place of a sheet
of facts (no, yes). The main outcome is effort: correct cards in the main round, which may be
stopped early.
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
from study import Arm, Factor, Pay, Study

STUDY = Study(
    name="incentive",
    title="Private incentive and a beneficiary's message",
    question="Do a private incentive and a beneficiary's message change effort?",
    arms=[
        Arm("control", "a neutral sheet of facts", message="facts"),
        Arm("reward", "a sheet of facts, and a piece rate", message="facts", piece_rate=True),
        Arm("beneficiary", "the facts told by a beneficiary", message="beneficiary"),
        Arm(
            "reward_beneficiary",
            "the facts told by a beneficiary, and a piece rate",
            message="beneficiary",
            piece_rate=True,
        ),
    ],
    factors=[
        Factor(
            "reward",
            "correct cards of the main round also pay the participant",
            arms=["reward", "reward_beneficiary"],
        ),
        Factor(
            "beneficiary",
            "the participant reads a beneficiary's message",
            arms=["beneficiary", "reward_beneficiary"],
        ),
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
