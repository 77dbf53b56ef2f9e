"""What a platform said of a message before we knew the message: that a reply failed, that something was deleted.

A note waits here for the message, and is taken with it, once. The message may never come: notes go after a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from webcare.store.dialect import insert_or_ignore
from webcare.store.house_tables import early_status

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row


class Said(StrEnum):
    FAILED = "failed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStatus:
    said: Said
    reason: str
    at: datetime


_OF = (early_status.c.channel == bindparam("which"), early_status.c.external_id == bindparam("id"))
_FIND = select(early_status.c.reason, early_status.c.at).where(*_OF)
_TAKE = delete(early_status).where(*_OF).returning(early_status.c.reason, early_status.c.at)


def note(conn: Connection, channel: str, external_id: str, said: Said, *, at: datetime, reason: str = "") -> None:
    """Keep what was said of a message until the message comes; what was said first stays."""
    row = {"channel": channel, "external_id": external_id, "reason": f"{said.value}: {reason}", "at": at}
    conn.execute(insert_or_ignore(conn, early_status), row)


def find(conn: Connection, channel: str, external_id: str) -> EarlyStatus | None:
    """Return what was said of a message before it came."""
    return _read(conn.execute(_FIND, {"which": channel, "id": external_id}).first())


def take(conn: Connection, channel: str, external_id: str) -> EarlyStatus | None:
    """Return what was said of a message before it came, and forget it."""
    return _read(conn.execute(_TAKE, {"which": channel, "id": external_id}).first())


def _read(row: Row[Any, Any] | None) -> EarlyStatus | None:
    if row is None:
        return None
    said, _, reason = row.reason.partition(": ")
    return EarlyStatus(said=Said(said), reason=reason, at=row.at)


def expire(conn: Connection, before: datetime) -> int:
    """Delete notes of messages that never came and return how many."""
    return conn.execute(delete(early_status).where(early_status.c.at < before)).rowcount
