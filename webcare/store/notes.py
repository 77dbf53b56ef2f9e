"""What a database knows about itself: small values by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from webcare.store.dialect import upsert
from webcare.store.tables import site

if TYPE_CHECKING:
    from sqlalchemy import Connection


AS_OF = "as_of"  # where the virtual time of a replay ended: the present of a database that lives on it

_CHANGE = update(site).where(site.c.key == bindparam("which")).values(value=bindparam("to"))


def read(conn: Connection, key: str) -> str | None:
    return conn.execute(select(site.c.value).where(site.c.key == key)).scalar_one_or_none()


def write(conn: Connection, key: str, value: str) -> None:
    if conn.execute(_CHANGE, {"which": key, "to": value}).rowcount == 0:
        conn.execute(upsert(conn, site, {"key": key, "value": value}, key=["key"]))
