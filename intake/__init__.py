"""Before the treatment: consent, instructions, practice, questions, and the baseline round."""

from otree.api import BaseConstants, BaseGroup, BasePlayer, BaseSubsession

from effort_task.rounds import BASELINE, PRACTICE
from intake import comprehension
from lab import setup
from lab.fields import player_fields
from lab.first_page import FirstPage
from lab.page import StudyPage, language_of
from lab.rounds.page import RoundPage
from lab.rounds.records import AnswerRow, export_answers
from study import content
from study.columns import family

doc = "Consent, instructions, practice, comprehension questions, motivation, baseline round."

setup.install()


class C(BaseConstants):
    NAME_IN_URL = "start"
    PLAYERS_PER_GROUP = None
    NUM_ROUNDS = 1


class Subsession(BaseSubsession):
    pass


class Group(BaseGroup):
    pass


class Player(BasePlayer):
    vars().update(player_fields(__name__))


class Answer(AnswerRow):
    pass


def custom_export(players):
    yield from export_answers(Answer, players)


def custom_export_comprehension(players):
    yield from comprehension.export(players)


def takes_part(player):
    return bool(player.field_maybe_none("consent"))


class IntakePage(StudyPage):
    words_file = "intake"

    @staticmethod
    def is_displayed(player):
        return takes_part(player)


class Welcome(FirstPage, IntakePage):
    section = "welcome"
    may_be_advanced = False  # who reads it has not agreed yet
    template_name = "intake/Welcome.html"
    form_model = "player"
    form_fields = ["consent"]

    @staticmethod
    def is_displayed(player):
        return True

    @staticmethod
    def before_next_page(player, timeout_happened):
        player.language = language_of(player)
        player.participant.language = player.language

    @staticmethod
    def app_after_this_page(player, upcoming_apps):
        return None if takes_part(player) else upcoming_apps[-1]


class Instructions(IntakePage):
    section = "instructions"
    template_name = "intake/Instructions.html"

    @staticmethod
    def context(player):
        task = player.session.config["task"]
        how = content.words(language_of(player), "task")[task]["how"]
        practises = player.session.config["practice_items"] > 0
        return {"how": content.to_html(how), "practises": practises}


class Practice(RoundPage, IntakePage):
    section = "instructions"
    round = PRACTICE

    @staticmethod
    def is_displayed(player):
        return takes_part(player) and player.session.config["practice_items"] > 0


class Comprehension(IntakePage):
    section = "instructions"
    form_model = "player"
    form_fields = family(__name__, "comprehension")

    def texts(self, column, language):
        return comprehension.texts(column, language)

    @staticmethod
    def error_message(player, answers):
        return comprehension.check(player, answers, language_of(player))


class AboutYou(IntakePage):
    section = "about_you"
    form_model = "player"
    form_fields = family(__name__, "psm")


class Motivation(IntakePage):
    section = "about_you"
    form_model = "player"
    form_fields = family(__name__, "motivation")


class BaselineReady(IntakePage):
    section = "baseline"


class BaselineRound(RoundPage, IntakePage):
    section = "baseline"
    round = BASELINE


page_sequence = [
    Welcome,
    Instructions,
    Practice,
    Comprehension,
    AboutYou,
    Motivation,
    BaselineReady,
    BaselineRound,
]
