"""The parameters of a session: defaults, meaning, and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from study.experiments import Experiment

TASKS = ("encryption", "counting_zeros", "transcription")
STRATIFICATIONS = ("none", "baseline")
SEED_LENGTH = 64


class ParameterError(ValueError):
    """A session parameter has a value that is not allowed."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"Parameter {name} is {_shortened(value)}, but must be {allowed}.")


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True)
class Parameter:
    """One session parameter. ``check`` returns the cleaned value or raises `ParameterError`.

    In ``allowed``, ``{arms}`` stands for the arms of the experiment.
    """

    name: str
    default: Any
    meaning: str
    allowed: str
    check: Callable[[Parameter, Any, Experiment], Any]

    def clean(self, value: object, experiment: Experiment) -> Any:
        return self.check(self, value, experiment)

    def allows(self, experiment: Experiment | None = None) -> str:
        """What is allowed, in words; without an experiment, in either of them."""
        arms = ", ".join(experiment.arms) if experiment else "the experiment's arms"
        return self.allowed.replace("{arms}", arms)

    def refuse(self, value: object, allowed: str | None = None) -> ParameterError:
        return ParameterError(self.name, value, allowed or self.allowed)


def _number(parameter: Parameter, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise parameter.refuse(value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise parameter.refuse(value) from None
    if not math.isfinite(number):
        raise parameter.refuse(value)
    return number


def _whole(low: int, high: int) -> Callable[..., int]:
    def check(parameter: Parameter, value: object, _: Experiment) -> int:
        number = _number(parameter, value)
        if not number.is_integer() or not low <= number <= high:
            raise parameter.refuse(value)
        return int(number)

    return check


def _rate(high: float) -> Callable[..., float]:
    def check(parameter: Parameter, value: object, _: Experiment) -> float:
        number = _number(parameter, value)
        if not 0 <= number <= high:
            raise parameter.refuse(value)
        return number

    return check


def _one_of(options: Iterable[str]) -> Callable[..., str]:
    allowed = tuple(options)

    def check(parameter: Parameter, value: object, _: Experiment) -> str:
        if not isinstance(value, str) or value.strip() not in allowed:
            raise parameter.refuse(value)
        return value.strip()

    return check


def _arms(parameter: Parameter, value: object, experiment: Experiment) -> str:
    if not isinstance(value, str):
        raise parameter.refuse(value, parameter.allows(experiment))
    names = [name.strip() for name in value.split(",")] if value.strip() else []
    if len(set(names)) != len(names) or not set(names) <= set(experiment.arms) or len(names) == 1:
        raise parameter.refuse(value, parameter.allows(experiment))
    return ",".join(name for name in experiment.arms if name in names)


def _force_arm(parameter: Parameter, value: object, experiment: Experiment) -> str:
    if not isinstance(value, str) or value.strip() not in ("", *experiment.arms):
        raise parameter.refuse(value, parameter.allows(experiment))
    return value.strip()


def _seed(parameter: Parameter, value: object, _: Experiment) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise parameter.refuse(value)
    text = str(value).strip()
    # Only characters that survive every export and spreadsheet unchanged.
    if text and not (len(text) <= SEED_LENGTH and text.isascii() and text.isalnum()):
        raise parameter.refuse(value)
    return text


def parameters(languages: Iterable[str] = ("en", "it")) -> dict[str, Parameter]:
    """Every parameter by name. ``languages`` are the folders of `content/` that exist."""
    languages = tuple(languages)
    seconds = "a whole number of seconds from {} to 3600"
    table = [
        Parameter(
            "language",
            "en",
            "language that participants read first",
            f"one of {', '.join(languages)}",
            _one_of(languages),
        ),
        Parameter(
            "task",
            "encryption",
            "the effort task",
            f"one of {', '.join(TASKS)}",
            _one_of(TASKS),
        ),
        Parameter(
            "practice_items",
            2,
            "untimed practice cards",
            "a whole number from 0 to 20",
            _whole(0, 20),
        ),
        Parameter(
            "baseline_seconds",
            120,
            "length of the baseline round",
            seconds.format(5),
            _whole(5, 3600),
        ),
        Parameter(
            "task_seconds", 300, "length of the main round", seconds.format(5), _whole(5, 3600)
        ),
        Parameter(
            "voluntary_seconds",
            300,
            "length of the voluntary round; 0: not offered",
            "0 or " + seconds.format(5),
            _voluntary_seconds,
        ),
        Parameter(
            "piece_rate",
            0.10,
            "paid to the participant per correct card of the main round, in reward arms",
            "a number from 0 to 100",
            _rate(100),
        ),
        Parameter(
            "donation_rate",
            0.02,
            "paid to the service per correct card of a timed round, in every arm",
            "a number from 0 to 100",
            _rate(100),
        ),
        Parameter(
            "arms",
            "",
            "arms in use; empty: all",
            "empty or at least two of {arms}, separated by commas",
            _arms,
        ),
        Parameter(
            "force_arm",
            "",
            "everyone gets this arm (previews); such data are marked and not analysed",
            "empty or one of {arms}",
            _force_arm,
        ),
        Parameter(
            "stratify",
            "none",
            "randomize within strata of the baseline score",
            f"one of {', '.join(STRATIFICATIONS)}",
            _one_of(STRATIFICATIONS),
        ),
        Parameter(
            "seed",
            "",
            "seed of assignment and task; empty: drawn and stored when the session is created",
            f"empty or up to {SEED_LENGTH} letters and digits",
            _seed,
        ),
    ]
    return {parameter.name: parameter for parameter in table}


def _voluntary_seconds(parameter: Parameter, value: object, experiment: Experiment) -> int:
    if _number(parameter, value) == 0:
        return 0
    return _whole(5, 3600)(parameter, value, experiment)


def defaults() -> dict[str, Any]:
    """The parameters with their default values, for oTree's session configs."""
    return {name: parameter.default for name, parameter in parameters().items()}


def description(experiment: Experiment, languages: Iterable[str]) -> str:
    """The parameters as HTML, for oTree's form that creates a session."""
    rows = [
        f"<tr><th>{name}</th><td>{parameter.meaning}</td><td>{parameter.allows(experiment)}</td></tr>"
        for name, parameter in parameters(languages).items()
    ]
    return (
        '<table class="table table-sm"><tr><th>Parameter</th><th>Meaning</th><th>Allowed</th></tr>'
        f"{''.join(rows)}</table>"
    )


def clean(
    config: Mapping[str, Any], experiment: Experiment, languages: Iterable[str]
) -> dict[str, Any]:
    """The parameters of ``config``, cleaned. Raises `ParameterError` at the first bad one."""
    table = parameters(languages)
    return {name: table[name].clean(config.get(name), experiment) for name in table}


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse parameters that do not exist, which oTree itself would silently store."""
    known = tuple(known)
    for name in names:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise ValueError(
                f"There is no parameter {_shortened(name)}.{hint} There are: {', '.join(known)}."
            )
