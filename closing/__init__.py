"""After the rounds: fidelity checks, questionnaire, debrief, earnings; the end for refusals."""

from otree.api import BaseConstants, BaseGroup, BasePlayer, BaseSubsession

from lab import earnings
from lab.fields import player_fields
from lab.page import StudyPage, language_of
from lab.setup import experiment_of
from lab.wording import currency, number
from study import content
from study.columns import family

doc = "Fidelity checks, questionnaire, debrief, earnings."


AMOUNTS = ("fixed", "piece", "total", "donation")


class C(BaseConstants):
    NAME_IN_URL = "end"
    PLAYERS_PER_GROUP = None
    NUM_ROUNDS = 1


class Subsession(BaseSubsession):
    pass


class Group(BaseGroup):
    pass


class Player(BasePlayer):
    vars().update(player_fields(__name__))


def takes_part(player):
    return bool(player.participant.get_player("intake", 1).field_maybe_none("consent"))


class ClosingPage(StudyPage):
    words_file = "closing"
    section = "closing"
    form_model = "player"

    @staticmethod
    def is_displayed(player):
        return takes_part(player)


class EndPage(ClosingPage):
    """The study ends here: no button, and nothing leads further."""

    may_be_advanced = False

    def post(self):
        return self.get()


class Declined(EndPage):
    section = None
    template_name = "closing/Declined.html"

    @staticmethod
    def is_displayed(player):
        return not takes_part(player)

    @staticmethod
    def context(player):
        earnings.store(player)
        return {}


class Checks(ClosingPage):
    form_fields = ["source_recalled", *family(__name__, "impact_perceived")]


class Task(ClosingPage):
    form_fields = [*family(__name__, "intrinsic"), *family(__name__, "prosocial")]


class Person(ClosingPage):
    form_fields = ["age", "gender", "education", "income", "volunteered_before", "comment"]


class Debrief(ClosingPage):
    @staticmethod
    def before_next_page(player, timeout_happened):
        # Also for those whom the experimenter moved on, and who never see their earnings.
        earnings.store(player)

    @staticmethod
    def values(player):
        designs = content.words(language_of(player), "closing")["Debrief"]["designs"]
        return {"design": designs[experiment_of(player.session.config).name]}


class Earnings(EndPage):
    template_name = "closing/Earnings.html"

    @staticmethod
    def values(player):
        language = language_of(player)
        pay, cards = earnings.store(player)
        amounts = {name: currency(getattr(pay, name), language) for name in AMOUNTS}
        counts = {
            "paid_cards": number(cards.paid, language),
            "donated_cards": number(cards.donated, language),
        }
        return amounts | counts

    @staticmethod
    def context(player):
        player.completed = True
        return {"has_piece_rate": earnings.cards_of(player).piece_rate_applies}


page_sequence = [Declined, Checks, Task, Person, Debrief, Earnings]
