"""All that participants read, from `content/<language>/`.

Each file is TOML. Texts may quote values as ``{name}``; two asterisks make words **bold**.
Everything is checked when the server starts, so that a missing word or recording is found before
the first participant comes.
"""

from __future__ import annotations

import html
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from study import toml
from study.experiments import EXPERIMENTS


def _project() -> Path:
    """The folder that the server runs in, where oTree too looks for templates and recordings."""
    here = Path.cwd()
    return here if (here / "content" / "en").is_dir() else Path(__file__).parents[1]


ROOT = _project() / "content"
MEDIA_ROOT = ROOT.parent / "_static"
FILES = (
    "common",
    "task",
    "intake",
    "comprehension",
    "experiment",
    "closing",
    "questions",
    "facts",
)
MESSAGES = tuple(
    dict.fromkeys(arm.message for e in EXPERIMENTS.values() for arm in e.arms.values())
)
MEDIA_TYPES = {
    "image": (".jpg", ".jpeg", ".png", ".svg", ".webp"),
    "audio": (".mp3", ".m4a", ".ogg", ".wav"),
    "video": (".mp4", ".webm"),
}


class ContentError(ValueError):
    """A content file is missing, broken or incomplete. The message begins with its name."""


@dataclass(frozen=True)
class Media:
    """What goes with a message: a picture with ``alt``, or a recording with captions."""

    kind: str
    file: str
    alt: str = ""
    captions: str = ""
    transcript: tuple[str, ...] = ()


@dataclass(frozen=True)
class Message:
    """One information sheet. ``sample``: it is one of those that come with the platform."""

    heading: str
    sender: str
    paragraphs: tuple[str, ...]
    sample: bool
    media: Media | None = None


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a folder in `content/`, English first."""
    names = sorted(path.name for path in ROOT.iterdir() if path.is_dir())
    return tuple(sorted(names, key=lambda name: (name != "en", name)))


@cache
def words(language: str, file: str) -> Mapping[str, Any]:
    """The texts of one file of one language, as they stand there."""
    return _read(ROOT / language / f"{file}.toml")


@cache
def message(language: str, name: str) -> Message:
    """The information sheet ``name``, with the facts that it quotes filled in."""
    path = ROOT / language / "messages" / f"{name}.toml"
    declared = _read(path)
    facts = words(language, "facts")
    for key in ("heading", "from", "paragraphs"):
        if not declared.get(key):
            raise ContentError(f"{_shown(path)}: {key} is missing.")
    unknown = placeholders(declared["paragraphs"]) - set(facts)
    if unknown:
        raise ContentError(
            f"{_shown(path)}: there is no fact called {', '.join(sorted(unknown))}."
        )
    return Message(
        heading=declared["heading"],
        sender=declared["from"],
        paragraphs=tuple(fill(declared["paragraphs"], facts)),
        sample=bool(declared.get("sample", False)),
        media=_media(path, declared["media"]) if "media" in declared else None,
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        declared: Mapping[str, Any] = toml.loads(path.read_text("utf-8"))
        return declared
    except FileNotFoundError:
        raise ContentError(f"{_shown(path)}: the file is missing.") from None
    except UnicodeDecodeError:
        raise ContentError(f"{_shown(path)}: the file is not UTF-8 text.") from None
    except toml.TOMLDecodeError as error:
        raise ContentError(f"{_shown(path)}: {error}.") from None


def _shown(path: Path) -> str:
    return path.relative_to(ROOT.parent).as_posix()


def _media(path: Path, declared: Mapping[str, Any]) -> Media:
    kind = declared.get("kind", "")
    if kind not in MEDIA_TYPES:
        raise ContentError(f"{_shown(path)}: kind of media must be image, audio or video.")
    transcript = declared.get("transcript", [])
    media = Media(
        kind=kind,
        file=declared.get("file", ""),
        alt=declared.get("alt", ""),
        captions=declared.get("captions", ""),
        transcript=(transcript,) if isinstance(transcript, str) else tuple(transcript),
    )
    _check_file(path, "file", media.file, MEDIA_TYPES[kind])
    if kind == "image" and not media.alt:
        raise ContentError(f"{_shown(path)}: an image needs alt, a text that says what it shows.")
    if kind != "image" and not any(media.transcript):
        raise ContentError(f"{_shown(path)}: a recording needs a transcript.")
    if kind == "video" or media.captions:
        _check_file(path, "captions", media.captions, (".vtt",))
    return media


def _check_file(path: Path, key: str, name: str, types: tuple[str, ...]) -> None:
    if not name:
        raise ContentError(f"{_shown(path)}: {key} is missing.")
    found = MEDIA_ROOT / name
    if not found.resolve().is_relative_to(MEDIA_ROOT.resolve()) or not found.is_file():
        raise ContentError(f"{_shown(path)}: there is no file _static/{name}.")
    if found.suffix.lower() not in types:
        raise ContentError(f"{_shown(path)}: _static/{name} must be one of {', '.join(types)}.")
    if found.stat().st_size == 0:
        raise ContentError(f"{_shown(path)}: _static/{name} is empty.")
    telling = {arm for e in EXPERIMENTS.values() for arm in e.arms} | set(MESSAGES)
    told = sorted(word for word in telling if word in name.lower())
    if told:
        # Participants could read the arm in the address of the recording.
        raise ContentError(f"{_shown(path)}: the name _static/{name} gives away {told[0]!r}.")


def check() -> None:
    """Read every file of every language. Raises `ContentError` at the first fault."""
    for language in languages():
        for file in FILES:
            words(language, file)
        for name in MESSAGES:
            message(language, name)


def samples(language: str) -> tuple[str, ...]:
    """The messages of ``language`` that are still the samples that come with the platform."""
    return tuple(name for name in MESSAGES if message(language, name).sample)


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
