"""The page of every end."""

from __future__ import annotations

from lab.ending import EndPage


class End(EndPage):
    """What its step says, and nothing to press."""
