"""People whom a panel sends: everybody over one link, each with an identifier, beside exports."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from study.finding import studies
from study.randomization import COPIES
from study.study import Study
from tests.harness.load.people import MOST_PAGES, Person, Record
from tests.harness.load.scene import path_of
from tests.harness.load.wire import Browser, Gone, hang_up
from tests.harness.server import Server

RETURNED = "https://panel.example/completed?id={id}"
COME_AGAIN_IN = 20
"""One in so many opens the link a second time, at another browser."""


def with_a_panel() -> Study:
    """A study that a panel sends people to."""
    return next(each for each in studies().values() if "panel_identifier" in each.parameters)


class Panelist(Person):
    """Somebody who comes by the panel's link and goes through to the last page."""

    def choose(self, name: str, offered: list[str]) -> str:
        return "True" if name == "lives_here" else super().choose(name, offered)

    async def live(self, link: str, last: str, think: float) -> None:
        await self.open(link)
        for _ in range(MOST_PAGES):
            if self.name == last:
                return
            await self.rest(think * 2 * self.random.random())
            await self.send_page()
        raise Gone(f"{self.code} did not reach the end; the last page was {self.name}")


@dataclass
class Panel:
    """So many people, the session to which they come, and what went wrong."""

    server: Server
    people: int
    record: Record = field(default_factory=Record)
    wrong: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    exports: int = 0

    def __post_init__(self) -> None:
        self.study = with_a_panel()
        self.session = self.server.create_session(
            self.study.name, self.people, return_completed=RETURNED
        )
        self.link = path_of(self.session.join_url).replace("/join/", "/panel/")

    def member(self, number: int) -> str:
        """An identifier: nobody of another session has it."""
        return f"member-{self.session.code}-{number}"

    def link_of(self, number: int) -> str:
        return f"{self.link}?id={self.member(number)}"

    # ------------------------------------------------------------------------------- coming

    async def come_at_once(self) -> None:
        """Everybody opens the link at the same moment, and twice."""

        async def one(number: int) -> None:
            person = Person(self.server.port, self.record, f"at once {number}")
            try:
                await person.open(self.link_of(number))
            except Gone as gone:
                self.wrong.append(f"member {number}: {gone}")
                return
            if self.codes.setdefault(self.member(number), person.code) != person.code:
                self.wrong.append(f"member {number} has two places")
            person.leave()

        await asyncio.gather(*(one(number) for number in [*range(self.people)] * 2))
        await hang_up()

    async def come_within(self, seconds: float, think: float) -> None:
        """Everybody comes at some moment, and goes through the study, beside exports."""
        dice = random.Random("panel")

        async def one(number: int) -> None:
            await asyncio.sleep(dice.uniform(0, seconds))
            person = Panelist(self.server.port, self.record, f"panel {number}")
            try:
                await person.live(self.link_of(number), self.study.path[-1].page, think)
            except Gone as gone:
                self.wrong.append(f"member {number}: {gone}")
                return
            self.codes[self.member(number)] = person.code
            if RETURNED.format(id=self.member(number)) not in person.page:
                self.wrong.append(f"member {number} does not find the way back")
            if number % COME_AGAIN_IN == 0:
                again = Panelist(self.server.port, self.record, f"again {number}")
                await again.open(self.link_of(number))
                if again.path != person.path:
                    self.wrong.append(f"member {number} came to {again.path} again")
                again.leave()
            person.leave()

        exporting = asyncio.ensure_future(self._export())
        await asyncio.gather(*(one(number) for number in range(self.people)))
        exporting.cancel()
        await asyncio.gather(exporting, return_exceptions=True)
        await hang_up()

    # ------------------------------------------------------------------------------ exports

    async def _export(self) -> None:
        """Download the data again and again, and read them."""
        program = Browser(self.server.port, headers=self.server.key)
        while True:
            reply = await program.get(f"/api/export_wide?session_code={self.session.code}")
            self.wrong += self.problems_of(reply.text)
            self.exports += 1
            await asyncio.sleep(1.0)

    def problems_of(self, text: str) -> Iterator[str]:
        """What is not whole in an export: rows, cells, places in the list of arms."""
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        where = {name: place for place, name in enumerate(rows[0])}
        if any(len(row) != len(rows[0]) for row in rows):
            yield "an export has rows of different lengths"
            return
        own = [row for row in rows[1:] if row[where["session.code"]] == self.session.code]
        if len({row[where["participant.code"]] for row in own}) != self.people:
            yield f"an export has {len(own)} rows for {self.people} places"
        prefix = f"{self.study.app}.1.player."
        drawn = [
            (int(row[where[f"{prefix}assignment_number"]]), row[where[f"{prefix}arm"]])
            for row in own
            if row[where[f"{prefix}arm"]]
        ]
        yield from unbalanced(drawn, self.study.names)

    # --------------------------------------------------------------------------- in the end

    def problems(self) -> Iterator[str]:
        """Places doubled or lost, and arms not balanced, in the database and in its export."""
        yield from self.wrong
        yield from self.record.problems
        rows = self.server.database.query(
            "SELECT identifier, code FROM lab_panelist "
            "JOIN otree_participant o ON o.id = participant_id WHERE o._session_code = :session",
            session=self.session.code,
        )
        stored = {row["identifier"]: row["code"] for row in rows}
        if stored != self.codes or len(set(stored.values())) != self.people:
            yield f"{len(stored)} identifiers have {len(set(stored.values()))} places"
        text = self.server.export("wide", session_code=self.session.code)
        yield from self.problems_of(text)
        if "member-" in text:
            yield "an identifier stands in the export"
        if "member-" in self.server.output():
            yield "an identifier stands in the log"


def unbalanced(drawn: list[tuple[int, str]], arms: list[str]) -> Iterator[str]:
    """What is wrong with places (from 1) and arms of a list of permuted blocks."""
    if sorted(number for number, _ in drawn) != list(range(1, len(drawn) + 1)):
        yield "places of the list of arms are missing or doubled"
    size = COPIES * len(arms)
    blocks: dict[int, Counter[str]] = {}
    for number, arm in drawn:
        blocks.setdefault((number - 1) // size, Counter())[arm] += 1
    for block, counts in sorted(blocks.items()):
        if max(counts.values()) > COPIES or (
            sum(counts.values()) == size and len(counts) != len(arms)
        ):
            yield f"block {block + 1} is not balanced: {dict(counts)}"
