"""Which of our own messages say nearly the same: none may, but for hard pairs, which differ in what decides the label.

Two texts are near-duplicates when they share half of their four-letter scraps; of short ones nearly all, since those have few. Found by
MinHash: texts that agree in one band of three smallest hashes are compared (of those that share half, 96 % do).
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHARED, SHARED_BY_SHORT, SHORT = 0.5, 0.85, 25
_SCRAP: Final = 4
_BANDS, _ROWS = 24, 3
_PRIME: Final = np.uint64(4_294_967_311)  # the least above 2**32
_APART: Final = re.compile(r"[^\w\U0001f000-\U0001faff\u2600-\u27bf]+")


def near(texts: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Yield places of near-duplicates, the later one first, with the share of scraps that they have in common."""
    scraps = [_scraps(text) for text in texts]
    dice = np.random.default_rng(1)
    factors, shifts = dice.integers(1, 2**31, (2, _BANDS * _ROWS, 1), dtype=np.uint64)
    seen: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(_BANDS)]
    for place, found in enumerate(scraps):
        hashes = np.array([zlib.crc32(scrap.encode()) for scrap in found], dtype=np.uint64)
        least = ((factors * hashes + shifts) % _PRIME).min(axis=1).reshape(_BANDS, _ROWS)
        bands = [band.tobytes() for band in least]
        for other in sorted({at for band, table in zip(bands, seen, strict=True) for at in table[band]}):
            share = len(found & scraps[other]) / len(found | scraps[other])
            is_short = min(len(texts[place]), len(texts[other])) < SHORT
            if share > (SHARED_BY_SHORT if is_short else SHARED):
                yield place, other, share
        for band, table in zip(bands, seen, strict=True):
            table[band].append(place)


def _scraps(text: str) -> frozenset[str]:
    bare = f" {_APART.sub(' ', text.lower()).strip()} "
    return frozenset(bare[at : at + _SCRAP] for at in range(max(1, len(bare) - _SCRAP + 1)))
