"""Type the characters of a slightly blurred line.

The line is sent as a picture, because as text it would be its own solution.

Source: transcription of meaningless letters, e.g. Augenblick, Niederle & Sprenger 2015,
10.1093/qje/qjv020.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from effort_task.tasks.base import Item, Limits, item_random, squeezed

CHARACTERS = "ABCDEFHJKLMNPRTUVWXY347"
"""Without pairs that look alike: no I and 1, O and 0, Q, S and 5, Z and 2, G and 6, B and 8."""
LINE_LENGTH = 8
WIDTH, HEIGHT = 480, 96
FONT_SIZE = 52


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(FONT_SIZE)


class Transcription:
    name = "transcription"
    window = 12
    fastest_seconds = 0.3
    usual_seconds = 12.0
    inputmode = "text"
    maxlength = 20
    # Eight signs without meaning are typed at five a second at most, and read before. One line may
    # go at seven keys a second. With less than half of the key strokes it was not typed.
    limits = Limits(median_seconds=2.0, shortest_seconds=1.2, keys=4)

    def item(self, seed: str, number: int) -> Item:
        line = "".join(item_random(self.name, seed, number).choices(CHARACTERS, k=LINE_LENGTH))
        return Item(number, line, line, details=seed)

    def is_correct(self, item: Item, response: str) -> bool:
        return squeezed(response) == item.solution

    def view(self, item: Item) -> Mapping[str, Any]:
        return {"image": "data:image/png;base64," + base64.b64encode(_picture(item)).decode()}


def _picture(item: Item) -> bytes:
    """The line as a PNG in greys, each character at its own height, with specks and blur."""
    rng = item_random("picture", item.details, item.number)
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    pen = ImageDraw.Draw(image)
    step = WIDTH // (LINE_LENGTH + 1)
    for place, character in enumerate(item.prompt):
        position = (step * (place + 0.6) + rng.uniform(-4, 4), 14 + rng.uniform(-8, 8))
        pen.text(position, character, fill=40, font=_font())
    for _ in range(90):
        x, y = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)
        pen.ellipse((x, y, x + 2, y + 2), fill=110)
    buffer = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(1.1)).save(buffer, "PNG")
    return buffer.getvalue()
