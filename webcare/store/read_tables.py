"""read_resource: how many resources of each kind were paid for, a channel and day; platforms ask different prices for them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from webcare.store.tables import metadata

LONGEST: Final = 20  # of what a connector calls a kind of resource

read_resource = Table(
    "read_resource",
    metadata,
    Column("channel", ForeignKey("channel.id"), primary_key=True),
    Column("day", String(10), primary_key=True),  # UTC, as in read_cost
    Column("resource", String(LONGEST), primary_key=True),
    Column("count", Integer, nullable=False),
)
