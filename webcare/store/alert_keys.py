"""The keys that links in alerts are signed with: one a day, random, the same for every daemon, and gone when its last link has ended.

In the database they are because every daemon on it must know them at once, also one that has no key to seal with. That is why they are
so short-lived: who steals a backup can sign for the rest of that day, and no further.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select

from webcare.store.dialect import insert_or_ignore
from webcare.store.tables import site

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEPT: Final = 2  # days: a link that was made in the last minute of one ends in the last of the next
_NAME: Final = "alert_key:"
_FIND = select(site.c.value).where(site.c.key == bindparam("key"))
_ALL = select(site.c.key).where(site.c.key.startswith(_NAME, autoescape=True))


def find(conn: Connection, day: int) -> bytes | None:
    """Return the key of a day; None where none was made, or it is gone."""
    value = conn.execute(_FIND, {"key": f"{_NAME}{day}"}).scalar_one_or_none()
    return None if value is None else base64.b64decode(value)


def make(conn: Connection, day: int, fresh: bytes) -> bytes:
    """Return the key of a day: `fresh`, unless somebody else was first. Keys whose links have all ended go."""
    row = {"key": f"{_NAME}{day}", "value": base64.b64encode(fresh).decode("ascii")}
    conn.execute(insert_or_ignore(conn, site), row)
    old = [key for (key,) in conn.execute(_ALL) if int(key.removeprefix(_NAME)) <= day - KEPT]
    if old:
        conn.execute(delete(site).where(site.c.key.in_(old)))
    return find(conn, day) or fresh
