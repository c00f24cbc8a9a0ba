"""All that participants read.

A step brings its words (`steps/…/words/<language>.toml`); a study adds to them, or says it
otherwise, in its own `content/<language>.toml`, under the name of the step. What stands around
every page, the words of the tasks and the messages are in `content/<language>/`. All is TOML.
Texts may quote values as ``{name}``; two asterisks make words **bold**.

Everything is checked when the server starts, so that a missing word is found before the first
participant comes.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from study import toml
from study.columns import Column
from study.problems import DesignError, shown, unknown
from study.step import Step, questions

if TYPE_CHECKING:
    from study.study import Study

LISTS = ("paragraphs", "after", "items")
"""Texts that have several parts."""

SAMPLE = "sample"
"""``sample = true`` in the words of a study: they are for trying out."""
OF_QUESTION = ("label", "hint", "required", "options", "items", "low", "high")
"""What may be said of a question, and of each of its items."""

COMMON = "common"
TASK = "task"


def content() -> Path:
    """The folder of what all studies share."""
    from study.finding import project

    return project() / "content"


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a folder in `content/`, English first."""
    names = sorted(path.name for path in content().glob("[!_]*") if path.is_dir())
    return tuple(sorted(names, key=lambda name: (name != "en", name)))


@cache
def read(path: Path) -> Mapping[str, Any]:
    """The texts of one file. Raises `DesignError` if it is missing or broken."""
    try:
        declared: Mapping[str, Any] = toml.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DesignError(f"{shown(path)}: the file is missing.") from None
    except UnicodeDecodeError:
        raise DesignError(f"{shown(path)}: the file is not UTF-8 text.") from None
    except toml.TOMLDecodeError as error:
        raise DesignError(f"{shown(path)}: {error}.") from None
    for place, text in strings(declared):
        try:
            placeholders(text)
        except ValueError as error:
            said = f"{place}: a brace that quotes nothing is written twice ({error})."
            raise DesignError(f"{shown(path)}, {said}") from None
    return declared


def shared(language: str, name: str) -> Mapping[str, Any]:
    """`common`, the words around every page, or `task`, those of the tasks."""
    return read(content() / language / f"{name}.toml")


# ------------------------------------------------------------------------- words of a step


def _own(step: Step, language: str) -> Mapping[str, Any]:
    """What the step itself brings."""
    folder = step.folder / "words"
    if not folder.is_dir():
        return {}
    brought = read(folder / f"{language}.toml")
    if step.table:
        found: Mapping[str, Any] = brought.get(step.table, {})
        return found
    own = ("questions", *step.by_arm)
    return {k: v for k, v in brought.items() if k in own or not isinstance(v, Mapping)}


def _file(study: Study, language: str) -> Path:
    """Where a study adds to what its steps bring, or says it otherwise."""
    return study.folder / "content" / f"{language}.toml"


def _said(study: Study, language: str) -> Mapping[str, Any]:
    path = _file(study, language)
    return read(path) if path.is_file() else {}


def _of_study(study: Study, step: Step, language: str) -> Mapping[str, Any]:
    path = _file(study, language)
    found = _said(study, language).get(step.name, {})
    if not isinstance(found, Mapping):
        raise DesignError(f"{shown(path)}: {step.name} must be a table of texts, [{step.name}].")
    asked = found.get("questions", {})
    if not isinstance(asked, Mapping) or not all(isinstance(x, Mapping) for x in asked.values()):
        tables = f"a table of texts for each question, [{step.name}.questions.…]"
        raise DesignError(f"{shown(path)}: {step.name}.questions must hold {tables}.")
    return found


def of_step(study: Study, step: Step, language: str) -> dict[str, Any]:
    """The texts of the page of ``step``: its own, and what the study says otherwise."""
    # An instrument put to another use asks something else.
    found: dict[str, Any] = {} if step.is_renamed else dict(_own(step, language))
    for part in step.asks():
        brought = _own(part, language).get("questions", {})
        found["questions"] = {**found.get("questions", {}), **brought}
    for key, value in _of_study(study, step, language).items():
        if key == "questions":
            brought = found.get(key, {})
            said = {name: {**brought.get(name, {}), **texts} for name, texts in value.items()}
            value = {**brought, **said}
        found[key] = value
    return found


