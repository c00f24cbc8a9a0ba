"""The experimenter: each button of the admin pages, pressed as the pages press it.

Whatever is sent is read from the page that holds the button: its form with all its fields, the
links it lists, the addresses of its sockets.
"""

from __future__ import annotations

import asyncio
import html
import random
import re
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.harness.load.oracle import Announced
from tests.harness.load.wire import Browser, Gone, Reply
from tests.harness.server import Server

CREATION_SECONDS = 120.0
WIDE, ANSWERS = "wide", "answers"
FIRST_COLUMNS = {WIDE: "participant.id_in_session", ANSWERS: "session_code,participant_code,phase"}
"""How an export begins that is read afterwards."""
KEPT = 6
"""So many of the last exports of each kind are read afterwards."""


@dataclass
class Export:
    """An export that was taken while people answered.

    before: acknowledged answers when it was asked for; after: those sent when it had arrived.
    """

    kind: str
    text: str
    before: dict[Any, int]
    after: dict[Any, int]


@dataclass
class Deeds:
    """What the experimenter did, and what the server said to it.

    announced: sessions that were said to exist; deleted: those said to be gone.
    fees: the last participation fee that was accepted, by session.
    """

    times: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    fees: dict[str, Decimal] = field(default_factory=dict)
    exports: list[Export] = field(default_factory=list)
    copies: list[Path] = field(default_factory=list)

    def keep(self, export: Export) -> None:
        same = [each for each in self.exports if each.kind == export.kind]
        if len(same) >= KEPT:
            self.exports.remove(same[0])
        self.exports.append(export)


