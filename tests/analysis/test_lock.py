"""The environment without oTree is what is written down."""

import pytest

from analysis.report.manifest import declared, installed
from tests.harness.locks import ROOT, locked


@pytest.mark.parametrize("name", ["analysis/requirements-cluster", "tests/analysis/requirements"])
def test_a_lock_has_all_that_is_brought_along_and_nothing_else(name):
    assert locked(ROOT / f"{name}.txt") == installed(declared(ROOT / f"{name}.in"))
