"""The driver: jumps on virtual time to the next thing that happens, and runs the table of work there.

    next message  --.
    next_check_at ----> least of them = now -> accept what arrives -> triage, watch, deliver until nothing waits
    not_before    --|
    look_at       --'

Everything that it must remember stands in the database, written in the transaction of the work itself: kill it anywhere and start it
again, and it goes on where it was.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from webcare.replay.recording import fingerprint
from webcare.schedule import Horizon, work_off
from webcare.services.accept import accept
from webcare.store import messages, notes, waiting
from webcare.store.notes import AS_OF

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from webcare.bootstrap import Parts
    from webcare.replay.recording import Arrival
    from webcare.schedule import Work
    from webcare.store import Connection

POSITION = "replay"
CHECKPOINT = 50  # jumps held in one transaction: what a kill may take with it, and what a crash-safe disk is asked for


@dataclass(slots=True)
class Kill:
    """The fault `restart`: this process kills itself, without warning, at the n-th point at which it could die."""

    points_left: int

    def point(self) -> None:
        self.points_left -= 1
        if self.points_left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def drive(
    parts: Parts, rows: tuple[Work, ...], stream: Sequence[Arrival], *, until: datetime | None, kill: Kill | None = None
) -> None:
    """Run a stream to its end and on until nothing is due any more, or to `until`."""
    mark = fingerprint(stream)
    die: Callable[[], None] = kill.point if kill is not None else lambda: None

    async def look() -> Horizon:
        untriaged, look_at, send_at, remind_at = await parts.store.read(waiting.horizon)
        return Horizon(untriaged=untriaged, look_at=look_at, send_at=send_at, remind_at=remind_at)

    async with parts.store.held():
        position = _position(await parts.store.read(notes.read, POSITION), mark)
        channels = await parts.store.write(_open_channels, stream, parts.clock.now())
        horizon, jumps = await look(), 0
        while True:
            following = stream[position].at if position < len(stream) else None
            now = min((at for at in (horizon.next_at, following) if at is not None), default=None)
            if now is None or (until is not None and now > until):
                break
            parts.clock.jump(now)
            now = parts.clock.now()
            end = position
            while end < len(stream) and stream[end].at <= now:
                end += 1
            if end > position:
                await parts.store.write(_arrive, stream[position:end], channels, now)
                position, horizon = end, replace(horizon, untriaged=True)
            die()
            horizon = await work_off(rows, horizon, now, look)
            die()
            jumps += 1
            if jumps % CHECKPOINT == 0:
                await parts.store.write(_note, f"{mark}:{position}", parts.clock.now())
                await parts.store.checkpoint()
                die()
        await parts.store.write(_note, f"{mark}:{position}", parts.clock.now())


def is_somebody_elses(conn: Connection) -> bool:
    """Tell whether a database holds messages that no replay put there: it would be taken for one of ours, and its alerts for sent."""
    return notes.read(conn, POSITION) is None and messages.any_kept(conn)


def _position(noted: str | None, mark: str) -> int:
    """Return how many arrivals of this stream are in the database."""
    known, _, position = (noted or "").partition(":")
    return int(position) if known == mark else 0


def _open_channels(conn: Connection, stream: Sequence[Arrival], now: datetime) -> frozenset[str]:
    """Make every channel of the stream known, and return them."""
    brands = {arrival.message.channel: arrival.brand for arrival in stream}
    for channel, brand in sorted(brands.items()):
        messages.ensure_channel(conn, channel, brand=brand, now=now)
    return frozenset(brands)


def _arrive(conn: Connection, arrived: Sequence[Arrival], channels: frozenset[str], now: datetime) -> None:
    for arrival in arrived:
        accept(conn, [arrival.message], brand=arrival.brand, now=now, channels=channels)


def _note(conn: Connection, position: str, now: datetime) -> None:
    """Note how far we are, in the transaction that commits it: what a kill takes away, it takes away together."""
    notes.write(conn, POSITION, position)
    notes.write(conn, AS_OF, now.isoformat())
