"""Do rewards, residents' say and public service motivation go with willingness to co-produce?

An online survey experiment, 3 × 2 between persons: what the municipality offers in return for a
monthly round through one's neighbourhood (nothing, money, recognition) times who worked out its
rules (officials, residents). Public service motivation is measured, not varied: it is asked before
the vignette, and what goes with it is an association. A study of our own design.
"""

from steps import (
    Assignment,
    Candour,
    Comment,
    Consent,
    Debriefing,
    Eligibility,
    Gender,
    HoursPledged,
    Income,
    IncomeBand,
    InRandomOrder,
    Instructed,
    Isced,
    Knowledge,
    NeighboursExpected,
    Page,
    PanelEntry,
    PanelReturn,
    PublicServiceMotivation,
    Quota,
    Reading,
    RealOffer,
    Recalled,
    Scale,
    Vignette,
    VolunteeredBefore,
    Willingness,
)
from study import Factor, Study

STUDY = Study(
    name="motivation",
    title="Rewards, consultation and public service motivation",
    question="Do rewards, residents' say in the plan and public service motivation go with "
    "willingness to co-produce?",
    factors=[
        Factor(
            "reward_kind",
            "what the municipality offers in return",
            parts={
                "none": "neither money nor an award is offered",
                "money": "money is offered for each round",
                "recognition": "a personal letter and a public mention are offered",
            },
        ),
        Factor(
            "consulted",
            "residents were consulted on routes and rules",
            parts={
                "office": "officials worked out routes and rules",
                "residents": "routes and rules were worked out with residents",
            },
            binary=True,
        ),
    ],
    steps=[
        PanelEntry(),
        Consent(),
        Eligibility(age_from=18),
        Quota(),
        InRandomOrder(
            "block_order",
            [
                PublicServiceMotivation(),
                Page(
                    "about_you",
                    [
                        Gender(),
                        Isced(),
                        IncomeBand(),
                        Income(),
                        VolunteeredBefore(),
                        Candour(),
                        Instructed(),
                    ],
                ),
            ],
        ),
        Reading("notice"),
        Knowledge("mock", "Attention: what the notice said, before the vignette.", solutions="ba"),
        Assignment(),
        Vignette(
            first="reward_first",
            amounts={"reward_amount": 20.0},
            unfolds_on=["willingness", "hours_pledged", "neighbours_expected"],
        ),
        Willingness(shuffled=True),
        HoursPledged(),
        NeighboursExpected(),
        Page(
            "recall",
            [
                Recalled("reward_recalled", of="reward_kind"),
                Recalled("consulted_recalled", of="consulted"),
            ],
        ),
        Page(
            "impressions",
            [
                Scale("legitimacy", "Residents had a say: 1 not at all to 7 fully.", items=3),
                Scale("works_well", "Defects would be mended quickly: 1 not at all to 7 fully."),
                Scale("realistic", "It could happen where one lives: 1 not at all to 7 fully."),
                Scale("efficacy", "One could do it well: 1 not at all to 7 fully.", items=2),
            ],
        ),
        RealOffer(),
        Page("last_words", [Comment()]),
        Debriefing(),
        PanelReturn(),
    ],
    languages=["en", "it", "ko"],
)
