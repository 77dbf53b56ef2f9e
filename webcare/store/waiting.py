"""What waits, and until when nothing will: one read of four indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from webcare.store.outbox import IS_QUEUED
from webcare.store.tables import case, delivery, notice, version

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

# The first entry of an index, not min(): that would walk over the cases that are never to be looked at again.
_LOOK = select(case.c.next_check_at).where(case.c.next_check_at.is_not(None)).order_by(case.c.next_check_at).limit(1)
_SEND = select(delivery.c.not_before).where(IS_QUEUED).order_by(delivery.c.not_before).limit(1)
_REMIND = select(notice.c.look_at).where(notice.c.look_at.is_not(None)).order_by(notice.c.look_at).limit(1)
_HORIZON = select(
    exists(select(version.c.id).where(version.c.triaged_at.is_(None))),
    _LOOK.scalar_subquery(),
    _SEND.scalar_subquery(),
    _REMIND.scalar_subquery(),
)


def horizon(conn: Connection) -> tuple[bool, datetime | None, datetime | None, datetime | None]:
    """Return whether texts wait for triage, and when the next case, delivery and notice are due."""
    untriaged, look_at, send_at, remind_at = conn.execute(_HORIZON).one()
    return bool(untriaged), look_at, send_at, remind_at
