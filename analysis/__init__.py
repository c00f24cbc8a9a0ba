"""From oTree's exports to the pre-registered analysis of the two experiments.

``read_export`` and ``load`` turn CSV files into data frames; the estimators, tests and
diagnostics take a data frame and the names of its columns; ``python -m analysis`` runs all of it
from a terminal. Nothing here imports oTree.

Every estimator returns a data frame with the columns outcome, term, estimate, std_error,
statistic, df, p_value, conf_low, conf_high, n and estimator, one row per estimate.

Whatever is wrong with data, plan or arguments raises one error:

ValueError
 └─ AnalysisError

The names below are the whole public interface; each is imported when it is first used, so that
the command line answers at once.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
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
        rank_test,
        welch,
    )
    from analysis.export import Export, read_export
    from analysis.multiple_testing import adjust, westfall_young
    from analysis.participants import load
    from analysis.randomization_inference import randomization_inference

__all__ = [
    "AnalysisError",
    "Export",
    "adjust",
    "attrition",
    "balance",
    "count_model",
    "cronbach_alpha",
    "difference_in_means",
    "equivalence",
    "factorial",
    "lee_bounds",
    "lin",
    "load",
    "ordered_logit",
    "randomization_inference",
    "rank_test",
    "read_export",
    "welch",
    "westfall_young",
]

_HOMES = {
    "AnalysisError": "errors",
    "Export": "export",
    "adjust": "multiple_testing",
    "attrition": "diagnostics",
    "balance": "diagnostics",
    "count_model": "estimators",
    "cronbach_alpha": "diagnostics",
    "difference_in_means": "estimators",
    "equivalence": "estimators",
    "factorial": "estimators",
    "lee_bounds": "diagnostics",
    "lin": "estimators",
    "load": "participants",
    "ordered_logit": "estimators",
    "randomization_inference": "randomization_inference",
    "rank_test": "estimators",
    "read_export": "export",
    "welch": "estimators",
    "westfall_young": "multiple_testing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module(f"analysis.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """A package whose public functions are not hidden by submodules of the same name."""

    def __setattr__(self, name: str, value: object) -> None:
        # Importing a submodule binds it here; `randomization_inference` must stay the function.
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
