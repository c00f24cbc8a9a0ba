"""Nothing acknowledged is lost while people answer, whatever the experimenter does meanwhile.

These tests count and measure no times, but for a freeze: nobody is answered for ten seconds. What
is lost, doubled, half or stuck is judged by an oracle of their own (`tests/harness/load`), which
compares what the server acknowledged with the database behind its back and with its exports.
`benchmarks/whatever_the_experimenter_does.py` does the same with more people, longer, with times.
"""

from tests.harness.load import oracle
from tests.harness.load import play as played
from tests.harness.load.experimenter import LOOPS
from tests.harness.load.scene import Scene

ALONE_SECONDS = 1.5
TOGETHER_SECONDS = 10.0


def assert_none(problems):
    assert not problems, "\n" + oracle.summary(problems)


def test_nothing_is_lost_whatever_the_experimenter_does(closed_server):
    async def play():
        scene = Scene(closed_server, workers=8, posters=2, think=0.3)
        await scene.set_up()
        for name in LOOPS:
            measured = await scene.phase([name], ALONE_SECONDS)
            assert_none(measured.problems)
            assert measured.deeds, name
        measured = await scene.phase(list(LOOPS), TOGETHER_SECONDS)
        assert_none(measured.problems)
        assert_none(await scene.finish())
        assert not scene.record.went_back
        return scene

    scene = played(play())
    assert scene.record.acknowledged > 100
    assert scene.record.posted > 30
    assert len(scene.deeds.announced) > 20
