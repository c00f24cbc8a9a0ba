"""The studies of this project: every folder beside `settings.py` that holds a `design.py`.

Where the project was installed by pip, and no work tree is about, the studies are those that came
with it. There is no list to forget. Whatever is wrong in a design is one sentence with file and
line.
"""

from __future__ import annotations

import re
import sys
import traceback
from functools import cache
from importlib import import_module, metadata
from pathlib import Path

from study.problems import ROOT, DesignError, at, did_you_mean, shown, unknown
from study.study import Study

DISTRIBUTION = "coproduction-experiments"
"""What pip calls the project."""


def project() -> Path:
    """The folder of the project: the one we run in if it is one, else the one we are in."""
    here = Path.cwd()
    return here if (here / "settings.py").is_file() and (here / "content").is_dir() else ROOT


def designs() -> list[Path]:
    """The files that declare a study, in the order of their folders."""
    folder = project()
    if (folder / "settings.py").is_file():
        return sorted(folder.glob("*/design.py"))
    # Installed: a design.py beside ours may be anybody's.
    ours = metadata.files(DISTRIBUTION) or []
    return sorted(folder / each for each in ours if each.parts[1:] == ("design.py",))


@cache
def studies() -> dict[str, Study]:
    """Every study by the name of its session config. Raises `DesignError`."""
    found: dict[str, Study] = {}
    for path in designs():
        study = read(path)
        for other in found.values():
            for what in ("name", "address"):
                if getattr(study, what) == getattr(other, what):
                    raise study.error(
                        f"its {what} is {getattr(study, what)!r}, which is that of "
                        f"{other.app} already."
                    )
        found[study.name] = study
    return found


def checked() -> dict[str, Study]:
    """Every study, once its words, messages and people have been read. Raises `DesignError`."""
    from people.assumptions import people_of
    from study import messages, words

    for study in studies().values():
        words.check(study)
        messages.check(study)
        people_of(study)
    return studies()


def study_of(name: str) -> Study:
    """The study called ``name``. Raises ``ValueError`` with those that there are."""
    if name not in studies():
        raise ValueError(unknown("study", name, studies()))
    return studies()[name]


def read(path: Path) -> Study:
    """The study that ``path`` declares. Raises `DesignError` with the line that is wrong."""
    folder = path.parent
    if not folder.name.isidentifier():
        raise DesignError(f"{shown(folder)}: the name of a study's folder must be a Python name.")
    if str(folder.parent) not in sys.path:
        sys.path.insert(0, str(folder.parent))
    try:
        module = import_module(f"{folder.name}.design")
    except DesignError:
        raise
    except SyntaxError as error:
        raise DesignError(f"{at(error.filename or path, error.lineno)}: {error.msg}.") from None
    except Exception as error:
        raise DesignError(f"{line_of(error, path)}: {said(error)}") from None
    study = getattr(module, "STUDY", None)
    if not isinstance(study, Study):
        raise DesignError(f"{shown(path)}: it must declare STUDY = Study(...).")
    return study


def line_of(error: Exception, path: Path) -> str:
    """The last line in the folder of the design that was being read when it failed."""
    places = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if path.parent.resolve() in Path(frame.filename).resolve().parents
    ]
    return at(*(places[-1] if places else (path, None)))


def said(error: Exception) -> str:
    """What is wrong, as a sentence, with the name that was perhaps meant."""
    if isinstance(error, NameError) and error.name:
        import steps
        import study

        known = [*steps.__all__, *study.__all__, "People", "PEOPLE"]
        return f"{error.name} is not imported.{did_you_mean(error.name, known)}"
    if found := re.match(r"cannot import name '(\w+)' from '([\w.]+)'", str(error)):
        wanted, module = found.groups()
        if wanted == "STUDY":
            return "it must declare STUDY = Study(...)."
        known = list(getattr(sys.modules.get(module), "__all__", []))
        return f"{module} has no {wanted!r}.{did_you_mean(wanted, known)}"
    return f"{error}".rstrip(".") + "."
