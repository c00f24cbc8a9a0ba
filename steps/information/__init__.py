"""Information: the message of one's arm. The same layout whoever speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from study import messages
from study.acts import Act, Look
from study.columns import Column
from study.problems import unknown
from study.randomization import draw
from study.step import Seat, Step
from study.study import Study


@dataclass(frozen=True, eq=False)
class Information(Step):
    """One version of the message that the arm names (`Arm.message`).

    Every message may have several versions, so that an effect is not that of one letter; they are
    drawn from the session's seed, balanced within each arm.
    """

    needs_arm: ClassVar[bool] = True
    texts: ClassVar[tuple[str, ...]] = ("title", "intro", "transcript", "media_failed", "play")
    may: ClassVar[tuple[str, ...]] = ()

    def problems(self, study: Study) -> Iterator[str]:
        for arm in study.arms:
            if not arm.message:
                yield f"arm {arm.name!r} has no message, so nothing can be shown."
                return
            if arm.message not in (known := messages.known(study)):
                yield f"arm {arm.name!r}: {unknown('message', arm.message, known)}"
                return

    def columns(self, study: Study) -> Iterator[Column]:
        name = self.name
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
        yield from exposure_columns(name, "message")
        yield Column(
            "media_seconds",
            "number",
            "Audio or video actually played. Empty: the message has no recording.",
            min=0,
            unit="seconds",
        )

    def acts(self, person: Any, seat: Seat) -> Iterator[Act]:
        seconds, hidden = person.reads()
        yield Look(seconds, hidden)

    def minutes(self, config: Mapping[str, Any]) -> float:
        return 1.0


def exposure_columns(name: str, what: str) -> Iterator[Column]:
    """Since when and for how long a page was open, and in view."""
    yield Column(f"{name}_started_at", "timestamp", f"When the {what} was first shown.")
    yield Column(
        f"{name}_seconds",
        "number",
        f"Time for which the {what} was in view.",
        min=0,
        unit="seconds",
    )
    yield Column(
        f"{name}_hidden_seconds",
        "number",
        f"Time for which the {what} was open but not in view (another tab or window).",
        min=0,
        unit="seconds",
    )


def version(study: Study, seed: str, arm: str, number: int) -> int:
    """The version of the message for the ``number``-th participant (from 1) of an arm."""
    versions = [
        str(each) for each in range(1, messages.versions(study, study.arm(arm).message) + 1)
    ]
    return int(draw(seed, f"message/{arm}", versions, number).arm)
