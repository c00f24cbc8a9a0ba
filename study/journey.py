"""The way of one participant through a study, act by act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from study.acts import Act, Form, Leave
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
        if not hasattr(step, "phase") and person.leaves(step, seat):
            yield step, Leave()
            return
        folded: list[Any] = [s for s in study.path if step.name in getattr(s, "unfolds_on", ())]
        for act in step.acts(person, seat):
            if folded and isinstance(act, Form):
                counts = {each.reopened: person.reopens(step.name) for each in folded}
                act = replace(act, counts=counts)
            yield step, act
            if isinstance(act, Leave):
                return