def of_question(study: Study, step: Step, column: Column, language: str) -> dict[str, Any]:
    """The texts of the question that fills ``column``: label, hint, options and so on."""
    asked = of_step(study, step, language).get("questions", {})
    name, _, number = column.name.rpartition("_")
    if name in asked and number.isdigit() and "items" in asked[name]:
        family = asked[name]
        item = family["items"][int(number) - 1]
        return {**family, **item} if isinstance(item, Mapping) else {**family, "label": item}
    return dict(asked[column.name])


def samples(study: Study) -> Iterator[str]:
    """The files with words of a study's own that are still samples."""
    for language in study.languages:
        if _said(study, language).get(SAMPLE):
            yield shown(_file(study, language))


# --------------------------------------------------------------------------------- checking


def check(study: Study) -> None:
    """Read every word of a study in every language. Raises `DesignError` at the first fault."""
    said = [language for language in study.languages if _file(study, language).is_file()]
    for language in study.languages:
        if language not in languages():
            folder = shown(content() / language)
            raise study.error(
                f"there are no words in {language!r}: the folder {folder} is missing."
            )
        if said and language not in said:
            raise DesignError(f"{shown(_file(study, language))}: the file is missing.")
        for name in (COMMON, TASK)[: 1 + _has_tasks(study)]:
            _check_shared(language, name)
        _check_left_over(study, language)
        for step in study.path:
            if step.page:
                for problem in _problems(study, step, language):
                    raise DesignError(f"{_where(study, step, language)}: {problem}")


def _has_tasks(study: Study) -> bool:
    return "task" in study.parameters


def _check_shared(language: str, name: str) -> None:
    """What all studies share has the same texts, with the same placeholders, in every language."""
    mine = dict(strings(shared(language, name)))
    theirs = dict(strings(shared(languages()[0], name)))
    where = shown(content() / language / f"{name}.toml")
    for key in theirs:
        if key not in mine:
            raise DesignError(f"{where}: the text {key!r} is missing.")
        if placeholders(mine[key]) != placeholders(theirs[key]):
            raise DesignError(f"{where}: {key!r} does not quote the same values as in English.")
    for key in mine:
        if key not in theirs:
            raise DesignError(f"{where}: {unknown('text', key, theirs)}")


def _where(study: Study, step: Step, language: str) -> str:
    own = step.folder / "words" / f"{language}.toml"
    said = _of_study(study, step, language)
    path = own if own.is_file() and not said else _file(study, language)
    return f"{shown(path)}, [{step.table or step.name}]"


def _check_left_over(study: Study, language: str) -> None:
    known = [step.name for step in study.path if step.page]
    for name in _said(study, language):
        if name not in (SAMPLE, *known):
            place = shown(_file(study, language))
            raise DesignError(f"{place}: {unknown('step', name, known)}")


def _problems(study: Study, step: Step, language: str) -> Iterator[str]:
    """What is missing, left over or different in the words of a page, a sentence each."""
    texts = of_step(study, step, language)
    first = of_step(study, step, study.languages[0])
    known = [*step.texts, *step.may, *step.by_arm, "questions"]
    for name in step.texts:
        if not texts.get(name):
            yield f"the text {name!r} is missing."
    for name in step.by_arm:
        yield from _arm_problems(study, name, texts)
    for name in texts:
        if name not in known:
            yield unknown("text", name, known)
    asked = questions(step, study)
    for column in asked:
        yield from _question_problems(study, step, column, language)
    names = {_family(column, texts.get("questions", {})) for column in asked}
    for name in texts.get("questions", {}):
        if name not in names:
            yield unknown("question", name, sorted(names))
    yield from step.word_problems(study, texts)
    quotable = [*study.quotable, *step.quotes, *step.by_arm]
    for name in sorted(placeholders(texts) - set(quotable)):
        yield unknown("value to quote", name, quotable)
    for name in texts:
        if name in LISTS and not isinstance(texts[name], list):
            yield f"{name!r} must be a list of texts, in square brackets."
            return
        mine, theirs = placeholders(texts[name]), placeholders(first.get(name, ""))
        if name in first and mine != theirs:
            odd = ", ".join("{" + each + "}" for each in sorted(mine ^ theirs))
            yield f"{name!r} does not quote the same values as in {study.languages[0]}: {odd}."
        if isinstance(texts[name], list) and len(texts[name]) != len(first.get(name, [])):
            yield f"{name!r} has not as many parts as in {study.languages[0]}."


