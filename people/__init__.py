"""Simulated people, and how they live through a study. What they do at a step is said by the step.

person.py       how people differ, whatever they are asked
assumptions.py  how those of a study respond to its arms
session.py      a whole session of them; exports.py writes it as oTree would export it
bots/           they go through the real pages
"""
