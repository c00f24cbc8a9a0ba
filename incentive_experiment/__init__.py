"""Do a private incentive and contact with a beneficiary change effort?

A 2×2 (`study/experiments.py`): a piece rate in the main round (no, yes) times a message by a
beneficiary in place of the sheet of facts (no, yes). The main outcome is effort: correct cards in
the main round, which may be stopped early.
"""

from otree.api import BaseConstants, BaseGroup, BasePlayer, BaseSubsession

from lab import experiment, report
from lab.assignment import DrawRow, export_draws
from lab.experiment import (
    Hours,
    Information,
    MainReady,
    MainRound,
    VoluntaryOffer,
    VoluntaryRound,
    Willingness,
)
from lab.fields import player_fields, subsession_fields
from lab.rounds.records import AnswerRow, export_answers

doc = "Do a private incentive and contact with a beneficiary change effort?"


class C(BaseConstants):
    NAME_IN_URL = "survey"
    PLAYERS_PER_GROUP = None
    NUM_ROUNDS = 1


class Subsession(BaseSubsession):
    vars().update(subsession_fields(__name__))


class Group(BaseGroup):
    pass


class Player(BasePlayer):
    vars().update(player_fields(__name__))


class Answer(AnswerRow):
    pass


class AssignmentDraw(DrawRow):
    pass


def creating_session(subsession):
    experiment.creating_session(subsession)


def vars_for_admin_report(subsession):
    return report.vars_for_admin_report(subsession)


def custom_export(players):
    yield from export_answers(Answer, players)


def custom_export_assignment(players):
    yield from export_draws(AssignmentDraw, players)


page_sequence = [
    Information,
    Willingness,
    Hours,
    MainReady,
    MainRound,
    VoluntaryOffer,
    VoluntaryRound,
]
