"""Participants: they follow the protocol of the pages, and keep what the server acknowledged."""

from __future__ import annotations

import asyncio
import html
import json
import random
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.harness.answers import right_answers, study_at
from tests.harness.load.figures import Silence, Waits
from tests.harness.load.wire import Browser, Gone, Reply, Socket
from tests.harness.participant import Form

# As the page's own scripts.
REPLY_SECONDS = 4.0
ASK_AGAIN_SECONDS = 1.0
REOPEN_SECONDS = (0.25, 0.5, 1.0, 2.0, 3.0)
MOST_ANSWERS = 30
LAST_SECONDS = 0.5
"""Nobody answers a card in the last moments of a round."""

WRONG_IN = 6
"""One response in so many is wrong."""
MOST_PAGES = 60
MOST_POSTS_OF_A_ROUND = 30
CHECKBOXES = ("larger_letters",)


@dataclass
class Record:
    """What everybody was told that the server has, and how long they waited for it.

    answers: acknowledged responses by (participant, phase) and item; right: which are right.
    sent: all that was ever sent, acknowledged or not.
    posts: by participant, the columns that acknowledged pages fill, as text.
    tried, attempts: tries at the comprehension questions, and those of them acknowledged.
    """

    answers: dict[tuple[str, str], dict[int, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    right: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    sent: dict[tuple[str, str], dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    posts: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    tried: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    acknowledgements: Waits = field(default_factory=Waits)
    pages: Waits = field(default_factory=Waits)
    silence: Silence = field(default_factory=Silence)
    problems: list[str] = field(default_factory=list)
    went_back: int = 0
    broken: int = 0
    posted: int = 0

    @property
    def acknowledged(self) -> int:
        return sum(map(len, self.answers.values()))

    def measure_anew(self) -> None:
        """Begin a new measurement of waits; what is acknowledged stays."""
        self.acknowledgements, self.pages = Waits(), Waits()
        self.silence.longest = 0.0

    def problem(self, text: str) -> None:
        self.problems.append(text)


class Person:
    """Somebody at a browser of their own.

    code: the participant that the server made of them. pausing: set while they hold still.
    """

    def __init__(self, port: int, record: Record, seed: str) -> None:
        self.browser = Browser(port)
        self.record = record
        self.random = random.Random(seed)
        self.going = asyncio.Event()
        self.going.set()
        self.still = asyncio.Event()
        self.page = ""
        self.path = ""
        self.watching: Socket | None = None
        self.moved: list[str] = []

    # ---------------------------------------------------------------------------- pages

    @property
    def name(self) -> str:
        """The name of the page they are on."""
        return self.path.split("/")[-2]

    @property
    def code(self) -> str:
        return self.path.split("/")[2]

    @property
    def in_round(self) -> bool:
        return 'id="round-start"' in self.page

    async def rest(self, seconds: float = 0.0) -> None:
        """Think; and hold still as long as everybody is asked to."""
        await asyncio.sleep(seconds)
        if not self.going.is_set():
            self.still.set()
            await self.going.wait()
            self.still.clear()

    async def open(self, path: str) -> None:
        await self._visit("GET", path)

    async def reload(self) -> None:
        """Open the page where one is by now."""
        await self.open(f"/InitializeParticipant/{self.code}")

    async def _visit(self, method: str, path: str, form: dict[str, str] | None = None) -> Reply:
        """Open or send a page, as often as a person would press the button again."""
        for wait in REOPEN_SECONDS * 4:
            self.record.silence.asked()
            try:
                if form is None:
                    reply = await self.browser.get(path)
                else:
                    reply = await self.browser.post(path, form)
            except Gone as gone:
                self.record.silence.gave_up()
                self.record.broken += 1
                broken = str(gone)
                await asyncio.sleep(wait)
                continue
            self.record.silence.answered()
            self.record.pages.add(reply.seconds)
            if reply.status != 200:
                self.record.problem(f"{method} {path}: {reply.status}")
                raise Gone(f"{method} {path}: {reply.status}")
            self.page, self.path = reply.text, reply.path
            await self._watch()
            return reply
        self.record.problem(broken)
        raise Gone(broken)

    async def _watch(self) -> None:
        """The socket that every page opens, to follow the experimenter."""
        if self.watching:
            self.watching.close()
            self.watching = None
        address = socket_of(self.page, "page-script")
        if address:
            try:
                self.watching = await self.browser.socket(address)
            except Gone:
                self.record.broken += 1

    def choose(self, name: str, offered: list[str]) -> str:
        """What they answer to a question, so that one tells it apart."""
        if name in (right := right_answers(study_at(self.path))):
            return right[name]
        if name == "consent":
            return "True"
        if name == "voluntary_accepted":
            return "False"
        if offered:
            return self.random.choice(offered)
        if name == "age":
            return str(self.random.randint(18, 90))
        if name == "hours_pledged":
            return str(self.random.randint(0, 40))
        if name == "comment":
            return f"note {self.code} {self.random.getrandbits(40):x}"
        return ""

    async def send_page(self, **chosen: str) -> bool:
        """Fill in the page and send it; whether it was taken."""
        name, code = self.name, self.code
        form = {
            field: chosen.get(field) or self.choose(field, offered)
            for field, offered in Form(self.page).fields.items()
            if field not in CHECKBOXES or field in chosen
        }
        explained = "comprehension_1" in form
        self.record.tried[code] += explained
        reply = await self._visit("POST", self.path, form)
        self.record.attempts[code] += explained
        if self.name == name:
            return False
        self.record.posted += 1
        kept = {k: v for k, v in form.items() if v and k not in CHECKBOXES}
        self.record.posts[code] |= kept
        assert reply.first in (302, 303), reply.first
        return True

    async def walk_to(self, *names: str) -> None:
        """Go on until one of these pages."""
        for _ in range(MOST_PAGES):
            if self.name in names:
                return
            await self.rest()
            if self.in_round:
                await Working(self).pass_through()
            else:
                await self.send_page()
        raise Gone(f"{self.code} did not reach {names}; the last page was {self.name}")

    def leave(self) -> None:
        if self.watching:
            self.watching.close()
        self.browser.close()


def socket_of(page: str, id: str) -> str | None:
    """The address of a socket that an element of the page names."""
    found = re.search(rf'<script[^>]*id="{id}"[^>]*>', page)
    address = found and re.search(r'data-socket="([^"]+)"', found[0])
    return html.unescape(address[1]) if address else None


def solve(card: dict[str, Any]) -> str:
    """The solution of a card of the encryption task, worked out as a person does."""
    key = {entry[0]: entry[1:] for entry in re.findall("...", card["key"])}
    return "".join(key[letter] for letter in card["word"])


class Left(Exception):
    """The participant is not on this round's page any more."""


class Working:
    """A person in a round: the page's script, with its journal and its socket."""

    def __init__(self, person: Person) -> None:
        self.person, self.record = person, person.record
        found = re.search(r'<script[^>]*id="round-start"[^>]*>(.*?)</script>', person.page)
        assert found, person.name
        self.start = json.loads(found[1])
        address = socket_of(person.page, "round-start")
        assert address
        self.address = address
        self.page, self.code = person.path, person.code
        self.phase = self.start["round"]
        self.key = (self.code, self.phase)
        self.began = time.perf_counter() - self.start["elapsed_ms"] / 1000
        self.applied = self.start["applied"]
        self.acknowledged = 0
        self.cards: dict[int, dict[str, Any]] = {}
        self.journal: list[dict[str, Any]] = []
        self.socket: Socket | None = None
        self._take(self.start)

    # --------------------------------------------------------------------------- cards

    def _take(self, status: dict[str, Any]) -> None:
        self.cards |= {card["item"]: card for card in status["items"]}
        for item in [item for item in self.cards if item <= status["applied"]]:
            del self.cards[item]

    @property
    def now_ms(self) -> float:
        return (time.perf_counter() - self.began) * 1000

    @property
    def last_item(self) -> int | None:
        return self.start["last_item"]

    @property
    def remaining(self) -> float:
        """Seconds left; of an untimed round, as many as one likes."""
        if self.start["duration_ms"] is None:
            return 3600.0
        return (self.start["duration_ms"] - self.now_ms) / 1000

    def answer(self) -> None:
        """Answer the next card into the journal."""
        item = (self.journal[-1]["item"] if self.journal else self.applied) + 1
        if item not in self.cards:
            return  # the page says that cards are being prepared
        right = solve(self.cards[item])
        wrong = self.person.random.randrange(WRONG_IN) == 0
        response = f"9{self.person.random.getrandbits(20)}" if wrong else right
        now = self.now_ms
        self.journal.append(
            {
                "item": item,
                "response": response,
                "shown_ms": max(0.0, now - 500),
                "answered_ms": now,
                "focus_lost": 0,
                "pasted": False,
                "keys": len(response),
            }
        )
        # A page that was opened anew asks again for what had not arrived: the last answer counts.
        self.record.right[self.key] -= {item}
        if response == right:
            self.record.right[self.key].add(item)

    def message(self, most: int = MOST_ANSWERS) -> dict[str, Any]:
        under_way = [each for each in self.journal if each["item"] > self.applied][:most]
        for each in under_way:
            self.record.sent[self.key][each["item"]] = each["response"]
        return {
            "round": self.phase,
            "have": max([self.applied, *self.cards]),
            "acknowledged": self.acknowledged,
            "answers": under_way,
        }

    # -------------------------------------------------------------------------- socket

    async def connect(self) -> None:
        for wait in REOPEN_SECONDS * 4:
            try:
                self.socket = await self.person.browser.socket(self.address)
                return
            except Gone as gone:
                broken = str(gone)
                self.record.broken += 1
                await asyncio.sleep(wait)
                await self._follow()
        raise Gone(broken)

    async def _follow(self) -> None:
        """Ask the server where one is, as the page does when its socket stays closed."""
        try:
            reply = await self.person.browser.get(self.page, follow=False, seconds=10)
        except Gone:
            return
        if reply.first in (302, 303):
            raise Left

    async def exchange(self) -> None:
        """Send what is not acknowledged yet, and take the reply. Raises `Left`."""
        said = self.message()
        if self.socket is None or self.socket.closed is not None:
            await self.connect()
        assert self.socket
        self.record.silence.asked()
        began = time.perf_counter()
        try:
            self.socket.send_json(said)
            reply = await self._reply()
        except Gone:
            self.record.silence.gave_up()
            self.record.broken += 1
            self.socket.abort()
            self.socket = None
            await self._follow()
            return
        self.record.silence.answered()
        if said["answers"]:
            self.record.acknowledgements.add(time.perf_counter() - began)
        self._acknowledge(reply)
        if reply["refused"]:
            self.record.problem(f"{self.key}: refused, {reply['refused']}")
            await asyncio.sleep(ASK_AGAIN_SECONDS)

    async def _reply(self) -> dict[str, Any]:
        assert self.socket
        reply = await self.socket.receive_json(REPLY_SECONDS)
        if reply.get("moved_on"):
            self.record.silence.answered()
            raise Left
        if reply.get("refused") == "not started":
            self.record.silence.answered()
            raise Left
        return reply

    def _acknowledge(self, reply: dict[str, Any]) -> None:
        applied = reply["applied"]
        if applied < self.acknowledged:
            self.record.went_back += 1
        for each in self.journal:
            if each["item"] <= applied:
                self.record.answers[self.key][each["item"]] = each["response"]
        self.applied = applied
        self.acknowledged = max(self.acknowledged, applied)
        self._take(reply)

    @property
    def unacknowledged(self) -> bool:
        return bool(self.journal) and self.journal[-1]["item"] > self.applied

    # ------------------------------------------------------------------------- working

    async def work(self, every: float, seconds: float, cards: int = 100_000) -> None:
        """Answer a card every so many seconds, while the round lasts.

        Nobody waits for the network: what is answered while a message is under way goes into the
        next one. Raises `Left`.
        """
        until = time.perf_counter() + seconds
        under_way: asyncio.Task[None] | None = None
        await self.person.rest(self.person.random.random() * every)
        due = time.perf_counter()
        try:
            while cards and time.perf_counter() < until and self.remaining > LAST_SECONDS:
                reached = self.journal[-1]["item"] if self.journal else self.applied
                if self.last_item and reached >= self.last_item:
                    break
                self.answer()
                cards -= 1
                if under_way is None or under_way.done():
                    if under_way:
                        under_way.result()
                    under_way = asyncio.ensure_future(self.deliver())
                if not self.person.going.is_set():
                    await under_way
                due = max(due + every, time.perf_counter())
                await self.person.rest(due - time.perf_counter())
            if under_way:
                await under_way
            await self.deliver()
        finally:
            if under_way and not under_way.done():
                under_way.cancel()
            elif under_way and not under_way.cancelled():
                under_way.exception()  # raised above, or told by what ended this

    async def deliver(self) -> None:
        """Send until everything is acknowledged, or the time is up."""
        while self.unacknowledged and self.remaining > LAST_SECONDS:
            await self.exchange()

    async def finish(self, *, stop: bool) -> None:
        """Leave the round's page, with what is left of the journal, as often as it takes."""
        if self.socket:
            self.socket.close()
        for _ in range(MOST_POSTS_OF_A_ROUND):
            said = self.message(most=1000)
            form = {"journal": json.dumps(said), "stop": "1" if stop else ""}
            await self.person._visit("POST", self.page, form)
            if self.person.path != self.page:
                for each in said["answers"]:
                    self.record.answers[self.key][each["item"]] = each["response"]
                return
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        raise Gone(f"{self.code} cannot leave {self.phase}")

    async def pass_through(self) -> None:
        """Do a few cards (all, in the practice) and go on."""
        stops = self.phase in ("main", "voluntary")
        timed = self.start["duration_ms"] is not None
        try:
            if timed:
                await self.work(every=0.4, seconds=2, cards=3)
            else:
                await self.work(every=0.4, seconds=self.remaining)
            if timed and not stops:
                await self.person.rest(max(0.0, self.remaining))
            await self.finish(stop=stops)
        except Left:
            self.person.moved.append(self.phase)
            await self.person.reload()


class Worker(Person):
    """Somebody who works on cards in the main round."""

    async def come(self, link: str) -> None:
        await self.open(link)
        await self.walk_to("EffortRound")
        self.round = Working(self)

    async def work(self, every: float, seconds: float) -> None:
        """Until the time is over, or the experimenter has moved them on."""
        try:
            while seconds > 0 and self.round.remaining > 0.5:
                began = time.perf_counter()
                await self.round.work(every, seconds)
                seconds -= time.perf_counter() - began
        except Left:
            self.moved.append(self.round.phase)
        except Gone as gone:
            self.record.problem(f"{self.round.key}: {gone}")

    async def go_to_the_end(self) -> None:
        if self.moved or self.path != self.round.page:
            await self.reload()
        elif self.in_round:
            try:
                await self.round.finish(stop=True)
            except Left:
                await self.reload()
        await self.walk_to("Earnings")


class Poster(Person):
    """Somebody who fills in pages, from the first to the last."""

    async def live(self, link: str, think: float) -> None:
        """One way through the study; their answers are told apart by chance alone."""
        await self.open(link)
        await self._choose_language()
        for _ in range(MOST_PAGES):
            if self.name == "Earnings":
                return
            await self.think(think)
            if self.in_round:
                await Working(self).pass_through()
            elif self.name == "Comprehension" and not self.record.attempts[self.code]:
                await self.send_page(comprehension_1="a", comprehension_2="c")
            else:
                await self.send_page()
        raise Gone(f"{self.code} did not reach the end; the last page was {self.name}")

    async def think(self, seconds: float) -> None:
        """Before a page is sent: about so many seconds."""
        await self.rest(seconds * (0.5 + self.random.random()))

    async def _choose_language(self) -> None:
        """What the first page stores beside columns."""
        form = {"change_language": "it", "larger_letters": "on"}
        await self._visit("POST", self.path, form)
        self.record.posts[self.code]["language"] = "it"
