"""What participants read: all arms learn the same facts, and whatever is wrong is named."""

import re
import shutil
from pathlib import Path

import pytest

from steps import Assignment, Choice, Scale
from study import Arm, Study, messages, words
from study.finding import studies
from study.messages import message
from study.problems import ROOT, DesignError

MESSENGERS = ("organisation", "beneficiary")
LANGUAGES = words.languages()

each_language = pytest.mark.parametrize("language", LANGUAGES)


def told(language):
    """Every message in a language with its number of versions."""
    folders = (ROOT / "content" / language / "messages").iterdir()
    return {folder.name: len(list(folder.glob("*.toml"))) for folder in sorted(folders)}


ALL = [(name, n) for name, count in told("en").items() for n in range(1, count + 1)]


def declared(language, name, version):
    return words.read(ROOT / "content" / language / "messages" / name / f"{version}.toml")


def quoted(language, name, version):
    """The facts that a message quotes, paragraph by paragraph, in the order in which it does."""
    return [
        re.findall(r"\{(\w+)\}", text) for text in declared(language, name, version)["paragraphs"]
    ]


def word_count(language, name, version):
    return len(re.findall(r"\w+", " ".join(message(language, name, version).paragraphs)))


# ------------------------------------------------------------------------- what messages say


@each_language
@pytest.mark.parametrize(("name", "version"), ALL)
def test_every_message_states_the_same_facts_in_the_same_order(language, name, version):
    facts = list(words.read(ROOT / "content" / language / "facts.toml"))
    assert [fact for part in quoted(language, name, version) for fact in part] == facts
    assert "{" not in " ".join(message(language, name, version).paragraphs)


@each_language
def test_messengers_differ_in_nothing_but_the_messenger(language):
    versions = [(name, n) for name, n in ALL if name in MESSENGERS]
    found = [message(language, *each) for each in versions]
    assert len({(each.heading, len(each.paragraphs), each.media) for each in found}) == 1
    assert len({each.sender for each in found}) == len(MESSENGERS)
    assert len({str(quoted(language, *each)) for each in versions}) == 1


@each_language
def test_all_messages_are_as_long_and_have_the_same_heading(language):
    counts = [word_count(language, *each) for each in ALL]
    assert max(counts) <= 1.1 * min(counts)
    assert len({message(language, *each).heading for each in ALL}) == 1


@each_language
def test_two_versions_of_a_message_are_not_the_same(language):
    texts = [message(language, *each).paragraphs for each in ALL]
    assert len(set(texts)) == len(texts)


# ------------------------------------------------------------ what is found wrong in messages


def forget():
    for cached in (words.languages, words.read, messages._versions, messages.message):
        cached.cache_clear()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A project of our own, in whose content things may be broken."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    (tmp_path / "_static").mkdir()
    (tmp_path / "settings.py").touch()
    monkeypatch.chdir(tmp_path)
    forget()
    yield tmp_path
    forget()


ORGANISATION = "content/en/messages/organisation/1.toml"
STUDY = next(study for study in studies().values() if "organisation" in messages.names(study))


def add(own, text="", **files):
    """Append ``text`` to a message and put ``files`` (a__b = bytes) into the static folder."""
    path = own / ORGANISATION
    path.write_text(path.read_text("utf-8") + text, "utf-8")
    for file, data in files.items():
        (own / "_static" / file.replace("__", ".")).write_bytes(data)


def fault():
    def check():
        words.check(STUDY)
        messages.check(STUDY)

    with pytest.raises(DesignError) as error:
        check()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", ["common", "task"])
def test_a_missing_file_is_named(own, name):
    (own / "content" / "en" / f"{name}.toml").unlink()
    assert fault() == f"content/en/{name}.toml: the file is missing."


def test_a_missing_message_is_named(own):
    shutil.rmtree((own / ORGANISATION).parent)
    found = fault()
    assert found.startswith("content/en/messages/organisation: ")
    assert "There is no message 'organisation'" in found


def test_versions_are_numbered_without_gaps(own):
    (own / ORGANISATION).unlink()
    assert "must be 1.toml, 2.toml and so on" in fault()


def test_every_language_has_as_many_versions(own):
    (own / "content" / "it" / "messages" / "organisation" / "2.toml").unlink()
    assert fault() == (
        "content/it/messages/organisation: it holds 1 versions, but in en there are 2."
    )


