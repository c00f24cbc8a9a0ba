"""Bots: simulated people who go through the real pages and check what became of it.

    cases.py    who they are: the named cases
    clock.py    time passes for them without waiting
    bot.py      what every bot can do: fill in a page, look at what was stored
    forms.py    form values that every page must refuse
    rounds.py   working a round as its page does
    player.py   the way through a study, and what must be true after every page

oTree finds them as `<study>.tests` (`lab.app`). `otree test` runs them all.
"""
