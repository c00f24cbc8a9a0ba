"""The page `/server`: whether the server is well, for the experimenter.

An admin page of oTree's kind, so that login and menu come with it.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otree.database import engine
from otree.views import admin

from lab import copies, diary
from lab.copies import megabytes

LOW_BYTES = 1_000_000_000
LIVES_SHOWN = 8
DISAGREEMENTS_SHOWN = 20


@dataclass(frozen=True)
class Sign:
    """One thing to know: ``level`` is good, warning or bad."""

    title: str
    level: str
    value: str
    detail: str


class ServerBoard(admin.AdminView):
    """Last copy, free disk, restarts, disagreements, refused answers."""

    url_pattern = "/server"

    def get_template_name(self) -> str:
        return "lab/board.html"

    def vars_for_template(self) -> dict[str, Any]:
        return contents(time.time())


def contents(now: float) -> dict[str, Any]:
    """What the page shows at ``now``."""
    where = copies.folder()
    lives = diary.lives(LIVES_SHOWN)
    signs = [
        copy_sign(where, lives, now),
        disk_sign(where),
        restart_sign(lives, now),
        disagreement_sign(diary.number_of_disagreements()),
        refusal_sign(lives),
    ]
    return {
        "signs": signs,
        "alarms": ", ".join(sign.title for sign in signs if sign.level != "good"),
        "lives": [_row(life, later) for life, later in zip(lives, [None, *lives], strict=False)],
        "disagreements": [
            vars(row) | {"at": clock(row.at)} for row in diary.disagreements(DISAGREEMENTS_SHOWN)
        ],
        "copies": [
            {"made": clock(each.made_at), "size": megabytes(each.size), "name": each.path.name}
            for each in copies.copies(where)
        ],
        "folder": str(where.absolute()),
        "database": "PostgreSQL" if engine.dialect.name == "postgresql" else "SQLite",
        "now": clock(now),
    }


# -------------------------------------------------------------------------------------- the signs


def copy_sign(where: Path, lives: list[diary.Run], now: float) -> Sign:
    last = copies.copies(where)[:1]
    trouble = copies.trouble(where)
    running = now - lives[0].started_at if lives else 0.0
    every = copies.seconds_between()
    expected = 3 * every + 5
    if not every:
        return Sign("Last copy", "warning", "none", "COPY_SECONDS=0: no copies are made.")
    value = f"{span(now - last[0].made_at)} ago" if last else "none"
    if trouble:
        return Sign("Last copy", "bad", value, trouble)
    if last and (now - last[0].made_at < expected or running < expected):
        detail = f"{megabytes(last[0].size)}, one every {span(every)}."
        return Sign("Last copy", "good", value, detail)
    if running < expected:
        detail = f"The first is made {span(every)} after the start."
        return Sign("Last copy", "good", value, detail)
    detail = f"One every {span(every)} is expected: look into the log."
    return Sign("Last copy", "bad", value, detail)


def disk_sign(where: Path) -> Sign:
    usage = shutil.disk_usage(where if where.exists() else ".")
    value = f"{megabytes(usage.free)} free"
    detail = f"of {megabytes(usage.total)}, where the copies are."
    if usage.free < LOW_BYTES:
        return Sign("Disk", "bad", value, "Make room: a full disk stops the study.")
    if usage.free < usage.total * 0.05:
        return Sign("Disk", "warning", value, detail + " Nearly full.")
    return Sign("Disk", "good", value, detail)


def restart_sign(lives: list[diary.Run], now: float) -> Sign:
    value = f"up for {span(now - lives[0].started_at)}" if lives else "not known"
    today = [
        life
        for life, later in zip(lives[1:], lives, strict=False)
        if was_cut_off(life, later) and now - life.seen_at < 24 * 3600
    ]
    if not today:
        return Sign("Server", "good", value, "Not cut off in the last 24 hours.")
    times = "once" if len(today) == 1 else f"{len(today)} times"
    return Sign("Server", "warning", value, f"Cut off {times} in the last 24 hours, see below.")


def disagreement_sign(number: int) -> Sign:
    if number == 0:
        return Sign("Pages and server", "good", "agree", "Nothing acknowledged is missing.")
    value = "disagreed once" if number == 1 else f"disagreed {number} times"
    return Sign("Pages and server", "warning", value, "The pages sent again what was missing.")


def refusal_sign(lives: list[diary.Run]) -> Sign:
    number = lives[0].refused if lives else 0
    if number == 0:
        return Sign("Answers refused", "good", "none", "since the server started.")
    return Sign("Answers refused", "warning", str(number), "since the start: the log says why.")


# ------------------------------------------------------------------------------------------ times


def was_cut_off(life: diary.Run, later: diary.Run | None) -> bool:
    """Whether a life ended without order; ``later``: the one after it.

    Several servers on one PostgreSQL live side by side.
    """
    return life.stopped_at is None and later is not None and life.seen_at < later.started_at


def _row(life: diary.Run, later: diary.Run | None) -> dict[str, str]:
    """One life of the server as a row."""
    until = life.seen_at if life.stopped_at is None else life.stopped_at
    if life.stopped_at is not None:
        how = "stopped"
    else:
        how = "cut off" if was_cut_off(life, later) else "running"
    end = "" if how == "running" else clock(until)
    away = span(later.started_at - until) if end and later is not None else ""
    return {"start": clock(life.started_at), "end": end, "how": how, "away": away}


def clock(at: float) -> str:
    return time.strftime("%d %b %H:%M:%S", time.localtime(at))


def span(seconds: float) -> str:
    """A span of time in its largest unit."""
    for name, size in (("days", 2 * 86400), ("h", 2 * 3600), ("min", 2 * 60)):
        if seconds >= size:
            return f"{seconds // (size // 2):.0f} {name}"
    return f"{max(0.0, seconds):.0f} s"
