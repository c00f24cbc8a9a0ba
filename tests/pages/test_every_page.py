"""What holds on every page of the studies, in every state that participants can meet."""

from __future__ import annotations

from babel import Locale

from steps.information import Information
from steps.round import Round
from study import words
from study.finding import studies
from tests.pages.conftest import PROBES, SHIFTS, faults

IN_ERROR = ("room, no label", "room, label unknown")


def in_error(walked):
    ends = ("errors", "explained", "not a number", "too many")
    return {
        name: stop
        for name, stop in walked.stops.items()
        if name in IN_ERROR or name.endswith(ends)
    }


def common(walked):
    return words.shared(walked.language, words.COMMON)


def found(walked, what):
    """By name of the stop, what is there but should not."""
    return {name: what(stop) for name, stop in walked.stops.items() if what(stop)}


def test_the_walk_comes_to_every_page_at_every_size(walked):
    for step in walked.study.path:
        if step.page:
            assert walked.stops[step.name].url.split("/")[-2] == step.page
    assert len(walked.stops) >= 60


def test_axe_finds_nothing(walked):
    assert found(walked, lambda stop: stop.faults) == {}


def test_pages_say_their_language_and_direction(walked):
    direction = Locale.parse(walked.language).text_direction
    here = {name: (stop.lang, stop.dir) for name, stop in walked.stops.items()}
    assert set(here.values()) == {(walked.language, direction)}, here


def test_every_page_has_one_heading_and_it_begins_the_title(walked):
    for name, stop in walked.stops.items():
        assert stop.headings == 1, name
        prefix = common(walked)["errors"]["title_prefix"] + " "
        begun = stop.title.removeprefix(prefix)
        # The heading of a message belongs to the message.
        told = {step.name for step in walked.study.of_type(Information)}
        assert begun.startswith(stop.heading) or name.split(",")[0] in told, (name, stop.title)


def test_errors_begin_the_title_and_are_listed_focused_and_tied_to_their_fields(walked):
    said = common(walked)["errors"]
    stops = in_error(walked)
    assert len(stops) >= 11
    for name, stop in walked.stops.items():
        assert stop.title.startswith(said["title_prefix"]) == (name in stops), name
    for name, stop in stops.items():
        assert stop.focused == "error-summary", name
        assert stop.errors, name
        for error in stop.errors:
            assert error["text"].split(":")[0] in error["described"], (name, error)


def test_radio_groups_have_names(walked):
    assert found(walked, lambda stop: stop.unnamed) == {}


def test_targets_are_at_least_24_pixels(walked):
    assert found(walked, lambda stop: stop.small) == {}


def test_nothing_is_cut_off_or_scrolls_sideways_at_any_width(walked):
    assert found(walked, lambda stop: stop.too_wide) == {}


def test_nothing_moves_by_itself(walked):
    assert found(walked, lambda stop: stop.shift if stop.shift > 0.05 else None) == {}


def test_nothing_comes_from_another_host(walked):
    assert found(walked, lambda stop: stop.hosts) == {}


def test_no_framework_default_shows(walked):
    assert found(walked, lambda stop: stop.defaults) == {}
    assert {tuple(stop.styles) for stop in walked.stops.values()} == {("/static/lab/style.css",)}


def test_scripts_do_not_fail(walked):
    assert walked.complaints == []


def test_no_page_shows_a_placeholder_or_an_empty_value(walked):
    for name, stop in walked.stops.items():
        for mark in ("{", "}", "None", "undefined", "NaN"):
            assert mark not in stop.text, (name, mark)


def test_steps_are_counted_up_to_a_certain_total(walked):
    said = common(walked)["step"]
    # Whatever belongs together is one step: an announcement, and the round that it announces.
    together = [
        [part for part in step.unfolded() if part.page and part.counted]
        for step in walked.study.steps
    ]
    counted = [parts for parts in together if parts]
    for number, parts in enumerate(counted, start=1):
        line = words.fill(said, {"step": number, "steps": len(counted)})
        for part in parts:
            # On a screen of which a keyboard takes half, a round is all that is shown.
            if not isinstance(part, Round):
                assert line in walked.stops[part.name].text, part.name
    for name in ("waiting", "declined", "full", "error"):
        assert said.split()[0] + " 1" not in walked.stops[name].text, name


def test_the_probes_see_what_they_are_to_find(walk):
    walk.goto("/room/open")
    walk.page.evaluate(SHIFTS)
    walk.page.evaluate("""() => {
        document.documentElement.lang = "";
        document.querySelector(".button").insertAdjacentHTML(
            "beforebegin",
            '<label class="option" id="tiny"><input type="radio"></label>',
        );
        Object.assign(document.getElementById("tiny").style, { width: "9px", height: "9px" });
        document.querySelector("h1").style.marginTop = "300px";
    }""")
    walk.page.wait_for_timeout(200)
    measures = walk.page.evaluate(PROBES)
    assert any(fault.startswith("html-has-lang") for fault in faults(walk.page))
    assert measures["small"]
    assert measures["unnamed"] == 1
    assert measures["shift"] > 0.05


def test_earnings_are_printed_without_what_only_serves_the_screen(walk):
    step = studies()["info_source"].step("earnings")
    walk.join(page=step.page)
    page = walk.page
    page.emulate_media(media="print")
    assert page.locator("#total").is_visible()
    assert page.locator(".code").inner_text() == walk.code
    assert [button.is_visible() for button in page.locator(".button").all()] == [False]
    assert not page.locator(".progress").is_visible()
    assert not page.get_by_text(words.of_step(walk.study, step, "en")["close"]).is_visible()


def test_reduced_motion_is_honoured(walk):
    page = walk.page
    running = "document.getAnimations().length"
    for motion, moves in (("reduce", 0), ("no-preference", 3)):
        page.emulate_media(reduced_motion=motion)
        walk.goto("/room/open?welcome_page_ok=1")
        assert page.evaluate(running) == moves
