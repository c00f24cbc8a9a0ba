"""What `simulate` writes has the columns of oTree's own exports, in oTree's order."""

import csv
import json
import os
import subprocess
import sys

from analysis.simulation.simulate import simulate
from study.finding import studies
from tests.harness.server import link_project

# Creates a session of each study and prints the headers of oTree's own exports.
OTREE = """
import csv, io, json, sys
from otree.main import setup
setup()
from otree import export, session
found = {}
for name, apps in json.loads(sys.argv[1]).items():
    code = session.create_session(session_config_name=name, num_participants=1).code
    for app in [None, *apps]:
        file = io.StringIO()
        if app is None:
            export.export_wide(file, session_code=code)
        else:
            export.export_app(app, file, session_code=code)
        file.seek(0)
        found[f"{name}/{app or 'all_apps_wide'}"] = next(csv.reader(file))
print("HEADERS" + json.dumps(found))
"""


def header(path):
    with path.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def test_the_columns_are_those_of_otree_in_its_order(tmp_path):
    project = tmp_path / "project"
    link_project(project)
    sequences = {name: [study.app] for name, study in studies().items()}
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OTREE", "DATABASE"))}
    ran = subprocess.run(
        [sys.executable, "-c", OTREE, json.dumps(sequences)],
        cwd=project,
        env=clean | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "HEADERS" in ran.stdout, ran.stdout + ran.stderr
    real = json.loads(ran.stdout.partition("HEADERS")[2])
    for name, apps in sequences.items():
        simulate(name, 2, tmp_path / name)
        for file in ("all_apps_wide", *apps):
            expected = real[f"{name}/{file}"]
            if file == "all_apps_wide":
                # A wide export holds the columns of every app that ever ran.
                ours = ("participant.", "session.", *(f"{app}." for app in apps))
                expected = [column for column in expected if column.startswith(ours)]
            assert header(tmp_path / name / f"{file}.csv") == expected, file
