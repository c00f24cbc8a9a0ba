"""From oTree's exports to the pre-registered analysis of the studies.

``read_export`` and ``load`` turn CSV files into data frames; ``estimate`` gives the whole planned
table of such a frame, ``contrast`` one claim; estimators and diagnostics take a data frame and the
names of its columns; ``python -m analysis`` runs all of it from a terminal. Nothing here imports
oTree. The folders: ``exports`` (files to frames), ``inference`` (one fit, one law, one rule of
claims), ``estimators``, ``diagnostics``, ``planned`` (the plan and its table), ``report``,
``simulation``, ``commands``.

Every estimator returns a data frame with the columns outcome, term, estimate, std_error,
statistic, df, p_value, conf_low, conf_high, n and estimator, one row per estimate.

Whatever is wrong with data, plan or arguments raises one error:

ValueError
 └─ AnalysisError

The names below are the whole public interface; each is imported when it is first used, so that
the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.diagnostics import (
        attrition,
        balance,
        cronbach_alpha,
        lee_bounds,
    )
    from analysis.errors import AnalysisError
    from analysis.estimators import (
        count_model,
        difference_in_means,
        equivalence,
        factorial,
        lin,
        ordered_logit,
        randomization_inference,
        rank_test,
        welch,
    )
    from analysis.exports.participants import load
    from analysis.exports.reading import Export, read_export
    from analysis.inference.adjust import adjust
    from analysis.inference.contrast import contrast, step_down
    from analysis.planned.estimate import estimate

_HOMES = {
    "AnalysisError": "errors",
    "Export": "exports.reading",
    "adjust": "inference.adjust",
    "attrition": "diagnostics",
    "balance": "diagnostics",
    "contrast": "inference.contrast",
    "count_model": "estimators",
    "cronbach_alpha": "diagnostics",
    "difference_in_means": "estimators",
    "equivalence": "estimators",
    "estimate": "planned.estimate",
    "factorial": "estimators",
    "lee_bounds": "diagnostics",
    "lin": "estimators",
    "load": "exports.participants",
    "ordered_logit": "estimators",
    "randomization_inference": "estimators",
    "rank_test": "estimators",
    "read_export": "exports.reading",
    "step_down": "inference.contrast",
    "welch": "estimators",
}

__all__ = [
    "AnalysisError",
    "Export",
    "adjust",
    "attrition",
    "balance",
    "contrast",
    "count_model",
    "cronbach_alpha",
    "difference_in_means",
    "equivalence",
    "estimate",
    "factorial",
    "lee_bounds",
    "lin",
    "load",
    "ordered_logit",
    "randomization_inference",
    "rank_test",
    "read_export",
    "step_down",
    "welch",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module(f"analysis.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
