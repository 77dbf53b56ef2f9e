"""The least value of a smooth convex function, by L-BFGS: what every fit here asks for."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

MEMORY: Final = 10
_ENOUGH: Final = 1e-4  # of what the slope promises
_HALVINGS: Final = 30


def least(of: Callable[[Vector], tuple[float, Vector]], start: Vector, *, rounds: int = 200, still: float = 1e-6) -> Vector:
    """Return where `of`, which gives value and slope, is least; it ends early where the slope is `still` or no step leads down."""
    x = start
    value, slope = of(x)
    past: deque[tuple[Vector, Vector]] = deque(maxlen=MEMORY)
    for _ in range(rounds):
        if float(np.abs(slope).max()) <= still:
            break
        way = -_bent(slope, past)
        promised = float(slope @ way)
        if promised >= 0:  # rounding: begin anew, straight down
            past.clear()
            way, promised = -slope, -float(slope @ slope)
        step = 1.0 if past else min(1.0, 1.0 / float(np.abs(slope).sum()))
        for _ in range(_HALVINGS):
            there = x + step * way
            found, tilt = of(there)
            if found <= value + _ENOUGH * step * promised:
                break
            step /= 2
        else:
            break
        moved, turned = there - x, tilt - slope
        if float(moved @ turned) > 0:
            past.append((moved, turned))
        x, value, slope = there, found, tilt
    return x


def _bent(slope: Vector, past: deque[tuple[Vector, Vector]]) -> Vector:
    """Return the slope as it looks through what is known of how the function bends."""
    found = slope.copy()
    shares = []
    for moved, turned in reversed(past):
        share = float(moved @ found) / float(moved @ turned)
        shares.append(share)
        found -= share * turned
    if past:
        moved, turned = past[-1]
        found *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned), share in zip(past, reversed(shares), strict=True):
        found += moved * (share - float(turned @ found) / float(moved @ turned))
    return found
