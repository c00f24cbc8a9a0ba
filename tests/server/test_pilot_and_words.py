"""A session says whether it is a pilot, and how everything in it was worded."""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from study import words
from study.finding import studies, study_of
from tests.harness.server import ROOT, link_project, running
from tests.server.conftest import read_csv, short, wide
from tests.server.test_parameters import create_in_admin


def of_session(session, column):
    """What a session column says in the wide export, and in that of the app."""
    study = study_of(session.config)
    [in_wide] = {row[f"{study.app}.1.subsession.{column}"] for row in wide(session).values()}
    rows = read_csv(session.server.export("app", app=study.app, session_code=session.code))
    [in_app] = {row[f"subsession.{column}"] for row in rows if row["session.code"] == session.code}
    assert in_wide == in_app
    [stored] = session.server.database.query(
        f"SELECT s.{column} FROM {study.app}_subsession s "
        "JOIN otree_session o ON o.id = s.session_id WHERE o.code = :code",
        code=session.code,
    )
    return in_wide, stored[column]


def created(server, config, **parameters):
    session = server.create_session(config, 2, **short(config), **parameters)
    session.config = config
    return session


# ---------------------------------------------------------------------------------- pilot


@pytest.mark.parametrize("config", list(studies()))
@pytest.mark.parametrize(("given", "shown"), [(True, "1"), ("on", "1"), (False, "0"), ("", "0")])
def test_a_pilot_is_marked_in_every_export_and_nothing_else_is(server, config, given, shown):
    session = created(server, config, pilot=given)
    exported, stored = of_session(session, "pilot")
    assert (exported, bool(stored)) == (shown, shown == "1")
    assert {row["session.config.pilot"] for row in wide(session).values()} == {shown}


@pytest.mark.parametrize("config", list(studies()))
def test_a_session_is_no_pilot_unless_it_is_said(server, config):
    assert of_session(created(server, config), "pilot")[0] == "0"


@pytest.mark.parametrize("config", list(studies()))
def test_the_form_that_creates_a_session_offers_the_pilot_switched_off(server, config):
    page = requests.get(f"{server.url}/create_session", timeout=60).text
    [field] = re.findall(rf"<input[^>]*name='{config}\.pilot'[^>]*>", page)
    assert "type='checkbox'" in field
    assert "checked" not in field


@pytest.mark.parametrize(("ticked", "shown"), [({"pilot": "on"}, "1"), ({}, "0")])
def test_ticking_it_in_the_form_makes_a_pilot_and_the_report_says_so(server, ticked, shown):
    told = create_in_admin(server, **ticked)
    code = told["session_url"].rpartition("/")[2]
    rows = read_csv(server.export("wide", session_code=code))
    found = {row["incentive_experiment.1.subsession.pilot"] for row in rows}
    assert found == {shown}
    report = requests.get(f"{server.url}/AdminReport/{code}", timeout=60)
    assert report.status_code == 200
    assert ("This is a pilot." in html.unescape(report.text)) == (shown == "1")


# ---------------------------------------------------------------------------------- words


@pytest.mark.parametrize("config", list(studies()))
def test_the_fingerprint_of_the_words_stands_in_every_export(server, config):
    exported, stored = of_session(created(server, config), "words")
    assert re.fullmatch("[0-9a-f]{12}", exported)
    assert stored == exported
    assert of_session(created(server, config), "words")[0] == exported


def test_studies_that_are_worded_differently_have_different_fingerprints(server):
    found = {of_session(created(server, config), "words")[0] for config in studies()}
    assert len(found) == len(studies())


REWORD = """
import json
import re
from pathlib import Path
from study import messages, words
from study.finding import project, studies

def found():
    for cached in (words.read, messages.message):
        cached.cache_clear()
    return {name: words.fingerprint(study) for name, study in studies().items()}

before, changed = found(), {}
for path in sorted(project().glob("**/*.toml")):
    where = path.relative_to(project()).as_posix()
    if "content/" not in where and "/words/" not in where:
        continue
    text = path.read_text("utf-8")
    path.write_text(re.sub('"([^"]+)"', r'"\\1!"', text), "utf-8")
    changed[where] = [name for name, one in found().items() if one != before[name]]
    path.write_text(text, "utf-8")
assert found() == before
print(json.dumps(changed))
"""


def own_project(folder):
    """A project whose words may be changed."""
    for name in ("content", "steps", *(study.app for study in studies().values())):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    link_project(folder)
    return folder


def read_by(where):
    """The studies whose participants read what stands in a file."""
    folder, *rest = where.removesuffix(".toml").split("/")
    language = rest[0] if folder == "content" else rest[-1]
    for study in studies().values():
        if language not in study.languages:
            continue
        told = {arm.message for arm in study.arms if arm.message}
        if folder == "content":
            needed = {"common": True, "task": "task" in study.parameters, "facts": told}
            if needed[rest[1]] if rest[1] in needed else rest[2] in told:
                yield study.name
        elif folder == study.app or _brings(study, where):
            yield study.name


def _brings(study, where):
    """Whether a step of the study brings these words, and the study says not all otherwise."""
    its = words.read(study.folder / "content" / Path(where).name)
    return any(
        not each.is_renamed or words.read(ROOT / where).keys() - {"questions", *its[step.name]}
        for step in study.path
        for each in (step, *step.asks())
        if each.folder == (ROOT / where).parents[1]
    )


def test_a_changed_word_changes_the_fingerprint_of_those_who_read_it_and_of_no_others(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", REWORD],
        cwd=own_project(tmp_path / "project"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    changed = json.loads(done.stdout)
    assert len(changed) > 40
    assert {where: set(names) for where, names in changed.items()} == {
        where: set(read_by(where)) for where in changed
    }


def test_sessions_from_before_and_after_a_rewording_can_be_told_apart(tmp_path):
    folder = own_project(tmp_path / "project")
    with running(folder) as server:
        before = created(server, "incentive")
        told = of_session(before, "words")
        server.kill()
        letter = folder / "content/it/messages/beneficiary/2.toml"
        letter.write_text(letter.read_text("utf-8").replace(". ", "! ", 1), "utf-8")
        server.start()
        after = created(server, "incentive")
        assert of_session(before, "words") == told
        assert of_session(after, "words") != told
