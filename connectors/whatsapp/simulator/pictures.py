"""A picture that opens: customers of a simulator send real files, because whoever receives them looks what they are."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(colour: tuple[int, int, int], side: int = 24) -> bytes:
    """Return a square of one colour as PNG (W3C PNG, 8 bits, truecolour)."""
    row = b"\x00" + bytes(colour) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(row * side)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
