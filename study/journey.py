"""The way of one participant through a study, act by act."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from study.acts import Act, Leave
from study.step import Seat, Step
from study.study import Study


def journey(study: Study, person: Any, seat: Seat) -> Iterator[tuple[Step, Act]]:
    """What a simulated person does, step by step.

    Whoever plays an act stores what follows from it before asking for the next: later steps look
    at what is stored. It ends when the person leaves, or where the study ends for them.
    """
    if not person.shows_up():
        return
    for step in study.path:
        if not study.reaches(step, seat):
            continue
        if person.leaves_before(step, seat):
            yield step, Leave()
            return
        for act in step.acts(person, seat):
            yield step, act
            if isinstance(act, Leave):
                return
