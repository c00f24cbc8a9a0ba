"""Whatever is wrong in the files of a study is one sentence that names the file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

from tests.conformance.conftest import LEFT_OUT
from tests.conformance.spoiling import UNREAD
from tests.harness.server import ROOT

REFUSALS = ("DesignError", "AnalysisError")


def test_every_line_that_is_spoilt_is_named_or_harmless(study, one_line_in, tmp_path):
    """Promise 2. Each line of design, people, plan, words and messages in turn.

    `make conformance` spoils each; with all tests it is one in five.
    """
    project = tmp_path / "project"
    shutil.copytree(ROOT, project, ignore=LEFT_OUT)
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.spoiling", study.app, str(one_line_in)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    for file, _, how, error, message in found:
        # What a text says in a Python file may be worded otherwise; every key of a TOML file that
        # the study reads has a meaning.
        accepted = error == UNREAD or (not error and file.endswith(".py"))
        assert error in REFUSALS or accepted, (file, error, message)
        assert "\n" not in message
        if not accepted:
            assert re.match(r"[\w./]+\.(py|toml)[:,]", message), message
        if not accepted and how == "character":
            assert message.startswith(file), message
            assert re.search(r"line \d+|:\d+: ", message), message
    in_design = [error for file, *_, error, _ in found if file.endswith("design.py")]
    assert in_design.count("") < 0.2 * len(in_design)
