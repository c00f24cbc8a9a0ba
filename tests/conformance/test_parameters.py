"""Parameters of a session: each says what it allows, refuses all else, and changes something."""

from __future__ import annotations

import math

import pytest
import requests

from analysis.simulation.simulate import simulate
from study import parameters, words
from study.parameters import ParameterError
from tests.harness.server import ROOT

NONSENSE = (None, -1, 10**9, math.nan, "", "=1+1", "no such value", 1.5, ["a"], {}, True, "x" * 99)
N = 24


def taken(parameter, value):
    """What a value is cleaned to; None: it is refused."""
    try:
        return parameter.clean(value)
    except ParameterError as refusal:
        said = str(refusal)
        assert said.startswith(f"Parameter {parameter.name} is "), said
        assert said.endswith(f", but must be {parameter.allowed}."), said
        assert "\n" not in said
        return None


def another(study, name):
    """An allowed value that is not the default; None: there is no other."""
    parameter = study.parameters[name]
    default = parameter.default
    tries = [*study.languages, ",".join(study.names[:2]), *reversed(study.names)]
    tries += [word.strip(",;.") for word in reversed(parameter.allowed.split())]
    tries += [default + 1 if isinstance(default, int | float) else f"{default}x"]
    tries += [True, "https://panel.example/", "https://panel.example/{id}"]
    values = [taken(parameter, value) for value in tries]
    return next((each for each in values if each not in (None, default)), None)


def test_defaults_are_allowed_and_nonsense_is_refused_in_a_sentence(study):
    """Promise 11."""
    for name, parameter in study.parameters.items():
        assert taken(parameter, parameter.default) == parameter.default, name
        found = [taken(parameter, value) for value in NONSENSE]
        assert None in found, name
        for value in found:
            assert value is None or taken(parameter, value) == value, name


@pytest.mark.parametrize("name", ["no_such_parameter", "participation_fee"])
def test_a_server_refuses_it_and_leaves_nothing(server, study, name):
    """Promise 11."""
    before = server.database.counts()
    wrong = [(name, "much")]
    wrong += [(each, {}) for each in study.parameters] if name == "no_such_parameter" else []
    for each, value in wrong:
        answer = server.try_session(study.name, 2, **{each: value})
        assert answer.status_code == 400, each
        assert each in answer.text
        assert "\n" not in answer.text
    assert server.database.counts() == before


def test_the_form_says_what_each_means_and_allows(server, study):
    """Promise 11."""
    page = requests.get(f"{server.url}/create_session", timeout=60).text
    for name, parameter in study.parameters.items():
        row = f"<th>{name}</th><td>{parameter.meaning}</td><td>{parameter.allowed}</td>"
        assert row in page, name


def test_every_parameter_matters(study, tmp_path):
    """Promise 11. Another value changes what is stored, or what is read, or who reads it."""
    defaults = parameters.defaults(study.parameters)
    usual = _data(study, defaults, tmp_path)
    for name in study.parameters:
        value = another(study, name)
        if value is None:
            continue
        changed = _data(study, {**defaults, name: value}, tmp_path)
        read = name in _quoted(study) or name in _looked_up(study)
        assert changed != usual or read, name


def _data(study, changed, folder):
    """What a session of simulated people leaves, its own parameters apart."""
    found = []
    for path in simulate(study.name, N, folder, sessions=2, parameters=changed):
        rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
        kept = [i for i, column in enumerate(rows[0]) if not column.startswith("session.config.")]
        found.append([[row[i] for i in kept if i < len(row)] for row in rows])
    return found


def _quoted(study):
    """The parameters whose values the study's texts show."""
    texts = [words.of_step(study, s, study.languages[0]) for s in study.path if s.page]
    return {study.quotable.get(name) for name in words.placeholders(texts)}


def _looked_up(study):
    """The parameters that a page of the study, or the server, looks up by name."""
    files = [*(step.folder / "page.py" for step in study.path), *(ROOT / "lab").rglob("*.py")]
    code = "".join(path.read_text("utf-8") for path in files if path.is_file())
    names = {name: name.rpartition("_")[0] for name in study.parameters}
    return {n for n, stem in names.items() if f'"{n}"' in code or f'f"{stem}_{{' in code}


def test_the_defaults_are_those_of_the_session_config(server, study):
    """Promise 11."""
    configs = requests.get(f"{server.url}/api/session_configs", timeout=60).json()
    [config] = [each for each in configs if each["name"] == study.name]
    for name, value in parameters.defaults(study.parameters).items():
        assert config[name] == value, name