def _arm_problems(study: Study, name: str, texts: Mapping[str, Any]) -> Iterator[str]:
    told = texts.get(name, {})
    if not isinstance(told, Mapping):
        yield f"{name!r} must be a table with a text for each arm."
        return
    for arm in study.names:
        if not told.get(arm):
            yield f"the text {name!r} of the arm {arm!r} is missing."
    for arm in told:
        if arm not in study.names:
            yield f"{name!r}: {unknown('arm', arm, study.names)}"
    if name not in placeholders({key: text for key, text in texts.items() if key != name}):
        yield f"nothing quotes {{{name}}}, so nobody would read the text of their arm."


def _family(column: Column, asked: Mapping[str, Any]) -> str:
    name, _, number = column.name.rpartition("_")
    return name if name in asked and number.isdigit() else column.name


def _question_problems(study: Study, step: Step, column: Column, language: str) -> Iterator[str]:
    asked = of_step(study, step, language).get("questions", {})
    name = _family(column, asked)
    if name not in asked:
        if step.asks_for_itself:
            return
        yield f"the question {name!r} is missing ([{step.name}.questions.{name}])."
        return
    try:
        texts = of_question(study, step, column, language)
    except LookupError:
        yield f"the question {name!r} has fewer items than columns ({column.name} has no text)."
        return
    for key in texts:
        if key not in OF_QUESTION:
            yield f"the question {name!r}: {unknown('text', key, OF_QUESTION)}"
    if not texts.get("label"):
        yield f"the question {name!r} has no label."
    options = ["True", "False"] if column.type == "boolean" else list(column.values)
    if options and list(texts.get("options", {})) != options:
        yield f"the options of {name!r} must be {', '.join(options)}, in this order."
    for end in ("low", "high") if column.is_scale else ():
        if not texts.get(end):
            yield f"the question {name!r} does not say what its scale is at the end: {end}."
    if "items" in asked[name]:
        there = len(asked[name]["items"])
        wanted = len([c for c in questions(step, study) if _family(c, asked) == name])
        if there != wanted:
            yield f"the question {name!r} has {there} items, but {wanted} columns."


# ------------------------------------------------------------------------------ fingerprint


def fingerprint(study: Study) -> str:
    """A short name for all that participants of a study may read, in every language.

    Twelve characters of a SHA-256 over all words; a changed comma changes it.
    """
    from study import messages

    said: list[Any] = []
    for language in study.languages:
        task = shared(language, TASK) if _has_tasks(study) else {}
        said.append([language, shared(language, COMMON), task])
        said += [[s.name, of_step(study, s, language)] for s in study.path if s.page]
        said += [[repr(found)] for _, _, found in messages.of_study(study, language)]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


# ------------------------------------------------------------------------------------ texts


def strings(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in ``tree`` with the dotted path that leads to it."""
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from strings(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list | tuple):
        for number, value in enumerate(tree):
            yield from strings(value, f"{path}.{number}")


def placeholders(tree: Any) -> set[str]:
    """The names that the texts in ``tree`` quote."""
    return {
        name
        for _, text in strings(tree)
        for _, name, _, _ in string.Formatter().parse(text)
        if name is not None
    }


class _Kept(dict[str, Any]):
    """Leaves a placeholder as it stands if nobody has a value for it yet."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def fill(tree: Any, values: Mapping[str, Any]) -> Any:
    """``tree`` with every ``{name}`` replaced that is in ``values``."""
    if isinstance(tree, str):
        return tree.format_map(_Kept(values))
    if isinstance(tree, Mapping):
        return {key: fill(value, values) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [fill(value, values) for value in tree]
    return tree


def to_html(tree: Any) -> Any:
    """``tree`` with every text escaped for HTML, and **words** in bold."""
    if isinstance(tree, str):
        return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(tree))
    if isinstance(tree, Mapping):
        return {key: to_html(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [to_html(value) for value in tree]
    return tree
