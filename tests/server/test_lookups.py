"""Looking up a row composes its query once, and finds what oTree's own would find."""

import subprocess
import sys

from tests.harness.server import link_project

LOOK_UP = """
import os
os.environ["OTREE_IN_MEMORY"] = "1"
from otree import main
main.setup()
from otree.database import db
from otree.models import Participant
from sqlalchemy.sql import compiler
from lab.mending import lookups

lookups.install()
db.new_session()
from otree.session import create_session
session = create_session("incentive", num_participants=2)
db.commit()
codes = [each.code for each in session.get_participants()]

composed = []
init = compiler.SQLCompiler.__init__
def counted(self, *args, **options):
    composed.append(1)
    init(self, *args, **options)
compiler.SQLCompiler.__init__ = counted

found = []
for code in codes:
    db.expire_all()
    before = len(composed)
    found.append(Participant.objects_get(code=code).code)
    print("composed", len(composed) - before)
print("found", found == codes)
try:
    Participant.objects_get(code="nobody")
except Exception as error:
    print(type(error).__name__)
try:
    db.get_or_404(Participant, code="nobody")
except Exception as error:
    print(type(error).__name__, error.status_code)
"""


def test_a_lookup_is_composed_once(tmp_path):
    link_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", LOOK_UP],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = done.stdout.split("\n")
    first, second = [int(line.split()[1]) for line in lines if line.startswith("composed")]
    assert first >= 1
    assert second == 0
    assert "found True" in lines
    assert "NoResultFound" in lines
    assert "HTTPException 404" in lines
