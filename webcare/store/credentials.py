"""Sealed secrets, one blob a name. Who can open them is no matter of the store's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from webcare.store.dialect import upsert
from webcare.store.house_tables import credential

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    name: str
    sealed: bytes = field(repr=False)
    changed_at: datetime
    expires_at: datetime | None


def get(conn: Connection, name: str) -> Sealed | None:
    row = conn.execute(select(credential).where(credential.c.name == name)).first()
    return None if row is None else Sealed(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def every(conn: Connection) -> list[Sealed]:
    return [Sealed(**row._mapping) for row in conn.execute(select(credential).order_by(credential.c.name))]  # noqa: SLF001 - as above


def put(conn: Connection, found: Sealed) -> None:
    """Keep it in place of what stood under its name."""
    row = {"name": found.name, "sealed": found.sealed, "changed_at": found.changed_at, "expires_at": found.expires_at}
    conn.execute(upsert(conn, credential, row, key=["name"]))
