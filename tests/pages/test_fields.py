"""Each form component, on a page that uses it."""

from __future__ import annotations

import pytest

from study import words
from study.finding import studies

STUDY = studies()["info_source"]
COMMON = words.shared("en", words.COMMON)
QUESTIONS = {
    name: texts
    for step in STUDY.path
    if step.page
    for name, texts in words.of_step(STUDY, step, "en").get("questions", {}).items()
}


@pytest.fixture
def page(walk):
    return walk.page


def described(locator):
    """What a screen reader adds to the name of a field."""
    return locator.evaluate(
        """(field) => (field.getAttribute("aria-describedby") ?? "").split(" ")
            .map((id) => document.getElementById(id)?.innerText ?? "").join(" ").trim()"""
    )


def test_a_choice_is_a_named_group_with_nothing_ticked(walk, page):
    walk.join()
    group = page.get_by_role("group", name=QUESTIONS["consent"]["label"])
    options = group.get_by_role("radio")
    assert [option.is_checked() for option in options.all()] == [False, False]
    for label in QUESTIONS["consent"]["options"].values():
        group.get_by_role("radio", name=label).check()
    assert options.last.is_checked()
    options.last.press("ArrowUp")
    assert options.first.is_checked()


def test_a_choice_not_made_is_asked_for_in_its_own_words(walk, page):
    walk.join()
    walk.press()
    group = page.get_by_role("group", name=QUESTIONS["consent"]["label"])
    assert described(group) == QUESTIONS["consent"]["required"]
    page.get_by_role("link", name=QUESTIONS["consent"]["required"]).click()
    assert page.evaluate("document.activeElement.name") == "consent"


def test_an_answer_that_is_not_offered_is_not_taken(walk, page):
    walk.join()
    page.evaluate("document.querySelector('[name=consent]').value = 'Perhaps'")
    page.check("[name=consent] >> nth=0")
    walk.press()
    assert walk.name == "Consent"
    assert page.locator(".error-summary").count() == 1


def test_a_scale_is_a_named_group_whose_ends_are_named_too(walk, page):
    walk.join(page="Willingness")
    texts = QUESTIONS["willingness"]
    for item in texts["items"]:
        group = page.get_by_role("group", name=item)
        names = group.get_by_role("radio").evaluate_all(
            "all => all.map((each) => each.closest('label').textContent.trim())"
        )
        assert names == [f"1 – {texts['low']}", "2", "3", "4", "5", "6", f"7 – {texts['high']}"]


@pytest.mark.parametrize("letters", ["", "larger"])
def test_a_scale_of_eleven_steps_is_one_row_on_a_small_telephone(walk, page, letters):
    page.set_viewport_size({"width": 320, "height": 640})
    for language in studies()["motivation"].languages:
        walk.join("motivation", page="NeighboursExpected", language=language)
        page.evaluate("letters => { document.documentElement.className = letters; }", letters)
        boxes = [step.bounding_box() for step in page.locator(".step").all()]
        assert len(boxes) == 11
        assert len({box["y"] for box in boxes}) == 1
        assert min(box["width"] for box in boxes) >= 24
        assert page.evaluate("document.scrollingElement.scrollWidth") == 320


def test_number_keys_select_steps_of_a_scale(walk, page):
    walk.join(page="Willingness")
    first = page.locator("[name=willingness_1]")
    first.first.focus()
    for key in "1234567":
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.value") == key
        assert first.nth(int(key) - 1).is_checked()
    for key in ("8", "0", "a", "Control+3"):
        page.keyboard.press(key)
        assert first.nth(6).is_checked(), key


def test_a_scale_lines_up_with_its_question_and_fits_a_small_screen(walk, page):
    walk.join(page="Willingness")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 640})
        legend = page.locator("legend").first.bounding_box()
        steps = [step.bounding_box() for step in page.locator(".scale >> nth=0 >> .step").all()]
        assert steps[0]["x"] == legend["x"]
        assert {step["y"] for step in steps} == {steps[0]["y"]}
        assert min(step["width"] for step in steps) >= 24
        assert steps[-1]["x"] + steps[-1]["width"] <= width


