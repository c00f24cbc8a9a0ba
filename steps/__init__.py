"""The steps that studies are made of, each in a folder of its own. `docs/steps.md` lists them."""

from steps.assignment import Assignment
from steps.comprehension import Comprehension
from steps.consent import Consent
from steps.debriefing import Debriefing
from steps.earnings import Earnings
from steps.information import Information
from steps.instructions import Instructions
from steps.instruments.about_you import AboutYou
from steps.instruments.baseline import Baseline
from steps.instruments.effort import Effort
from steps.instruments.hours_pledged import HoursPledged
from steps.instruments.impact_perceived import ImpactPerceived
from steps.instruments.income import Income
from steps.instruments.knowledge import Knowledge
from steps.instruments.motivation import Motivation
from steps.instruments.psm import PublicServiceMotivation
from steps.instruments.source_recalled import SourceRecalled
from steps.instruments.task_motivation import TaskMotivation
from steps.instruments.voluntary import Voluntary
from steps.instruments.willingness import Willingness
from steps.practice import Practice
from steps.questions import Choice, Number, Page, Scale, Text, YesNo
from steps.round import OfferedRound, Round

__all__ = [
    "AboutYou",
    "Assignment",
    "Baseline",
    "Choice",
    "Comprehension",
    "Consent",
    "Debriefing",
    "Earnings",
    "Effort",
    "HoursPledged",
    "ImpactPerceived",
    "Income",
    "Information",
    "Instructions",
    "Knowledge",
    "Motivation",
    "Number",
    "OfferedRound",
    "Page",
    "Practice",
    "PublicServiceMotivation",
    "Round",
    "Scale",
    "SourceRecalled",
    "TaskMotivation",
    "Text",
    "Voluntary",
    "Willingness",
    "YesNo",
]
