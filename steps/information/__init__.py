"""Pages that are treatments (`Exposure`), and one: the message of one's arm, whoever speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from study import messages
from study.acts import Act, Look
from study.columns import Column, seconds
from study.problems import unknown
from study.randomization import draw
from study.step import Seat, Step
from study.study import Study


@dataclass(frozen=True, eq=False)
class Exposure(Step):
    """The base of treatments: a page to look at, and for how long it was open and in view."""

    what: ClassVar[str] = ""
    needs_arm: ClassVar[bool] = True

    def columns(self, study: Study) -> Iterator[Column]:
        name, what = self.name, self.what
        yield Column(f"{name}_started_at", "timestamp", f"When the {what} was first shown.")
        yield seconds(f"{name}_seconds", f"Time for which the {what} was in view.")
        yield seconds(
            f"{name}_hidden_seconds",
            f"Time for which the {what} was open but not in view (another tab or window).",
        )

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        yield Look(*person.reads())


@dataclass(frozen=True, eq=False)
class Information(Exposure):
    """One version of the message that the arm names (`Arm.message`).

    Every message may have several versions, so that an effect is not that of one letter; they are
    drawn from the session's seed, balanced within each arm.
    """

    what: ClassVar[str] = "message"
    texts: ClassVar[tuple[str, ...]] = ("title", "intro", "transcript", "media_failed", "play")
    may: ClassVar[tuple[str, ...]] = ()
    about_minutes: ClassVar[float] = 1.0

    def problems(self, study: Study) -> Iterator[str]:
        for arm in study.arms:
            if not arm.message:
                yield f"arm {arm.name!r} has no message, so nothing can be shown."
                return
            if arm.message not in (known := messages.known(study)):
                yield f"arm {arm.name!r}: {unknown('message', arm.message, known)}"
                return

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            "sample_message",
            "boolean",
            "1: the message shown was one of the samples that come with the platform.",
        )
        yield Column(
            "message_version",
            "integer",
            "Which version of the arm's message was shown; drawn from the seed, balanced within "
            "the arm.",
            min=1,
            since="2.0",
        )
        yield Column(
            "message_medium",
            "choice",
            "How the message was told.",
            values={
                "text": "read, with or without a picture",
                "audio": "heard",
                "video": "seen and heard",
            },
            since="2.0",
        )
        yield from super().columns(study)
        about = "Audio or video actually played. Empty: the message has no recording."
        yield seconds("media_seconds", about)


def version(study: Study, seed: str, arm: str, number: int) -> int:
    """The version of the message for the ``number``-th participant (from 1) of an arm."""
    count = messages.versions(study, study.arm(arm).message)
    versions = [str(each) for each in range(1, count + 1)]
    return int(draw(seed, f"message/{arm}", versions, number).arm)
