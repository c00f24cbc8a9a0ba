"""Bots for `otree test`. What they do and check is in `lab/bots/`."""

from lab.bots.visits import ExperimentBot


class PlayerBot(ExperimentBot):
    pass
