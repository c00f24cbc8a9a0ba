"""What `import analysis` offers, and how soon."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import analysis

ROOT = Path(__file__).parents[2]

CONTRACT = {
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
}


def python(code: str) -> str:
    """The output of ``code`` in a fresh interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_exactly_the_promised_names_are_public():
    assert set(analysis.__all__) == CONTRACT


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_every_public_name_can_be_used_and_is_documented(name):
    thing = getattr(analysis, name)
    assert callable(thing)
    assert not isinstance(thing, ModuleType)
    assert thing.__doc__


def test_names_can_be_listed_before_anything_is_imported():
    assert set(dir(analysis)) >= CONTRACT


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lasso'"):
        _ = analysis.lasso


def test_a_function_is_not_hidden_by_a_module_of_the_same_name():
    code = (
        "import analysis.planned.estimate, analysis.inference.contrast, analysis;"
        "print(callable(analysis.estimate), callable(analysis.contrast))"
    )
    assert python(code) == "True True"


def test_the_error_is_a_value_error():
    assert issubclass(analysis.AnalysisError, ValueError)


def test_importing_the_package_loads_neither_otree_nor_pandas():
    code = "import sys, analysis; print(sorted({'otree', 'pandas', 'numpy'} & set(sys.modules)))"
    assert python(code) == "[]"


def test_nothing_in_the_analysis_needs_otree():
    code = (
        "import sys, pkgutil, importlib; sys.modules['otree'] = None; import analysis;"
        "[importlib.import_module(m.name) for m in "
        "pkgutil.walk_packages(analysis.__path__, 'analysis.') if m.name != 'analysis.__main__'];"
        "print('fine')"
    )
    assert python(code) == "fine"


def test_help_waits_for_nothing_that_takes_long_to_load():
    slow = "{'pandas', 'numpy', 'scipy', 'statsmodels', 'matplotlib', 'otree'}"
    code = (
        "import sys, io; from analysis.commands.cli import main\n"
        "sys.stdout, shown = io.StringIO(), sys.stdout\n"
        "try: main(['--help'])\n"
        "except SystemExit: said, sys.stdout = sys.stdout.getvalue(), shown\n"
        f"print('report' in said, sorted({slow} & set(sys.modules)))"
    )
    assert python(code) == "True []"
