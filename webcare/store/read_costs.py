"""What reading has cost: resources a channel and UTC day, as platforms charge them, and by how many polls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from webcare.store.dialect import insert
from webcare.store.house_tables import read_cost
from webcare.store.read_tables import LONGEST, read_resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    resources: int
    polls: int


def add(
    conn: Connection, channel: str, *, day: str, resources: int, polls: int = 1, kinds: Mapping[str, int] | None = None
) -> None:
    """Count one poll, or a question that is none, and what it cost; `day` is `2026-11-23`, `kinds` what the resources are."""
    statement = insert(conn, read_cost).values(channel=channel, day=day, resources=resources, polls=polls)
    added = {name: read_cost.c[name] + statement.excluded[name] for name in ("resources", "polls")}
    conn.execute(statement.on_conflict_do_update(index_elements=["channel", "day"], set_=added))
    for kind, count in sorted((kinds or {}).items()):
        counted = insert(conn, read_resource).values(channel=channel, day=day, resource=kind[:LONGEST], count=count)
        more = {"count": read_resource.c["count"] + counted.excluded["count"]}
        conn.execute(counted.on_conflict_do_update(index_elements=["channel", "day", "resource"], set_=more))


def kinds_of_month(conn: Connection, channel: str, month: str) -> dict[str, int]:
    """Return how many resources of each kind a month has cost so far."""
    table = read_resource.c
    days = (table.channel == channel, table.day >= f"{month}-01", table.day <= f"{month}-31")
    rows = conn.execute(select(table.resource, func.sum(table["count"])).where(*days).group_by(table.resource))
    return {kind: int(count) for kind, count in rows}


def of_month(conn: Connection, channel: str, month: str) -> Cost:
    """Return what a month (`2026-11`) has cost so far."""
    days = (read_cost.c.channel == channel, read_cost.c.day >= f"{month}-01", read_cost.c.day <= f"{month}-31")
    row = conn.execute(select(func.sum(read_cost.c.resources), func.sum(read_cost.c.polls)).where(*days)).one()
    return Cost(resources=int(row[0] or 0), polls=int(row[1] or 0))