class FormOf(HTMLParser):
    """What a form would send, untouched: what `serializeArray` finds in it."""

    def __init__(self, page: str, id: str | None = None) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._id, self._inside = id, id is None
        self._select = self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and self._id:
            self._inside = given.get("id") == self._id
        name = given.get("name") or ""
        if not self._inside or (not name and tag != "option"):
            return
        if tag == "input":
            kind = given.get("type") or "text"
            if kind in ("submit", "button"):
                return
            if kind in ("checkbox", "radio") and "checked" not in given:
                return
            self.fields[name] = given.get("value") or ("on" if kind == "checkbox" else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if self._select not in self.fields or "selected" in given:
                self.fields[self._select] = given.get("value") or ""
        elif tag == "textarea":
            self._text = name
            self.fields[name] = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""
        elif tag == "form" and self._id:
            self._inside = False


class Experimenter:
    """Somebody at the admin pages of ``server``, with as many windows as they like.

    counts: how many answers are acknowledged, and how many sent, at this moment.
    """

    def __init__(
        self, server: Server, deeds: Deeds, counts: Callable[[], tuple[dict, dict]]
    ) -> None:
        self.server, self.deeds, self.counts = server, deeds, counts
        self.rest_headers = {}
        if key := server.environment.get("OTREE_REST_KEY"):
            self.rest_headers["otree-rest-key"] = key
        self._cookies: dict[str, str] | None = None
        self._logging_in = asyncio.Lock()
        self._browsers: list[Browser] = []

    async def window(self) -> Browser:
        """A window of their browser; they log in once, if the server asks for it."""
        async with self._logging_in:
            if self._cookies is None:
                self._cookies = await self._log_in()
        return self._kept_open(Browser(self.server.port, cookies=dict(self._cookies)))

    async def _log_in(self) -> dict[str, str]:
        browser = Browser(self.server.port)
        reply = await browser.get("/sessions")
        if "/login" in reply.path:
            environment = self.server.environment
            form = FormOf(reply.text).fields | {
                "username": "admin",
                "password": environment["OTREE_ADMIN_PASSWORD"],
            }
            reply = await browser.post(reply.path, form)
            reply = await browser.get("/sessions")
        browser.close()
        assert reply.path.startswith("/sessions"), reply.path
        return browser.cookies

    def rest(self) -> Browser:
        """A program that uses the REST API."""
        return self._kept_open(Browser(self.server.port, headers=dict(self.rest_headers)))

    def _kept_open(self, browser: Browser) -> Browser:
        """Browsers stay open until the end, as an experimenter's do."""
        self._browsers.append(browser)
        return browser

    def took(self, what: str, reply: Reply) -> Reply:
        """Note a reply; anything but a page is a failure."""
        self.deeds.times[what] += 1
        longest = self.deeds.seconds.get(what, 0.0)
        self.deeds.seconds[what] = max(longest, reply.seconds)
        if reply.status != 200:
            self.deeds.failures.append(f"{what}: {reply.status} {reply.text[:120]!r}")
        return reply

    async def page(self, browser: Browser, path: str, what: str = "") -> Reply:
        return self.took(what or path.split("?")[0], await browser.get(path))

    # ------------------------------------------------------------------------- exports

    async def links(self, browser: Browser) -> tuple[list[str], list[dict[str, Any]], list[str]]:
        """What the page of exports offers: REST addresses, messages for its socket, links."""
        page = (await self.page(browser, "/ExportIndex")).text
        rest = [html.unescape(found) for found in re.findall(r"<code>(/api/[^<]+)</code>", page)]
        messages = []
        for tag in re.findall(r'<a [^>]*class="download-link"[^>]*>', page):
            given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            message: dict[str, Any] = {"link_id": given["id"]}
            if "data-excel" in given:
                message["for_excel"] = 1
            if "data-app" in given:
                message["app_name"] = given["data-app"]
            message["is_custom"] = "data-custom" in given
            if "data-export-name" in given:
                message["function_name"] = given["data-export-name"]
            messages.append(message)
        hrefs = [html.unescape(found) for found in re.findall(r'href="(/Export[^"]+)"', page)]
        assert min(map(len, (rest, messages, hrefs))) > 0
        return rest, messages, hrefs

    async def download(self, browser: Browser, path: str) -> Reply:
        before, _ = self.counts()
        reply = await self.page(browser, path, f"download {urlsplit(path).path}")
        self._kept(reply.text, before)
        return reply

    def _kept(self, text: str, before: dict[Any, int]) -> None:
        """Keep an export for later, if it is one of participants or of answers."""
        kind = next((kind for kind, first in FIRST_COLUMNS.items() if first in text[:200]), None)
        if kind:
            self.deeds.keep(Export(kind, text, before, self.counts()[1]))

    async def download_by_socket(self, browser: Browser, message: dict[str, Any]) -> None:
        before, _ = self.counts()
        socket = await browser.socket("/export")
        try:
            socket.send_json(message)
            content = await socket.receive_json()
        finally:
            socket.close()
        self.deeds.times["export socket"] += 1
        if content.get("error"):
            self.deeds.failures.append(f"export socket {message}: {content['error']}")
        else:
            self._kept(content["data"], before)

    # ------------------------------------------------------------------------ creating

    def announce(self, code: str, participants: int, config: str) -> None:
        self.deeds.announced.append(Announced(code, participants, config))

    async def create_by_rest(
        self, config: str, participants: int, room: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """A session as a program asks for it; what the server told about it."""
        asked: dict[str, Any] = {
            "session_config_name": config,
            "num_participants": participants,
            "modified_session_config_fields": parameters,
        }
        if room:
            asked["room_name"] = room
        browser = self.rest()
        reply = await browser.post_json("/api/sessions", asked, seconds=CREATION_SECONDS)
        browser.close()
        self.took("create by REST", reply)
        if reply.status != 200:
            raise Gone(f"creating by REST: {reply.status} {reply.text[:300]}")
        self.announce(reply.json()["code"], participants, config)
        return reply.json()

    async def create_by_form(
        self, browser: Browser, config: str, participants: int, page: str = "/create_session"
    ) -> str:
        """Fill in the form of a page and press *Create*; the code of the session."""
        form = FormOf((await self.page(browser, page)).text, id="form").fields
        assert {"csrftoken", "session_config", "num_participants", "room_name"} <= set(form), form
        form |= {"session_config": config, "num_participants": str(participants)}
        began = time.perf_counter()
        socket = await browser.socket("/create_session")
        try:
            socket.send_json(form)
            url = await self._created(socket)
        finally:
            socket.close()
        self.deeds.times["create by form"] += 1
        self._longest("create by form", began)
        code = url.rpartition("/")[2]
        self.announce(code, participants, config)
        await self.page(browser, url, "/SessionStartLinks/")
        return code

    async def create_demo(self, browser: Browser, config: str) -> str:
        """Choose a config from the demo page."""
        index = (await self.page(browser, "/demo")).text
        assert f"/demo/{config}" in index
        page = (await self.page(browser, f"/demo/{config}", "/demo/")).text
        found = re.search(r"config_name = '(\w+)'", page)
        assert found
        began = time.perf_counter()
        socket = await browser.socket("/create_demo_session")
        try:
            socket.send_json({"session_config": found[1]})
            url = await self._created(socket)
        finally:
            socket.close()
        self.deeds.times["create demo"] += 1
        self._longest("create demo", began)
        code = url.rpartition("/")[2]
        self.announce(code, 3 if config == "info_source" else 4, config)
        return code

    def _longest(self, what: str, began: float) -> None:
        seconds = time.perf_counter() - began
        self.deeds.seconds[what] = max(self.deeds.seconds.get(what, 0.0), seconds)

    async def _created(self, socket: Any) -> str:
        while True:
            data = await socket.receive_json(CREATION_SECONDS)
            if "session_url" in data:
                return str(data["session_url"])
            if "progress" not in data:
                text = str(data.get("error") or data)[:200]
                self.deeds.failures.append(f"creating a session: {text}")
                raise Gone(text)

    async def use_room(self, browser: Browser, room: str, config: str, participants: int) -> str:
        """Create a session in a room in which somebody waits, and close the room again."""
        address = f"/wait_for_session_in_room?room_name={room}&tab_unique_id={time.time_ns()}"
        waiting = await Browser(self.server.port).socket(address)
        page = f"/room_without_session/{room}"
        watching = await browser.socket(page)
        code = await self.create_by_form(browser, config, participants, page)
        try:
            assert (await waiting.receive_json(10))["status"] == "session_ready"
        except Gone:
            self.deeds.failures.append(f"room {room}: whoever waits is not told")
        watching.close()
        waiting.close()
        form = FormOf((await self.page(browser, f"/room_with_session/{room}")).text).fields
        reply = await browser.post(f"/CloseRoom/{room}", form)
        self.took("close room", reply)
        return code

    # ------------------------------------------------------------------------ deleting

    async def delete(self, browser: Browser, codes: list[str]) -> None:
        """Tick sessions in the list and press *Delete*."""
        page = (await self.page(browser, "/sessions")).text
        for code in codes:
            assert f'value="{code}"' in page, f"{code} is not in the list"
        began = time.perf_counter()
        socket = await browser.socket("/delete_sessions")
        try:
            socket.send_json(codes)
            assert await socket.receive_json(CREATION_SECONDS) == "ok"
        finally:
            socket.close()
        self._longest("delete", began)
        self.deeds.times["delete"] += 1
        self.deeds.deleted += codes

    # ------------------------------------------------------------------- one session's tabs

    async def data_tab(self, browser: Browser, code: str) -> None:
        await self.page(browser, f"/SessionData/{code}", "/SessionData/")
        reply = await self.page(browser, f"/session_data/{code}", "/session_data/")
        if reply.status == 200 and len(reply.json()) != 1:
            self.deeds.failures.append(f"the Data tab of {code} has {len(reply.json())} tables")

    async def monitor(self, browser: Browser, code: str, stay: float = 0.1) -> None:
        """Open the Monitor, watch for a moment, and leave it."""
        await self.page(browser, f"/SessionMonitor/{code}", "/SessionMonitor/")
        socket = await browser.socket(f"/session_monitor/{code}")
        try:
            rows = (await socket.receive_json())["rows"]
            assert isinstance(rows, list)
            await self.page(browser, f"/presence_icons/{code}", "/presence_icons/")
            await asyncio.sleep(stay)
        finally:
            socket.close()

    async def tabs(self, browser: Browser, code: str) -> None:
        """Report, payments, links and description of a session, and the lists."""
        for tab in ("AdminReport", "SessionPayments", "SessionStartLinks", "SessionDescription"):
            await self.page(browser, f"/{tab}/{code}", f"/{tab}/")
        for path in ("/sessions", "/rooms", "/demo", "/ExportIndex", "/create_session"):
            await self.page(browser, path)

    async def edit(self, browser: Browser, code: str, fee: Decimal, comment: str) -> None:
        """Change the properties of a session and press *Save changes*."""
        path = f"/SessionEditProperties/{code}"
        form = FormOf((await self.page(browser, path, "/SessionEditProperties/")).text).fields
        form |= {"participation_fee": str(fee), "comment": comment}
        form.setdefault("real_world_currency_per_point", "1")
        reply = await browser.post(path, form)
        self.took("edit", reply)
        if reply.first == 302 and reply.status == 200:
            self.deeds.fees[code] = fee
        else:
            self.deeds.failures.append(f"properties of {code} were not taken")

    async def advance(self, browser: Browser, code: str, participant: str | None = None) -> None:
        """Press *Advance slowest participants*, or advance one, as the Monitor's script does."""
        page = (await self.page(browser, f"/SessionMonitor/{code}", "/SessionMonitor/")).text
        form = FormOf(page).fields
        sent = {"csrftoken": form["csrftoken"]}
        if participant:
            sent["selected_participant"] = participant
        else:
            sent["advancemode"] = form["advance_participants_mode"]
        reply = await browser.post(f"/AdvanceSession/{code}", sent)
        self.took("advance one" if participant else "advance all", reply)

    # ------------------------------------------------------------------------- copying

    async def copy_database(self, folder: Path) -> None:
        """Copy the database while it is in use, by the database's own tool."""
        self.deeds.times["copy"] += 1
        url = self.server.database_url
        target = folder / f"copy-{self.deeds.times['copy'] % KEPT}"
        target.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        await loop.run_in_executor(None, _copy, url, target)
        self._longest("copy", began)
        if target not in self.deeds.copies:
            self.deeds.copies.append(target)


def _copy(url: str, target: Path) -> None:
    if url.startswith("sqlite"):
        source = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
        copy = sqlite3.connect(target)
        with source, copy:
            source.backup(copy)
        source.close()
        copy.close()
    else:
        command = ["pg_dump", "--format=custom", f"--file={target}", url]
        subprocess.run(command, check=True, timeout=60, capture_output=True)


# ------------------------------------------------------------------------------------- loops


@dataclass(frozen=True)
class Scenery:
    """What the loops work on.

    session: the one that people work in; others may be created beside it.
    advancing: a session whose participants may be moved on; its participants' codes.
    large: sessions of 1,500 places that may be deleted.
    """

    session: str
    folder: Path
    advancing: str
    advancing_codes: list[str]
    large: list[str]


Loop = Callable[[Experimenter, Scenery], Awaitable[Callable[[], Awaitable[None]]]]


async def exports(experimenter: Experimenter, scenery: Scenery) -> Any:
    window, program = await experimenter.window(), experimenter.rest()
    rest, messages, hrefs = await experimenter.links(window)
    session = scenery.session
    tab = (await window.get(f"/SessionData/{session}")).text
    downloads = [html.unescape(found) for found in re.findall(r'href="(/ExportWide[^"]*)"', tab)]
    assert downloads
    acts = [
        *((experimenter.download, program, path.format(SESSION_CODE=session)) for path in rest),
        *((experimenter.download_by_socket, window, message) for message in messages),
        *((experimenter.download, window, path) for path in [*hrefs, *downloads]),
    ]
    random.Random(0).shuffle(acts)
    turn = cycle(acts)

    async def once() -> None:
        act, browser, what = next(turn)
        await act(browser, what)

    return once


async def data_tab(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    return lambda: experimenter.data_tab(window, scenery.session)


async def monitor(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    return lambda: experimenter.monitor(window, scenery.session)


async def tabs(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    return lambda: experimenter.tabs(window, scenery.session)


async def create_form(experimenter: Experimenter, scenery: Scenery) -> Any:
    first, second = await experimenter.window(), await experimenter.window()

    async def once() -> None:
        # Two experimenters at the same moment, who each want their own.
        await asyncio.gather(
            experimenter.create_by_form(first, "incentive", 5),
            experimenter.create_by_form(second, "info_source", 3),
        )

    return once


async def create_demo(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    return lambda: experimenter.create_demo(window, "info_source")


async def create_rest(experimenter: Experimenter, scenery: Scenery) -> Any:
    return lambda: experimenter.create_by_rest("incentive", 7, practice_items=1)


async def create_room(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    return lambda: experimenter.use_room(window, "open", "incentive", 4)


async def delete(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    large = [code for code in scenery.large if code not in experimenter.deeds.deleted]

    async def once() -> None:
        if large:
            await experimenter.delete(window, [large.pop()])
        made = await experimenter.create_by_rest("incentive", 6)
        await experimenter.delete(window, [made["code"]])

    return once


async def edit(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    fees = cycle(Decimal(fee) for fee in ("5.00", "6.25", "7.50", "4.10"))

    async def once() -> None:
        fee = next(fees)
        await experimenter.edit(window, scenery.session, fee, f"the fee is {fee}")

    return once


async def advance(experimenter: Experimenter, scenery: Scenery) -> Any:
    window = await experimenter.window()
    turn = cycle([None, None, *scenery.advancing_codes])
    return lambda: experimenter.advance(window, scenery.advancing, next(turn))


async def copy(experimenter: Experimenter, scenery: Scenery) -> Any:
    return lambda: experimenter.copy_database(scenery.folder)


LOOPS: dict[str, tuple[Loop, float]] = {
    "exports": (exports, 0.0),
    "Data tab": (data_tab, 0.1),
    "Monitor": (monitor, 0.0),
    "Report, Payments, lists": (tabs, 0.1),
    "create by form": (create_form, 0.1),
    "create demo": (create_demo, 0.1),
    "create by REST": (create_rest, 0.1),
    "create in a room": (create_room, 0.1),
    "delete": (delete, 0.1),
    "edit properties": (edit, 0.1),
    "advance": (advance, 0.3),
    "copy the database": (copy, 0.2),
}
"""Each loop by its name: how it begins, and its pause between two turns in seconds."""
