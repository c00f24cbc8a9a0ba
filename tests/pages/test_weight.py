"""Pages are light, and say everything in words that can be translated."""

from __future__ import annotations

import re

from study import words
from study.finding import studies
from tests.harness.server import ROOT

LIMIT = 60_000
SCRIPTS = sorted((ROOT / "_static" / "lab").rglob("*.js"))


def test_scripts_and_styles_stay_below_60_kilobytes():
    files = [*SCRIPTS, *(ROOT / "_static" / "lab").rglob("*.css")]
    assert 0 < sum(path.stat().st_size for path in files) < LIMIT


def test_no_file_names_another_host():
    for path in (*(ROOT / "_static").rglob("*.*"), *(ROOT / "_templates").rglob("*.html")):
        text = path.read_text("utf-8")
        hosts = re.findall(r"(?:https?:)?//(?!\$|\s)[\w.-]+\.\w+", text.replace("www.w3.org", ""))
        assert hosts == [], path


def templates():
    """The templates of pages that participants see."""
    for folder in ("_templates", "steps", *(study.app for study in studies().values())):
        for path in (ROOT / folder).rglob("*.html"):
            if path.parent.name not in ("lab", "includes"):  # what experimenters see
                yield path


def test_templates_hold_no_words_of_their_own():
    marks = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&\w+;", flags=re.S)
    assert len(list(templates())) > 20
    for path in templates():
        text = marks.sub("", path.read_text("utf-8"))
        assert not re.search(r"[A-Za-z]{2}", text), (path, text.split())


def test_every_text_is_used():
    """What nobody reads need not be translated."""
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("lab", "steps", "study", "_templates", "_static/lab", "effort_task")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".py", ".html", ".js")
    )
    read = {name: words.shared("en", name) for name in (words.COMMON, words.TASK)}
    for study in studies().values():
        # What is asked is asked for by name, and checked when the server starts.
        read |= {
            f"{study.name}, {step.name}": {
                name: text
                for name, text in words.of_step(study, step, "en").items()
                if name not in ("questions", "items", "sentences")
            }
            for step in study.path
            if step.page
        }
    for file, texts in read.items():
        for path, _ in words.strings(texts):
            keys = [key for key in path.split(".") if not key.isdigit()]
            if keys[-1].startswith("announce_"):
                continue
            assert re.search(rf"\b{keys[-1]}\b", code), f"{file}: {path}"


def test_pages_hold_no_script_and_no_style_of_their_own():
    """Both would be refused by the policy that pages are sent with."""
    for path in templates():
        text = path.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or 'type="application/json"' in script, (path, script)
