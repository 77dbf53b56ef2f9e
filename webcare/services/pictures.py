"""Pictures of strangers are made anew: read by one decoder, here, and written again without anything but what is seen.

What could hide in the original (a place in its EXIF, a second file behind the first, a frame that breaks a viewer) stays behind, and its
bytes are not kept. A moving picture keeps its first frame.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST, SMALL = 2048, 320  # pixels of the longer side
MOST_PIXELS: Final = 50_000_000  # a few bytes may claim to be billions
FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")  # and no other of the decoder's readers
QUALITY: Final = 85


class Broken(Exception):  # noqa: N818 - it is what the picture is
    """It cannot be read, or is larger than any camera makes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`width` and `height` are of `small`; `mime` is that of both."""

    mime: str
    content: bytes
    small: bytes
    width: int
    height: int


def made_anew(content: bytes) -> Picture:
    """Return a picture as it is kept. It takes up to a second: call it in a thread.

    Raises:
        Broken: see there.
    """
    try:
        return _made_anew(content)
    except Broken:
        raise
    except Exception as error:  # noqa: BLE001 - the runner around a decoder: a broken file breaks it in as many ways as there are
        raise Broken(type(error).__name__) from None


def _made_anew(content: bytes) -> Picture:
    from PIL import Image, ImageOps  # noqa: PLC0415 - it takes a while, and most houses start without a picture

    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise Broken(f"{opened.width} x {opened.height} pixels")
        opened.draft("RGB", (LARGEST, LARGEST))  # a JPEG that is far larger is decoded at a part of its size
        is_clear = opened.has_transparency_data
        mode = "RGBA" if is_clear else "RGB"
        seen = opened if opened.mode == mode else opened.convert(mode)
        seen.thumbnail((LARGEST, LARGEST))  # before anything copies it: unpacked it may take hundreds of megabytes
        seen = ImageOps.exif_transpose(seen)
    seen.info.clear()
    whole = _written(seen, "WEBP" if is_clear else "JPEG")
    seen.thumbnail((SMALL, SMALL))
    mime = "image/webp" if is_clear else "image/jpeg"
    small = _written(seen, "WEBP" if is_clear else "JPEG")
    return Picture(mime=mime, content=whole, small=small, width=seen.width, height=seen.height)


def _written(seen: Image, form: str) -> bytes:
    file = io.BytesIO()
    seen.save(file, form, quality=QUALITY)
    return file.getvalue()
