"""Whether the config of a new session may be as somebody wants it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
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
    _check_number(config, "participation_fee", fees, lambda n: 0 <= n <= most)
    _check_number(
        config,
        "real_world_currency_per_point",
        "a number above 0; it is not used",
        lambda n: 0 < float(n) < math.inf,
    )
    if config.get("use_browser_bots"):
        raise ValueError(
            "Parameter use_browser_bots is on, but oTree's browser bots cannot work on cards; "
            "make demo plays whole sessions."
        )


def _check_number(
    config: Mapping[str, Any], name: str, allowed: str, fits: Callable[[Decimal], bool]
) -> None:
    value = config.get(name)
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ParameterError(name, value, allowed) from None
    if not (number.is_finite() and fits(number)):
        raise ParameterError(name, value, allowed)
