"""The messages of the arms: what a public service is about, told by different people.

`content/<language>/messages/<name>/<version>.toml` holds a message. All quote the same facts by
name (`facts.toml`), so that whoever tells them tells the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from study import words
from study.problems import DesignError, shown, unknown

if TYPE_CHECKING:
    from study.study import Study

MEDIA_TYPES = {
    "image": (".jpg", ".jpeg", ".png", ".svg", ".webp"),
    "audio": (".mp3", ".m4a", ".ogg", ".wav"),
    "video": (".mp4", ".webm"),
}
KEYS = ("sample", "heading", "from", "paragraphs", "media")


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
    """One message. ``sample``: it is one of those that come with the platform."""

    heading: str
    sender: str
    paragraphs: tuple[str, ...]
    sample: bool
    media: Media | None = None

    @property
    def medium(self) -> str:
        """How it is told: text (with or without a picture), audio or video."""
        recorded = self.media is not None and self.media.kind != "image"
        return self.media.kind if self.media is not None and recorded else "text"


def names(study: Study) -> list[str]:
    """The messages that the arms of a study name."""
    return list(dict.fromkeys(arm.message for arm in study.arms if arm.message))


def known(study: Study) -> list[str]:
    """The messages that there are in the study's first language."""
    return sorted(each.name for each in _folder(study.languages[0], "").glob("*/"))


def _folder(language: str, name: str) -> Path:
    return words.content() / language / "messages" / name


@cache
def _versions(language: str, name: str) -> int:
    folder = _folder(language, name)
    numbers = sorted(int(path.stem) for path in folder.glob("*.toml") if path.stem.isdecimal())
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        there = sorted(each.name for each in folder.parent.glob("*/"))
        hint = "" if folder.is_dir() else f" {unknown('message', name, there)}"
        raise DesignError(
            f"{shown(folder)}: the versions of a message must be 1.toml, 2.toml and so on.{hint}"
        )
    return len(numbers)


def versions(study: Study, name: str) -> int:
    """How many versions of a message there are: as many in every language."""
    return _versions(study.languages[0], name)


@cache
def message(language: str, name: str, version: int) -> Message:
    """A version of a message, with the facts that it quotes filled in. Raises `DesignError`."""
    path = _folder(language, name) / f"{version}.toml"
    declared = words.read(path)
    if not isinstance(declared.get("paragraphs", []), list):
        raise DesignError(f"{shown(path)}: paragraphs must be a list of texts.")
    facts = words.read(words.content() / language / "facts.toml")
    for key in declared:
        if key not in KEYS:
            raise DesignError(f"{shown(path)}: {unknown('text', key, KEYS)}")
    for key in ("heading", "from", "paragraphs"):
        if not declared.get(key):
            raise DesignError(f"{shown(path)}: {key} is missing.")
    for fact in sorted(words.placeholders(declared["paragraphs"]) - set(facts)):
        raise DesignError(f"{shown(path)}: {unknown('fact', fact, facts)}")
    return Message(
        heading=declared["heading"],
        sender=declared["from"],
        paragraphs=tuple(words.fill(declared["paragraphs"], facts)),
        sample=bool(declared.get("sample", False)),
        media=_media(path, declared["media"]) if "media" in declared else None,
    )


def of_study(study: Study, language: str) -> Iterator[tuple[str, str, Message]]:
    """Every version of every message of a study: its name, where it stands, and what it says."""
    for name in names(study):
        for number in range(1, versions(study, name) + 1):
            path = _folder(language, name) / f"{number}.toml"
            yield name, shown(path), message(language, name, number)


def check(study: Study) -> None:
    """Read all messages of a study. Raises `DesignError` at the first fault."""
    telling = {*study.names, *names(study)}
    for language in study.languages:
        for name in names(study):
            if _versions(language, name) != versions(study, name):
                raise DesignError(
                    f"{shown(_folder(language, name))}: it holds {_versions(language, name)} "
                    f"versions, but in {study.languages[0]} there are {versions(study, name)}."
                )
        for _, where, found in of_study(study, language):
            if found.media is None:
                continue
            for told in sorted(word for word in telling if word in found.media.file.lower()):
                # Participants could read the arm in the address of the recording.
                raise DesignError(
                    f"{where}: the name _static/{found.media.file} gives away {told!r}."
                )


def _media(path: Path, declared: Any) -> Media:
    if not isinstance(declared, Mapping):
        raise DesignError(f"{shown(path)}: media must be a table, [media].")
    kind = declared.get("kind", "")
    if kind not in MEDIA_TYPES:
        raise DesignError(f"{shown(path)}: kind of media must be image, audio or video.")
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
        raise DesignError(f"{shown(path)}: an image needs alt, a text that says what it shows.")
    if kind != "image" and not any(media.transcript):
        raise DesignError(f"{shown(path)}: a recording needs a transcript.")
    if kind == "video" or media.captions:
        _check_file(path, "captions", media.captions, (".vtt",))
    return media


def _check_file(path: Path, key: str, name: str, types: tuple[str, ...]) -> None:
    if not name:
        raise DesignError(f"{shown(path)}: {key} is missing.")
    root = words.content().parent / "_static"
    found = root / name
    if not found.resolve().is_relative_to(root.resolve()) or not found.is_file():
        raise DesignError(f"{shown(path)}: there is no file _static/{name}.")
    if found.suffix.lower() not in types:
        raise DesignError(f"{shown(path)}: _static/{name} must be one of {', '.join(types)}.")
    if found.stat().st_size == 0:
        raise DesignError(f"{shown(path)}: _static/{name} is empty.")
