"""The pictures that the town's people send along, drawn when one is sent: so none is kept, and none can show anybody.

A scene is some shapes on a ground. It is a photograph to everybody who receives it: a JPEG, as telephones make them.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.ImageDraw import ImageDraw as Pen

WIDTH, HEIGHT = 960, 720
QUALITY: Final = 82
MIME: Final = "image/jpeg"

INK, SNOW, FOG, IRON = "#1d2326", "#f4f1ea", "#c9cdc8", "#5c666b"
BRICK, SOIL, LEAF, REED = "#a4553f", "#6b4c34", "#4f7a4a", "#8a9a55"
WATER, SKY, RED, AMBER, ORANGE = "#3f6f86", "#bcd3dc", "#c8281e", "#e79b1c", "#d9672b"


def _modem(pen: Pen) -> None:
    """A router on a shelf: four lights are red, one is orange."""
    pen.rectangle((0, 0, WIDTH, 470), fill="#d8d2c4")
    pen.rectangle((0, 470, WIDTH, HEIGHT), fill="#7a5a3c")
    pen.rounded_rectangle((150, 250, 810, 500), 40, fill=INK)
    pen.line((250, 250, 210, 60), fill=INK, width=22)
    pen.line((710, 250, 760, 70), fill=INK, width=22)
    for nth, colour in enumerate((RED, RED, AMBER, RED, RED)):
        left = 240 + nth * 105
        pen.ellipse((left, 360, left + 50, 410), fill=colour)
    pen.line((810, 450, 900, 560, 870, HEIGHT), fill=FOG, width=16)


def _meter(pen: Pen) -> None:
    """A cupboard with a meter, and water in it."""
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill=BRICK)
    pen.rectangle((190, 60, 770, HEIGHT), fill="#3b2f29")
    pen.rounded_rectangle((290, 120, 670, 330), 18, fill=SNOW)
    pen.rectangle((340, 170, 620, 240), fill=INK)
    for nth in range(6):
        pen.rectangle((352 + nth * 44, 180, 386 + nth * 44, 230), fill=FOG)
    pen.rounded_rectangle((330, 400, 630, 560), 14, fill=IRON)
    pen.ellipse((560, 460, 600, 500), fill=RED)
    pen.rectangle((190, 540, 770, HEIGHT), fill=WATER)
    for at in range(210, 750, 90):
        pen.arc((at, 560, at + 80, 600), 200, 340, fill=SKY, width=6)


def _garden(pen: Pen) -> None:
    """What was a front garden: a pit, a heap of soil, an orange pipe."""
    pen.rectangle((0, 0, WIDTH, 300), fill=SKY)
    pen.rectangle((560, 40, WIDTH, 300), fill=BRICK)
    pen.rectangle((680, 120, 800, 300), fill=LEAF)
    pen.rectangle((0, 300, WIDTH, HEIGHT), fill=LEAF)
    pen.polygon((120, 720, 260, 400, 760, 400, 880, 720), fill="#3d2b1e")
    pen.pieslice((-60, 330, 420, 760), 180, 360, fill=SOIL)
    pen.line((300, 690, 470, 520, 740, 470), fill=ORANGE, width=34, joint="curve")
    for at in (600, 730, 860):
        pen.polygon((at, 420, at + 60, 420, at + 46, 300, at + 14, 300), fill=ORANGE)
        pen.rectangle((at + 8, 350, at + 52, 372), fill=SNOW)


def _coot(pen: Pen) -> None:
    """A coot on its nest, between the reeds."""
    pen.rectangle((0, 0, WIDTH, 240), fill=SKY)
    pen.rectangle((0, 240, WIDTH, HEIGHT), fill=WATER)
    for at in range(20, WIDTH, 46):
        pen.line((at, 480, at + 24, 90 + at % 130), fill=REED, width=10)
    pen.ellipse((170, 500, 790, 660), fill=SOIL)
    pen.ellipse((270, 330, 680, 590), fill=INK)
    pen.ellipse((600, 230, 750, 380), fill=INK)
    pen.polygon((720, 290, 830, 318, 720, 346), fill=SNOW)
    pen.ellipse((706, 240, 752, 330), fill=SNOW)
    pen.ellipse((672, 280, 694, 302), fill=RED)
    for at in (330, 420, 510):
        pen.ellipse((at, 560, at + 70, 612), fill="#e3d9bd")


def _smoke(pen: Pen) -> None:
    """A charging post that smokes, and the car on its cable."""
    pen.rectangle((0, 0, WIDTH, 520), fill="#9fb2b8")
    pen.rectangle((0, 520, WIDTH, HEIGHT), fill="#4a4f52")
    for step, shade in enumerate(("#5b5f61", "#6f7375", "#85898a", "#9b9fa0")):
        at = 190 + step * 34
        pen.ellipse((at, 420 - step * 110, at + 150 + step * 34, 560 - step * 100), fill=shade)
    pen.rounded_rectangle((170, 210, 330, 620), 26, fill=SNOW)
    pen.rectangle((200, 250, 300, 330), fill=INK)
    pen.ellipse((228, 360, 272, 404), fill=RED)
    pen.line((330, 480, 430, 610, 560, 520), fill=INK, width=16, joint="curve")
    pen.rounded_rectangle((500, 430, 940, 620), 60, fill="#2f5d62")
    pen.polygon((580, 440, 650, 330, 830, 330, 900, 440), fill="#a9c3c8")
    for at in (560, 800):
        pen.ellipse((at, 570, at + 110, 680), fill=INK)


def _bill(pen: Pen) -> None:
    """A letter with amounts, one of them in a circle."""
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill="#8b6a4a")
    pen.polygon((170, 50, 800, 20, 840, HEIGHT, 200, HEIGHT), fill=SNOW)
    pen.rectangle((230, 90, 420, 140), fill=WATER)
    for nth in range(7):
        top = 200 + nth * 66
        pen.rectangle((240, top, 520 + nth % 3 * 40, top + 20), fill=FOG)
        pen.rectangle((690, top, 770, top + 20), fill=IRON)
    pen.ellipse((650, 375, 815, 445), outline=RED, width=9)


def _bumper(pen: Pen) -> None:
    """A dented door, and who did it driving off."""
    pen.rectangle((0, 0, WIDTH, 430), fill=SKY)
    pen.rectangle((0, 430, WIDTH, HEIGHT), fill=IRON)
    pen.rounded_rectangle((640, 190, 930, 400), 20, fill=SNOW)
    pen.rectangle((670, 220, 900, 290), fill=INK)
    pen.rectangle((740, 340, 840, 372), fill=AMBER)
    for at in (670, 850):
        pen.ellipse((at, 370, at + 60, 430), fill=INK)
    pen.rounded_rectangle((-80, 330, 600, 640), 70, fill="#7d2f36")
    pen.polygon((40, 340, 140, 190, 400, 190, 520, 340), fill="#b9cfd4")
    pen.polygon((470, 430, 590, 400, 600, 560, 500, 590, 430, 510), fill="#4c181d")
    pen.line((450, 500, 520, 470, 560, 540), fill=FOG, width=8)
    pen.ellipse((90, 570, 230, 710), fill=INK)


def _platform(pen: Pen) -> None:
    """Somebody in a work platform, high over the roofs."""
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill=SKY)
    pen.polygon((0, 720, 0, 560, 160, 470, 320, 560, 320, 720), fill=BRICK)
    pen.polygon((600, 720, 600, 600, 780, 500, 960, 600, 960, 720), fill="#8f4a38")
    pen.rectangle((330, 640, 600, 700), fill=AMBER)
    pen.line((460, 650, 360, 420, 610, 250), fill=AMBER, width=30, joint="curve")
    pen.rectangle((560, 150, 760, 270), fill=IRON)
    pen.rectangle((630, 90, 690, 200), fill=ORANGE)
    pen.ellipse((630, 30, 690, 95), fill="#d9a17a")
    pen.pieslice((624, 18, 696, 90), 180, 360, fill=AMBER)


SCENES: Final[dict[str, Callable[[Pen], None]]] = {
    "bill": _bill,
    "bumper": _bumper,
    "coot": _coot,
    "garden": _garden,
    "meter": _meter,
    "modem": _modem,
    "platform": _platform,
    "smoke": _smoke,
}


@cache
def picture(scene: str) -> bytes:
    """Return a scene as a telephone would send it."""
    drawn = Image.new("RGB", (WIDTH, HEIGHT), FOG)
    SCENES[scene](ImageDraw.Draw(drawn))
    made = io.BytesIO()
    drawn.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()
