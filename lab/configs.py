"""Whether the config of a new session may be as somebody wants it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from otree.session import NON_EDITABLE_FIELDS

from study import parameters, randomization
from study.parameters import ParameterError
from study.platform import MAX_FEE
from study.study import Study

OTREE_FIELDS = {
    *NON_EDITABLE_FIELDS,
    "participation_fee",
    "real_world_currency_per_point",
    "use_browser_bots",
}

POINTS = "a number above 0; it is not used"


def cleaned(config: Mapping[str, Any], study: Study) -> dict[str, Any]:
    """The parameters of a session as they are stored, with a seed.

    Raises ``ValueError``: one sentence that names the parameter, its value and what is allowed.
    """
    asked = [name for name in config if name not in OTREE_FIELDS]
    parameters.check_names(asked, study.parameters)
    _check_otree_fields(config, 0 if study.pay is None else MAX_FEE)
    found = parameters.clean(config, study.parameters)
    return found | {"seed": found["seed"] or randomization.new_seed()}


def _check_otree_fields(config: Mapping[str, Any], most: int) -> None:
    """What oTree takes unseen, and trips over later. ``most``: the highest fee."""
    fees = f"an amount from 0 to {most}" if most else "0: this study pays nobody"
    parameters.rate("participation_fee", 0, "", most).but(allowed=fees).clean(
        config.get("participation_fee")
    )
    points = config.get("real_world_currency_per_point")
    unused = parameters.rate("real_world_currency_per_point", 1, "", math.inf)
    if unused.but(allowed=POINTS).clean(points) == 0:
        raise ParameterError(unused.name, points, POINTS)
    if config.get("use_browser_bots"):
        raise ValueError(
            "Parameter use_browser_bots is on, but oTree's browser bots cannot work on cards; "
            "make demo plays whole sessions."
        )
