"""Nobody holds up the others: people answer and post pages while somebody is hostile.

How much longer anybody waits is measured by `benchmarks/hostile_clients.py`. Here a reply that
takes longer than a page waits for it, before it tries another connection, is too late.
"""

from tests.harness.load import oracle, trials
from tests.harness.load import play as played
from tests.harness.load.hostile import CLIENTS
from tests.harness.load.people import REPLY_SECONDS
from tests.harness.load.scene import Scene

SECONDS = 1.5


def test_no_client_holds_up_anybody_else(closed_server):
    async def play():
        scene = Scene(closed_server, workers=6, posters=2, think=0.3, large=10)
        await scene.set_up()
        async for measured in trials.meet_hostile_clients(scene, CLIENTS, SECONDS):
            problems = oracle.summary(measured.problems)
            assert not problems, f"{measured.name}\n{problems}"
            assert len(measured.acknowledgements) > 3, measured.name
            assert measured.acknowledgements.longest < REPLY_SECONDS, measured.name
        problems = await scene.finish()
        assert not problems, oracle.summary(problems)

    played(play())
