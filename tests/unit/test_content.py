"""Content: all arms learn the same facts, and whatever is missing or broken is named."""

import re
import shutil

import pytest

from study import content
from study.content import FILES, MESSAGES, ContentError, languages, message, words

MESSENGERS = ("organisation", "beneficiary")
LANGUAGES = languages()


def declared(language, name):
    return content.toml.loads(
        (content.ROOT / language / "messages" / f"{name}.toml").read_text("utf-8")
    )


def quoted(language, name):
    """The facts that a message quotes, in the order in which it does."""
    return re.findall(r"\{(\w+)\}", "\n".join(declared(language, name)["paragraphs"]))


def word_count(language, name):
    return len(re.findall(r"\w+", " ".join(message(language, name).paragraphs)))


# ------------------------------------------------------------------------- what messages say


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_states_the_same_facts_in_the_same_order(language):
    assert quoted(language, "facts") == list(words(language, "facts"))
    for name in MESSAGES:
        assert quoted(language, name) == quoted(language, "facts"), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_organisation_and_beneficiary_differ_in_nothing_but_the_messenger(language):
    organisation, beneficiary = (message(language, name) for name in MESSENGERS)
    assert organisation.heading == beneficiary.heading
    assert organisation.sender != beneficiary.sender
    assert len(organisation.paragraphs) == len(beneficiary.paragraphs)
    assert organisation.media == beneficiary.media
    longer, shorter = sorted((word_count(language, name) for name in MESSENGERS), reverse=True)
    assert longer <= 1.1 * shorter
    facts_at = [
        [re.findall(r"\{(\w+)\}", text) for text in declared(language, name)["paragraphs"]]
        for name in MESSENGERS
    ]
    assert facts_at[0] == facts_at[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_of_facts_is_as_long_and_has_the_same_heading(language):
    assert message(language, "facts").heading == message(language, "organisation").heading
    counts = [word_count(language, name) for name in MESSAGES]
    assert max(counts) <= 1.1 * min(counts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MESSAGES)
def test_no_message_leaves_a_placeholder(language, name):
    assert "{" not in " ".join(message(language, name).paragraphs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_as_english(language):
    for file in FILES:
        here = {path for path, _ in content.strings(words(language, file))}
        english = {path for path, _ in content.strings(words("en", file))}
        assert here == english, file
        for path, text in content.strings(words(language, file)):
            there = dict(content.strings(words("en", file)))[path]
            assert content.placeholders(text) == content.placeholders(there), (file, path)


# ------------------------------------------------------------------- what is found at the start


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A copy of the content in which things may be broken."""
    shutil.copytree(content.ROOT, tmp_path / "content")
    (tmp_path / "_static").mkdir()
    monkeypatch.setattr(content, "ROOT", tmp_path / "content")
    monkeypatch.setattr(content, "MEDIA_ROOT", tmp_path / "_static")
    forget()
    yield tmp_path
    forget()


def forget():
    content.languages.cache_clear()
    content.words.cache_clear()
    content.message.cache_clear()


def add(own, text="", name="organisation", **files):
    """Append ``text`` to a message and put ``files`` (a__b = bytes) into the static folder."""
    path = own / "content" / "en" / "messages" / f"{name}.toml"
    path.write_text(path.read_text("utf-8") + text, "utf-8")
    for file, data in files.items():
        (own / "_static" / file.replace("__", ".")).write_bytes(data)


def fault():
    with pytest.raises(ContentError) as error:
        content.check()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_content_that_is_whole_passes(own):
    content.check()


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(own, file):
    (own / "content" / "en" / f"{file}.toml").unlink()
    assert fault() == f"content/en/{file}.toml: the file is missing."


@pytest.mark.parametrize("name", MESSAGES)
def test_a_missing_message_is_named(own, name):
    (own / "content" / "en" / "messages" / f"{name}.toml").unlink()
    assert fault() == f"content/en/messages/{name}.toml: the file is missing."


def test_broken_toml_is_named_with_its_line(own):
    (own / "content" / "en" / "closing.toml").write_text('[Checks]\ntitle = "What\n', "utf-8")
    found = fault()
    assert found.startswith("content/en/closing.toml: ")
    assert "line 2" in found


def test_a_file_that_is_not_utf8_is_named(own):
    (own / "content" / "en" / "task.toml").write_bytes("name = 'città'".encode("latin-1"))
    assert fault() == "content/en/task.toml: the file is not UTF-8 text."


@pytest.mark.parametrize("key", ["heading", "from", "paragraphs"])
def test_a_message_without_a_part_is_named(own, key):
    path = own / "content" / "en" / "messages" / "organisation.toml"
    path.write_text(re.sub(rf"(?m)^{key} =", f"x{key} =", path.read_text("utf-8")), "utf-8")
    assert fault() == f"content/en/messages/organisation.toml: {key} is missing."


def test_a_fact_that_does_not_exist_is_named(own):
    path = own / "content" / "en" / "messages" / "organisation.toml"
    path.write_text(path.read_text("utf-8").replace("{waiting}", "{wating}"), "utf-8")
    assert fault() == "content/en/messages/organisation.toml: there is no fact called wating."


VIDEO = (
    '\n[media]\nkind = "video"\nfile = "talk.mp4"\ncaptions = "talk.vtt"\ntranscript = "Hello."\n'
)
AUDIO = '\n[media]\nkind = "audio"\nfile = "talk.mp3"\ntranscript = ["Hello.", "Bye."]\n'
IMAGE = '\n[media]\nkind = "image"\nfile = "picture.png"\nalt = "A reader at a desk"\n'
WHERE = "content/en/messages/organisation.toml: "


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (VIDEO, {"talk__mp4": b"v", "talk__vtt": b"WEBVTT"}),
        (AUDIO, {"talk__mp3": b"a"}),
        (IMAGE, {"picture__png": b"p"}),
    ],
    ids=["video", "audio", "image"],
)
def test_recordings_and_pictures_that_are_complete_pass(own, text, files):
    add(own, text, **files)
    content.check()
    assert message("en", "organisation").media is not None


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
        (
            IMAGE.replace("picture.png", "reward.png"),
            {"reward__png": b"p"},
            "the name _static/reward.png gives away 'reward'.",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_media_that_are_missing_wrong_or_telling_are_named(own, text, files, says):
    add(own, text, **files)
    assert fault() == WHERE + says


def test_a_message_counts_as_sample_until_its_mark_is_removed(own):
    path = own / "content" / "en" / "messages" / "organisation.toml"
    text = path.read_text("utf-8").replace("sample = true\n", "")
    path.write_text(text, "utf-8")
    assert "organisation" not in content.samples("en")
    path.write_text("sample = true\n" + text, "utf-8")
    forget()
    assert "organisation" in content.samples("en")


# --------------------------------------------------------------------------- filling in, HTML


def test_texts_are_escaped_and_two_asterisks_make_bold():
    assert content.to_html("a < b & **c**") == "a &lt; b &amp; <strong>c</strong>"
    assert content.to_html({"x": ["<script>"]}) == {"x": ["&lt;script&gt;"]}


def test_an_unknown_placeholder_stays_as_it_stands():
    assert content.fill({"a": ["{x} {y}"]}, {"x": 1}) == {"a": ["1 {y}"]}
