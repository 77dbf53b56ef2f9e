"""What nobody could read: one row for each element of a body, until the body is read again or its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert

from webcare.store.house_tables import unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An element, by its place in the body. The reason may quote what stands there, and goes where the body goes."""

    channel: str | None
    kind: str
    where: str
    reason: str


_KEEP = insert(unreadable)


def keep(conn: Connection, raw: int, unread: Sequence[Unread], now: datetime) -> None:
    rows = [
        {
            "raw": raw,
            "channel": one.channel,
            "kind": one.kind,
            "where": one.where,
            "reason": one.reason,
            "heard_at": now,
        }
        for one in unread
    ]
    if rows:
        conn.execute(_KEEP, rows)
