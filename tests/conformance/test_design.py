"""The design is a declaration, and what follows from it is explained."""

from __future__ import annotations

import ast
import subprocess
import sys

from analysis.exports.codebook import explain
from analysis.simulation.simulate import simulate
from study.documents import readme
from tests.harness.server import ROOT

LOOSE = (ast.FunctionDef, ast.Lambda, ast.If, ast.IfExp, ast.For, ast.While, ast.ListComp)


def test_the_design_is_only_a_declaration(study):
    """Promise 1."""
    tree = ast.parse((study.folder / "design.py").read_text("utf-8"))
    assert all(isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign) for node in tree.body)
    assert not [node for node in ast.walk(tree) if isinstance(node, LOOSE)]


def test_the_design_loads_without_what_takes_long(study):
    """Promise 1."""
    slow = "{'otree', 'pandas', 'numpy', 'sqlalchemy', 'starlette'}"
    program = f"import sys, {study.app}.design; print(*{slow} & {{*sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_every_column_has_one_writer_and_an_explanation(study):
    """Promise 4."""
    written = [column.name for step in study.once for column in step.columns(study)]
    assert len(written) == len(set(written))
    for column in [*study.columns.values(), *study.session_columns.values()]:
        assert column.description.endswith((".", ";")), column.name


def test_every_exported_column_is_explained_by_the_codebook(study, tmp_path):
    """Promise 4."""
    for path in simulate(study.name, 4, tmp_path):
        with path.open(encoding="utf-8") as file:
            header = file.readline().strip().split(",")
        assert [column for column in header if explain(column) is None] == [], path.name


def test_the_readme_is_up_to_date(study):
    """Promise 4. `python -m study.documents` writes it."""
    assert (study.folder / "README.md").read_text("utf-8") == readme(study)
