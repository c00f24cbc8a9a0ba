"""The suite of promises can fail: those that are tried without a server, broken once in a study.

`python -m tests.conformance.breaking` breaks all of them in every study.
"""

from __future__ import annotations

import pytest

from study.finding import studies
from tests.conformance.breaking import BREAKS, copy, failed

QUICK = [each for each in BREAKS if each.test in ("test_design", "test_words", "test_plan")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("broken"))


@pytest.mark.parametrize("broken", QUICK, ids=lambda each: each.what.replace(" ", "_"))
def test_what_is_broken_is_seen(project, broken):
    tests, said = failed(project, next(iter(studies().values())), broken)
    assert tests, said