def test_a_missing_language_is_named(own):
    shutil.rmtree(own / "content" / "it")
    assert "no words in 'it': the folder content/it is missing" in fault()


def test_broken_toml_is_named_with_its_line(own):
    (own / "content" / "en" / "common.toml").write_text('[a]\ntitle = "What\n', "utf-8")
    found = fault()
    assert found.startswith("content/en/common.toml: ")
    assert "line 2" in found


def test_a_file_that_is_not_utf8_is_named(own):
    (own / "content" / "en" / "task.toml").write_bytes("name = 'città'".encode("latin-1"))
    assert fault() == "content/en/task.toml: the file is not UTF-8 text."


@pytest.mark.parametrize("key", ["heading", "from", "paragraphs"])
def test_a_message_without_a_part_is_named(own, key):
    path = own / ORGANISATION
    parts = {"heading": '"h"', "from": '"f"', "paragraphs": '["p"]'}
    parts[key] = "[]" if key == "paragraphs" else '""'
    path.write_text("\n".join(f"{name} = {value}" for name, value in parts.items()))
    assert fault() == f"{ORGANISATION}: {key} is missing."


def test_a_text_that_a_message_does_not_have_is_named(own):
    path = own / ORGANISATION
    path.write_text(path.read_text("utf-8").replace("heading =", "headin ="), "utf-8")
    assert fault().startswith(f"{ORGANISATION}: There is no text 'headin'. Did you mean heading?")


def test_a_fact_that_does_not_exist_is_named(own):
    path = own / ORGANISATION
    path.write_text(path.read_text("utf-8").replace("{waiting}", "{wating}"), "utf-8")
    assert fault().startswith(f"{ORGANISATION}: There is no fact 'wating'. Did you mean waiting?")


VIDEO = (
    '\n[media]\nkind = "video"\nfile = "talk.mp4"\ncaptions = "talk.vtt"\ntranscript = "Hello."\n'
)
AUDIO = '\n[media]\nkind = "audio"\nfile = "talk.mp3"\ntranscript = ["Hello.", "Bye."]\n'
IMAGE = '\n[media]\nkind = "image"\nfile = "picture.png"\nalt = "A reader at a desk"\n'


@pytest.mark.parametrize(
    ("text", "files", "medium"),
    [
        (VIDEO, {"talk__mp4": b"v", "talk__vtt": b"WEBVTT"}, "video"),
        (AUDIO, {"talk__mp3": b"a"}, "audio"),
        (IMAGE, {"picture__png": b"p"}, "text"),
    ],
    ids=["video", "audio", "image"],
)
def test_recordings_and_pictures_that_are_complete_pass(own, text, files, medium):
    add(own, text, **files)
    messages.check(STUDY)
    assert message("en", "organisation", 1).media is not None
    assert message("en", "organisation", 1).medium == medium


