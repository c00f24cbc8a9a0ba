"""The steps that studies are made of, each in a folder of its own. `docs/steps.md` lists them."""

from steps.assignment import Assignment
from steps.comprehension import Comprehension
from steps.consent import Consent
from steps.debriefing import Debriefing
from steps.earnings import Earnings
from steps.eligibility import Eligibility
from steps.in_random_order import InRandomOrder
from steps.information import Information
from steps.instructions import Instructions
from steps.instruments.about_you import AboutYou, Comment, Gender, VolunteeredBefore
from steps.instruments.background import Income, IncomeBand, Isced
from steps.instruments.checks import Instructed, Knowledge, Recalled, SourceRecalled
from steps.instruments.coproduction import HoursPledged, NeighboursExpected, Willingness
from steps.instruments.rounds import Baseline, Effort, Voluntary
from steps.instruments.scales import (
    Candour,
    ImpactPerceived,
    Motivation,
    PublicServiceMotivation,
    TaskMotivation,
)
from steps.offer import RealOffer
from steps.panel import PanelEntry, PanelReturn
from steps.practice import Practice
from steps.questions import Choice, Number, Page, Scale, Text, YesNo
from steps.quota import Quota
from steps.reading import Reading
from steps.round import OfferedRound, Round
from steps.vignette import Vignette

__all__ = sorted(name for name, kind in vars().items() if isinstance(kind, type))
