"""Exports of simulated participants: they test the analysis and show what a report looks like.

How they behave is said by the steps and by each study's `people.py`; how their exports come about,
by `people/session.py` and `people/exports.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError, unknown
from analysis.exports.csv_files import PathLike
from people import exports
from people.assumptions import People, people_of
from people.session import Session
from study.finding import studies


def simulate(
    experiment: str,
    n: int,
    folder: PathLike,
    *,
    effects: Mapping[str, float] | People | None = None,
    seed: str | int = "1",
    sessions: int | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write the exports of ``n`` simulated participants into ``folder``, which is made if needed.

    ``effects`` are in standard deviations of the outcome against control, by arm
    (``{"treated": 0.4}``: on the main outcomes of the study's `people.py`) or by outcome and arm
    (``{"effort.treated": 0.2}``); empty: none; ``None``: those that `people.py` assumes.
    ``sessions`` is their number (default: sessions of the size that `people.py` assumes),
    ``parameters`` changes session parameters, also those that it assumes. Some participants never
    come, refuse, or leave; ``n`` counts all of them.

    Returns the files: the wide export, that of the study's app, and its custom exports. The same
    arguments give the same bytes. Raises ``AnalysisError`` for an unknown experiment, arm or
    parameter, and when ``folder`` holds other CSV files.
    """
    if experiment not in studies():
        raise unknown("experiment", experiment, studies())
    study = studies()[experiment]
    people = effects if isinstance(effects, People) else people_of(study)
    count = sessions if sessions is not None else math.ceil(n / people.seats)
    if n < 1 or not 1 <= count <= n:
        raise AnalysisError(f"{n} participants cannot be in {count} sessions.")
    try:
        config = exports.config_of(study, {**people.session, **(parameters or {})})
        if effects is not None and not isinstance(effects, People):
            people = people.but(study, effects)
    except ValueError as error:
        raise AnalysisError(str(error)) from None
    target = Path(folder)
    _make_room(target)
    held = [
        Session(
            study, config, people, seed=f"{seed}/{experiment}", number=number, size=size
        ).hold()
        for number, size in enumerate(n // count + (i < n % count) for i in range(count))
    ]
    return list(exports.write(held, target))


def _make_room(folder: Path) -> None:
    """Make ``folder``; clear it of earlier simulated exports; leave anything else alone."""
    folder.mkdir(parents=True, exist_ok=True)
    present = sorted(folder.glob("*.csv"))
    wide = folder / exports.WIDE
    ours = wide.exists() and exports.COMMENT in wide.read_text(encoding="utf-8", errors="replace")
    names = {exports.WIDE}
    for study in studies().values():
        # Earlier versions called the first custom export otherwise.
        own = f"{study.app}.csv", f"{study.app}_custom.csv"
        names |= {*own, *exports.file_names(study).values()}
    foreign = [path.name for path in present if not ours or path.name not in names]
    if foreign:
        raise AnalysisError(
            f"The folder {str(folder)!r} holds other CSV files ({', '.join(foreign)}): "
            "simulated data must not mix with them. Name another folder."
        )
    for path in present:
        path.unlink()
