"""What happens to a test whose real part is not installed."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

ALL_PARTS = "REQUIRE_ALL_PARTS"


def missing(sentence: str) -> NoReturn:
    """Skip the test and say how to get the part; fail it if all parts are required."""
    if os.environ.get(ALL_PARTS) == "1":
        pytest.fail(f"{sentence} ({ALL_PARTS}=1 asks for all parts.)", pytrace=False)
    pytest.skip(sentence)
