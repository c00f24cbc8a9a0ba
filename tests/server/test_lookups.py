"""A row is looked up once, with a query that was composed once, and is what oTree would find."""

import subprocess
import sys

import pytest

from tests.harness.server import link_project

LOOK_UP = """
import gc
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

from sqlalchemy import event
from otree.database import engine
said = []
event.listen(engine, "before_cursor_execute", lambda c, cursor, text, *_: said.append(text[:6]))

def asked(**wanted):
    said.clear()
    found = Participant.objects_get(**wanted)
    return found, " ".join(said)

[first, second] = [Participant.objects_get(code=code) for code in codes]
print("again", asked(code=codes[0]) == (first, ""))
print("by id", asked(id=first.id) == (first, "SELECT"), asked(id=first.id) == (first, ""))
first.label = "changed"
[rows] = db._db.info.values()
print("known", len(rows))
print("unwritten", asked(id=second.id) == (second, "SELECT"))
db.commit()
print("expired", asked(code=codes[0]) == (first, "SELECT"), first.label)
from otree.models_concrete import PageTimeBatch
db.add(PageTimeBatch(text="a row that nothing points at"))
row = db.query(PageTimeBatch).one()
print("row", PageTimeBatch.objects_get(id=row.id) is row)
del first, second
gc.collect()
print("kept", len(rows))
db.delete(row)
db._db.flush()
try:
    PageTimeBatch.objects_get(id=row.id)
except Exception as error:
    print("deleted", type(error).__name__)
try:
    Participant.objects_get(code="nobody")
except Exception as error:
    print(type(error).__name__)
try:
    db.get_or_404(Participant, code="nobody")
except Exception as error:
    print(type(error).__name__, error.status_code)
"""


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("lookups")
    link_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", LOOK_UP],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split("\n")


def test_a_lookup_is_composed_once(lines):
    first, second = [int(line.split()[1]) for line in lines if line.startswith("composed")]
    assert first >= 1
    assert second == 0
    assert "found True" in lines
    assert "NoResultFound" in lines
    assert "HTTPException 404" in lines


def test_a_row_is_read_once_in_a_transaction_and_after_it_again(lines):
    assert "again True" in lines
    assert "by id True True" in lines
    assert "expired True changed" in lines


def test_nobody_is_kept_for_having_been_looked_up(lines):
    assert "known 3" in lines
    assert "kept 1" in lines  # the row that the program still holds


def test_what_has_changed_is_not_written_for_a_lookup(lines):
    assert "unwritten True" in lines


def test_a_deleted_row_is_not_found(lines):
    assert "row True" in lines
    assert "deleted NoResultFound" in lines