def test_answers_to_the_other_scales_are_kept_when_one_is_missing(walk, page):
    walk.join(page="Willingness")
    page.check("[name=willingness_2][value='3']", force=True)
    walk.press()
    assert page.locator("[name=willingness_2][value='3']").is_checked()
    links = page.locator(".error-summary a").all_inner_texts()
    required = COMMON["errors"]["required_choice"]
    items = QUESTIONS["willingness"]["items"]
    assert links == [f"{required}: {item}" for item in (items[0], items[2], items[3])]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter the number of hours, or 0"),
        ("many", "Enter a whole number"),
        ("2.5", "Enter a whole number"),
        ("41", "Enter a number from 0 to 40"),
        ("-1", "Enter a number from 0 to 40"),
        ("99999999999999999999", "Enter a number from 0 to 40"),
    ],
)
def test_a_number_says_what_is_allowed_and_keeps_what_was_typed(walk, page, typed, error):
    walk.join(page="HoursPledged")
    box = page.get_by_role("textbox", name=QUESTIONS["hours_pledged"]["label"])
    assert box.get_attribute("inputmode") == "numeric"
    assert described(box) == QUESTIONS["hours_pledged"]["hint"]
    box.fill(typed)
    shown = box.input_value()
    walk.press()
    assert described(box) == f"{QUESTIONS['hours_pledged']['hint']} {error}"
    assert box.get_attribute("aria-invalid") == "true"
    assert box.input_value() == shown


def test_a_text_is_marked_as_optional_and_keeps_every_character(walk, page):
    walk.join(page="AboutYou")
    box = page.get_by_role("textbox", name=QUESTIONS["comment"]["label"])
    assert COMMON["optional"] in page.locator("label[for=id_comment]").inner_text()
    written = '<b>Ça va?</b> & "so"\n{fee} **x** </textarea>'
    box.fill(written)
    walk.press()
    assert walk.name == "AboutYou"
    assert box.input_value() == written


def test_a_text_that_is_too_long_is_kept_and_named(walk, page):
    walk.join(page="AboutYou")
    box = page.get_by_role("textbox", name=QUESTIONS["comment"]["label"])
    box.fill("x" * 12_000)
    walk.press()
    assert "Shorten your text to" in described(box)
    assert len(box.input_value()) == 12_000


def test_a_box_is_not_ticked_and_what_it_says_holds_at_once_and_from_then_on(walk, page):
    walk.join()
    box = page.get_by_role("checkbox", name=COMMON["larger_letters"])
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    before = page.evaluate(size)
    assert not box.is_checked()
    box.check()
    assert page.evaluate(size) > 1.2 * before
    walk.press()
    assert box.is_checked()
    walk.go_on()
    assert walk.name == "Instructions"
    assert page.evaluate(size) > 1.2 * before


def test_a_box_can_be_unticked_again(walk, page):
    walk.join()
    page.check("#id_larger_letters")
    walk.press()
    page.uncheck("#id_larger_letters")
    walk.press()
    assert not page.is_checked("#id_larger_letters")


def test_a_line_says_what_is_wrong_and_keeps_what_was_typed(walk, page):
    said = COMMON["room"]
    walk.goto("/room/laboratory?from=poster")
    box = page.get_by_role("textbox", name=said["label"])
    assert described(box) == said["label_hint"]
    box.fill("seat 99")
    walk.press()
    assert described(box) == f"{said['label_hint']} {said['label_unknown']}"
    assert box.input_value() == "seat 99"
    assert "from=poster" in page.url


def test_focus_is_seen_on_every_field_and_button(walk, page):
    for place in ("Consent", "Willingness", "AboutYou"):
        walk.join(page=place)
        seen = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            style = page.evaluate(
                """() => {
                const field = document.activeElement;
                if (field === document.body) return null;
                const shown = field.matches(".step input") ? field.nextElementSibling : field;
                const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(shown);
                const width = parseFloat(outlineWidth);
                return [field.id || field.className, outlineStyle, width, outlineColor];
            }"""
            )
            if style is None:
                break
            name, line, width, colour = style
            seen.add(name)
            assert line == "solid", name
            assert width >= 2, name
            # #073b45 on white is 12:1, and next to the accent of a button lies a white gap.
            assert colour == "rgb(7, 59, 69)", name
        assert len(seen) >= 4, place
