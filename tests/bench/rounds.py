"""The smallest bench runner that is fair: both sides interleaved, five rounds, the median of their ratios, a table and a JSON file.

A bench says what one unit of work costs us and what it costs a reference that is measured in the same breath. Only the ratio of
the two is judged: a slower machine, or one that is busy, slows both. A figure that the requirements name in seconds is printed.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import resource
import statistics
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    Round = Callable[[], float]  # does its work and returns the seconds that one unit of it took

ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Bench:
    """`limit` is the largest ratio of ours to theirs; None only prints. `required` is the figure of the requirements, in words.

    With the unit "MiB" a round returns mebibytes instead of seconds.
    """

    name: str
    unit: str  # "ms", "/s" for a rate, or "MiB"
    against: str
    ours: Round
    theirs: Round
    limit: float | None = None
    required: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    name: str
    value: float
    unit: str
    reference: float
    ratio: float
    limit: float | None
    required: str
    against: str
    rounds: list[float]  # the ratio of each

    @property
    def is_broken(self) -> bool:
        return self.limit is not None and self.ratio > self.limit


def timed(work: Callable[[], object], units: int = 1, clock: Callable[[], float] = perf_counter) -> float:
    """Return the seconds that one unit took."""
    gc.collect()
    begun = clock()
    work()
    return (clock() - begun) / units


def measure(bench: Bench, rounds: int = ROUNDS) -> Result:
    pairs = []
    for i in range(rounds):
        sides = (bench.ours, bench.theirs) if i % 2 == 0 else (bench.theirs, bench.ours)  # nobody always goes first
        seconds = [side() for side in sides]
        pairs.append(seconds if i % 2 == 0 else seconds[::-1])
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = [a / b for a, b in pairs]
    return Result(
        name=bench.name,
        value=_in(bench.unit, ours),
        unit=bench.unit,
        reference=_in(bench.unit, theirs),
        ratio=statistics.median(ratios),
        limit=bench.limit,
        required=bench.required,
        against=bench.against,
        rounds=ratios,
    )


def _in(unit: str, seconds: float) -> float:
    if unit == "MiB":
        return seconds
    return 1 / seconds if unit == "/s" else seconds * 1000


def run(benches: Iterable[Bench], rounds: int = ROUNDS) -> list[Result]:
    """Measure and print, line by line; a bench is made when its turn comes, and gone when it is measured."""
    print(f"{'bench':34} {'ours':>13} {'reference':>13} {'ratio':>8} {'limit':>8}  required")
    found = []
    for bench in benches:
        result = measure(bench, rounds)
        limit = "" if result.limit is None else f"{result.limit:.3g}"
        mark = " BROKEN" if result.is_broken else ""
        ours, theirs = (f"{_short(value)} {result.unit}" for value in (result.value, result.reference))
        print(f"{result.name:34} {ours:>13} {theirs:>13} {result.ratio:8.3g} {limit:>8}  {result.required}{mark}", flush=True)
        found.append(result)
    return found


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def report(results: Sequence[Result], file: Path) -> int:
    """Write bench.json and return the exit status: 1 when a ratio is over its limit."""
    doc = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "benches": [
            {
                "name": r.name,
                "value": _digits(r.value),
                "unit": r.unit,
                "reference": _digits(r.reference),
                "ratio": _digits(r.ratio),
                "limit": r.limit,
                "required": r.required,
                "against": r.against,
                "rounds": [_digits(ratio) for ratio in r.rounds],
            }
            for r in results
        ],
    }
    file.write_text(json.dumps(doc, indent=2) + "\n", encoding="utf-8")
    broken = [r for r in results if r.is_broken]
    for r in broken:
        print(f"{r.name}: {r.ratio:.3g} times {r.against}, and {r.limit:.3g} is the limit", file=sys.stderr)
    return 1 if broken else 0


def _digits(value: float) -> float:
    return float(f"{value:.4g}")
