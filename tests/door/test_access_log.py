"""What stands in the log of requests, and what does not."""

from __future__ import annotations

import pytest
import requests

from lab.mending.access_log import LONGEST, shown
from tests.door.conftest import CLOSED
from tests.harness.participant import HttpParticipant
from tests.harness.server import running


def test_codes_labels_and_queries_do_not_stand_in_the_log(folder):
    with running(folder, environment=CLOSED) as server:
        session = server.create_session("info_source", 2)
        person = HttpParticipant(session.join_url + "?participant_label=maria", server.database)
        person.next()
        code = person.code
        person.close()
        for path in (
            f"/InitializeParticipant/{code}?participant_label=maria",
            f"/OutOfRangeNotification/{code}",
            f"/stop/{code}",
            f"//p//{code}/x",
            f"/P/{code}/x",
            f"/api/participant_vars/{code}",
            "/room/laboratory?participant_label=maria",
        ):
            requests.get(server.url + path, timeout=30)
        requests.get(f"{server.url}/{'a' * 30_000}", timeout=30)
        log = server.output()
    assert '"GET /p/***/' in log
    assert "Consent/1" in log
    assert code not in log
    assert "maria" not in log
    assert session.join_url.rsplit("/", 1)[1] not in log
    assert max(map(len, log.splitlines())) < LONGEST + 100


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/p/abcd1234/study/Consent/1?x=1", "/p/***/study/Consent/1"),
        ("/InitializeParticipant/abcd1234", "/InitializeParticipant/***"),
        ("/join/bobofudi", "/join/***"),
        ("/panel/bobofudi?id=ana", "/panel/***"),
        ("/stop/abcd1234", "/stop/***"),
        ("/live?participant_code=abcd1234", "/live"),
        ("/round?participant=abcd1234&page=3", "/round"),
        ("/api/participant_vars/abcd1234", "/api/participant_vars/***"),
        ("/SessionMonitor/q1w2e3r4", "/SessionMonitor/q1w2e3r4"),
        ("/static/lab/page.js", "/static/lab/page.js"),
        ("/a\nINFO: b", r"/a\nINFO: b"),
        ("/" + "x" * 1000, "/" + "x" * (LONGEST - 1) + "..."),
    ],
)
def test_what_of_an_address_is_shown(path, line):
    assert shown(path) == line
