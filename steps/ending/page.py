"""The page of every end: what its step says, and nothing to press."""

from lab.ending import EndPage as End

__all__ = ["End"]
