"""The analysis' report in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from analysis.report import write_report
from analysis.simulation.simulate import simulate


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A report on both experiments, as an address to open."""
    folder = tmp_path_factory.mktemp("report")
    simulate("info_source", 48, folder / "info_source", effects={})
    simulate("incentive", 48, folder / "incentive", effects={})
    exports = [folder / "info_source", folder / "incentive"]
    return write_report(exports, folder / "report", include_bots=True, draws=99).as_uri()


@pytest.fixture
def page(browser, address):
    """The report on a telephone, with all that it asked for in `page.requests`."""
    page = browser.new_page(viewport={"width": 380, "height": 800})
    page.requests = []
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(address)
    yield page
    page.close()


def test_the_page_requests_nothing_but_itself(page, address):
    assert page.requests == [address]


def test_the_page_fits_a_telephone(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_the_page_passes_the_accessibility_checker(page):
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_the_letters_of_a_figure_are_legible_on_a_telephone(page):
    """In pixels, the smallest; a figure scrolls in its own box instead."""
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll(".picture text")].map(
            text => parseFloat(getComputedStyle(text).fontSize)
                * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b)))"""
    )
    assert smallest >= 9
