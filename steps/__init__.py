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
from steps.instruments.baseline import Baseline
from steps.instruments.candour import Candour
from steps.instruments.effort import Effort
from steps.instruments.hours_pledged import HoursPledged
from steps.instruments.impact_perceived import ImpactPerceived
from steps.instruments.income import Income
from steps.instruments.income_band import IncomeBand
from steps.instruments.instructed import Instructed
from steps.instruments.isced import Isced
from steps.instruments.knowledge import Knowledge
from steps.instruments.motivation import Motivation
from steps.instruments.neighbours_expected import NeighboursExpected
from steps.instruments.psm import PublicServiceMotivation
from steps.instruments.recalled import Recalled
from steps.instruments.source_recalled import SourceRecalled
from steps.instruments.task_motivation import TaskMotivation
from steps.instruments.voluntary import Voluntary
from steps.instruments.willingness import Willingness
from steps.offer import RealOffer
from steps.panel import PanelEntry, PanelReturn
from steps.practice import Practice
from steps.questions import Choice, Number, Page, Scale, Text, YesNo
from steps.quota import Quota
from steps.reading import Reading
from steps.round import OfferedRound, Round
from steps.vignette import Vignette

__all__ = [
    "AboutYou",
    "Assignment",
    "Baseline",
    "Candour",
    "Choice",
    "Comment",
    "Comprehension",
    "Consent",
    "Debriefing",
    "Earnings",
    "Effort",
    "Eligibility",
    "Gender",
    "HoursPledged",
    "ImpactPerceived",
    "InRandomOrder",
    "Income",
    "IncomeBand",
    "Information",
    "Instructed",
    "Instructions",
    "Isced",
    "Knowledge",
    "Motivation",
    "NeighboursExpected",
    "Number",
    "OfferedRound",
    "Page",
    "PanelEntry",
    "PanelReturn",
    "Practice",
    "PublicServiceMotivation",
    "Quota",
    "Reading",
    "RealOffer",
    "Recalled",
    "Round",
    "Scale",
    "SourceRecalled",
    "TaskMotivation",
    "Text",
    "Vignette",
    "Voluntary",
    "VolunteeredBefore",
    "Willingness",
    "YesNo",
]