@pytest.mark.parametrize(
    ("text", "files", "says"),
    [
        (VIDEO, {"talk__vtt": b"w"}, "there is no file _static/talk.mp4."),
        (VIDEO, {"talk__mp4": b"v"}, "there is no file _static/talk.vtt."),
        (VIDEO, {"talk__mp4": b"", "talk__vtt": b"w"}, "_static/talk.mp4 is empty."),
        (
            VIDEO.replace('captions = "talk.vtt"\n', ""),
            {"talk__mp4": b"v"},
            "captions is missing.",
        ),
        (
            VIDEO.replace("talk.mp4", "talk.exe"),
            {"talk__exe": b"v", "talk__vtt": b"w"},
            "_static/talk.exe must be one of .mp4, .webm.",
        ),
        (
            AUDIO.replace('transcript = ["Hello.", "Bye."]\n', ""),
            {"talk__mp3": b"a"},
            "a recording needs a transcript.",
        ),
        (
            IMAGE.replace('alt = "A reader at a desk"\n', ""),
            {"picture__png": b"p"},
            "an image needs alt, a text that says what it shows.",
        ),
        (IMAGE.replace("image", "hologram"), {}, "kind of media must be image, audio or video."),
        (IMAGE.replace('file = "picture.png"\n', ""), {}, "file is missing."),
        (
            IMAGE.replace("picture.png", "../content/en/task.toml"),
            {},
            "there is no file _static/../content/en/task.toml.",
        ),
        (
            AUDIO.replace("talk.mp3", "Beneficiary.mp3"),
            {"Beneficiary__mp3": b"a"},
            "the name _static/Beneficiary.mp3 gives away 'beneficiary'.",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_media_that_are_missing_wrong_or_telling_are_named(own, text, files, says):
    add(own, text, **files)
    assert fault() == f"{ORGANISATION}: {says}"


def test_a_message_counts_as_sample_until_its_mark_is_removed(own):
    path = own / ORGANISATION
    assert message("en", "organisation", 1).sample
    path.write_text(path.read_text("utf-8").replace("sample = true\n", ""), "utf-8")
    forget()
    assert not message("en", "organisation", 1).sample


def test_a_changed_comma_changes_the_fingerprint(own):
    before = words.fingerprint(STUDY)
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    path = own / ORGANISATION
    path.write_text(path.read_text("utf-8").replace("library, and", "library and"), "utf-8")
    forget()
    assert words.fingerprint(STUDY) != before


# ------------------------------------------------- what is found wrong in the words of a study


WHOLE = """
[liking]
title = "Liking"

[liking.questions.liking]
low = "Not at all"
high = "Very much"
items = ["This", "That"]

[colour]
title = "Colour, {total_minutes}"

[colour.questions.colour]
label = "Which?"
options = { red = "Red", blue = "Blue" }
"""


@pytest.fixture
def asks(own):
    """A study with words of its own in English and Italian, and how to change them."""
    study = Study(
        name="asks",
        title="Asks",
        question="Does it?",
        arms=[Arm("control", "nothing"), Arm("treated", "something")],
        steps=[
            Assignment(),
            Scale("liking", about="Liking.", items=2),
            Choice("colour", about="Colour.", options={"red": "", "blue": ""}),
        ],
        languages=["en", "it"],
    )
    object.__setattr__(study, "file", own / "asks" / "design.py")
    (own / "asks" / "content").mkdir(parents=True)

    def change(old="", new="", language="en"):
        for each in ("en", "it"):
            text = WHOLE.replace(old, new, 1) if each == language else WHOLE
            (own / "asks" / "content" / f"{each}.toml").write_text(text, "utf-8")
        forget()
        words.check(study)

    return change


def test_words_that_are_whole_pass(asks):
    asks()


@pytest.mark.parametrize(
    ("old", "new", "language", "says"),
    [
        ('title = "Liking"', "", "en", "the text 'title' is missing."),
        ('title = "Liking"', 'titel = "L"\ntitle = "L"', "en", "There is no text 'titel'"),
        ('"This", "That"', '"This"', "it", "has 1 items, but 2 columns"),
        ('"This", "That"', '"This", "That", "It"', "en", "has 3 items, but 2 columns"),
        ('label = "Which?"', "", "en", "the question 'colour' has no label."),
        (', blue = "Blue"', "", "it", "the options of 'colour' must be red, blue, in this order"),
        ("liking.questions.liking", "liking.questions.likin", "en", "'liking_1' is missing"),
        ("{total_minutes}", "", "it", "does not quote the same values as in en"),
        ("[colour]", "[color]\n[colour]", "en", "There is no step 'color'. Did you mean colour?"),
    ],
)
def test_what_is_wrong_in_words_is_named_with_its_file(asks, old, new, language, says):
    with pytest.raises(DesignError) as error:
        asks(old, new, language)
    assert str(error.value).startswith(f"asks/content/{language}.toml")
    assert says in str(error.value)


# --------------------------------------------------------------------------- filling in, HTML


def test_texts_are_escaped_and_two_asterisks_make_bold():
    assert words.to_html("a < b & **c**") == "a &lt; b &amp; <strong>c</strong>"
    assert words.to_html({"x": ["<script>"]}) == {"x": ["&lt;script&gt;"]}


def test_an_unknown_placeholder_stays_as_it_stands():
    assert words.fill({"a": ["{x} {y}"]}, {"x": 1}) == {"a": ["1 {y}"]}


def test_every_step_with_a_page_speaks_all_languages():
    for folder in Path(ROOT, "steps").rglob("words"):
        assert {path.stem for path in folder.glob("*.toml")} == set(LANGUAGES), folder
