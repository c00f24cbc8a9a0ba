"""Pictures of every page, for ethics applications and for instructions: `make screenshots`.

Every language, three sizes, and one page, `screenshots/index.html`, that shows them all in the
order in which participants meet them.
"""

from __future__ import annotations

import argparse
import html
import re
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from study import words
from study.finding import studies
from tests.harness import chromium
from tests.harness.proxy import between
from tests.harness.server import ROOT, Server, running
from tests.pages.walk import Walk, add_labels, arms, elsewhere, other_tasks, through

SIZES = {"phone": (320, 640), "tablet": (768, 1024), "computer": (1440, 900)}

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Every page that participants meet</title>
<style>
body {{ margin: 2rem; font: 16px/1.5 system-ui, sans-serif; color: #1b2328; background: #f0f4f5; }}
h2 {{ margin: 3rem 0 0.5rem; border-top: 1px solid #69767e; padding-top: 1rem; }}
.row {{ display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }}
figure {{ margin: 0; }}
img {{ display: block; border: 1px solid #69767e; background: #fff; height: auto; }}
img.phone {{ width: 160px; }} img.tablet {{ width: 300px; }} img.computer {{ width: 480px; }}
</style>
</head>
<body>
<h1>Every page that participants meet</h1>
{states}
</body>
</html>
"""


def stops(walk: Walk, language: str) -> Iterator[str]:
    """Every study from the first page to the last; what lies beside it once; and its arms."""
    chosen = {"language": language}
    held = [study for study in studies().values() if language in study.languages]
    for number, study in enumerate(held):
        last = {"force_arm": study.names[-1]} if study.arms else {}
        ways = [through(walk, study.name, **chosen, **last)]
        if number == 0:
            ways += [
                elsewhere(walk, study.name, **chosen),
                other_tasks(walk, study.name, **chosen),
            ]
        for name in chain(*ways, arms(walk, study.name, **chosen)):
            yield f"{study.name}: {name}"


def take(server: Server, browser: Browser, language: str, folder: Path) -> list[str]:
    """Take the pictures of one language; the names of the states in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    names = []
    width, height = SIZES["computer"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=language, reduced_motion="reduce"
    )
    with between(server.port) as network:
        walk = Walk(context.new_page(), server, network)
        for name in stops(walk, language):
            names.append(name)
            for size, (width, height) in SIZES.items():
                walk.page.set_viewport_size({"width": width, "height": height})
                walk.page.screenshot(path=folder / file_name(name, size), full_page=True)
        context.close()
    return names


def file_name(name: str, size: str) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}-{size}.png"


def index(folder: Path, names: list[str]) -> str:
    """One page with all pictures in ``folder``."""
    states = []
    for number, name in enumerate(names, start=1):
        pictures = [
            f'<figure><a href="{language}/{file}"><img class="{size}" src="{language}/{file}" '
            f'alt="{html.escape(name)}, {language}, {size}" loading="lazy"></a></figure>'
            for language in words.languages()
            for size in SIZES
            for file in [file_name(name, size)]
            if (folder / language / file).is_file()
        ]
        states.append(
            f'<h2>{number}. {html.escape(name.capitalize())}</h2>\n<div class="row">'
            + "\n".join(pictures)
            + "</div>"
        )
    return INDEX.format(states="\n".join(states))


def readme_pictures(server: Server, browser: Browser, folder: Path) -> None:
    """The two small pictures that the README shows."""
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en")
    with between(server.port) as network:
        walk = Walk(context.new_page(), server, network)
        walk.join(page="BaselineRound", baseline_seconds=120, seed="readme")
        walk.wait_for_card()
        walk.let_time_pass("baseline", 45)
        walk.wait_for_card()
        for _ in range(3):
            walk.answer_card()
        walk.page.wait_for_selector(".feedback.right")
        walk.page.keyboard.type(walk.solution()[:4])
        walk.page.screenshot(path=folder / "round.png")
        walk.read_version("info_source", "beneficiary", 1)
        walk.page.screenshot(path=folder / "message.png")
        context.close()
    for name in ("round.png", "message.png"):
        picture = Image.open(folder / name).convert("RGB").quantize(32, dither=Image.Dither.NONE)
        picture.save(folder / name, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--readme", action="store_true", help="only docs/pictures")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, chromium.running() as browser:
        project = Path(temporary) / "project"
        project.mkdir()
        add_labels(project)
        with running(project) as server:
            if asked.readme:
                readme_pictures(server, browser, ROOT / "docs" / "pictures")
                return
            names: list[str] = []
            for language in words.languages():
                taken = take(server, browser, language, asked.output / language)
                print(f"{language}: {len(taken)} states", flush=True)
                names += [name for name in taken if name not in names]
            (asked.output / "index.html").write_text(index(asked.output, names), "utf-8")
    print(f"Open {asked.output / 'index.html'}")


if __name__ == "__main__":
    main()
