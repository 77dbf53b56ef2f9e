"""What reading has cost: resources a channel and UTC day, as platforms charge them, and by how many polls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from webcare.store.dialect import insert
from webcare.store.house_tables import read_cost

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    resources: int
    polls: int


def add(conn: Connection, channel: str, *, day: str, resources: int) -> None:
    """Count one poll and what it cost; `day` is `2026-11-23`."""
    statement = insert(conn, read_cost).values(channel=channel, day=day, resources=resources, polls=1)
    added = {name: read_cost.c[name] + statement.excluded[name] for name in ("resources", "polls")}
    conn.execute(statement.on_conflict_do_update(index_elements=["channel", "day"], set_=added))


def of_month(conn: Connection, channel: str, month: str) -> Cost:
    """Return what a month (`2026-11`) has cost so far."""
    days = (read_cost.c.channel == channel, read_cost.c.day >= f"{month}-01", read_cost.c.day <= f"{month}-31")
    row = conn.execute(select(func.sum(read_cost.c.resources), func.sum(read_cost.c.polls)).where(*days)).one()
    return Cost(resources=int(row[0] or 0), polls=int(row[1] or 0))
