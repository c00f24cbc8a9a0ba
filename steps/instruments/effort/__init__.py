"""The main round: effort, measured by correct cards; one may stop early.

Source of real-effort tasks of this kind: Erkal, Gangadharan & Nikiforakis (2011),
10.1257/aer.101.7.3330.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steps.round import Round


@dataclass(frozen=True, eq=False)
class Effort(Round):
    """Five minutes, which one may end."""

    name: str = "effort"
    phase: str = "main"
    seconds: int = 300
    parameter: str = "task_seconds"
    may_stop: bool = True
    stopped: str = "stopped_early"
    about: ClassVar[str] = "main round"
