"""A study is a thing of its own: no shared file names a study, an arm, a message or an outcome."""

import ast
import re
from dataclasses import replace
from pathlib import Path

from study import messages, toml
from study.finding import studies

ROOT = Path(__file__).parents[2]
SHARED = ("analysis", "effort_task", "lab", "people", "steps", "study", "_templates", "_static")
GENERAL = {"control", "facts"}
"""The field's word for the arm that others are compared with, and the file of facts."""


def shared_files(*suffixes):
    """The files of the house; an instrument's own folder may say what it measures."""
    for folder in SHARED:
        for path in sorted((ROOT / folder).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.suffix in suffixes and inside.parts[:2] != ("steps", "instruments"):
                yield inside
    yield Path("settings.py")


def names():
    """Studies, arms, factors, messages and the outcomes of their plans."""
    found = set()
    for study in studies().values():
        plan = toml.loads((study.folder / "plan.toml").read_text("utf-8"))
        found |= {study.name, study.app, *study.names, *messages.names(study)}
        found |= {factor.name for factor in study.factors} | set(plan["outcomes"])
    return found - GENERAL


def words_of(path):
    """What a Python file says in code: its names and texts, without its docstrings."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in described:
                yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.value.lineno, node.arg


def test_no_shared_python_file_names_what_belongs_to_a_study():
    pattern = re.compile(rf"\b({'|'.join(sorted(names(), key=len, reverse=True))})\b")
    found = []
    for path in shared_files(".py"):
        if path.suffix == ".py":
            for line, text in words_of(path):
                found += [f"{path}:{line}: {word}" for word in pattern.findall(text)]
    assert not found, "\n".join(found)


def test_no_template_and_no_script_names_what_belongs_to_a_study():
    pattern = re.compile(rf"[\"'.]({'|'.join(sorted(names(), key=len, reverse=True))})[\"'.]")
    found = []
    for path in shared_files(".html", ".js", ".toml"):
        text = (ROOT / path).read_text("utf-8")
        found += [f"{path}: {word}" for word in pattern.findall(text)]
    assert not found, "\n".join(found)


def test_a_study_made_anew_under_another_name_has_an_address_of_its_own():
    for study in studies().values():
        assert replace(study, name="another").address != study.address
        assert replace(study, title="Another").address == study.address
        given = replace(study, address="given")
        assert replace(given, name="another").address == "given"
