"""The real parts as fixtures: started once, shared by all tests that need them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.harness import chromium as chromium_part
from tests.harness import postgres as postgres_part
from tests.harness.load.scene import SECRETS
from tests.harness.parts import missing
from tests.harness.server import running

# Others may be using the computer: slow is not wrong.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of our own."""
    if postgres_part.programs() is None:
        missing(postgres_part.HOW_TO_GET_IT)
    with postgres_part.running() as server:
        yield server


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests. There can be only one of Playwright's loops in a process."""
    if chromium_part.program() is None:
        missing(chromium_part.HOW_TO_GET_IT)
    with chromium_part.running() as browser:
        yield browser


def database_url(request):
    """A new database of the kind the test is parametrized with; None: SQLite."""
    return request.getfixturevalue("postgres").new_database() if request.param else None


@pytest.fixture(scope="session", params=[None, "postgres"], ids=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    """The real server, once on SQLite and once on PostgreSQL."""
    url = database_url(request)
    with running(tmp_path_factory.mktemp("server") / "project", database_url=url) as server:
        yield server


@pytest.fixture(params=[None, "postgres"], ids=["sqlite", "postgresql"])
def own_server(request, tmp_path):
    """The same for one test alone, which may kill it."""
    url = database_url(request)
    with running(tmp_path / "project", database_url=url) as server:
        yield server


@pytest.fixture(params=[None, "postgres"], ids=["sqlite", "postgresql"])
def closed_server(request, tmp_path):
    """A server for one test alone, as it should be run: with password and keys."""
    url = database_url(request)
    with running(tmp_path / "project", database_url=url, environment=SECRETS) as server:
        yield server
