"""Kills in the middle of things lose nothing, and monitors that open all the time freeze nothing.

`benchmarks/whatever_the_experimenter_does.py` does the same more often.
"""

from tests.harness.load import oracle, trials
from tests.harness.load import play as played


def assert_none(problems):
    assert not problems, "\n" + oracle.summary(problems)


def test_a_kill_in_the_middle_of_creations_leaves_no_half_session(closed_server):
    assert_none(played(trials.kills_while_creating(closed_server, kills=4)))


def test_a_kill_loses_nothing_that_was_acknowledged(closed_server):
    scene, problems = played(
        trials.kills_while_answering(closed_server, kills=2, workers=6, posters=2)
    )
    assert_none(problems)
    assert not scene.record.went_back


def test_monitors_that_open_beside_pages_freeze_nothing(closed_server):
    opened = played(trials.monitor_openings(closed_server, openings=300))
    assert_none(opened.problems)
    assert opened.monitors >= 300
