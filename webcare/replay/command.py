"""`webcare replay`: read the stream, run it, print the summary."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webcare.bootstrap import replay_parts, work
from webcare.clock import machine_now
from webcare.country_days import LOOKUP
from webcare.domain.rulebook import SHIPPED_BOOK, parse_rulebook
from webcare.lines import DONE, REFUSED, CannotStart, numbered, open_lines, refuse, write
from webcare.named_model import named_model
from webcare.replay.driver import Kill, drive, is_somebody_elses
from webcare.replay.recording import arrivals, read_recorded, with_faults
from webcare.replay.summary import events, summary
from webcare.settings.rules import refusal
from webcare.store import messages, migrate, reports
from webcare.store.door import open_store
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.classifiers import Source
    from webcare.domain.routing import RuleBook
    from webcare.replay.recording import Arrival

FAULTS = ("restart", "duplicate", "late", "reorder")
COMING = ("lost", "429")
KILLS = 8
FIRST_DEATH, LAST_DEATH = 20, 800  # points of a run at which it may die


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    file: str
    db: str | None = None
    events: str | None = None
    policy: str | None = None
    model: str | None = None
    config: str | None = None
    until: datetime | None = None
    faults: frozenset[str] = frozenset()
    seed: int = 0
    kill_after: int | None = None


def read_faults(text: Sequence[str]) -> frozenset[str]:
    """Return the faults named.

    Raises:
        CannotStart: one that there is not, or not yet.
    """
    for name in text:
        if name in COMING:
            raise CannotStart(f"--faults {name} comes with the connectors; there are {', '.join(FAULTS)}")
        if name not in FAULTS:
            raise CannotStart(f"--faults: no fault is called {name!r}; there are {', '.join(FAULTS)}")
    return frozenset(text)


def run(options: Options) -> int:
    """Replay and return the exit status."""
    if options.kill_after is not None or "restart" not in options.faults:
        return _replay(options)
    if options.file == "-":
        raise CannotStart("--faults restart reads the stream more than once: give it a file")
    with tempfile.TemporaryDirectory(prefix="webcare-replay-") as folder:
        return _survive(options, options.db or f"sqlite:///{folder}/replay.db")


def _survive(options: Options, url: str) -> int:
    """Run the replay as a process of its own that dies again and again, until it is left to finish."""
    chance = random.Random(options.seed)  # noqa: S311 - repeatable on purpose
    command = [sys.executable, "-m", "webcare.cli", "replay", options.file, "--db", url, "--seed", str(options.seed)]
    command += ["--faults", *sorted(options.faults)]
    for name in ("events", "policy", "model", "config"):
        if (value := getattr(options, name)) is not None:
            command += [f"--{name}", value]
    if options.until is not None:
        command += ["--until", options.until.isoformat()]
    deaths = 0
    for _ in range(KILLS):
        points = chance.randint(FIRST_DEATH, LAST_DEATH)
        ended = subprocess.run([*command, "--kill-after", str(points)], check=False, capture_output=True)  # noqa: S603 - ourselves
        if ended.returncode != -signal.SIGKILL:
            sys.stderr.buffer.write(ended.stderr)
            sys.stdout.buffer.write(ended.stdout)
            break
        deaths += 1
    else:
        ended = subprocess.run([*command, "--kill-after", "0"], check=False)  # noqa: S603 - ourselves
    print(f"killed and started again {deaths} times", file=sys.stderr)
    return ended.returncode


def _replay(options: Options) -> int:
    stream, status = _read(options)
    book, content = _rules(options.policy)
    model = named_model(options.model, options.config)
    if options.events is not None:
        _write_events(options.events, (), mode="a")  # hear now that it cannot be written, and not after the work
    with tempfile.TemporaryDirectory(prefix="webcare-replay-") as folder:
        url = options.db or f"sqlite:///{folder}/replay.db"
        try:
            finished = asyncio.run(_run(options, url, stream, model, book, content))
        except StoreError as error:
            raise CannotStart(str(error)) from None
    return status if finished else REFUSED


async def _run(
    options: Options, url: str, stream: Sequence[Arrival], model: Source | None, book: RuleBook, content: Mapping[str, Any]
) -> bool:
    """Replay and write the summary; False when messages are left that could not be routed."""
    await asyncio.to_thread(migrate.upgrade, url)
    store = open_store(url, durable=options.db is not None)
    try:
        if await store.read(is_somebody_elses):
            raise CannotStart("this database holds messages that no replay put there: give replay a database of its own")
        begun = machine_now()
        start = stream[0].at if stream else begun
        parts = await replay_parts(store, book, content, model=model, start=start)
        kill = Kill(options.kill_after) if options.kill_after else None
        await drive(parts, work(parts), stream, until=options.until, kill=kill)
        seconds = (machine_now() - begun).total_seconds()
        print(f"{len(stream)} messages in {seconds:.1f} s: {len(stream) / max(seconds, 1e-6):.0f} a second", file=sys.stderr)
        if options.events is not None:
            lines = await store.read(events)
            await asyncio.to_thread(_write_events, options.events, lines)
        write(summary(await store.read(reports.totals)))
        left = await store.read(messages.count_untriaged)
        if left:
            print(f"webcare: {left} messages could not be routed, as said above", file=sys.stderr)
        return not left
    finally:
        await store.close()


def _write_events(file: str, lines: Sequence[str], mode: str = "w") -> None:
    try:
        with Path(file).open(mode, encoding="utf-8") as opened:
            opened.writelines(line + "\n" for line in lines)
    except OSError as error:
        raise CannotStart(f"cannot write {file}: {error.strerror}") from None


def _read(options: Options) -> tuple[list[Arrival], int]:
    recorded, status = [], DONE
    with open_lines(options.file) as lines:
        for number, line in numbered(lines):
            try:
                if isinstance(line, ValueError):
                    raise line
                recorded.append(read_recorded(line))
            except ValueError as error:
                refuse(number, error)
                status = REFUSED
    return with_faults(arrivals(recorded), options.faults, options.seed), status


def _rules(file: str | None) -> tuple[RuleBook, Mapping[str, Any]]:
    """Return the rule book of a policy file, and what is stored of it as a revision."""
    if file is None:
        return SHIPPED_BOOK, {"policy": "shipped"}
    try:
        raw = Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise CannotStart(f"{file}: {error}") from None
    try:
        doc = json.loads(raw) if raw.lstrip().startswith("{") else tomllib.loads(raw)
        return parse_rulebook(doc, LOOKUP, strict=True), json.loads(json.dumps(doc, default=str))
    except ValueError as error:
        raise CannotStart(f"{file}: {error}" if raw.lstrip().startswith("{") else refusal(error, file, raw)) from None
