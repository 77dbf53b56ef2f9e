"""What a database knows about itself: small values by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from webcare.store.dialect import upsert
from webcare.store.tables import site

if TYPE_CHECKING:
    from sqlalchemy import Connection


def read(conn: Connection, key: str) -> str | None:
    return conn.execute(select(site.c.value).where(site.c.key == key)).scalar_one_or_none()


def write(conn: Connection, key: str, value: str) -> None:
    conn.execute(upsert(conn, site, {"key": key, "value": value}, key=["key"]))
