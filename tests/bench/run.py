"""`make bench`: measure, print a table, write bench.json; exit 1 when a ratio is over its limit.

tests/bench/run.py                     everything, about two minutes
tests/bench/run.py replay sweep.due    what begins with these names
tests/bench/run.py --quick             tiny sizes and one round: that it runs; limits are not judged
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import daemon
import digest
import inbox
import model
import pipeline
import pure
import rounds
import screen
import sweeps
import webhooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rounds import Bench

ROOT = Path(__file__).parents[2]
STREAM = ROOT / "webcare/demo/stream.jsonl"
WEIGHTS = ROOT / "sentiment/weights"


def benches(folder: Path, wanted: Sequence[str], *, quick: bool) -> Iterator[Bench]:
    """Yield every bench; what one needs is made when its turn comes."""

    def is_wanted(group: str) -> bool:
        return not wanted or any(name.startswith(group) or group.startswith(name) for name in wanted)

    if is_wanted("replay"):
        yield from pipeline.replay(STREAM, folder, messages=30 if quick else None)
    if is_wanted("sweep.due"):
        yield from sweeps.thousand_due(folder, 20 if quick else sweeps.DUE)
    sizes, counts = (("10", "100"), (10, 100)) if quick else (("10k", "1M"), (10_000, 1_000_000))
    times = 5 if quick else 1_000
    if is_wanted("sweep.idle.sqlite"):
        few, many = (sweeps.many_cases_sqlite(folder / f"{count}.db", count) for count in counts)
        yield from sweeps.nothing_due("sqlite", few, many, times, sizes)
    if is_wanted("sweep.idle.postgresql"):
        with ExitStack() as stack:
            urls = _postgres_databases(stack, len(counts))
            if urls:
                few, many = (sweeps.many_cases_postgres(url, count) for url, count in zip(urls, counts, strict=True))
                yield from sweeps.nothing_due("postgresql", few, many, times, sizes)
    if is_wanted("webhooks"):
        yield from webhooks.webhooks(folder, webhooks.CONNECTIONS if quick else 5_000)
    yield from _of_a_history(folder, is_wanted, quick=quick)
    yield from _of_a_daemon(folder, is_wanted, quick=quick)
    if is_wanted("calendar"):
        yield from pure.calendar(1 if quick else 20)
    if is_wanted("classify"):
        yield from pure.classifier(STREAM, 1 if quick else 3)
        yield from model.model(WEIGHTS, STREAM, 40 if quick else None)
    if is_wanted("sla"):
        yield from pure.evaluate(20 if quick else 3_000)


def _of_a_daemon(folder: Path, is_wanted: Callable[[str], bool], *, quick: bool) -> Iterator[Bench]:
    if is_wanted("daemon.start"):
        yield from daemon.starting(folder)
    if is_wanted("daemon.idle"):
        yield from daemon.idle(folder, *((0, 0.1) if quick else ()))
    if is_wanted("daemon.model"):
        yield from daemon.with_model(folder, WEIGHTS, STREAM, *((5,) if quick else ()))
    if is_wanted("daemon.due"):
        yield from daemon.due(folder, *((100, 2, 0.1) if quick else ()))


def _of_a_history(folder: Path, is_wanted: Callable[[str], bool], *, quick: bool) -> Iterator[Bench]:
    if is_wanted("digest"):
        yield from digest.busy_day(folder, *((50, 200) if quick else ()))
    if is_wanted("inbox"):
        yield from inbox.inbox(folder, *((200, 400, 2) if quick else ()))
        yield from screen.screen(folder, *((200, 400, 2) if quick else ()))


def _postgres_databases(stack: ExitStack, count: int) -> list[str]:
    """Return the addresses of empty databases on the server that the tests use; none when there is no server."""
    sys.path.insert(0, str(ROOT / "tests"))
    from conftest import a_database, a_postgres_server  # noqa: PLC0415 - only where it is wanted

    server = stack.enter_context(a_postgres_server())
    if server is None:
        print("sweep.idle.postgresql               no PostgreSQL here")
        return []
    return [stack.enter_context(a_database(server)) for _ in range(count)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure webcare against the raw limit.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only benches whose names begin so")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round, no limits")
    parser.add_argument("--output", type=Path, default=ROOT / "bench.json", metavar="FILE", help="default: %(default)s")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="webcare-bench-") as folder:
        found = benches(Path(folder), arguments.names, quick=arguments.quick)
        if arguments.quick:
            found = (replace(bench, limit=None) for bench in found)
        results = rounds.run(found, 1 if arguments.quick else rounds.ROUNDS)
    return rounds.report(results, arguments.output)


if __name__ == "__main__":
    sys.exit(main())
