"""The tasks: reproducible cards, right solutions, and nothing in the page that gives them away."""

import base64
import hashlib
import io
import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from effort_task.tasks import TASKS, item_seed

NUMBERS = st.integers(1, 5000)
SEEDS = st.text(max_size=30)
ENCRYPTION, ZEROS, TRANSCRIPTION = (
    TASKS[name] for name in ("encryption", "counting_zeros", "transcription")
)
ALL = st.sampled_from(list(TASKS.values()))


def picture(view):
    kind, _, data = view["image"].partition(",")
    assert kind == "data:image/png;base64"
    return base64.b64decode(data)


@given(ALL, SEEDS, NUMBERS)
def test_a_card_can_be_made_again_from_its_seed_and_number(task, seed, number):
    first, second = task.item(seed, number), task.item(seed, number)
    assert first == second
    assert task.view(first) == task.view(second)
    assert first.number == number


@given(SEEDS, NUMBERS)
def test_the_solution_of_an_encryption_card_is_what_its_key_says(seed, number):
    item = ENCRYPTION.item(seed, number)
    view = ENCRYPTION.view(item)
    key = {entry[0]: entry[1:] for entry in re.findall("...", view["key"])}
    assert item.solution == "".join(key[letter] for letter in view["word"])
    assert sorted(key) == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert len(set(key.values())) == 26
    assert all(10 <= int(code) <= 99 for code in key.values())
    assert len(set(view["word"])) == 3
    assert not set(view["word"]) & set("AEIOU")


@given(SEEDS, NUMBERS)
def test_keys_change_their_numbers_and_their_places_after_every_card(seed, number):
    keys = [ENCRYPTION.view(ENCRYPTION.item(seed, n))["key"] for n in (number, number + 1)]
    places = [re.sub(r"\d", "", key) for key in keys]
    codes = [sorted(re.findall("...", key)) for key in keys]
    assert places[0] != places[1]
    assert codes[0] != codes[1]


@given(SEEDS, NUMBERS)
def test_the_solution_of_a_table_is_its_number_of_zeros(seed, number):
    item = ZEROS.item(seed, number)
    rows = ZEROS.view(item)["rows"]
    assert [len(row) for row in rows] == [15] * 10
    assert set("".join(rows)) <= {"0", "1"}
    assert item.solution == str(sum(cell == "0" for row in rows for cell in row))


@given(SEEDS, NUMBERS)
def test_a_line_to_copy_has_eight_characters(seed, number):
    item = TRANSCRIPTION.item(seed, number)
    assert item.solution == item.prompt
    assert len(item.solution) == 8


@pytest.mark.parametrize("alike", ["I1", "O0", "OQ", "0Q", "S5", "Z2", "G6", "B8"])
def test_of_two_characters_that_look_alike_at_most_one_is_used(alike):
    used = set("".join(TRANSCRIPTION.item("s", n).solution for n in range(1, 301)))
    assert len(used & set(alike)) <= 1


def test_a_picture_shows_its_line_and_carries_no_text():
    item = TRANSCRIPTION.item("s", 1)
    data = picture(TRANSCRIPTION.view(item))
    image = Image.open(io.BytesIO(data))
    assert image.size == (480, 96)
    assert image.info == {}
    assert item.solution.encode() not in data
    dark = sum(value < 128 for value in image.convert("L").tobytes())
    assert 1000 < dark < 20_000


def test_other_lines_give_other_pictures():
    pictures = {picture(TRANSCRIPTION.view(TRANSCRIPTION.item("s", n))) for n in range(1, 20)}
    assert len(pictures) == 19


@given(ALL, SEEDS, NUMBERS)
def test_what_the_page_gets_never_contains_the_solution(task, seed, number):
    item = task.item(seed, number)
    view = task.view(item)
    fields = {"encryption": {"word", "key"}, "counting_zeros": {"rows"}}
    assert set(view) == fields.get(task.name, {"image"})
    if task is not ZEROS:  # a number that stands among zeros and ones by chance tells nothing
        assert item.solution not in json.dumps(dict(view))
    assert item.solution not in view.values()


@given(ALL, SEEDS, st.integers(1, 200))
def test_cards_of_other_numbers_seeds_phases_and_people_are_different(task, seed, number):
    prompts = [
        task.item(item_seed(seed, participant, phase), each).prompt
        for participant in ("abc", "abd")
        for phase in ("baseline", "main")
        for each in range(number, number + 5)
    ]
    # Words of three letters may meet again by chance, whole runs may not.
    assert len(set(prompts)) > 10
    runs = [tuple(prompts[start : start + 5]) for start in range(0, 20, 5)]
    assert len(set(runs)) == 4


@given(ALL, SEEDS, NUMBERS)
def test_spaces_and_letter_case_do_not_matter_and_all_else_does(task, seed, number):
    item = task.item(seed, number)
    spaced = " ".join(item.solution).lower()
    assert task.is_correct(item, item.solution)
    assert task.is_correct(item, f"  {spaced}\t\n")
    wrong = ["", " ", item.solution[:-1], item.solution + "0", "-" + item.solution, "x"]
    assert not any(task.is_correct(item, each) for each in wrong)


@given(ALL, SEEDS, NUMBERS, st.integers(0, 30), st.sampled_from("0123456789ABCXYZ"))
def test_a_sign_more_less_or_other_is_wrong(task, seed, number, place, sign):
    item = task.item(seed, number)
    solution = item.solution
    at = place % len(solution)
    assert not task.is_correct(item, solution[:at] + solution[at + 1 :])
    assert not task.is_correct(item, solution[:at] + sign + solution[at:])
    changed = solution[:at] + sign + solution[at + 1 :]
    assert task.is_correct(item, changed) == (sign == solution[at])


@pytest.mark.parametrize(
    ("task", "fingerprint"),
    [
        ("encryption", "a333a97a38c4750f"),
        ("counting_zeros", "88828353bf81f416"),
        ("transcription", "8c180d3dd79b8968"),
    ],
)
def test_the_cards_of_a_seed_never_change(task, fingerprint):
    # Data that were collected with this seed must stay recomputable, on every version of Python.
    items = [TASKS[task].item("s42/abc/main", number) for number in range(1, 51)]
    cards = "\n".join(f"{item.prompt} {item.solution}" for item in items)
    assert hashlib.sha256(cards.encode()).hexdigest()[:16] == fingerprint


def test_the_places_of_the_letters_are_spread_evenly():
    places = [ENCRYPTION.view(ENCRYPTION.item("s", n))["key"].index("K") for n in range(1, 1301)]
    counts = [places.count(3 * place) for place in range(26)]
    # 1300 cards, 26 places: 50 each; chi-square with 25 degrees of freedom.
    assert sum((count - 50) ** 2 / 50 for count in counts) < 60
    assert sum(a == b for a, b in pairwise(places)) < 100
