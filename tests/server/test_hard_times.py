"""Kills in the middle of things lose nothing, and monitors that open all the time freeze nothing.

`benchmarks/whatever_the_experimenter_does.py` does the same more often.
"""

import asyncio

from tests.harness.load import oracle, trials


def assert_none(problems):
    assert not problems, "\n" + oracle.summary(problems)


def test_a_kill_in_the_middle_of_creations_leaves_no_half_session(closed_server):
    assert_none(asyncio.run(trials.kills_while_creating(closed_server, kills=4)))


def test_a_kill_loses_nothing_that_was_acknowledged(closed_server):
    scene, problems = asyncio.run(
        trials.kills_while_answering(closed_server, kills=2, workers=6, posters=2)
    )
    assert_none(problems)
    assert not scene.record.went_back


def test_monitors_that_open_beside_pages_freeze_nothing(closed_server):
    opened = asyncio.run(trials.monitor_openings(closed_server, openings=300))
    assert_none(opened.problems)
    assert opened.monitors >= 300
