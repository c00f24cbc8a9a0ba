"""Bots: simulated participants who go through the real pages and check what became of it.

people.py   who they are: the named cases
clock.py    time passes for them without waiting
bot.py      what every bot can do: fill in a page, look at what was stored
forms.py    form values that every page must refuse
rounds.py   working a round as its page does
visits.py   the way through intake, experiment and closing

Each app's `tests.py` names its part of the way, as oTree wants it. `otree test` runs them all.
"""
