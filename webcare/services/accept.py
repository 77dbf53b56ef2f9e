"""Accept what a platform says: each message stored once, and the cursor moved, in one transaction."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from webcare.store import messages
from webcare.store.forget import forgotten
from webcare.store.messages import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.message import Message
    from webcare.store import Connection

LATE = timedelta(minutes=15)  # found so long after it was written: back-fill, an outage, a platform's delay


def accept(
    conn: Connection,
    said: Sequence[Message],
    *,
    brand: str,
    now: datetime,
    cursor: tuple[str, str, str] | None = None,
    raw: int | None = None,
    channels: frozenset[str] = frozenset(),
) -> Counter[Kept]:
    """Store messages and move the cursor (channel, name, value); return how many were new, edits or known already.

    `channels` are those that the caller has made sure of. What was erased here and comes again counts as known.
    """
    counts: Counter[Kept] = Counter()
    known, gone = set(channels), forgotten(conn, said)
    for message in said:
        if (message.channel, message.external_id) in gone:
            counts[Kept.DUPLICATE] += 1
            continue
        if message.channel not in known:
            messages.ensure_channel(conn, message.channel, brand=brand, now=now)
            known.add(message.channel)
        is_late = now - message.created_at > LATE
        counts[messages.keep(conn, message, brand=brand, now=now, is_late=is_late, raw=raw)] += 1
    if cursor is not None:
        channel, name, value = cursor
        messages.ensure_channel(conn, channel, brand=brand, now=now)
        messages.move_cursor(conn, channel, name, value, now)
    return counts
