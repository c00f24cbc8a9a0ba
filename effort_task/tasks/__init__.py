"""The tasks. Each is one module with one class of the shape of `Task`; to add one, add it here.

Every item is a pure function of a seed and a number, so the server stores neither items nor
solutions and can make any of them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from effort_task.tasks.base import Item, Limits
from effort_task.tasks.counting_zeros import CountingZeros
from effort_task.tasks.encryption import Encryption
from effort_task.tasks.transcription import Transcription

__all__ = ["TASKS", "Item", "Limits", "Task", "item_seed"]


class Task(Protocol):
    """What a task must offer.

    ``window`` is how many items the page holds ahead of the last acknowledged answer. No human
    works faster than ``fastest_seconds`` per item: answers that come faster are refused; simulated
    people take about ``usual_seconds``. Beyond ``limits`` a round is shown to the experimenter.
    """

    name: str
    window: int
    fastest_seconds: float
    usual_seconds: float
    inputmode: str
    maxlength: int
    limits: Limits

    def item(self, seed: str, number: int) -> Item:
        """The ``number``-th item (from 1) under ``seed``."""
        ...

    def is_correct(self, item: Item, response: str) -> bool:
        """Whether ``response`` solves ``item``, forgiving spaces and letter case."""
        ...

    def view(self, item: Item) -> Mapping[str, Any]:
        """What the page needs to show ``item``; never its solution."""
        ...


TASKS: dict[str, Task] = {
    task.name: task for task in (Encryption(), CountingZeros(), Transcription())
}


def item_seed(seed: str, participant: str, phase: str) -> str:
    """The seed of the items that ``participant`` meets in ``phase`` of a session."""
    return f"{seed}/{participant}/{phase}"
