"""What waits, and until when nothing will: one read of three indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from webcare.store.tables import case, delivery, version

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_HORIZON = select(
    exists(select(version.c.id).where(version.c.triaged_at.is_(None))),
    select(func.min(case.c.next_check_at)).scalar_subquery(),
    select(func.min(delivery.c.not_before)).where(delivery.c.state == "queued").scalar_subquery(),
)


def horizon(conn: Connection) -> tuple[bool, datetime | None, datetime | None]:
    """Return whether texts wait for triage, when the next case is to be looked at, and when the next delivery is due."""
    untriaged, look_at, send_at = conn.execute(_HORIZON).one()
    return bool(untriaged), look_at, send_at
