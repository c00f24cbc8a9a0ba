"""When the server last heard of the page on which somebody works a round.

A page that has nothing to send says so every five seconds. What the server did not hear for
longer, or while no socket was open, is time without connection. It is kept in this process, not in
the database: when the server is down, time stands still for all (see `lab.rounds.deadlines`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

SILENCE_SECONDS = 8.0
"""How long a page may be silent before the connection counts as lost."""


@dataclass
class Contact:
    """One page. ``lost`` adds up the seconds without connection, before ``heard_at``.

    away: no socket is open, or nothing was heard over it yet; one that only opened is not enough,
    because what was answered meanwhile comes with its first message.
    """

    heard_at: float
    sockets: int = 0
    lost: float = 0.0
    away: bool = True
    refused: int = 0
    noted: set[int] = field(default_factory=set)

    def heard(self, now: float, deadline: float = math.inf) -> None:
        """The page was opened, or has said something.

        After ``deadline`` nothing changes: what somebody can have given unseen before it is the
        same for all messages that follow.
        """
        if now > deadline:
            return
        self.lost += self.gap(now)
        self.heard_at = now
        self.away = self.sockets == 0

    def opened(self) -> None:
        self.sockets += 1

    def closed(self, now: float) -> None:
        self.sockets -= 1
        if self.sockets == 0 and not self.away:
            self.heard_at = now - self.gap(now)
            self.away = True

    def gap(self, until: float) -> float:
        """The seconds right before ``until`` for which the server saw no connection."""
        seconds = max(0.0, until - self.heard_at)
        return seconds if self.away or seconds > SILENCE_SECONDS else 0.0

    def total(self, until: float) -> float:
        """All seconds without connection up to ``until``."""
        return self.lost + self.gap(until)


_contacts: dict[tuple[str, str], Contact] = {}


def of(participant: str, phase: str, now: float) -> Contact:
    """The contact with a participant's page; from ``now`` on if there was none."""
    return _contacts.setdefault((participant, phase), Contact(now))


def of_participant(participant: str) -> list[Contact]:
    """The contacts with all pages of a participant."""
    return [each for (code, _), each in _contacts.items() if code == participant]


def forget(participant: str, phase: str) -> None:
    """The round is over."""
    _contacts.pop((participant, phase), None)
