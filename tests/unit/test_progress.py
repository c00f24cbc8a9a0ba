"""What somebody who waits reads: how far the work is, and how long it will still take."""

import pytest

from lab.progress import Progress, spoken


def test_the_rest_takes_as_long_as_what_is_done(capsys):
    progress = Progress(100)
    progress.starts("the first part", 0)
    progress.began -= 60
    progress.starts("the second part", 25)
    assert capsys.readouterr().out.splitlines() == [
        "the first part …",
        "the second part … 25% done, about 3 minutes left",
    ]


def test_it_counts_down_while_a_part_takes_its_time():
    progress = Progress(100)
    progress.began -= 60
    progress.starts("a long part", 50)
    progress.began -= 40
    progress.changed -= 40
    assert progress.line() == "a long part … 50% done, about 20 seconds left"
    progress.began -= 400
    progress.changed -= 400
    assert progress.line() == "a long part … 50% done, some seconds left"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "some seconds"),
        (12, "about 10 seconds"),
        (54, "about 50 seconds"),
        (55, "about a minute"),
        (76, "about 1½ minutes"),
        (80, "about 1½ minutes"),
        (125, "about 2 minutes"),
        (600, "about 10 minutes"),
    ],
)
def test_a_time_is_said_no_more_exactly_than_it_is_known(seconds, words):
    assert spoken(seconds) == words
