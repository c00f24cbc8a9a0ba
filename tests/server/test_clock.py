"""The time of a round is the same for everybody, whatever somebody does to the server's clock."""

import time

import pytest

from tests.conftest import database_url
from tests.harness import wall_clock
from tests.harness.participant import HttpParticipant
from tests.harness.parts import missing
from tests.harness.server import running
from tests.server.conftest import SHORT

HOUR = 3600


@pytest.fixture
def clock(tmp_path):
    if not wall_clock.available():
        missing(wall_clock.HOW_TO_GET_IT)
    return wall_clock.WallClock(tmp_path)


@pytest.fixture(params=[None, "postgres"], ids=["sqlite", "postgresql"])
def clocked_server(request, tmp_path, clock):
    """A server whose clock can be set."""
    url = database_url(request)
    with running(tmp_path / "project", database_url=url, environment=clock.environment) as server:
        yield server


def elapsed(participant):
    """The seconds that the page shows as passed, and those on a clock that nobody sets."""
    participant.reload()
    return participant.round["elapsed_ms"] / 1000 - time.monotonic()


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["ahead", "back"])
def test_a_clock_that_jumps_changes_nobodys_time(clocked_server, clock, jump):
    session = clocked_server.create_session("incentive", 1, force_arm="reward", **SHORT)
    participant = HttpParticipant(session.join_url, clocked_server.database)
    participant.play_to("EffortRound")
    before = elapsed(participant)
    with clocked_server.live_socket(participant.live_path) as socket:
        clock.set(jump)
        reply = socket.exchange(participant.journal(1))
        assert (reply["applied"], reply["refused"]) == (1, "")
        assert abs(reply["elapsed_ms"] / 1000 - time.monotonic() - before) < 1
    assert abs(elapsed(participant) - before) < 1
    [row] = participant.database.answers(participant.code, "main")
    assert not row["late"]
    # And it starts again with the clock as it is now: what remains is what was last stored.
    stopped = time.monotonic()
    clocked_server.kill()
    time.sleep(3)
    clocked_server.start()
    away = time.monotonic() - stopped
    assert abs(elapsed(participant) + away - before) < 2
    participant.close()
