"""Checks when the server starts and when a session is created.

oTree stores whatever a session config contains, and runs `creating_session` only after the session
and its participants are in the database. A bad parameter must change nothing, so it is refused one
step earlier, where oTree itself checks a session config. oTree's form would print a traceback with
the refusal, so the function that collects it is replaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from otree import session
from otree.database import db
from otree.models import Session
from otree.session import (
    NON_EDITABLE_FIELDS,
    CreateSessionError,
    CreateSessionInvalidArgs,
    SessionConfig,
)

from study import content, parameters, randomization
from study.experiments import EXPERIMENTS, Experiment

MAX_FEE = 1000

OTREE_FIELDS = {
    *NON_EDITABLE_FIELDS,
    "participation_fee",
    "real_world_currency_per_point",
    "use_browser_bots",
}


@lru_cache(maxsize=256)
def session_config(session_code: str) -> Mapping[str, Any]:
    """The config of a session, read once: for what never changes after it was created."""
    [config] = db.query(Session).filter_by(code=session_code).with_entities(Session.config).one()
    return config


def config_of(player: Any) -> Mapping[str, Any]:
    """The config of the player's session, read from the database once.

    For what never changes after the session was created: everything but the participation fee,
    which the experimenter may edit.
    """
    return session_config(player.participant._session_code)


def experiment_of(config: Any) -> Experiment:
    """The experiment that a session runs."""
    [experiment] = [e for e in EXPERIMENTS.values() if e.app in config["app_sequence"]]
    return experiment


def clean_config(config: Any) -> None:
    """Check the parameters of a session and store them cleaned, with a seed.

    Raises ``CreateSessionInvalidArgs`` with one sentence that names the parameter, its value and
    what is allowed.
    """
    try:
        known = parameters.defaults()
        asked = [name for name in config if name not in OTREE_FIELDS]
        parameters.check_names(asked, known)
        _check_otree_fields(config)
        cleaned = parameters.clean(config, experiment_of(config), content.languages())
    except ValueError as error:
        raise CreateSessionInvalidArgs(str(error)) from None
    config.update(cleaned)
    config["seed"] = config["seed"] or randomization.new_seed()


def _check_otree_fields(config: Any) -> None:
    """What oTree takes unseen, and trips over later."""
    _check_number(
        config, "participation_fee", f"an amount from 0 to {MAX_FEE}", lambda n: 0 <= n <= MAX_FEE
    )
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


def _check_number(config: Any, name: str, allowed: str, fits: Callable[[Decimal], bool]) -> None:
    value = config.get(name)
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise parameters.ParameterError(name, value, allowed) from None
    if not (number.is_finite() and fits(number)):
        raise parameters.ParameterError(name, value, allowed)


@cache
def install() -> None:
    """Check the content now, and every session config from now on; mend what oTree leaves open.

    Once, however often it is called: every mending wraps what stands in oTree.
    """
    # Imported late: it needs oTree's views, which need what stands above.
    from lab import board, mending

    content.check()
    board.install()
    mending.install()
    _clean.__wrapped__ = SessionConfig.clean  # type: ignore[attr-defined]
    SessionConfig.clean = _clean
    session.create_session_traceback_wrapper = _create_session


def _clean(config: SessionConfig) -> None:
    # A laboratory may keep other studies in the same project; they are none of our business.
    if any(experiment.app in config["app_sequence"] for experiment in EXPERIMENTS.values()):
        clean_config(config)
    _clean.__wrapped__(config)  # type: ignore[attr-defined]


def _create_session(**options: Any) -> Any:
    """Create a session for the form, which shows a traceback below the message of every error.

    What is wrong with a parameter is said in the message; no line of code could say more.
    """
    try:
        return session.create_session(**options)
    except CreateSessionInvalidArgs as error:
        raise CreateSessionError from error.with_traceback(None)
    except Exception as error:
        raise CreateSessionError from error
