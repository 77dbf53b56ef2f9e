"""Leases: one holder of a name at a time, among processes and machines. Whoever stops renewing loses it.

Times are the machine's. Two machines may disagree by their clocks' difference: make `until` generous and renew early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_

from webcare.store.dialect import upsert
from webcare.store.tables import lease

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def take(conn: Connection, name: str, holder: str, until: datetime, now: datetime) -> bool:
    """Take the lease, or renew one's own. False while another holds it."""
    free = or_(lease.c.holder == holder, lease.c.until <= now)
    row = {"name": name, "holder": holder, "until": until}
    return conn.execute(upsert(conn, lease, row, key=["name"], where=free).returning(lease.c.name)).first() is not None


def release(conn: Connection, name: str, holder: str) -> None:
    """Give it back. Somebody else's stays: it was lost before."""
    conn.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
