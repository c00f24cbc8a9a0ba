"""One server for all tests of pages, and walks through all of them, each taken once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from study.finding import studies
from study.study import Study
from tests.harness.proxy import between
from tests.harness.server import running
from tests.pages.walk import Walk, add_labels, arms, elsewhere, other_tasks, through

WIDTHS = (320, 640, 768, 1440)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

HERE = Path(__file__).parent
PROBES = (HERE / "probes.js").read_text("utf-8")
SHIFTS = (HERE / "shifts.js").read_text("utf-8")

# Whether a page with larger letters becomes too wide.
LARGER = """() => {
    document.documentElement.classList.toggle("larger");
    const wide = document.scrollingElement.scrollWidth > window.innerWidth;
    document.documentElement.classList.toggle("larger");
    return wide ? ["larger letters"] : [];
}"""


@dataclass
class Stop:
    """What was found at one stop of a walk."""

    name: str
    measures: dict[str, Any]
    faults: list[str]
    too_wide: list[int | str]

    def __getattr__(self, name: str) -> Any:
        return self.measures[name]


@dataclass
class Walked:
    """A walk that was taken: its stops by name, and what the browser complained about."""

    study: Study
    language: str
    stops: dict[str, Stop] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def violations(said: Any) -> list[str]:
    """What a message on the browser's console says against our own Content-Security-Policy."""
    return [said.text] if "Content Security Policy" in said.text else []


def faults(page: Any) -> list[str]:
    """What axe finds on a page."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes']]}"
        for each in found.response["violations"]
    ]


def stop_at(page: Any, name: str) -> Stop:
    """What is found on a page as it is now on screen, and when its window becomes another one."""
    viewport = page.viewport_size
    height = viewport["height"]
    measures = page.evaluate(PROBES)
    too_wide: list[int | str] = []
    for each in WIDTHS:
        page.set_viewport_size({"width": each, "height": height})
        if page.evaluate("document.scrollingElement.scrollWidth") > each:
            too_wide.append(each)
    page.set_viewport_size({"width": WIDTHS[0], "height": height})
    too_wide += page.evaluate(LARGER)
    page.set_viewport_size(viewport)
    return Stop(name, measures, faults(page), too_wide)


@pytest.fixture(scope="session")
def pages_server(tmp_path_factory):
    """A server whose laboratory has a list of seats."""
    folder = tmp_path_factory.mktemp("pages") / "project"
    folder.mkdir()
    add_labels(folder)
    with running(folder) as server:
        yield server


@pytest.fixture
def walk(pages_server, browser) -> Iterator[Walk]:
    """Somebody with a browser of their own, on a computer."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    with between(pages_server.port) as network:
        yield Walk(context.new_page(), pages_server, network)
        context.close()


def _take(server, browser, config, language, size, **parameters) -> Walked:
    width, height = size
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, locale=language, reduced_motion="reduce")
    context.add_init_script(SHIFTS)
    walked = Walked(studies()[config], language)
    with between(server.port) as network:
        walk = Walk(context.new_page(), server, network)
        page = walk.page
        page.on("pageerror", lambda error: walked.complaints.append(str(error)))
        page.on("console", lambda said: walked.complaints.extend(violations(said)))
        for name in chain(
            through(walk, config, language=language, **parameters),
            elsewhere(walk, config, language=language),
            other_tasks(walk, config, language=language),
            arms(walk, config, language=language),
        ):
            walked.stops[name] = stop_at(page, name)
        context.close()
    return walked


@pytest.fixture(scope="session")
def on_computer(pages_server, browser) -> Walked:
    """A study in English, on a computer."""
    return _take(pages_server, browser, "info_source", "en", (1280, 800))


@pytest.fixture(scope="session")
def magnified(pages_server, browser) -> Walked:
    """Another in Italian, on a computer whose pages are magnified to 400%."""
    arm = {"force_arm": "reward_beneficiary"}
    return _take(pages_server, browser, "incentive", "it", (320, 256), **arm)


@pytest.fixture(scope="session", params=["on_computer", "magnified"])
def walked(request) -> Walked:
    """Each of the walks."""
    return request.getfixturevalue(request.param)
