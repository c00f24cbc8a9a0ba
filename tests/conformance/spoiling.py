"""Spoils each line of what a study is written in, one after the other, and says what came of it.

``python -m tests.conformance.spoiling APP [N]``, in a copy of the project: each line, or every
N-th. Prints a JSON list of ``[file, line, how, error, message]``; no error: it was accepted;
`UNREAD`: the study does not read this line of a step's words.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from analysis.planned.plan import FILE, read_plan
from people.assumptions import people_of
from study import finding, messages, words
from study.study import Study

NAME = re.compile(r"[A-Za-z_]\w{2,}")
KEY = re.compile(r"^\[*(?:\w+\.)*([A-Za-z_]\w*)\]* *=?")
BROKEN = "§"
"""A character that stands for nothing, in Python and in TOML."""
UNREAD = "unread"


def read(app: str) -> Study:
    """Everything of a study, read anew."""
    for module in [name for name in sys.modules if name.split(".")[0] == app]:
        del sys.modules[module]
    for cached in (finding.studies, words.read, messages._versions, messages.message):
        cached.cache_clear()
    study = finding.read(Path(app).absolute() / "design.py")
    words.check(study)
    messages.check(study)
    people_of(study)
    if (study.folder / FILE).is_file():
        read_plan(study.folder / FILE)
    return study


def outcome(app: str, path: Path, whole: str) -> tuple[str, str]:
    """The kind of error and what it says; ``whole``: the fingerprint of the words unspoilt."""
    try:
        study = read(app)
    except Exception as error:
        return type(error).__name__, str(error)
    is_unread = path.parent.name == "words" and words.fingerprint(study) == whole
    return UNREAD if is_unread else "", ""


def files(study: Study) -> Iterator[Path]:
    """What a study is written in: its own files, the words of its steps, its messages."""
    yield from (study.folder / name for name in ("design.py", "people.py", FILE))
    parts = [part for step in study.path if step.page for part in (step, *step.asks())]
    for language in study.languages:
        yield study.folder / "content" / f"{language}.toml"
        for folder in dict.fromkeys(part.folder for part in parts):
            yield folder / "words" / f"{language}.toml"
        for name in messages.names(study):
            yield from (words.content() / language / "messages" / name).glob("*.toml")


def spoilt(path: Path, line: str) -> Iterator[tuple[str, str]]:
    """How a line can be wrong: a name in it is another one; a character stands for nothing."""
    pattern = NAME if path.suffix == ".py" else KEY
    if found := pattern.search(line):
        place = found.end(found.lastindex or 0)
        yield "name", f"{line[:place]}x{line[place:]}"
    if path.parent.name != "words":
        yield "character", BROKEN + line


def main(app: str, one_in: int = 1) -> None:
    sys.dont_write_bytecode = True
    found = []
    study = read(app)
    whole = words.fingerprint(study)
    for path in dict.fromkeys(files(study)):
        if not path.is_file():
            continue
        text = path.read_text("utf-8")
        lines = text.splitlines()
        for number, line in enumerate(lines, start=1):
            if number % one_in or not line.strip() or line.lstrip().startswith("#"):
                continue
            for how, wrong in spoilt(path, line):
                path.write_text("\n".join([*lines[: number - 1], wrong, *lines[number:]]), "utf-8")
                where = path.relative_to(Path.cwd()).as_posix()
                found.append([where, number, how, *outcome(app, path, whole)])
        path.write_text(text, "utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
