"""The treatment page: what it carries, what it measures, and that it gives no arm away."""

from __future__ import annotations

import math
import shutil
import struct
import wave

import pytest
from PIL import Image, ImageDraw

from study import words
from study.finding import studies
from tests.harness.participant import HttpParticipant
from tests.harness.proxy import between
from tests.harness.server import ROOT, running
from tests.pages.conftest import faults
from tests.pages.walk import Walk

STUDY = studies()["info_source"]


# ------------------------------------------------------------------------------ own messages

MEDIA = {
    "organisation": {"kind": "audio", "file": "message/one.wav", "transcript": ["What is said."]},
    "beneficiary": {
        "kind": "video",
        "file": "message/two.webm",
        "captions": "message/two.vtt",
        "transcript": ["What is said and shown."],
    },
    "facts": {"kind": "image", "file": "message/three.png", "alt": "A catalogue card"},
}
ARM_OF = {arm.message: arm.name for arm in STUDY.arms}
SECONDS = 3
TEXTS = words.of_step(STUDY, STUDY.step("information"), "en")

# The browser films a canvas: a moving square, a few seconds long.
FILM = """async (seconds) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [160, 90];
    const pen = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: "video/webm" });
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const ended = new Promise((done) => { recorder.onstop = done; });
    recorder.start();
    for (let frame = 0; frame < 10 * seconds; frame += 1) {
        pen.fillStyle = "#fff"; pen.fillRect(0, 0, 160, 90);
        pen.fillStyle = "#0b5563"; pen.fillRect(frame * 4, 30, 30, 30);
        await new Promise((done) => setTimeout(done, 100));
    }
    recorder.stop();
    await ended;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
}"""


def make_sound(path):
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        steps = range(8000 * SECONDS)
        sound.writeframes(
            b"".join(struct.pack("<h", int(3000 * math.sin(step / 5))) for step in steps)
        )


def make_picture(path):
    picture = Image.new("RGB", (320, 180), "white")
    ImageDraw.Draw(picture).rectangle((40, 40, 280, 140), outline="#0b5563", width=6)
    picture.save(path)


def make_film(path, browser):
    page = browser.new_page()
    page.goto("about:blank")
    path.write_bytes(bytes(page.evaluate(FILM, SECONDS)))
    page.close()
    captions = "WEBVTT\n\n00:00.000 --> 00:03.000\nWhat is said.\n"
    path.with_suffix(".vtt").write_text(captions, "utf-8")


def declare(folder, language, message, media):
    """Replace the sample that comes with the platform by a message with a recording."""
    lines = [f"{key} = {value!r}" for key, value in media.items()]
    for path in (folder / "content" / language / "messages" / message).glob("*.toml"):
        text = path.read_text("utf-8").replace("sample = true\n", "")
        path.write_text(text + "\n[media]\n" + "\n".join(lines) + "\n", "utf-8")


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory, browser):
    """A project whose researchers replaced the samples by messages with recordings."""
    folder = tmp_path_factory.mktemp("own") / "project"
    folder.mkdir()
    shutil.copytree(ROOT / "content", folder / "content")
    shutil.copytree(ROOT / "_static", folder / "_static")
    media = folder / "_static" / "message"
    media.mkdir()
    make_sound(media / "one.wav")
    make_film(media / "two.webm", browser)
    make_picture(media / "three.png")
    for language in words.languages():
        for message, declared in MEDIA.items():
            declare(folder, language, message, declared)
    with running(folder) as server:
        yield server


