"""Sockets come from our own pages, or from programs that send no origin."""

from __future__ import annotations

import asyncio

import pytest
import websockets

from lab.mending.origin import same_origin
from tests.harness.live import LOOP
from tests.harness.server import running

ADDRESSES = ("/create_session", "/export", "/delete_sessions", "/session_monitor/abc")


async def _opens(url, **headers):
    try:
        async with websockets.connect(url, extra_headers=headers):
            await asyncio.sleep(0)
            return True
    except websockets.InvalidStatusCode as refused:
        return refused.status_code != 403


def test_pages_of_other_sites_open_no_socket(tmp_path):
    with running(tmp_path / "project") as server:
        for path in ADDRESSES:
            url = f"ws://127.0.0.1:{server.port}{path}"
            assert not LOOP.run(_opens(url, Origin="https://elsewhere.example"))
            assert not LOOP.run(_opens(url, Origin="null"))
            assert not LOOP.run(_opens(url, Origin=f"http://127.0.0.1:{server.port + 1}"))
            assert LOOP.run(_opens(url, Origin=f"http://127.0.0.1:{server.port}"))
            assert LOOP.run(_opens(url))
        assert "elsewhere.example" in server.output()


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        (None, "lab.example", True),
        ("http://lab.example", "lab.example", True),
        ("https://lab.example", "lab.example", True),
        ("http://lab.example:80", "lab.example", True),
        ("https://lab.example", "lab.example:443", True),
        ("https://lab.example:8443", "lab.example:8443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://LAB.example", "lab.example", True),
        ("https://lab.example:8443", "lab.example", False),
        ("http://lab.example.org", "lab.example", False),
        ("http://lab.example@elsewhere.example", "lab.example", False),
        ("null", "lab.example", False),
        ("", "", False),
        ("http://", "", False),
        ("file://lab.example", "lab.example", False),
        ("http://lab.example:x", "lab.example", False),
        ("http://l\xe4b.example", "lab.example", False),
    ],
)
def test_an_origin_is_compared_with_the_host_that_was_asked(origin, host, ours):
    headers = [(b"host", host.encode("latin-1"))]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    assert same_origin({"headers": headers}) is ours