@pytest.fixture
def reader(laboratory, browser):
    """Somebody who is about to read a message."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    with between(laboratory.port) as network:
        yield Walk(context.new_page(), laboratory, network)
        context.close()


def read(walk, message, **parameters):
    walk.join(page="Information", force_arm=ARM_OF[message], **parameters)
    return walk.page


def stored(walk):
    return walk.server.database.player(walk.code)


# ---------------------------------------------------------------------------------- recordings


@pytest.mark.parametrize("message", MEDIA)
@pytest.mark.parametrize("language", studies()["info_source"].languages)
def test_recordings_are_accessible_and_stay_in_view(reader, message, language):
    page = read(reader, message, language=language)
    assert faults(page) == []
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_a_picture_says_what_it_shows(reader):
    page = read(reader, "facts")
    picture = page.get_by_role("img", name="A catalogue card")
    assert picture.evaluate("(each) => each.naturalWidth") == 320
    reader.press()
    assert stored(reader)["media_seconds"] is None


@pytest.mark.parametrize("message", ["organisation", "beneficiary"])
def test_no_recording_starts_by_itself(reader, message):
    page = read(reader, message)
    recording = page.locator("[data-recording]")
    assert recording.get_attribute("controls") is not None
    assert recording.get_attribute("autoplay") is None
    page.wait_for_timeout(1000)
    assert recording.evaluate("(each) => [each.paused, each.currentTime]") == [True, 0]
    reader.press()
    assert stored(reader)["media_seconds"] == 0


@pytest.mark.parametrize("message", ["organisation", "beneficiary"])
def test_a_recording_has_a_transcript_and_a_film_has_captions(reader, message):
    page = read(reader, message)
    said = page.get_by_text(MEDIA[message]["transcript"][0])
    assert not said.is_visible()
    page.get_by_text("Transcript", exact=True).click()
    assert said.is_visible()
    if message == "beneficiary":
        cues = """async (film) => {
            film.textTracks[0].mode = "showing";
            while (!film.textTracks[0].cues?.length) await new Promise((r) => setTimeout(r, 50));
            return [...film.textTracks[0].cues].map((cue) => cue.text);
        }"""
        assert page.locator("video").evaluate(cues) == ["What is said."]


@pytest.mark.parametrize("message", ["organisation", "beneficiary"])
def test_only_what_is_played_counts_as_played(reader, message):
    page = read(reader, message)
    recording = page.locator("[data-recording]")
    page.wait_for_timeout(700)
    recording.evaluate("(each) => { each.muted = true; return each.play(); }")
    page.wait_for_timeout(1500)
    recording.evaluate("(each) => each.pause()")
    page.wait_for_timeout(800)
    reader.press()
    times = stored(reader)
    assert 1.0 <= times["media_seconds"] <= 2.2
    assert times["information_seconds"] >= times["media_seconds"] + 1.2


def test_a_recording_that_cannot_be_played_says_so(reader):
    reader.page.route("**/one.wav", lambda route: route.abort())
    page = read(reader, "organisation")
    notice = page.get_by_text(TEXTS["media_failed"])
    notice.wait_for()
    assert faults(page) == []


# ------------------------------------------------------------------------------------ exposure


def test_time_in_another_tab_counts_as_hidden(reader):
    page = read(reader, "facts")
    page.wait_for_timeout(600)
    # A headless page is never hidden, so the page is told that it is.
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.wait_for_timeout(1500)
    page.evaluate(hide, False)
    page.wait_for_timeout(400)
    reader.press()
    times = stored(reader)
    assert 1.3 <= times["information_hidden_seconds"] <= 2.3
    assert 0.8 <= times["information_seconds"] <= 3


def test_a_reload_loses_no_time(reader):
    page = read(reader, "facts")
    page.wait_for_timeout(1200)
    page.reload()
    page.wait_for_timeout(600)
    reader.press()
    assert stored(reader)["information_seconds"] >= 1.7


@pytest.mark.parametrize("claim", ["99999", "-1", "nan", "inf", "soon", "", "1e999"])
def test_times_that_cannot_be_true_are_not_stored(reader, claim):
    read(reader, "organisation")
    participant = HttpParticipant(f"{reader.server.url}/InitializeParticipant/{reader.code}")
    participant.post(
        {
            "information_seconds": claim,
            "information_hidden_seconds": "0",
            "media_seconds": claim,
        }
    )
    times = stored(reader)
    assert times["information_seconds"] is None
    assert times["media_seconds"] is None
    assert participant.name == "Willingness"
